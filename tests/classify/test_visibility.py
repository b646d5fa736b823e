"""Who sees what, and when."""

from __future__ import annotations

import uuid

import pytest

from classify import adjudication, rounds, tagging, visibility
from classify.assignment import after_votes_changed
from classify.models import Case, Round
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts

CAST = ["ada", "rosa", "sam", "jude", "vera", "nina"]
OPEN = {
    "can_see_results": {"ada"},
    "can_see_conflicts": {"ada", "jude"},
    "holds_open_slot": {"rosa", "sam"},
}
REVEALED = {
    "can_see_results": {"ada", "rosa", "sam", "jude", "vera"},
    "can_see_conflicts": {"ada", "rosa", "sam", "jude"},
    "holds_open_slot": set(),
}


@pytest.fixture
def people(ada, rosa, sam, jude, vera, nina):
    return {"ada": ada, "rosa": rosa, "sam": sam, "jude": jude, "vera": vera, "nina": nina}


@pytest.fixture
def round(poll, people) -> Round:
    for text in ("CX Lead", "Agent"):
        factories.make_vote(poll, text)
    return acts.open_round(
        poll, reviewers=[people["rosa"], people["sam"]], adjudicators=[people["jude"]], by=people["ada"]
    )


@pytest.fixture
def conflict(round, people) -> Case:
    return acts.disagree(round, Case.objects.get(text="CX Lead"), people["rosa"], people["sam"])


def who(rule: str, people, about) -> set[str]:
    return {name for name in CAST if getattr(visibility, rule)(people[name], about)}


class TestTheReveal:
    @pytest.mark.parametrize("rule", OPEN)
    def test_before_it(self, rule, people, round):
        assert who(rule, people, round) == OPEN[rule]

    @pytest.mark.parametrize("rule", OPEN)
    def test_one_who_handed_in_alone_sees_no_more(self, rule, people, round):
        acts.read_all(round, people["rosa"])
        tagging.hand_in(round=round, by=people["rosa"])
        assert not visibility.is_revealed(round)
        assert who(rule, people, round) == OPEN[rule]

    @pytest.mark.parametrize("rule", REVEALED)
    def test_after_both_handed_in(self, rule, people, round):
        acts.agree_on_all(round, people["rosa"], people["sam"])
        assert visibility.is_revealed(round)
        assert who(rule, people, round) == REVEALED[rule]

    @pytest.mark.parametrize("rule", REVEALED)
    def test_after_closing(self, rule, people, round):
        rounds.close_coding(round=round, by=people["ada"])
        round.refresh_from_db()
        assert who(rule, people, round) == REVEALED[rule]

    def test_a_single_reviewer_reveals_nothing(self, poll, people, round):
        alone = acts.open_round(poll, reviewers=[people["rosa"]], by=people["ada"], version=round.version)
        acts.read_all(alone, people["rosa"])
        tagging.hand_in(round=alone, by=people["rosa"])
        assert not visibility.is_revealed(alone)
        assert not visibility.can_see_results(people["rosa"], alone)

    def test_new_titles_close_the_curtain_again(self, poll, people, round):
        acts.agree_on_all(round, people["rosa"], people["sam"])
        factories.make_vote(poll, "Trainer")
        after_votes_changed(poll_id=poll.pk)
        assert who("can_see_results", people, round) == OPEN["can_see_results"]


class TestBlindnessBeatsEveryRole:
    @pytest.mark.parametrize("name", ["ada", "root"])
    def test_an_admin_who_reads_sees_nothing_until_the_reveal(self, name, poll, people, round):
        person = people["ada"] if name == "ada" else factories.make_user("root", is_superuser=True)
        if name == "root":
            factories.make_member("root", poll, "viewer")
        own = acts.open_round(
            poll, reviewers=[person, people["sam"]], by=people["ada"], version=round.version
        )
        for check in (visibility.check_can_see_results, visibility.check_can_see_conflicts):
            with pytest.raises(PollRefused, match="You read in a round of this poll"):
                check(person, own)
        assert not visibility.can_see_votes(person, poll)
        assert not visibility.can_see_results(person, round), "a report of another round shows the same votes"
        rounds.close_coding(round=own, by=people["ada"])
        own.refresh_from_db()
        assert visibility.can_see_results(person, own)
        assert visibility.can_see_conflicts(person, own)
        assert visibility.can_see_votes(person, poll)

    def test_votes_are_for_admins_who_do_not_read(self, poll, people, round):
        assert who("can_see_votes", people, poll) == {"ada"}
        rounds.close_coding(round=round, by=people["ada"])
        assert who("can_see_votes", people, poll) == {"ada"}

    def test_a_discarded_practice_round_blinds_nobody(self, poll, people, round):
        pilot = acts.open_round(
            poll, reviewers=[people["ada"]], by=people["ada"], version=round.version, purpose="pilot"
        )
        assert not visibility.can_see_votes(people["ada"], poll)
        rounds.discard_round(round=pilot, by=people["ada"])
        assert visibility.can_see_votes(people["ada"], poll)

    def test_a_superuser_who_does_not_read_sees_what_an_admin_sees(self, poll, round):
        root = factories.make_user("root", is_superuser=True)
        assert visibility.can_see_results(root, round)
        assert visibility.can_see_votes(root, poll)

    def test_an_adjudicator_waits_for_the_two_under_consensus(self, poll, people, round):
        talk = acts.open_round(
            poll,
            reviewers=[people["rosa"], people["sam"]],
            adjudicators=[people["jude"]],
            by=people["ada"],
            version=round.version,
            rule="consensus",
        )
        assert who("can_see_conflicts", people, talk) == {"ada"}
        rounds.close_coding(round=talk, by=people["ada"])
        talk.refresh_from_db()
        assert who("can_see_conflicts", people, talk) == {"ada", "jude", "rosa", "sam"}


class TestTheTwoDecisions:
    def test_nothing_before_the_seal(self, conflict, people):
        assert visibility.decisions_for_adjudicator(people["jude"], conflict) == []

    def test_both_without_a_name(self, round, conflict, people):
        adjudication.claim(case=conflict, by=people["jude"])
        conflict.refresh_from_db()
        readings = visibility.decisions_for_adjudicator(people["jude"], conflict)
        assert {reading.decision.category.code for reading in readings} == {"cx", "contact-center"}
        assert "rosa" not in repr(readings)
        assert "sam" not in repr(readings)

    def test_what_came_late_is_beside_what_counts(self, round, conflict, people):
        adjudication.claim(case=conflict, by=people["jude"])
        acts.say(round, conflict, people["rosa"], "unsure", note="On second thought")
        conflict.refresh_from_db()
        readings = visibility.decisions_for_adjudicator(people["jude"], conflict)
        late = {r.decision.category.code: [(d.verdict, d.category, d.note) for d in r.late] for r in readings}
        assert late == {"cx": [("unsure", None, "On second thought")], "contact-center": []}

    def test_the_order_is_random_but_stays(self, poll, people, round):
        for n in range(40):
            factories.make_vote(poll, f"Title {n}")
        after_votes_changed(poll_id=poll.pk)
        firsts = {"jude": [], "ada": []}
        for case in Case.objects.filter(text__startswith="Title").order_by("pk"):
            acts.disagree(round, case, people["rosa"], people["sam"])
            adjudication.claim(case=case, by=people["jude"])
            case.refresh_from_db()
            for name, seen in firsts.items():
                shown = [visibility.decisions_for_adjudicator(people[name], case) for _ in range(2)]
                assert shown[0] == shown[1]
                seen.append(shown[0][0].decision.category.code)
        for seen in firsts.values():
            assert 5 < seen.count("cx") < 35
        assert firsts["jude"] != firsts["ada"]

    @pytest.mark.parametrize("name", ["rosa", "sam", "vera", "nina"])
    def test_not_for_others(self, name, conflict, people):
        with pytest.raises(PollRefused):
            visibility.decisions_for_adjudicator(people[name], conflict)


class TestProposals:
    def test_mine_first_and_the_latest_of_each(self, poll, people):
        factories.make_vote(poll, "CX Lead")
        rosa, sam = people["rosa"], people["sam"]
        round = acts.open_round(poll, reviewers=[rosa, sam], by=people["ada"])
        case = acts.disagree(round, Case.objects.get(), rosa, sam)
        rounds.close_coding(round=round, by=people["ada"])
        for user, said in [(rosa, "cx"), (sam, "other"), (rosa, "consultant")]:
            adjudication.propose(
                case=case, by=user, category_code=said, reason="gap", rationale=said, client_id=uuid.uuid4()
            )
        case.refresh_from_db()
        shown = {
            u: [(p.mine, p.category.code) for p in visibility.proposals_for(u, case)] for u in (rosa, sam)
        }
        assert shown == {
            rosa: [(True, "consultant"), (False, "other")],
            sam: [(True, "other"), (False, "consultant")],
        }
        with pytest.raises(PollRefused):
            visibility.proposals_for(people["vera"], case)


class TestMyDecisions:
    def test_my_latest_on_each_case_newest_first(self, round, conflict, people):
        acts.say(round, Case.objects.get(text="Agent"), people["rosa"], "other")
        acts.say(round, conflict, people["rosa"], "consultant")
        rows = visibility.my_decisions(people["rosa"], round)
        assert [(row.text, row.n_votes, row.category.code) for row in rows] == [
            ("CX Lead", 1, "consultant"),
            ("Agent", 1, "other"),
        ]

    def test_a_seal_does_not_show(self, round, conflict, people):
        """What came late is mine like everything else; were it left out, I would know that we differ."""
        adjudication.claim(case=conflict, by=people["jude"])
        acts.say(round, conflict, people["rosa"], "contact-center")
        row = visibility.my_decisions(people["rosa"], round).get()
        assert row.category.code == "contact-center"
        assert visibility.last_decision(people["rosa"], round, conflict.pk) == row
        assert "late" not in row.__dict__

    def test_an_import_asks_for_another_look_once(self, poll, round, conflict, people):
        from tests.classify.test_assignment import retitle

        other = factories.make_vote(poll, "Analyst")
        after_votes_changed(poll_id=poll.pk)
        retitle(other, "CX Lead")
        after_votes_changed(poll_id=poll.pk)
        rosa = people["rosa"]
        assert visibility.my_decisions(rosa, round).get().look_again
        acts.say(round, conflict, rosa, "cx")
        assert not visibility.my_decisions(rosa, round).get().look_again
        assert visibility.my_decisions(people["sam"], round).get().look_again

    def test_nobody_elses_are_mine(self, round, conflict, people):
        assert not visibility.my_decisions(people["ada"], round)
        assert visibility.last_decision(people["ada"], round, conflict.pk) is None


class TestCounts:
    def test_a_reviewer_knows_the_own_progress_only(self, round, conflict, people):
        assert visibility.counts_for(people["rosa"], round) == visibility.Counts(2, 1, False)

    def test_an_adjudicator_knows_what_waits(self, round, conflict, people):
        assert visibility.counts_for(people["jude"], round) == visibility.Counts(2, conflicts=1)

    def test_a_viewer_knows_how_much_there_is(self, round, conflict, people):
        assert visibility.counts_for(people["vera"], round) == visibility.Counts(2)

    def test_an_admin_knows_all(self, round, conflict, people):
        counts = visibility.counts_for(people["ada"], round)
        assert counts.status == {"waiting": 1, "one_decision": 0, "agreed": 0, "conflict": 1, "resolved": 0}
        assert counts.conflicts == 1
        assert counts.reviewers == (("rosa", 1, False), ("sam", 1, False))

    def test_an_admin_who_reads_knows_the_own_progress_only(self, poll, people):
        factories.make_vote(poll, "CX Lead")
        round = acts.open_round(poll, reviewers=[people["ada"], people["sam"]], by=people["ada"])
        assert visibility.counts_for(people["ada"], round) == visibility.Counts(1, 0, False)

    def test_all_is_known_after_the_reveal(self, round, people):
        acts.agree_on_all(round, people["rosa"], people["sam"])
        counts = visibility.counts_for(people["rosa"], round)
        assert (counts.decided, counts.handed_in, counts.status["agreed"]) == (2, True, 2)


def of(user) -> set[str]:
    """The polls of which the person sees the votes."""
    return {poll.slug for poll in visibility.polls_with_open_votes(user)}


def test_all_polls_at_once_are_those_that_let_one_in_one_by_one(round, people, poll):
    other, far = factories.make_poll("other"), factories.make_poll("far-away")
    factories.make_member("ada", other, "admin", "reviewer")
    for name in ("rosa", "sam"):
        factories.make_member(name, poll, "admin")
        factories.make_member(name, other, "admin")
    root = factories.make_user("root", is_superuser=True)

    def check_all():
        for user in [*people.values(), root]:
            one_by_one = {one.slug for one in (poll, other, far) if visibility.can_see_votes(user, one)}
            assert of(user) == one_by_one, user

    check_all()
    assert (of(people["ada"]), of(people["rosa"]), of(people["vera"])) == (
        {"cx-head", "other"},
        {"other"},
        set(),
    )
    for slot, name in enumerate(("rosa", "sam")):
        for case in Case.objects.filter(round=round):
            acts.say(round, case, people[name], "cx")
        tagging.hand_in(round=round, by=people[name])
        assert ("cx-head" in of(people["rosa"])) == bool(slot)
        check_all()


def test_a_closed_round_and_a_deactivated_person(round, people, poll, ada):
    factories.make_member("rosa", poll, "admin")
    rounds.close_coding(round=round, by=ada)
    assert of(people["rosa"]) == {"cx-head"}
    ada.is_active = False
    assert of(ada) == set()


def test_what_polls_one_sees_costs_one_statement(round, ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        visibility.polls_with_open_votes(ada)
