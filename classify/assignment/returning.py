"""Slots that change hands: given back undone, handed back, or taken over for somebody who joins a pool.

Callers hold the round and its seats locked, so that no decision is under way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

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

# A slot that its holder has not begun: no decision of theirs, not even one that was taken back. What the
# other reader of the case did plays no part, or the number and the titles that change hands would tell of it;
# so each case is offered by one of its two readers, whom a lot has named beforehand.
_TAKE_OVER = """
WITH offered AS (
  SELECT c.id, CASE lot.slot WHEN 1 THEN c.reviewer1_id ELSE c.reviewer2_id END AS holder, lot.slot
    FROM classify_case c
    JOIN (SELECT id, 1 + (row_number() OVER (PARTITION BY reviewer1_id, reviewer2_id
                                             ORDER BY hashint8extended(id, %(seed)s), id) & 1) AS slot
            FROM classify_case WHERE round_id = %(round)s) lot USING (id)
   WHERE c.round_id = %(round)s AND c.n_votes > 0 AND c.resolution <> 'carried'
     AND c.reviewer1_id IS NOT NULL AND c.reviewer2_id IS NOT NULL
     AND %(user)s NOT IN (c.reviewer1_id, c.reviewer2_id)
), waiting AS (
  SELECT o.id, o.slot, o.holder,
         row_number() OVER (PARTITION BY o.holder
                            ORDER BY hashint8extended(o.id, hashint8extended(5, %(seed)s)), o.id) AS place
    FROM offered o
    LEFT JOIN (SELECT DISTINCT case_id, slot, reviewer_id FROM classify_decision
                WHERE round_id = %(round)s) begun
      ON begun.case_id = o.id AND begun.slot = o.slot AND begun.reviewer_id = o.holder
   WHERE begun.case_id IS NULL
)
UPDATE classify_case c
   SET reviewer1_id = CASE waiting.slot WHEN 1 THEN %(user)s ELSE c.reviewer1_id END,
       reviewer2_id = CASE waiting.slot WHEN 2 THEN %(user)s ELSE c.reviewer2_id END
  FROM waiting JOIN unnest(%(holders)s::bigint[], %(numbers)s::bigint[]) AS gives (holder, n) USING (holder)
 WHERE waiting.id = c.id AND waiting.place <= gives.n
"""


def give_back(round: Round, users: Sequence[int]) -> list[Given]:
    """Free the slots in which these people have no standing decision. What they decided stays theirs.

    The caller deals afterwards, which counts anew what each has.
    """
    given: list[Given] = []
    with connection.cursor() as cursor:
        for slot in (1, 2):
            cursor.execute(_GIVE_BACK[slot], {"round": round.pk, "users": list(users)})
            given += cursor.fetchall()
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
    """Give a reviewer slots of the others, up to their share of all: from each of the others what they have
    above theirs, of the cases that they have not begun. Returns how many.

    How many somebody gives up, and which, follows from the shares and from their own decisions alone. Each
    case is offered by one of its two readers, so somebody who has read much may give less than their part.
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
    take = in_proportion(above, wanted)
    values = {"round": round.pk, "user": user_id, "seed": round.seed}
    with connection.cursor() as cursor, joining_by_hash(cursor):
        cursor.execute(_TAKE_OVER, {**values, "holders": list(take), "numbers": list(take.values())})
        moved: int = cursor.rowcount
    count_assigned(round)
    return moved
