"""People come and go while others decide, on real connections: no third reader, and everything sums up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import Count
from django.utils import timezone

from classify import rounds
from classify.assignment import next_case
from classify.models import Case, Decision, Round, RoundReviewer
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, read_some, titles
from tests.classify.test_tagging_race import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)
TITLES = 12
TIMES = 5


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


@pytest.fixture
def uma(poll):
    return factories.make_member("uma", poll, "reviewer")


@pytest.fixture
def pool(poll, ada, rosa, sam, tim, uma) -> Round:
    titles(poll, TITLES)
    return make_pool(poll, [rosa, sam, tim, uma], ada, hold_days=7)


def decide_all(round, user):
    """Go on deciding until nothing is left, whatever is given away meanwhile."""
    while (case := next_case(round=round, reviewer=user)) is not None:
        try:
            acts.say(round, case.pk, user, "cx")
        except Case.DoesNotExist:
            continue


def assert_two_at_most(round: Round) -> None:
    readers = Decision.objects.filter(round=round).values("case").annotate(n=Count("reviewer", distinct=True))
    assert all(row["n"] <= 2 for row in readers)
    assert_no_drift(round)


def test_two_leave_at_once(pool, rosa, sam, tim, uma):
    at_once(
        lambda: rounds.leave_round(round=pool, user=tim, by=tim),
        lambda: rounds.leave_round(round=pool, user=uma, by=uma),
    )
    assert held(pool) == {"rosa": TITLES, "sam": TITLES}
    assert pool.events.filter(kind="left").count() == 2
    assert_two_at_most(pool)


def test_a_second_click_on_leave_is_one_departure(pool, ada, tim):
    at_once(
        lambda: rounds.leave_round(round=pool, user=tim, by=tim),
        lambda: rounds.leave_round(round=pool, user=tim, by=ada),
    )
    assert pool.events.filter(kind="left").count() == 1


def test_leaving_while_deciding(pool, rosa, sam, tim, uma):
    at_once(
        lambda: decide_all_or_leave(pool, tim),
        lambda: rounds.leave_round(round=pool, user=tim, by=tim),
        lambda: decide_all(pool, rosa),
    )
    decided = Decision.objects.filter(reviewer=tim).values("case").distinct().count()
    assert held(pool).get("tim", 0) == decided
    for user in (rosa, sam, uma):
        decide_all(pool, user)
    assert rounds.is_doubly_coded(pool)
    assert_two_at_most(pool)


def decide_all_or_leave(round, user):
    """Decide until it is refused: this person left meanwhile."""
    from polls.permissions import PollRefused

    try:
        decide_all(round, user)
    except PollRefused:
        return


def test_somebody_joins_while_another_leaves(poll, ada, rosa, sam, tim):
    titles(poll, TITLES)
    round = make_pool(poll, [rosa, sam], ada)
    read_some(round, sam, 3)
    results = at_once(
        lambda: rounds.join_round(round=round, user=tim, by=ada),
        lambda: rounds.leave_round(round=round, user=sam, by=sam),
    )
    assert not refused(results)
    assert held(round) == {"rosa": TITLES, "sam": 3, "tim": TITLES - 3}
    assert_two_at_most(round)


def test_two_join_for_the_same_free_slots(poll, ada, rosa, sam, tim):
    titles(poll, TITLES)
    round = make_pool(poll, [rosa], ada)
    at_once(
        lambda: rounds.join_round(round=round, user=sam, by=ada),
        lambda: rounds.join_round(round=round, user=tim, by=ada),
    )
    found = held(round)
    assert found["rosa"] == TITLES
    assert found.get("sam", 0) + found.get("tim", 0) == TITLES
    assert sorted(round.reviewers.values_list("ordinal", flat=True)) == [1, 2, 3]
    assert_two_at_most(round)


def test_a_fair_part_is_taken_while_the_others_decide(poll, ada, rosa, sam, tim):
    titles(poll, TITLES)
    round = make_pool(poll, [rosa, sam], ada)
    at_once(
        lambda: decide_all(round, rosa),
        lambda: decide_all(round, sam),
        lambda: rounds.join_round(round=round, user=tim, by=ada, fair_part=True),
    )
    decide_all(round, tim)
    decide_all(round, rosa)
    decide_all(round, sam)
    assert rounds.is_doubly_coded(round)
    assert_two_at_most(round)


def test_work_goes_back_while_its_holder_comes_back_and_decides(pool, rosa, sam, tim, uma):
    for _ in range(TIMES):
        long_ago = timezone.now() - timedelta(days=9)
        RoundReviewer.objects.filter(round=pool, user=tim).update(
            joined_at=long_ago, given_at=long_ago, last_decided_at=None
        )
        case = next_case(round=pool, reviewer=tim)
        if case is None:
            break
        at_once(
            rounds.return_held_work,
            lambda case=case: acts.say(pool, case.pk, tim, "cx"),
        )
        case = Case.objects.get(pk=case.pk)
        mine = Decision.objects.filter(case=case, reviewer=tim).exists()
        assert mine == (tim.pk in (case.reviewer1_id, case.reviewer2_id))
        assert_two_at_most(pool)


def test_closing_while_deciding(pool, ada, rosa, sam):
    at_once(
        lambda: decide_all_or_leave(pool, rosa),
        lambda: decide_all_or_leave(pool, sam),
        lambda: rounds.close_coding(round=pool, by=ada),
    )
    assert not pool.cases.filter(sealed_at=None).exists()
    assert_two_at_most(pool)
    rounds.reopen_coding(round=pool, by=ada, reason="Too early")
    assert_two_at_most(pool)


def test_closed_and_reopened_at_once(pool, ada):
    rounds.close_coding(round=pool, by=ada)
    at_once(
        lambda: rounds.reopen_coding(round=pool, by=ada, reason="Too early"),
        lambda: rounds.reopen_coding(round=pool, by=ada, reason="Twice"),
    )
    assert pool.events.filter(kind="reopened").count() == 1
    assert_two_at_most(pool)
