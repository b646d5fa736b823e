"""Slots that change hands: given back undone, handed back, or taken over for somebody who joins a pool.

Callers hold the round and its seats locked, so that no decision is under way.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import connection

from classify.assignment.dealing import count_assigned, joining_by_hash, readers_of
from classify.assignment.shares import in_proportion
from classify.models import Round

Given = tuple[int, int, int]
"""A slot that was given back: (user id, slot 1 or 2, case id)."""


def _give_back_sql(slot: int) -> str:
    return f"""
UPDATE classify_case c SET reviewer{slot}_id = NULL
  FROM classify_case before
 WHERE before.id = c.id AND c.round_id = %(round)s AND c.reviewer{slot}_id = ANY(%(users)s)
   AND c.decision{slot}_id IS NULL
RETURNING before.reviewer{slot}_id, {slot}, c.id"""  # noqa: S608 - of constants


_GIVE_BACK = {slot: _give_back_sql(slot) for slot in (1, 2)}


def _hand_back_sql(slot: int) -> str:
    other = 3 - slot
    return f"""
UPDATE classify_case c SET reviewer{slot}_id = g.holder
  FROM unnest(%(users)s::bigint[], %(cases)s::bigint[]) AS g (holder, id)
 WHERE c.id = g.id AND c.round_id = %(round)s AND c.reviewer{slot}_id IS NULL
   AND c.reviewer{other}_id IS DISTINCT FROM g.holder"""  # noqa: S608 - of constants


_HAND_BACK = {slot: _hand_back_sql(slot) for slot in (1, 2)}

# Cases that nobody has begun: no decision, not even one that was taken back. (Asked of all at once: one by
# one, 100,000 cases would be looked up 100,000 times.)
_NOT_BEGUN = """
FROM classify_case c
WHERE c.round_id = %(round)s AND c.n_votes > 0 AND c.status = 'waiting' AND c.resolution = ''
  AND c.reviewer1_id IS NOT NULL AND c.reviewer2_id IS NOT NULL
  AND %(user)s NOT IN (c.reviewer1_id, c.reviewer2_id)
  AND NOT EXISTS (SELECT FROM classify_decision d WHERE d.round_id = %(round)s AND d.case_id = c.id)
"""
_COUNT_NOT_BEGUN = f"SELECT c.reviewer1_id, c.reviewer2_id, count(*) {_NOT_BEGUN} GROUP BY 1, 2"

_TAKE_OVER = f"""
WITH waiting AS (
  SELECT c.id, c.reviewer1_id AS one, c.reviewer2_id AS two,
         row_number() OVER (PARTITION BY c.reviewer1_id, c.reviewer2_id
                            ORDER BY hashint8extended(c.id, hashint8extended(5, %(seed)s)), c.id) AS place
    {_NOT_BEGUN}
), taken AS (
  SELECT t.one, t.two, t.slot, row_number() OVER (PARTITION BY t.one, t.two ORDER BY t.slot) AS place
    FROM unnest(%(one)s::bigint[], %(two)s::bigint[], %(slot)s::int[], %(n)s::bigint[])
           AS t (one, two, slot, n), generate_series(1, t.n)
)
UPDATE classify_case c
   SET reviewer1_id = CASE taken.slot WHEN 1 THEN %(user)s ELSE c.reviewer1_id END,
       reviewer2_id = CASE taken.slot WHEN 2 THEN %(user)s ELSE c.reviewer2_id END
  FROM waiting JOIN taken USING (one, two, place)
 WHERE waiting.id = c.id
"""  # noqa: S608 - of constants


def give_back(round: Round, users: Sequence[int]) -> list[Given]:
    """Free the slots in which these people have no standing decision. What they decided stays theirs."""
    given: list[Given] = []
    with connection.cursor() as cursor:
        for slot in (1, 2):
            cursor.execute(_GIVE_BACK[slot], {"round": round.pk, "users": list(users)})
            given += cursor.fetchall()
    count_assigned(round)
    return given


def hand_back(round: Round, given: Sequence[Given]) -> None:
    """Give those of these slots that nobody took to who had them."""
    with connection.cursor() as cursor:
        for slot in (1, 2):
            users = [user for user, where, _case in given if where == slot]
            cases = [case for _user, where, case in given if where == slot]
            cursor.execute(_HAND_BACK[slot], {"round": round.pk, "users": users, "cases": cases})
    count_assigned(round)


def still_held(round: Round, given: Sequence[Given]) -> Counter[int]:
    """Of these slots, how many each person has (again)."""
    held: Counter[int] = Counter()
    with connection.cursor() as cursor:
        for slot in (1, 2):
            cursor.execute(
                f"SELECT reviewer{slot}_id FROM classify_case c"  # noqa: S608 - of constants
                " JOIN unnest(%(users)s::bigint[], %(cases)s::bigint[]) AS g (holder, id) USING (id)"
                f" WHERE c.round_id = %(round)s AND c.reviewer{slot}_id = g.holder",
                {
                    "round": round.pk,
                    "users": [user for user, where, _case in given if where == slot],
                    "cases": [case for _user, where, case in given if where == slot],
                },
            )
            held.update(user for (user,) in cursor.fetchall())
    return held


def take_fair_part(round: Round, *, user_id: int) -> int:
    """Give a reviewer, of the cases that nobody has begun, as many slots as bring them to their share of all;
    from each of the others what they have above theirs. Returns how many. Nobody's reading order changes.
    """
    seats = readers_of(round)
    whole = sum(seat.assigned_count for seat in seats)
    fair = in_proportion({seat.user_id: seat.share for seat in seats}, whole)
    above = {
        seat.user_id: max(0, seat.assigned_count - fair[seat.user_id])
        for seat in seats
        if seat.user_id != user_id
    }
    me = next(seat for seat in seats if seat.user_id == user_id)
    wanted = min(fair[user_id] - me.assigned_count, sum(above.values()))
    if wanted <= 0:
        return 0
    values = {"round": round.pk, "user": user_id, "seed": round.seed}
    with connection.cursor() as cursor, joining_by_hash(cursor):
        cursor.execute(_COUNT_NOT_BEGUN, values)
        kinds = {(one, two): n for one, two, n in cursor.fetchall()}
        moves = choose(kinds, in_proportion(above, wanted), str(round.seed))
        lists = {
            "one": [one for one, _two, _slot in moves],
            "two": [two for _one, two, _slot in moves],
            "slot": [slot for _one, _two, slot in moves],
            "n": list(moves.values()),
        }
        cursor.execute(_TAKE_OVER, {**values, **lists})
        moved: int = cursor.rowcount
    count_assigned(round)
    return moved


def choose(
    kinds: Mapping[tuple[int, int], int], take: Mapping[int, int], seed: str
) -> Counter[tuple[int, int, int]]:
    """(first, second, slot) -> how many cases of these two give up that slot, so that each person gives up as
    many as `take` says, or all they have. A case gives up one slot at most. By lot, mixed over the pairs.
    """
    lot = random.Random(seed)  # noqa: S311 - reproducible on purpose
    left, cases = dict(take), dict(kinds)
    moves: Counter[tuple[int, int, int]] = Counter()
    step = max(1, sum(left.values()) // 5_000)
    while True:
        # Who finds the fewest cases for what they have to give up goes first.
        rooms = {
            who: sum(n for pair, n in cases.items() if who in pair) - n for who, n in left.items() if n > 0
        }
        rooms = {who: room for who, room in rooms.items() if room + left[who] > 0}
        if not rooms:
            return moves
        who = min(rooms, key=lambda one: (rooms[one], one))
        pairs = {pair: n for pair, n in cases.items() if who in pair and n}
        pair = lot.choices(list(pairs), list(pairs.values()))[0]
        n = min(step, left[who], cases[pair])
        moves[*pair, pair.index(who) + 1] += n
        left[who] -= n
        cases[pair] -= n
