"""Resolving conflicts: claimed and decided by a third person, or agreed by the two in consensus."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from classify import adjudication, rounds, visibility
from classify.models import Adjudication, Case, Category, CodebookFlag, Decision, Round
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.judging import close, judge, propose


@pytest.fixture
def juno(poll):
    """A second adjudicator."""
    return factories.make_member("juno", poll, "adjudicator")


@pytest.fixture
def votes(poll):
    return [factories.make_vote(poll, text) for text in ("CX Lead", "Agent")]


@pytest.fixture
def round(poll, votes, ada, rosa, sam, jude, juno) -> Round:
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude, juno], by=ada)


@pytest.fixture
def conflict(round, rosa, sam) -> Case:
    return acts.disagree(round, Case.objects.get(round=round, text="CX Lead"), rosa, sam)


def code(name: str) -> Category:
    return Category.objects.get(code=name)


class TestQueue:
    def test_it_holds_the_conflicts_that_wait_oldest_first(self, round, conflict, rosa, sam, jude):
        second = acts.disagree(round, Case.objects.get(text="Agent"), rosa, sam)
        assert list(adjudication.queue(jude, round)) == [conflict, second]
        judge(conflict, jude)
        assert list(adjudication.queue(jude, round)) == [second]
        close(second, jude)
        assert not adjudication.queue(jude, round)

    def test_who_reads_does_not_see_it(self, round, conflict, rosa, sam, vera, nina):
        for user in (rosa, sam, vera, nina):
            with pytest.raises(PollRefused):
                adjudication.queue(user, round)

    def test_a_row_says_nothing_of_who_said_what(self, round, conflict, jude):
        loaded = adjudication.queue(jude, round).get().__dict__
        hidden = ("reviewer", "decision", "cat", "order")
        assert not [name for name in loaded if name.startswith(hidden)]


class TestClaiming:
    def test_it_seals_the_pair(self, round, conflict, jude):
        claimed = adjudication.claim(case=conflict, by=jude)
        conflict.refresh_from_db()
        assert claimed.claimed_by == conflict.claimed_by == jude
        assert conflict.sealed_at == conflict.claimed_at

    def test_the_second_click_is_harmless(self, conflict, jude):
        first = adjudication.claim(case=conflict, by=jude).sealed_at
        assert adjudication.claim(case=conflict, by=jude).sealed_at == first

    def test_somebody_elses_claim_stands(self, conflict, jude, juno):
        adjudication.claim(case=conflict, by=jude)
        for act in (lambda: adjudication.claim(case=conflict, by=juno), lambda: judge(conflict, juno)):
            with pytest.raises(ValidationError, match="jude has taken this conflict up"):
                act()
        assert Case.objects.get(pk=conflict.pk).claimed_by == jude

    def test_a_claim_does_not_stand_for_ever(self, conflict, jude, juno):
        adjudication.claim(case=conflict, by=jude)
        sealed = Case.objects.get(pk=conflict.pk).sealed_at
        long_ago = timezone.now() - adjudication.CLAIM_STANDS - timedelta(minutes=1)
        Case.objects.filter(pk=conflict.pk).update(claimed_at=long_ago)
        claimed = adjudication.claim(case=conflict, by=juno)
        assert (claimed.claimed_by, claimed.sealed_at) == (juno, sealed)

    def test_what_is_given_back_is_free_and_stays_sealed(self, round, conflict, jude, juno):
        adjudication.claim(case=conflict, by=jude)
        assert adjudication.give_back(round=round, cases=[conflict.pk], by=juno) == 0
        assert Case.objects.get(pk=conflict.pk).claimed_by == jude
        assert adjudication.give_back(round=round, cases=[conflict.pk], by=jude) == 1
        assert adjudication.give_back(round=round, cases=[conflict.pk], by=jude) == 0
        given = Case.objects.get(pk=conflict.pk)
        assert (given.claimed_by, given.claimed_at) == (None, None)
        assert given.sealed_at is not None
        assert adjudication.claim(case=conflict, by=juno).claimed_by == juno

    def test_a_claim_is_renewed_while_something_happens(self, conflict, jude, juno):
        adjudication.claim(case=conflict, by=jude)
        before = timezone.now() - adjudication.CLAIM_STANDS + timedelta(minutes=5)
        Case.objects.filter(pk=conflict.pk).update(claimed_at=before)
        adjudication.renew(case=conflict, by=juno)
        assert Case.objects.get(pk=conflict.pk).claimed_at == before
        adjudication.renew(case=conflict, by=jude)
        assert Case.objects.get(pk=conflict.pk).claimed_at > before

    def test_a_claim_that_ended_is_not_renewed(self, conflict, jude):
        adjudication.claim(case=conflict, by=jude)
        ended = timezone.now() - adjudication.CLAIM_STANDS - timedelta(minutes=1)
        Case.objects.filter(pk=conflict.pk).update(claimed_at=ended)
        adjudication.renew(case=conflict, by=jude)
        assert Case.objects.get(pk=conflict.pk).claimed_at == ended
        assert adjudication.holder(Case.objects.get(pk=conflict.pk)) is None

    @pytest.mark.parametrize("name", ["ada", "rosa", "sam", "vera", "nina"])
    def test_only_an_adjudicator_claims(self, name, conflict, request):
        with pytest.raises(PollRefused):
            adjudication.claim(case=conflict, by=request.getfixturevalue(name))
        assert Case.objects.get(pk=conflict.pk).sealed_at is None

    def test_a_conflict_that_went_away_is_no_longer_there(self, round, conflict, sam, jude):
        acts.say(round, conflict, sam, "cx")
        with pytest.raises(ValidationError, match="no conflict any more"):
            adjudication.claim(case=conflict, by=jude)
        assert Case.objects.get(pk=conflict.pk).sealed_at is None


class TestWithoutAVote:
    """A case behind which nobody stands any more, as after a split, is nothing to resolve."""

    @pytest.fixture
    def empty(self, conflict) -> Case:
        Case.objects.filter(pk=conflict.pk).update(n_votes=0)
        return conflict

    def test_it_is_in_no_queue_and_no_count(self, round, empty, jude, ada):
        assert not adjudication.queue(jude, round)
        assert visibility.count_open(jude, round) == 0
        assert visibility.pairs_of(jude, round) == []
        assert visibility.counts_for(ada, round).conflicts == 0

    def test_nothing_is_done_to_it(self, empty, jude, ada):
        for act in (
            lambda: adjudication.claim(case=empty, by=jude),
            lambda: judge(empty, jude),
            lambda: close(empty, ada),
        ):
            with pytest.raises(ValidationError, match="Nobody shows this title any more"):
                act()


class TestRoundsThatAreOver:
    def test_in_an_archived_round_nothing_is_resolved(self, round, conflict, ada, jude):
        rounds.close_coding(round=round, by=ada)
        Round.objects.filter(pk=round.pk).update(archived_at=timezone.now(), archived_by=ada)
        for act in (
            lambda: adjudication.claim(case=conflict, by=jude),
            lambda: judge(conflict, jude),
            lambda: close(conflict, ada),
        ):
            with pytest.raises(PollRefused, match="archived"):
                act()


class TestFlagging:
    def test_what_the_codebook_should_say_is_kept_with_the_judgement(self, round, conflict, jude):
        row = judge(conflict, jude, flag="  Say what a lead is.\x00 ")
        flag = CodebookFlag.objects.get()
        assert (flag.text, flag.adjudication, flag.raised_by) == ("Say what a lead is.", row, jude)
        assert flag.codebook == round.version.codebook
        assert flag.settled_at is None

    def test_nothing_is_noted_without_a_word(self, conflict, jude):
        judge(conflict, jude, flag="  ")
        assert not CodebookFlag.objects.exists()

    def test_a_note_too_long_leaves_nothing_done(self, conflict, jude):
        with pytest.raises(ValidationError, match="at most 2000 are kept"):
            judge(conflict, jude, flag="x" * 2001)
        assert not Adjudication.objects.exists()
        assert Case.objects.get(pk=conflict.pk).status == "conflict"

    def test_the_second_click_notes_it_once(self, conflict, jude):
        sent = uuid.uuid4()
        for _ in range(2):
            judge(conflict, jude, flag="Say it.", client_id=sent)
        assert CodebookFlag.objects.count() == 1


class TestDeciding:
    def test_it_is_final_and_the_originals_stay(self, conflict, jude):
        before = list(Decision.objects.order_by("pk").values())
        row = judge(conflict, jude, "consultant", reason="two_roles", rationale="Advises on the side")
        conflict.refresh_from_db()
        assert (conflict.status, conflict.resolution, conflict.final) == (
            "resolved",
            "adjudicated",
            code("consultant"),
        )
        assert conflict.resolved_by == jude
        assert conflict.resolved_at is not None
        assert conflict.sealed_at is not None
        assert (row.kind, row.reason, row.rationale) == ("final", "two_roles", "Advises on the side")
        assert list(Decision.objects.order_by("pk").values()) == before
        assert {conflict.cat1, conflict.cat2} == {code("cx").pk, code("contact-center").pk}

    def test_the_second_click_is_harmless(self, conflict, jude):
        sent = uuid.uuid4()
        first = judge(conflict, jude, client_id=sent)
        assert judge(conflict, jude, "other", client_id=sent) == first
        assert Adjudication.objects.count() == 1
        assert Case.objects.get(pk=conflict.pk).final == code("cx")

    def test_it_is_decided_once(self, conflict, jude, juno):
        judge(conflict, jude)
        for user in (jude, juno):
            with pytest.raises(ValidationError, match="resolved already"):
                judge(conflict, user, "other")
        assert Case.objects.get(pk=conflict.pk).final == code("cx")

    def test_a_client_id_of_another_case_is_refused(self, round, conflict, rosa, sam, jude):
        sent = uuid.uuid4()
        judge(conflict, jude, client_id=sent)
        second = acts.disagree(round, Case.objects.get(text="Agent"), rosa, sam)
        with pytest.raises(ValidationError, match="used for another case"):
            judge(second, jude, client_id=sent)

    @pytest.mark.parametrize(
        ("bad", "why"),
        [
            ({"category": "nonsense"}, "no category of this codebook"),
            ({"reason": ""}, "reason from the list"),
            ({"reason": "mood"}, "reason from the list"),
            ({"reason": "other", "rationale": "  "}, "Say in a sentence why"),
            ({"rationale": "x" * 5001}, "at most 5000 are kept"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, bad, why, conflict, jude):
        with pytest.raises(ValidationError, match=why):
            judge(conflict, jude, **bad)
        assert not Adjudication.objects.exists()
        assert Case.objects.get(pk=conflict.pk).status == "conflict"

    @pytest.mark.parametrize("name", ["ada", "rosa", "sam", "vera", "nina"])
    def test_only_an_adjudicator_decides(self, name, conflict, request):
        with pytest.raises(PollRefused):
            judge(conflict, request.getfixturevalue(name))

    def test_never_one_of_the_two(self, poll, round, conflict, rosa):
        round.adjudicators.create(user=rosa)
        factories.make_member("rosa", poll, "adjudicator")
        with pytest.raises(PollRefused, match="a third person has to decide"):
            judge(conflict, rosa)

    def test_an_agreement_needs_no_judge(self, round, rosa, sam, jude):
        case = Case.objects.get(text="Agent")
        for user in (rosa, sam):
            acts.say(round, case, user, "cx")
        with pytest.raises(ValidationError, match="no conflict"):
            judge(case, jude)

    def test_conflicts_are_decided_after_closing_too(self, round, conflict, ada, jude):
        rounds.close_coding(round=round, by=ada)
        judge(conflict, jude)
        assert Case.objects.get(pk=conflict.pk).status == "resolved"

    def test_a_change_after_the_resolution_is_late(self, round, conflict, rosa, jude):
        judge(conflict, jude)
        assert acts.say(round, conflict, rosa, "contact-center").decision.late
        assert Case.objects.get(pk=conflict.pk).status == "resolved"


class TestClosingUnresolved:
    @pytest.mark.parametrize("name", ["jude", "ada"])
    def test_the_adjudicator_or_an_admin_may(self, name, round, conflict, jude, request):
        close(conflict, request.getfixturevalue(name))
        conflict.refresh_from_db()
        assert (conflict.status, conflict.final) == ("conflict", None)
        assert conflict.closed_unresolved_at is not None
        assert conflict.sealed_at is not None
        row = Adjudication.objects.get()
        assert (row.kind, row.category) == ("final", None)

    @pytest.mark.parametrize("name", ["rosa", "sam", "vera", "nina"])
    def test_others_may_not(self, name, conflict, request):
        with pytest.raises(PollRefused):
            close(conflict, request.getfixturevalue(name))

    def test_an_admin_who_reads_may_not(self, poll, votes, ada, sam, jude):
        round = acts.open_round(poll, reviewers=[ada, sam], adjudicators=[jude], by=ada)
        case = acts.disagree(round, Case.objects.get(text="CX Lead"), ada, sam)
        with pytest.raises(PollRefused):
            close(case, ada)

    def test_it_is_closed_for_good(self, conflict, jude, juno):
        sent = uuid.uuid4()
        assert close(conflict, jude, client_id=sent) == close(conflict, jude, client_id=sent)
        for act in (close, judge):
            with pytest.raises(ValidationError, match="closed as unresolved"):
                act(conflict, juno)


class TestConsensus:
    @pytest.fixture
    def round(self, poll, votes, ada, rosa, sam) -> Round:
        return acts.open_round(poll, reviewers=[rosa, sam], by=ada)

    @pytest.fixture
    def revealed(self, round, conflict, ada) -> Case:
        rounds.close_coding(round=round, by=ada)
        return conflict

    def test_nobody_proposes_before_the_reveal(self, conflict, rosa):
        with pytest.raises(PollRefused, match="both of you have handed in"):
            propose(conflict, rosa)

    def test_equal_proposals_are_final(self, revealed, rosa, sam):
        first = propose(revealed, rosa, "cx")
        revealed.refresh_from_db()
        assert (first.kind, revealed.status) == ("proposal", "conflict")
        propose(revealed, sam, "cx")
        revealed.refresh_from_db()
        assert (revealed.status, revealed.resolution, revealed.final) == ("resolved", "consensus", code("cx"))
        assert revealed.resolved_by == sam
        kinds = Adjudication.objects.order_by("seq").values_list("seq", "kind", "decided_by")
        assert list(kinds) == [(1, "proposal", rosa.pk), (2, "proposal", sam.pk), (3, "final", sam.pk)]

    def test_only_the_latest_proposals_count(self, revealed, rosa, sam):
        for user, said in [(rosa, "cx"), (sam, "other"), (rosa, "consultant"), (sam, "cx")]:
            propose(revealed, user, said)
            revealed.refresh_from_db()
            assert revealed.status == "conflict"
        propose(revealed, sam, "consultant")
        revealed.refresh_from_db()
        assert revealed.final == code("consultant")

    def test_one_alone_agrees_with_nobody(self, revealed, rosa):
        for _ in range(2):
            propose(revealed, rosa, "cx")
        assert Case.objects.get(pk=revealed.pk).status == "conflict"

    def test_the_second_click_is_harmless(self, revealed, rosa):
        sent = uuid.uuid4()
        assert propose(revealed, rosa, client_id=sent) == propose(revealed, rosa, "other", client_id=sent)
        assert Adjudication.objects.count() == 1

    @pytest.mark.parametrize("name", ["ada", "jude", "vera", "nina"])
    def test_only_the_two_propose(self, name, revealed, request):
        with pytest.raises(PollRefused):
            propose(revealed, request.getfixturevalue(name))

    def test_the_two_do_not_judge(self, revealed, rosa):
        with pytest.raises(PollRefused):
            judge(revealed, rosa)

    def test_under_the_other_rule_nobody_proposes(self, poll, votes, ada, rosa, sam, jude):
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        case = acts.disagree(round, Case.objects.get(text="CX Lead"), rosa, sam)
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="a third person decides"):
            propose(case, rosa)

    def test_a_deadlock_is_closed_by_either_once_both_have_proposed(self, revealed, rosa, sam):
        with pytest.raises(PollRefused, match="Each of you proposes"):
            close(revealed, rosa)
        propose(revealed, rosa, "cx")
        with pytest.raises(PollRefused, match="Each of you proposes"):
            close(revealed, rosa)
        propose(revealed, sam, "other")
        close(revealed, rosa)
        with pytest.raises(ValidationError, match="closed as unresolved"):
            propose(revealed, sam, "cx")

    def test_a_deadlock_is_closed_by_an_admin(self, revealed, ada):
        close(revealed, ada)
        assert Case.objects.get(pk=revealed.pk).closed_unresolved_at is not None

    def test_a_third_person_decides_after_the_reveal_only(self, poll, votes, ada, rosa, sam, jude):
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, rule="consensus")
        case = acts.disagree(round, Case.objects.get(text="CX Lead"), rosa, sam)
        with pytest.raises(PollRefused, match="try to agree first"):
            adjudication.claim(case=case, by=jude)
        rounds.close_coding(round=round, by=ada)
        propose(case, rosa, "cx")
        adjudication.claim(case=case, by=jude)
        with pytest.raises(ValidationError, match="jude has taken"):
            propose(case, sam, "cx")
        judge(case, jude, "other")
        case.refresh_from_db()
        assert (case.resolution, case.final, case.resolved_by) == ("adjudicated", code("other"), jude)
