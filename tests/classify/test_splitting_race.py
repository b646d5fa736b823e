"""Splitting and putting together beside decisions and claims, on real connections."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Sum

from classify import adjudication, rounds, splitting, tagging
from classify.models import Case, CaseSplit, CaseVote, Decision, Round, RoundReviewer
from classify.verify import verify
from tests import factories
from tests.classify import acts
from tests.classify.test_tagging_race import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6
VOTERS = 3


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for n in range(TIMES):
        for option in range(VOTERS):
            factories.make_vote(poll, f"Title {n}", option=option + 1)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def cases(round) -> list[Case]:
    return list(Case.objects.filter(round=round).order_by("pk"))


def split(case: Case, by) -> splitting.Split:
    return splitting.split_case(round=case.round, case_id=case.pk, by=by)


def assert_all_adds_up(round: Round) -> None:
    """Every vote stands behind one case, every total follows, and nothing drifted."""
    assert verify().drift == ()
    cases = Case.objects.filter(round=round)
    assert cases.aggregate(n=Sum("n_votes"))["n"] == TIMES * VOTERS
    assert CaseVote.objects.filter(round=round, left_at__isnull=True).count() == TIMES * VOTERS
    round.refresh_from_db()
    assert round.case_count == cases.filter(n_votes__gt=0).count()
    assert set(RoundReviewer.objects.values_list("assigned_count", flat=True)) == {round.case_count}


def test_a_split_against_a_decision(round, cases, rosa, sam):
    for case in cases:
        done, said = at_once(lambda c=case: split(c, rosa), lambda c=case: acts.say(round, c, sam, "cx"))
        assert not refused([done, said])
        case.refresh_from_db()
        assert (done.cases, case.n_votes, case.status) == (VOTERS, 0, "one_decision")
    assert Decision.objects.count() == TIMES
    assert RoundReviewer.objects.get(user=sam).decided_count == 0
    assert_all_adds_up(round)


def test_two_splits_are_one(round, cases, rosa, sam):
    for case in cases:
        results = at_once(
            lambda c=case: split(c, rosa), lambda c=case: split(c, sam), lambda c=case: split(c, rosa)
        )
        assert not refused(results)
        assert sorted(result.repeated for result in results) == [False, True, True]
        assert Case.objects.filter(split_from=case).count() == VOTERS
    assert CaseSplit.objects.count() == TIMES
    assert_all_adds_up(round)


def test_a_split_against_a_claim(round, cases, rosa, sam, jude):
    for case in cases:
        acts.disagree(round, case, rosa, sam)
        done, _ = at_once(lambda c=case: split(c, sam), lambda c=case: adjudication.claim(case=c, by=jude))
        assert done == splitting.Split(case.pk, VOTERS, repeated=False)
    assert_all_adds_up(round)


def test_putting_together_against_a_decision_on_a_part(round, cases, ada, rosa, sam):
    for case in cases:
        split(case, rosa)
        part = Case.objects.filter(split_from=case).earliest("pk")
        merged, said = at_once(
            lambda c=case: splitting.merge_back(case=c, by=ada),
            lambda p=part: acts.say(round, p, sam, "cx"),
        )
        case.refresh_from_db()
        assert not refused([said]), "a decision is kept whichever came first"
        assert case.n_votes == (0 if isinstance(merged, ValidationError) else VOTERS)
    assert_all_adds_up(round)


def test_two_who_put_together(round, cases, ada, rosa, poll):
    other = factories.make_member("olga", poll, "admin")
    for case in cases:
        split(case, rosa)
        results = at_once(
            *[lambda c=case, u=user: splitting.merge_back(case=c, by=u) for user in (ada, other)]
        )
        assert results == [None, None]
    assert_all_adds_up(round)


def test_a_split_against_closing(round, cases, ada, rosa):
    done, closed = at_once(lambda: split(cases[0], rosa), lambda: rounds.close_coding(round=round, by=ada))
    assert closed is None
    parts = Case.objects.filter(split_from=cases[0])
    assert parts.count() == (0 if isinstance(done, Exception) else VOTERS)
    assert not Case.objects.filter(round=round, sealed_at__isnull=True).exists()
    assert_all_adds_up(round)


def test_a_split_against_the_last_hand_in(round, cases, rosa, sam):
    for user in (rosa, sam):
        acts.read_all(round, user)
    tagging.hand_in(round=round, by=rosa)
    done, _ = at_once(lambda: split(cases[0], sam), lambda: tagging.hand_in(round=round, by=sam))
    assert done.cases == VOTERS
    assert not RoundReviewer.objects.filter(handed_in_at__isnull=False).exists()
    assert_all_adds_up(round)
