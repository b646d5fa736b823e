"""Work that is held too long goes back to the others of a pool, by the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from classify import rounds, tasks
from classify.assignment import after_votes_changed, next_case
from classify.models import Case, RoundReviewer
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, read_some, seat_of, titles

DAY = timedelta(days=1)


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


@pytest.fixture
def pool(poll, ada, rosa, sam, tim):
    """Twelve titles, three readers, seven days; set up ten days ago."""
    titles(poll, 12)
    round = make_pool(poll, [rosa, sam, tim], ada, hold_days=7)
    long_ago = timezone.now() - 10 * DAY
    RoundReviewer.objects.filter(round=round).update(joined_at=long_ago, given_at=long_ago)
    return round


def test_it_goes_to_who_is_active_and_is_recorded(pool, rosa, sam, tim):
    read_some(pool, rosa, 1)
    acts.read_all(pool, sam)
    RoundReviewer.objects.filter(round=pool, user=tim).update(last_decided_at=timezone.now() - 8 * DAY)
    assert rounds.return_held_work() == 8
    assert held(pool) == {"rosa": 12, "sam": 12}
    event = pool.events.get()
    assert (event.kind, event.user, event.by) == ("returned", tim, None)
    assert event.reason == "8 cases went to the others."
    assert rounds.went_back_at(round=pool, user=tim) == event.at
    assert rounds.went_back_at(round=pool, user=sam) is None
    assert_no_drift(pool)
    assert rounds.return_held_work() == 0


def test_what_they_decided_stays_theirs(pool, rosa, sam, tim):
    read_some(pool, tim, 3)
    read_some(pool, rosa, 1)
    read_some(pool, sam, 1)
    RoundReviewer.objects.filter(round=pool, user=tim).update(last_decided_at=timezone.now() - 8 * DAY)
    assert rounds.return_held_work() == 5
    assert held(pool)["tim"] == 3
    assert_no_drift(pool)


def test_a_decision_that_comes_afterwards_is_refused(pool, rosa, sam, tim):
    read_some(pool, rosa, 1)
    read_some(pool, sam, 1)
    case = next_case(round=pool, reviewer=tim)
    rounds.return_held_work()
    with pytest.raises(Case.DoesNotExist):
        acts.say(pool, case.pk, tim, "cx")
    assert next_case(round=pool, reviewer=tim) is None


def test_nothing_goes_back_before_its_time_or_where_nobody_is_active(pool, rosa):
    assert rounds.return_held_work() == 0, "all three are away: nobody could take it"
    now = timezone.now()
    RoundReviewer.objects.filter(round=pool).update(last_decided_at=now - 6 * DAY)
    assert rounds.return_held_work(now=now) == 0
    assert pool.events.count() == 0


def test_work_that_only_came_yesterday_is_not_held_too_long(poll, pool, rosa, sam, tim):
    for user in (rosa, sam, tim):
        acts.read_all(pool, user)
    RoundReviewer.objects.filter(round=pool).update(last_decided_at=timezone.now() - 9 * DAY)
    titles(poll, 6, start=12)
    after_votes_changed(poll_id=poll.pk)
    read_some(pool, rosa, 1)
    assert rounds.return_held_work() == 0


def test_what_nobody_else_can_take_stays(poll, pool, rosa, sam, tim):
    read_some(pool, rosa, 1)
    moved = rounds.return_held_work()
    assert moved == 4, "of sam and tim, rosa can only take one slot of each case that both held"
    assert held(pool)["rosa"] == 12
    assert sum(held(pool).values()) == 24
    assert not pool.cases.filter(reviewer1=None).exists()
    assert not pool.cases.filter(reviewer2=None).exists()
    assert_no_drift(pool)


def test_new_titles_go_to_who_is_there_until_the_other_takes_part_again(poll, pool, ada, rosa, sam, tim):
    read_some(pool, rosa, 1)
    read_some(pool, sam, 1)
    rounds.return_held_work()
    titles(poll, 3, start=12)
    after_votes_changed(poll_id=poll.pk)
    assert held(pool) == {"rosa": 15, "sam": 15}
    rounds.join_round(round=pool, user=tim, by=ada, fair_part=True)
    assert held(pool)["tim"] == 10
    assert rounds.went_back_at(round=pool, user=tim) is None
    assert rounds.return_held_work() == 0


def test_two_who_read_all_keep_what_they_have(poll, ada, rosa, sam):
    titles(poll, 2)
    round = make_pool(poll, [rosa, sam], ada, hold_days=1)
    RoundReviewer.objects.filter(round=round).update(
        joined_at=timezone.now() - 9 * DAY, given_at=timezone.now() - 9 * DAY
    )
    acts.read_all(round, rosa)
    assert rounds.return_held_work() == 0


def test_a_closed_round_moves_nothing(pool, ada, rosa):
    read_some(pool, rosa, 1)
    rounds.close_coding(round=pool, by=ada)
    assert rounds.return_held_work() == 0


def test_the_worker_asks_by_the_clock(pool, rosa, sam, tim):
    read_some(pool, rosa, 1)
    read_some(pool, sam, 1)
    tasks.return_held_work(0)
    assert pool.events.get().user == tim
    assert seat_of(pool, tim).assigned_count == 0
