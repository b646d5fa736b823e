"""Conflicts whose headlines share a job title, resolved in one act: each on record, all or nothing."""

from __future__ import annotations

import hashlib
import uuid

import pytest
from django.core.exceptions import ValidationError

from classify import adjudication, rounds
from classify.adjudication import alike, together
from classify.models import Adjudication, Case, CodebookFlag, Round
from classify.verify import verify
from polls.models import Headline, HeadlinePart, JobTitle
from polls.permissions import PollRefused
from polls.titles import split_headline
from tests import factories
from tests.classify import acts
from tests.classify.judging import judge, look, propose

TEXTS = [
    "CX Consultant | Speaker",
    "CX Consultant at Acme | CX Consultant",
    "CX Consultant",
    "Clerk",
    "ex-CX Consultant",
]


def split_titles() -> None:
    """The parts of every headline, as an import stores them."""
    for headline in Headline.objects.all():
        for position, part in enumerate(split_headline(headline.text), start=1):
            title, _ = JobTitle.objects.get_or_create(
                key_hash=hashlib.sha256(part.key.encode()).digest(), defaults={"text": part.key}
            )
            HeadlinePart.objects.create(
                headline=headline, position=position, job_title=title, raw=part.raw, mark=part.mark
            )


@pytest.fixture
def votes(poll) -> None:
    for text in TEXTS:
        factories.make_vote(poll, text)
    split_titles()


@pytest.fixture
def round(poll, votes, ada, rosa, sam, jude) -> Round:
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def conflicts(round, rosa, sam) -> dict[str, Case]:
    """Every case, as a conflict, by its text."""
    return {
        case.text: acts.disagree(round, case, rosa, sam)
        for case in Case.objects.filter(round=round).select_related("round__poll").order_by("pk")
    }


@pytest.fixture
def title(conflicts) -> JobTitle:
    return JobTitle.objects.get(parts__headline__text="CX Consultant", parts__mark="")


def together_by(round, title, cases, by, category="consultant", **more):
    given = {"reason": "slip", "rationale": "One job.", "client_id": uuid.uuid4()} | more
    return adjudication.decide_together(
        round=round,
        job_title=title.pk,
        cases=[case.pk for case in cases],
        by=by,
        category_code=category,
        **given,
    )


def sharers(conflicts) -> list[Case]:
    return [conflicts[text] for text in TEXTS[:3]]


class TestWhatIsAlike:
    def test_the_others_are_counted_per_current_title(self, conflicts, title):
        case = Case.objects.select_related("round").get(pk=conflicts[TEXTS[0]].pk)
        [shared] = adjudication.shared_titles(case)
        assert (shared.pk, shared.others, shared.more) == (title.pk, 1 + 1, False)

    def test_a_former_role_and_an_own_title_are_not_alike(self, conflicts):
        for text in ("Clerk", "ex-CX Consultant"):
            case = Case.objects.select_related("round").get(pk=conflicts[text].pk)
            assert adjudication.shared_titles(case) == []

    def test_what_is_resolved_or_without_a_vote_is_not_counted(self, conflicts, title, jude):
        judge(conflicts[TEXTS[1]], jude)
        Case.objects.filter(pk=conflicts[TEXTS[2]].pk).update(n_votes=0)
        case = Case.objects.select_related("round").get(pk=conflicts[TEXTS[0]].pk)
        assert adjudication.shared_titles(case) == []

    def test_a_case_without_a_headline_is_like_none(self, round, conflicts):
        case = Case.objects.create(
            round=round, poll=round.poll, origin="comment", text="x", order1=1, order2=1
        )
        assert adjudication.shared_titles(case) == []

    def test_no_more_than_the_most_are_counted(self, conflicts, title, monkeypatch):
        monkeypatch.setattr(alike, "MAX_TOGETHER", 1)
        case = Case.objects.select_related("round").get(pk=conflicts[TEXTS[0]].pk)
        [shared] = adjudication.shared_titles(case)
        assert (shared.others, shared.more) == (1, True)


class TestDecidingTogether:
    def test_each_is_on_record_with_the_same_mark(self, round, conflicts, title, jude):
        sent = uuid.uuid4()
        done = together_by(round, title, sharers(conflicts), jude, client_id=sent, flag="Say it.")
        assert (len(done.rows), done.final, done.left_out) == (3, 3, ())
        for case in sharers(conflicts):
            case.refresh_from_db()
            assert (case.status, case.final.code, case.resolved_by) == ("resolved", "consultant", jude)
            row = Adjudication.objects.get(case=case)
            assert (row.kind, row.together, row.reason, row.rationale) == ("final", sent, "slip", "One job.")
        assert CodebookFlag.objects.count() == 1
        assert Case.objects.filter(status="conflict").count() == 2
        assert not verify().drift

    def test_the_second_click_changes_nothing(self, round, conflicts, title, jude):
        sent = uuid.uuid4()
        first = together_by(round, title, sharers(conflicts), jude, client_id=sent)
        again = together_by(round, title, sharers(conflicts), jude, "other", client_id=sent)
        assert [row.pk for row in again.rows] == [row.pk for row in first.rows]
        assert Adjudication.objects.count() == 3
        assert {row.category.code for row in again.rows} == {"consultant"}

    def test_what_another_has_or_what_is_none_is_left_out_and_named(
        self, poll, round, conflicts, title, sam, jude
    ):
        juno = factories.make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        one, two, three = sharers(conflicts)
        adjudication.claim(case=one, by=juno)
        acts.say(round, two, sam, "cx")
        done = together_by(round, title, [one, two, three, conflicts["Clerk"]], jude)
        assert [row.case_id for row in done.rows] == [three.pk]
        why = {left.case.pk: left.why for left in done.left_out}
        assert "juno has taken this conflict up" in why[one.pk]
        assert "no conflict any more" in why[two.pk]
        assert "does not hold this job title" in why[conflicts["Clerk"].pk]
        assert Adjudication.objects.count() == 1

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            ({"category": "nonsense"}, "no category"),
            ({"reason": "mood"}, "reason from the list"),
            ({"reason": "other", "rationale": " "}, "Say in a sentence why"),
            ({"rationale": "x" * 5001}, "at most 5000"),
        ],
    )
    def test_what_makes_no_sense_resolves_none(self, bad, why, round, conflicts, title, jude):
        with pytest.raises(ValidationError, match=why):
            together_by(round, title, sharers(conflicts), jude, **bad)
        assert not Adjudication.objects.exists()

    def test_none_and_too_many_are_refused(self, round, conflicts, title, jude, monkeypatch):
        with pytest.raises(ValidationError, match="Tick at least one"):
            together_by(round, title, [], jude)
        monkeypatch.setattr(together, "MAX_TOGETHER", 2)
        with pytest.raises(ValidationError, match="At most 2"):
            together_by(round, title, sharers(conflicts), jude)

    def test_the_id_of_somebody_elses_act_is_refused(self, poll, round, conflicts, title, jude):
        juno = factories.make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        sent = uuid.uuid4()
        one, *others = sharers(conflicts)
        together_by(round, title, [one], jude, client_id=sent)
        with pytest.raises(ValidationError, match="used already"):
            together_by(round, title, others, juno, client_id=sent)

    @pytest.mark.parametrize("name", ["ada", "rosa", "sam", "vera", "nina"])
    def test_only_an_adjudicator_does(self, name, round, conflicts, title, request):
        user = request.getfixturevalue(name)
        with pytest.raises(PollRefused):
            together_by(round, title, sharers(conflicts), user)
        with pytest.raises(PollRefused):
            adjudication.claim_together(round=round, cases=[conflicts["Clerk"].pk], by=user)

    def test_a_case_of_another_round_is_not_touched(
        self, poll, round, conflicts, title, ada, rosa, sam, jude
    ):
        other = acts.open_round(
            poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=round.version
        )
        strange = acts.disagree(other, Case.objects.get(round=other, text="CX Consultant"), rosa, sam)
        done = together_by(round, title, [strange, *sharers(conflicts)], jude)
        assert len(done.rows) == 3
        strange.refresh_from_db()
        assert strange.status == "conflict"


class TestTakingUpTogether:
    def test_what_is_free_is_taken_and_sealed(self, poll, round, conflicts, jude):
        juno = factories.make_member("juno", poll, "adjudicator")
        round.adjudicators.create(user=juno)
        one, two, three = sharers(conflicts)
        adjudication.claim(case=one, by=juno)
        taken = adjudication.claim_together(round=round, cases=[one.pk, two.pk, three.pk], by=jude)
        assert {case.pk for case in taken} == {two.pk, three.pk}
        assert Case.objects.filter(claimed_by=jude, sealed_at__isnull=False).count() == 2
        assert adjudication.give_back(round=round, cases=[one.pk, two.pk, three.pk], by=jude) == 2
        assert Case.objects.get(claimed_by__isnull=False) == one


class TestDecidingFirst:
    @pytest.fixture
    def round(self, poll, votes, ada, rosa, sam, jude) -> Round:
        return acts.open_round(
            poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, adjudicator_first=True
        )

    def test_what_was_not_shown_gets_its_first_look_in_the_same_act(self, round, conflicts, title, jude):
        seen = sharers(conflicts)[0]
        look(seen, jude, "cx")
        done = together_by(round, title, sharers(conflicts), jude, "consultant")
        assert done.final == 3
        for case in sharers(conflicts):
            rows = Adjudication.objects.filter(case=case).order_by("seq")
            first = "cx" if case == seen else "consultant"
            assert list(rows.values_list("kind", "category__code")) == [
                ("first", first),
                ("final", "consultant"),
            ]

    def test_a_first_look_that_is_changed_needs_a_word_why(self, round, conflicts, title, jude):
        look(sharers(conflicts)[2], jude, "cx")
        with pytest.raises(ValidationError, match="otherwise than at first"):
            together_by(round, title, sharers(conflicts), jude, "consultant", rationale="")
        assert Adjudication.objects.count() == 1, "all or nothing"


class TestInConsensus:
    @pytest.fixture
    def round(self, poll, votes, ada, rosa, sam) -> Round:
        return acts.open_round(poll, reviewers=[rosa, sam], by=ada)

    @pytest.fixture
    def revealed(self, round, conflicts, ada) -> dict[str, Case]:
        rounds.close_coding(round=round, by=ada)
        return conflicts

    def offer(self, round, title, answers, by, **more):
        given = {"reason": "gap", "rationale": "As the book says.", "client_id": uuid.uuid4()} | more
        answers = {case.pk: code for case, code in answers.items()}
        return adjudication.propose_together(round=round, job_title=title.pk, answers=answers, by=by, **given)

    def test_equal_proposals_of_both_are_final(self, round, revealed, title, rosa, sam):
        cases = sharers(revealed)
        first = self.offer(round, title, dict.fromkeys(cases, "cx"), rosa)
        assert (len(first.rows), first.final) == (3, 0)
        second = self.offer(round, title, dict.fromkeys(cases, "cx"), sam)
        assert (len(second.rows), second.final) == (3, 3)
        assert {row.kind for row in second.rows} == {"proposal"}
        for case in cases:
            case.refresh_from_db()
            assert (case.status, case.resolution, case.final.code) == ("resolved", "consensus", "cx")
        assert Adjudication.objects.filter(kind="final", together__isnull=False).count() == 3
        assert not verify().drift

    def test_only_what_the_other_proposed_is_confirmed(self, round, revealed, title, rosa, sam):
        one, two, three = sharers(revealed)
        propose(one, rosa, "cx")
        propose(two, rosa, "other")
        done = self.offer(round, title, {one: "cx", two: "cx", three: "cx"}, sam, confirming=True)
        assert [row.case_id for row in done.rows] == [one.pk]
        assert done.final == 1
        assert {left.case.pk for left in done.left_out} == {two.pk, three.pk}
        assert all("proposal has changed" in left.why for left in done.left_out)

    def test_the_second_click_changes_nothing(self, round, revealed, title, rosa):
        sent = uuid.uuid4()
        for code in ("cx", "other"):
            done = self.offer(round, title, dict.fromkeys(sharers(revealed), code), rosa, client_id=sent)
        assert len(done.rows) == 3
        assert set(Adjudication.objects.values_list("category__code", flat=True)) == {"cx"}

    def test_before_the_reveal_nobody_proposes(self, round, conflicts, title, rosa):
        with pytest.raises(PollRefused, match="handed in"):
            self.offer(round, title, dict.fromkeys(sharers(conflicts), "cx"), rosa)


def test_in_a_pool_only_the_two_of_a_case_propose(poll, votes, ada, rosa, sam):
    third = factories.make_member("tom", poll, "reviewer")
    round = acts.open_round(poll, reviewers=[rosa, sam, third], by=ada)
    users = {user.pk: user for user in (rosa, sam, third)}
    cases = list(Case.objects.filter(round=round).order_by("pk"))
    for case in cases:
        acts.disagree(round, case, users[case.reviewer1_id], users[case.reviewer2_id])
    rounds.close_coding(round=round, by=ada)
    case = cases[0]
    [outsider] = [user for pk, user in users.items() if pk not in (case.reviewer1_id, case.reviewer2_id)]
    with pytest.raises(PollRefused, match="no reviewer of this case"):
        propose(case, outsider)
    with pytest.raises(PollRefused, match="no reviewer of this case"):
        adjudication.check_can_close_unresolved(
            outsider, Case.objects.select_related("round__poll").get(pk=case.pk)
        )
    for pk in (case.reviewer1_id, case.reviewer2_id):
        propose(case, users[pk], "cx")
    case.refresh_from_db()
    assert case.resolution == "consensus"
    assert not verify().drift
