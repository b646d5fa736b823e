"""Finals that are carried over from earlier rounds of the same people, and cases that are read after all."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from classify import adjudication, carrying, exports, rounds, verify, visibility
from classify.assignment import next_case
from classify.models import CarriedCase, Case, Category, CodebookVersion, Decision, Round
from classify.narrative import methods_of
from classify.reports import agreement_for, progress_for
from classify.reports.methods import methods_for
from polls import votes
from polls.merging import merge_voters
from polls.models import Poll, User, Vote, Voter
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts


@pytest.fixture
def version(db) -> CodebookVersion:
    return factories.make_codebook()


@pytest.fixture
def voters(db) -> list[Voter]:
    return [Voter.objects.create(name=f"Person {n}") for n in range(6)]


TITLES = ["CX Lead", "CX Lead", "Agent", "Agent", "Clerk", ""]


@pytest.fixture
def earlier(poll, ada, rosa, sam, jude, version, voters) -> Round:
    """Read by Rosa and Sam and closed: CX Lead is cx, Agent contact-center, Clerk and the blank one other."""
    again(poll, voters)
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=version)
    said = {"CX Lead": "cx", "Agent": "contact-center", "Clerk": "other", "": "other"}
    for case in Case.objects.filter(round=made):
        for user in (rosa, sam):
            acts.say(made, case, user, said[case.text])
    rounds.close_coding(round=made, by=ada)
    return made


@pytest.fixture
def poll2(poll, ada, rosa, sam) -> Poll:
    made = factories.make_poll("next-poll")
    factories.make_member("ada", made, "admin")
    for name in ("rosa", "sam"):
        factories.make_member(name, made, "reviewer")
    factories.make_member("jude", made, "adjudicator")
    return made


def again(poll: Poll, voters: list[Voter], titles: list[str] | None = None) -> list[Vote]:
    """These people vote in that poll, under these titles or those they always had."""
    return [
        factories.make_vote(poll, title, voter=voter, voter_id=f"{poll.slug} {voter.pk}")
        for voter, title in zip(voters, titles or TITLES, strict=False)
    ]


def set_up(poll: Poll, version: CodebookVersion, by: User, reviewers: list[User], **more) -> Round:
    """A round that carries over, as its page makes it."""
    made = rounds.create_round(
        poll=poll,
        version=version,
        unit=more.pop("unit", "headline"),
        rule="consensus",
        purpose=more.pop("purpose", "main"),
        reviewers=reviewers,
        adjudicators=[],
        by=by,
        seed=1,
        carry_over=True,
        **more,
    )
    carrying.carry_over(round=made, by=by)
    return made


def carried(round: Round) -> dict[str, str]:
    rows = Case.objects.filter(round=round, resolution="carried").select_related("final")
    return {case.text: case.final.code for case in rows}


def assert_true(round: Round) -> None:
    assert verify.verify(round.poll).drift == ()


def test_a_case_whose_voters_have_one_same_final_is_carried_over(
    earlier, poll2, version, voters, ada, rosa, sam
):
    again(poll2, voters)
    factories.make_vote(poll2, "Somebody new")
    made = set_up(poll2, version, ada, [rosa, sam])
    assert carried(made) == {"CX Lead": "cx", "Agent": "contact-center", "Clerk": "other", "": "other"}
    row = CarriedCase.objects.get(case__text="CX Lead", round=made)
    assert (row.category.code, row.reopened_at, row.retitled) == ("cx", None, False)
    assert row.sources == [Case.objects.get(round=earlier, text="CX Lead").pk]
    case = row.case
    assert (case.status, case.reviewer1, case.reviewer2, case.n_votes) == ("resolved", None, None, 2)
    assert_true(made)


def test_a_second_time_carries_nothing_more(earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters)
    made = set_up(poll2, version, ada, [rosa, sam])
    assert carrying.carry_over(round=made, by=ada) == 0
    assert CarriedCase.objects.count() == 4


def test_one_voter_without_an_earlier_final_keeps_the_case_to_be_read(
    earlier, poll2, version, voters, ada, rosa, sam
):
    again(poll2, voters)
    factories.make_vote(poll2, "CX Lead")
    made = set_up(poll2, version, ada, [rosa, sam])
    assert "CX Lead" not in carried(made)
    assert Case.objects.get(round=made, text="CX Lead").reviewer1 == rosa


def test_voters_with_different_finals_are_read_anew(earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters, ["Director"] * 4)
    assert carried(set_up(poll2, version, ada, [rosa, sam])) == {}


def test_a_voter_with_two_earlier_finals_is_read_anew(poll, earlier, poll2, version, voters, ada, rosa, sam):
    later = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=version)
    for case in Case.objects.filter(round=later, text__in=["CX Lead", "Agent"]):
        for user in (rosa, sam):
            acts.say(later, case, user, "contact-center")
    rounds.close_coding(round=later, by=ada)
    again(poll2, voters)
    made = set_up(poll2, version, ada, [rosa, sam])
    assert carried(made) == {"Agent": "contact-center", "Clerk": "other", "": "other"}
    assert len(CarriedCase.objects.get(round=made, case__text="Agent").sources) == 2


def test_a_round_of_the_same_poll_carries_over_too(poll, earlier, version, ada, rosa, sam):
    factories.make_vote(poll, "Newcomer")
    made = set_up(poll, version, ada, [rosa, sam])
    assert len(carried(made)) == 4
    assert_true(made)


def test_what_a_conflict_was_resolved_to_is_carried_and_an_open_one_is_not(
    poll, poll2, version, voters, ada, rosa, sam, jude
):
    again(poll, voters)
    first = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=version)
    for case in Case.objects.filter(round=first, text__in=["CX Lead", "Agent"]):
        acts.disagree(first, case, rosa, sam)
    lead = Case.objects.get(round=first, text="CX Lead")
    adjudication.claim(case=lead, by=jude)
    adjudication.decide(case=lead, by=jude, category_code="other", reason="slip", client_id=uuid.uuid4())
    rounds.close_coding(round=first, by=ada)
    again(poll2, voters)
    assert carried(set_up(poll2, version, ada, [rosa, sam])) == {"CX Lead": "other"}


@pytest.mark.parametrize("state", ["open", "practice", "other version"])
def test_only_closed_rounds_of_the_study_under_the_same_version_count(
    state, poll, poll2, version, voters, ada, rosa, sam
):
    again(poll, voters)
    used = factories.make_codebook(number=2) if state == "other version" else version
    purpose = "pilot" if state == "practice" else "main"
    first = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=used, purpose=purpose)
    acts.agree_on_all(first, rosa, sam)
    if state != "open":
        rounds.close_coding(round=first, by=ada)
    again(poll2, voters)
    assert carried(set_up(poll2, version, ada, [rosa, sam])) == {}


def test_what_was_carried_is_no_source_itself(earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters)
    second = set_up(poll2, version, ada, [rosa, sam])
    acts.agree_on_all(second, rosa, sam)
    rounds.close_coding(round=second, by=ada)
    third_poll = factories.make_poll("third")
    for name, role in (("ada", "admin"), ("rosa", "reviewer"), ("sam", "reviewer")):
        factories.make_member(name, third_poll, role)
    again(third_poll, voters)
    ada.memberships.filter(poll=earlier.poll).delete()
    assert carried(set_up(third_poll, version, ada, [rosa, sam])) == {}


def test_polls_of_which_the_person_is_no_member_are_not_drawn_on(earlier, poll2, version, voters, rosa, sam):
    again(poll2, voters)
    eve = factories.make_member("eve", poll2, "admin")
    assert carrying.preview(poll=poll2, version=version, unit="headline", by=eve).cases == 0
    assert carried(set_up(poll2, version, eve, [rosa, sam])) == {}


def test_who_reads_in_an_open_round_of_the_earlier_poll_does_not_draw_on_it(
    poll, earlier, poll2, version, voters, ada, rosa, sam
):
    again(poll2, voters)
    acts.open_round(poll, reviewers=[ada, sam], by=ada, version=version)
    assert carried(set_up(poll2, version, ada, [rosa, sam])) == {}


def test_an_admin_who_will_read_carries_over_what_was_theirs_to_see(poll, earlier, version, voters, ada, sam):
    assert carrying.preview(poll=poll, version=version, unit="headline", by=ada).cases == 4
    assert len(carried(set_up(poll, version, ada, [ada, sam]))) == 4


def test_a_merged_voter_is_the_one_they_were_merged_into(earlier, poll2, version, voters, ada, rosa, sam):
    twin = Voter.objects.create(name="Person 0 again")
    again(poll2, [twin])
    assert carrying.preview(poll=poll2, version=version, unit="headline", by=ada).cases == 0
    merge_voters(kept=voters[0], merged=twin, by=ada)
    made = set_up(poll2, version, ada, [rosa, sam])
    assert carried(made) == {"CX Lead": "cx"}


def test_an_excluded_vote_has_no_final_to_carry(earlier, poll2, version, voters, ada, rosa, sam):
    votes.exclude_vote(
        vote=Vote.objects.get(poll=earlier.poll, voter=voters[4]), reason="test", note="", by=ada
    )
    again(poll2, voters)
    assert "Clerk" not in carried(set_up(poll2, version, ada, [rosa, sam]))


def test_another_title_is_carried_over_and_told(earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters[:2], ["CX Lead", "Head of CX"])
    seen = carrying.preview(poll=poll2, version=version, unit="headline", by=ada)
    assert (seen.cases, seen.voters, seen.retitled, seen.total) == (2, 2, 1, 2)
    made = set_up(poll2, version, ada, [rosa, sam])
    assert carried(made) == {"CX Lead": "cx", "Head of CX": "cx"}
    assert carrying.reopen_retitled(round=made, by=ada) == 1
    assert carried(made) == {"CX Lead": "cx"}
    assert_true(made)


@pytest.mark.parametrize("unit", ["headline", "voter"])
def test_the_preview_says_what_will_be(unit, earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters)
    factories.make_vote(poll2, "CX Lead")
    seen = carrying.preview(poll=poll2, version=version, unit=unit, by=ada)
    made = set_up(poll2, version, ada, [rosa, sam], unit=unit)
    rows = Case.objects.filter(round=made, resolution="carried")
    assert (seen.cases, seen.voters) == (rows.count(), sum(case.n_votes for case in rows))
    assert seen.cases == (3 if unit == "headline" else 6)
    assert seen.total == made.case_count
    assert seen.rounds == (earlier,)


def test_a_preview_changes_nothing_and_a_practice_round_carries_nothing(
    earlier, poll2, version, voters, ada, rosa, sam
):
    again(poll2, voters)
    carrying.preview(poll=poll2, version=version, unit="headline", by=ada)
    assert not CarriedCase.objects.exists()
    with pytest.raises(ValidationError, match="practice round carries nothing over"):
        set_up(poll2, version, ada, [rosa, sam], purpose="pilot")


def test_only_who_sets_up_rounds_carries_over(earlier, poll2, version, voters, ada, rosa, sam):
    again(poll2, voters)
    made = set_up(poll2, version, ada, [rosa, sam])
    with pytest.raises(PollRefused):
        carrying.carry_over(round=made, by=rosa)


class TestAPool:
    def test_what_is_left_is_shared_out(self, earlier, poll2, version, voters, ada, rosa, sam):
        again(poll2, voters)
        for n in range(12):
            factories.make_vote(poll2, f"New {n}")
        tom = factories.make_member("tom", poll2, "reviewer")
        made = set_up(poll2, version, ada, [rosa, sam, tom])
        assert len(carried(made)) == 4
        assert sorted(made.reviewers.values_list("assigned_count", flat=True)) == [8, 8, 8]
        assert_true(made)


class TestReading:
    @pytest.fixture
    def made(self, earlier, poll2, version, voters, ada, rosa, sam) -> Round:
        again(poll2, voters)
        factories.make_vote(poll2, "Newcomer")
        return set_up(poll2, version, ada, [rosa, sam])

    def test_what_was_carried_is_in_nobodys_list_and_in_no_agreement(self, made, rosa, sam):
        assert next_case(round=made, reviewer=rosa).text == "Newcomer"
        assert list(made.reviewers.values_list("assigned_count", flat=True)) == [1, 1]
        acts.agree_on_all(made, rosa, sam)
        assert agreement_for(made).coefficients.units == 1
        assert progress_for(made).cases["resolved"] == 4
        assert_true(made)

    def test_reopened_it_is_read_by_two_and_its_old_category_is_gone(self, made, rosa, sam):
        case = Case.objects.get(round=made, text="Agent")
        assert carrying.reopen(case=case, by=rosa)
        assert not carrying.reopen(case=case, by=sam), "the second click changes nothing"
        case.refresh_from_db()
        assert (case.status, case.final, case.resolution) == ("waiting", None, "")
        assert {case.reviewer1, case.reviewer2} == {rosa, sam}
        row = CarriedCase.objects.get(case=case)
        assert (row.reopened_by, row.category.code) == (rosa, "contact-center")
        assert list(made.reviewers.values_list("assigned_count", flat=True)) == [2, 2]
        acts.say(made, case, rosa, "other")
        acts.say(made, case, sam, "other")
        case.refresh_from_db()
        assert (case.status, case.final.code) == ("agreed", "other")
        assert_true(made)

    def test_all_at_once(self, made, ada):
        assert carrying.reopen_all(round=made, by=ada) == 4
        assert carrying.reopen_all(round=made, by=ada) == 0
        assert carried(made) == {}
        assert_true(made)

    def test_who_had_handed_in_gets_it_to_read(self, made, rosa, sam):
        acts.agree_on_all(made, rosa, sam)
        case = Case.objects.get(round=made, text="Agent")
        assert case.sealed_at is not None, "both had handed in"
        carrying.reopen(case=case, by=sam)
        assert list(made.reviewers.values_list("handed_in_at", flat=True)) == [None, None]
        acts.say(made, case, rosa, "cx")
        assert not Decision.objects.get(case=case).late
        assert_true(made)

    def test_a_closed_round_and_strangers_reopen_nothing(self, made, ada, rosa, jude, vera):
        case = Case.objects.get(round=made, text="Agent")
        factories.make_member("vera", made.poll, "viewer")
        for user in (jude, vera):
            with pytest.raises(PollRefused, match="Only a reviewer of this round or an admin"):
                carrying.reopen(case=case, by=user)
        rounds.close_coding(round=made, by=ada)
        with pytest.raises(PollRefused, match="closed"):
            carrying.reopen(case=case, by=ada)
        assert len(carried(made)) == 4

    def test_the_category_is_shown_to_an_admin_who_does_not_read_and_to_no_reviewer(
        self, made, ada, rosa, jude
    ):
        assert carrying.shows_category(ada, made)
        assert not carrying.shows_category(rosa, made)
        assert not carrying.shows_category(jude, made)
        rounds.close_coding(round=made, by=ada)
        assert not carrying.shows_category(rosa, made), "it may be opened again"
        assert carrying.shows_category(jude, made)

    def test_verify_finds_a_final_that_is_not_the_carried_one(self, made):
        other = Category.objects.get(version=made.version, code="cannot-tell")
        Case.objects.filter(round=made, text="Agent").update(final=other)
        (drift,) = verify.verify(made.poll).drift
        assert (drift.kind, drift.stored, drift.recomputed) == ("final", "cannot-tell", "contact-center")

    def test_verify_finds_a_carried_case_that_nothing_was_carried_to(self, made):
        CarriedCase.objects.filter(case__text="Agent").delete()
        kinds = {drift.kind for drift in verify.verify(made.poll).drift}
        assert kinds == {"status", "final", "resolution"}

    def test_the_methods_tell_it_and_count_it_as_read_by_nobody(self, made, rosa, sam):
        acts.agree_on_all(made, rosa, sam)
        facts = methods_for(made)
        assert (facts.cases, facts.carried, facts.carried_voters, facts.read_cases) == (5, 4, 6, 1)
        text = " ".join(methods_of(facts))
        assert "4 cases (6 voters) were carried over from earlier rounds and not read again." in text
        assert "Both readings gave the same category to 1 of 1 cases." in text
        assert "read all of them" not in text

    def test_exports_call_it_carried(self, made):
        rows = list(exports.classified(made.poll, made).rows)
        at = exports.classified(made.poll, made).header.index("status")
        assert sorted(row[at] for row in rows) == ["carried"] * 6 + ["unresolved"]

    def test_progress_of_a_reviewer_is_of_what_they_have_to_read(self, made, ada, rosa, sam):
        assert visibility.counts_for(rosa, made).total == 1
        assert visibility.counts_for(ada, made).total == 5
        seen = visibility.counts_for(ada, made)
        assert (seen.status["resolved"], seen.carried, seen.resolved_here) == (4, 4, 0)
