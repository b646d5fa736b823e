"""The conflicts of a round as a list: in an order, of one pair of categories, in pieces, however many.

A pair says which two categories were chosen, never by whom: the lower id first, 0 for unsure. Who decides
first (`Round.adjudicator_first`) is not told the pair. Every order is one index (migration 0011), read from
where the last piece ended: the last of 100,000 costs what the first does, and nothing is counted without end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from classify.models import Round
from classify.visibility.rules import check_can_see_conflicts, hides_readings
from polls.permissions import Person

COUNTED_UP_TO: Final = 10_000
"""More open conflicts than this are not counted."""
PAIR_COUNTED_UP_TO: Final = 1_000
"""More conflicts of one pair than this are not counted."""
DEFAULT_ORDER: Final = "conflict_since"

_AGE = "COALESCE(c.conflict_since, '-infinity'::timestamptz)"
_LOW, _HIGH = "LEAST(c.cat1, c.cat2)", "GREATEST(c.cat1, c.cat2)"
_DONE_AT = "COALESCE(c.resolved_at, c.closed_unresolved_at, '-infinity'::timestamptz)"
_OPEN = (
    "c.round_id = %(round)s AND c.status = 'conflict' AND c.closed_unresolved_at IS NULL AND c.n_votes > 0"
)
_DONE = (
    "c.round_id = %(round)s AND"
    " (c.resolution IN ('adjudicated', 'consensus') OR c.closed_unresolved_at IS NOT NULL)"
)
_OF_PAIR = f"{_LOW} = %(low)s AND {_HIGH} = %(high)s"
_HELD_BY_ME = "c.claimed_by_id = %(user)s AND c.claimed_at > %(ended)s"
_FREE = "(c.claimed_by_id IS NULL OR c.claimed_by_id = %(user)s OR c.claimed_at <= %(ended)s)"
# One of the two, who has not proposed anything yet.
_TO_PROPOSE = """%(user)s IN (c.reviewer1_id, c.reviewer2_id) AND NOT EXISTS (
    SELECT FROM classify_adjudication a
     WHERE a.case_id = c.id AND a.kind = 'proposal' AND a.decided_by_id = %(user)s)"""

# Expressions with the types to which a place in the order is cast back.
_AGE_KEY, _VOTES_KEY = (_AGE, "timestamptz"), ("c.n_votes", "int")
_PAIR_KEYS = ((_LOW, "bigint"), (_HIGH, "bigint"), _AGE_KEY)
ORDERS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "conflict_since": (_AGE_KEY,),
    "n_votes": (_VOTES_KEY,),
    "pair": _PAIR_KEYS,
}
_DONE_KEYS = ((_DONE_AT, "timestamptz"),)
_ID = ("c.id", "bigint")

# From one pair to the next along the index, and of each no more than some.
_PAIRS = f"""
WITH RECURSIVE pair AS (
  (SELECT {_LOW} AS low, {_HIGH} AS high FROM classify_case c WHERE {_OPEN} ORDER BY 1, 2 LIMIT 1)
  UNION ALL
  SELECT following.low, following.high FROM pair CROSS JOIN LATERAL (
    SELECT {_LOW} AS low, {_HIGH} AS high FROM classify_case c
     WHERE {_OPEN} AND ({_LOW}, {_HIGH}) > (pair.low, pair.high) ORDER BY 1, 2 LIMIT 1) following
)
SELECT pair.low, pair.high, (
         SELECT count(*) FROM (SELECT FROM classify_case c
                                WHERE {_OPEN} AND {_LOW} = pair.low AND {_HIGH} = pair.high
                                LIMIT %(most)s) few)
  FROM pair
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Pair:
    """Two categories that were chosen for one case, as ids, 0 for unsure; the lower one first."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class PairCount:
    """How many open conflicts are of this pair; one more than PAIR_COUNTED_UP_TO stands for more."""

    pair: Pair
    number: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A conflict in the list. `pair` is None for who is not to know it; `final` and `resolution` are of one
    that is done; `held_by` holds it at this moment."""

    pk: int
    text: str
    n_votes: int
    since: datetime | None
    pair: Pair | None
    held_by: str
    held_by_me: bool
    final: int | None
    resolution: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see: in which order (a key of ORDERS, with `-` for descending), of which pair,
    only what nobody else holds (`free`) or what they hold themselves (`mine`), or what is done."""

    order: str = DEFAULT_ORDER
    pair: Pair | None = None
    whose: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the list; `before` and `after` are cases beside which the next pieces begin, or None."""

    rows: list[Listed]
    before: int | None
    after: int | None


def allowed_wish(user: Person, round: Round, wanted: Wanted) -> Wanted:
    """The same wish without what would tell this person a pair. Raises PollRefused."""
    _check(user, round)
    name = wanted.order.removeprefix("-")
    hidden = hides_readings(user, round)
    order = wanted.order if name in ORDERS and not (hidden and name == "pair") else DEFAULT_ORDER
    if wanted.done:
        return Wanted(done=True)
    return Wanted(order, None if hidden else wanted.pair, wanted.whose)


def stretch(
    user: Person,
    round: Round,
    wanted: Wanted,
    *,
    ended: datetime,
    after: int | None = None,
    before: int | None = None,
    last: bool = False,
    take: int = 50,
) -> Stretch:
    """A piece of the list: the first, the one after or before a case, or the last.

    `ended` is the time before which a claim no longer stands. Raises PollRefused for who may not see it.
    """
    wanted = allowed_wish(user, round, wanted)
    hidden = hides_readings(user, round)
    backwards = last or before is not None
    near = None if last else (before if backwards else after)
    values = _values(user, round, wanted, ended)
    found = _rows(wanted, values, hidden, near=near, backwards=backwards, take=take + 1)
    if near is not None and not found:
        # Beyond the end, or beside a case that is not there: the first piece.
        return stretch(user, round, wanted, ended=ended, take=take)
    more, found = len(found) > take, found[:take]
    if backwards:
        found.reverse()
    earlier = more if backwards else near is not None
    later = (before is not None) if backwards else more
    return Stretch(
        found, found[0].pk if earlier and found else None, found[-1].pk if later and found else None
    )


def next_in_line(
    user: Person, round: Round, wanted: Wanted, *, ended: datetime, after: int | None, proposing: bool
) -> list[int]:
    """The cases to take up next, at most a few, in the order wanted: those after a case, then from the start.

    Left out is what somebody else holds, and what one has proposed for. Raises PollRefused.
    """
    wanted = allowed_wish(user, round, Wanted(wanted.order, wanted.pair))
    values = _values(user, round, wanted, ended) | {"near": after, "take": 20}
    which = _TO_PROPOSE if proposing else _FREE
    ids: list[int] = []
    for near in [after, None] if after is not None else [None]:
        sql = f"SELECT c.id FROM classify_case c WHERE {_where(wanted)} AND {which}"  # noqa: S608
        ids += [row[0] for row in _ordered(sql, wanted, values, near=near, backwards=False, take=20)]
        if ids:
            break
    return [pk for pk in ids if pk != after]


def pairs_of(user: Person, round: Round) -> list[PairCount]:
    """Which pairs of categories wait, and how many of each; none for who is not to know them.

    Raises PollRefused for who may not see conflicts.
    """
    _check(user, round)
    if hides_readings(user, round):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, {"round": round.pk, "most": PAIR_COUNTED_UP_TO + 1})
        return [PairCount(Pair(low, high), number) for low, high, number in cursor.fetchall()]


def count_open(user: Person, round: Round) -> int:
    """How many conflicts wait; one more than COUNTED_UP_TO stands for more than that. Raises PollRefused."""
    _check(user, round)
    return _count(_OPEN, round)


def count_done(user: Person, round: Round) -> int:
    """How many were resolved or closed; one more than COUNTED_UP_TO stands for more. Raises PollRefused."""
    _check(user, round)
    return _count(_DONE, round)


def _check(user: Person, round: Round) -> None:
    """Asked once of a round as it was fetched, so once per request: a page needs the answer eight times.
    Raises PollRefused, every time."""
    passed: set[int | None] = round.__dict__.setdefault("_conflicts_seen_by", set())
    if user.pk not in passed:
        check_can_see_conflicts(user, round)
        passed.add(user.pk)


def _count(where: str, round: Round) -> int:
    sql = f"SELECT count(*) FROM (SELECT FROM classify_case c WHERE {where} LIMIT %(most)s) few"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, {"round": round.pk, "most": COUNTED_UP_TO + 1})
        (number,) = cursor.fetchone()
    return int(number)


def _values(user: Person, round: Round, wanted: Wanted, ended: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"round": round.pk, "user": user.pk, "ended": ended}
    if wanted.pair is not None:
        values |= {"low": wanted.pair.low, "high": wanted.pair.high}
    return values


def _where(wanted: Wanted) -> str:
    conditions = [_DONE if wanted.done else _OPEN]
    if wanted.pair is not None:
        conditions.append(_OF_PAIR)
    if wanted.whose == "free":
        conditions.append(_FREE)
    elif wanted.whose == "mine":
        conditions.append(_HELD_BY_ME)
    return " AND ".join(conditions)


def _rows(
    wanted: Wanted, values: dict[str, Any], hidden: bool, *, near: int | None, backwards: bool, take: int
) -> list[Listed]:
    pair = "NULL, NULL" if hidden and not wanted.done else f"{_LOW}, {_HIGH}"
    sql = f"""SELECT c.id, c.text, c.n_votes, c.conflict_since, {pair}, u.username, c.claimed_at > %(ended)s,
                     c.claimed_by_id = %(user)s, c.final_id, c.resolution
                FROM classify_case c LEFT JOIN polls_user u ON u.id = c.claimed_by_id
               WHERE {_where(wanted)}"""  # noqa: S608 - of constants
    return [
        Listed(
            pk=pk,
            text=text,
            n_votes=n_votes,
            since=since,
            pair=None if low is None else Pair(low, high),
            held_by=username if stands and not wanted.done else "",
            held_by_me=bool(stands and mine and not wanted.done),
            final=final,
            resolution=resolution,
        )
        for pk, text, n_votes, since, low, high, username, stands, mine, final, resolution in _ordered(
            sql, wanted, values, near=near, backwards=backwards, take=take
        )
    ]


def _ordered(
    sql: str, wanted: Wanted, values: dict[str, Any], *, near: int | None, backwards: bool, take: int
) -> list[tuple[Any, ...]]:
    """The rows of a query in the order wanted, from beside the case `near`."""
    keys = (*(_DONE_KEYS if wanted.done else ORDERS[wanted.order.removeprefix("-")]), _ID)
    # What is done last stands first.
    down = (wanted.done or wanted.order.startswith("-")) != backwards
    values = values | {"take": take}
    with connection.cursor() as cursor:
        if near is not None:
            place = _place(cursor, keys, values["round"], near)
            if place is None:
                return []
            names = ", ".join(f"%(key{i})s::{kind}" for i, (_, kind) in enumerate(keys))
            sql += f" AND ({', '.join(key for key, _ in keys)}) {'<' if down else '>'} ({names})"
            values |= {f"key{i}": value for i, value in enumerate(place)}
        order = ", ".join(f"{key}{' DESC' if down else ''}" for key, _ in keys)
        cursor.execute(f"{sql} ORDER BY {order} LIMIT %(take)s", values)
        return list(cursor.fetchall())


def _place(cursor: Any, keys: tuple[tuple[str, str], ...], round: int, case: int) -> tuple[str, ...] | None:
    """Where a case stands in the order, also one that has left the list meanwhile."""
    names = ", ".join(f"({key})::text" for key, _ in keys)
    cursor.execute(
        f"SELECT {names} FROM classify_case c WHERE c.id = %s AND c.round_id = %s",  # noqa: S608
        [case, round],
    )
    row: tuple[str, ...] | None = cursor.fetchone()
    return None if row is None or None in row else row
