"""Who reads what: every free slot of a case that is to be read is dealt to somebody, by shares.

Two people who read in a round read all of it; of more, each case is read by two, drawn by the seed of the
round. Dealt beforehand, so that nobody's next case depends on what the others did. Callers hold the round and
its seats locked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from classify.assignment.counting import COUNT_ASSIGNED
from classify.assignment.shares import NOBODY, Hand, Reader, deal_hands
from classify.models import Round, RoundEvent, RoundReviewer

# A case that waits for somebody: it has a vote, was not carried over, and one of its slots is free. (Its
# index says the same.)
WAITS = "c.n_votes > 0 AND c.resolution <> 'carried' AND (c.reviewer1_id IS NULL OR c.reviewer2_id IS NULL)"

COUNT_FREE = f"""
SELECT COALESCE(c.reviewer1_id, c.reviewer2_id, {NOBODY}), count(*)
  FROM classify_case c WHERE c.round_id = %(round)s AND {WAITS} GROUP BY 1
"""  # noqa: S608 - of constants

# Of each kind the cases are taken in the order of a hash of their own, which is not the reading order.
TAKE_HANDS = f"""
WITH waiting AS (
  SELECT c.id, COALESCE(c.reviewer1_id, c.reviewer2_id, {NOBODY}) AS holder,
         row_number() OVER (PARTITION BY COALESCE(c.reviewer1_id, c.reviewer2_id, {NOBODY})
                            ORDER BY hashint8extended(c.id, hashint8extended(3, %(seed)s)), c.id) AS place
    FROM classify_case c WHERE c.round_id = %(round)s AND {WAITS}
), hands AS (
  SELECT h.holder, h.one, h.two, row_number() OVER (PARTITION BY h.holder ORDER BY h.nr) AS place
    FROM unnest(%(holders)s::bigint[], %(first)s::bigint[], %(second)s::bigint[], %(counts)s::bigint[])
           WITH ORDINALITY AS h (holder, one, two, n, nr), generate_series(1, h.n)
)
UPDATE classify_case c
   SET reviewer1_id = COALESCE(c.reviewer1_id, hands.one),
       reviewer2_id = COALESCE(c.reviewer2_id, CASE waiting.holder WHEN {NOBODY} THEN hands.two
                                                                   ELSE hands.one END)
  FROM waiting JOIN hands USING (holder, place)
 WHERE c.id = waiting.id
"""  # noqa: S608 - of constants


def readers_of(round: Round) -> list[RoundReviewer]:
    """Who takes slots of the round, in the order in which they joined.

    Nobody who left. In a pool nobody either who cannot log in, or whose work was held too long and went back,
    until they decide again or join anew.
    """
    seats = list(
        RoundReviewer.objects.filter(round=round, left_at__isnull=True)
        .select_related("user")
        .order_by("ordinal")
    )
    if len(seats) <= 2:
        return seats
    events = RoundEvent.objects.filter(round=round, kind=RoundEvent.Kind.RETURNED).order_by("pk")
    returned = {user: at for user, at in events.values_list("user_id", "at") if user is not None}
    return [seat for seat in seats if seat.user.is_active and not _is_away(seat, returned)]


def _is_away(seat: RoundReviewer, returned: Mapping[int, datetime]) -> bool:
    """Did work of this person go back after the last sign of them?"""
    gone = returned.get(seat.user_id)
    return gone is not None and gone >= max(seat.joined_at, seat.last_decided_at or seat.joined_at)


def deal(round: Round, *, leave_out: Collection[int] = ()) -> int:
    """Give free slots to who reads in the round, except to the users named; returns how many cases got one.

    A closed round deals nothing. Where only one person reads, the second slot stays free.
    """
    count_assigned(round)
    if round.coding_closed_at is not None or round.discarded_at is not None:
        return 0
    seats = [seat for seat in readers_of(round) if seat.user_id not in leave_out]
    readers = [Reader(seat.user_id, seat.share, seat.assigned_count) for seat in seats]
    hands = deal_hands(free_slots(round), readers, str(round.seed))
    if not hands:
        return 0
    idle = {seat.user_id for seat in seats if seat.assigned_count <= seat.decided_count}
    takes = {person for hand in hands for person in (hand.first, hand.second) if person in idle}
    RoundReviewer.objects.filter(round=round, user__in=takes).update(given_at=timezone.now())
    dealt = _run(TAKE_HANDS, {**_places(hands), "round": round.pk, "seed": round.seed})
    count_assigned(round)
    return dealt


def left_undealt(round: Round) -> int:
    """How many cases of an open round wait for a reader although somebody could take them. 0, or `deal` was
    forgotten."""
    readers = [Reader(seat.user_id, seat.share, seat.assigned_count) for seat in readers_of(round)]
    return sum(hand.count for hand in deal_hands(free_slots(round), readers, str(round.seed)))


def free_slots(round: Round) -> dict[int, int]:
    """Who holds the other slot (or `NOBODY`) -> how many cases wait for somebody."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_FREE, {"round": round.pk})
        return dict(cursor.fetchall())


def count_assigned(round: Round) -> None:
    """Count anew how many cases with a vote each reviewer holds."""
    _run(COUNT_ASSIGNED, {"round": round.pk})


def _places(hands: list[Hand]) -> dict[str, list[int | None]]:
    return {
        "holders": [hand.holder for hand in hands],
        "first": [hand.first for hand in hands],
        "second": [hand.second for hand in hands],
        "counts": [hand.count for hand in hands],
    }


def _run(sql: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor, joining_by_hash(cursor):
        cursor.execute(sql, values)
        touched: int = cursor.rowcount
    return touched


@contextmanager
def joining_by_hash(cursor: Any) -> Iterator[None]:
    """Cases of a round that was just made have no statistics yet: see `joining`. Taken for few, places would
    be compared one by one with all others of their kind, and 100,000 of them would take hours."""
    cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")
