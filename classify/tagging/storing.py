"""The one statement of a decision: who may, what is stored, where the case stands then, and what comes next.

It locks the reviewer's seat and the case, looks whether this person may decide it, adds the decision, moves
the case and the seat, and finds the next case in the reviewer's order: one way to the database and back, the
same for the first decision and the second, in time and late. Seat first, then case: a reviewer's own requests
stand in line, and two reviewers meet only at the case.

All parts of a statement see the database as it was when the statement began; only what is locked is seen
as it is now. So where seat or case changed while this waited for them (`fresh` is false), nothing is written;
the same is then done once more behind a lock, where nothing can come in between.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg
from django.db import connection, transaction
from psycopg.types.numeric import Int8

from classify.assignment.reading import case_of, unread_arm
from classify.models import ReviewerCase
from classify.status import agree_sql, status_sql

PREPARE_AFTER = 1
"""Runs on a connection before the server is asked to keep the plan."""

_SEAT = """
  SELECT c.id AS case_id, rd.id AS round_id, rd.version_id, r.id AS seat_id, r.user_id AS reviewer_id,
         CASE r.user_id WHEN c.reviewer1_id THEN 1 ELSE 2 END AS slot,
         CASE r.user_id WHEN c.reviewer1_id THEN c.order1 ELSE c.order2 END AS reading_order,
         c.text, c.n_votes > 0 AS counts, c.sealed_at IS NOT NULL AS late,
         r.cursor_order, r.cursor_case, r.decided_count, r.assigned_count,
         r.handed_in_at IS NOT NULL AS handed_in, r.left_at IS NOT NULL AS has_left,
         rd.discarded_at IS NOT NULL AS discarded, rd.coding_closed_at IS NOT NULL AS closed,
         rd.reopened_at IS NOT NULL AS reopened,
         %(superuser)s OR EXISTS (
           SELECT FROM polls_membership m
            WHERE m.poll_id = rd.poll_id AND m.user_id = %(reviewer)s AND m.role = 'reviewer') AS may_read,
         category.id AS category_id, r.xmin AS seat_now, c.xmin AS case_now
    FROM classify_round rd
    JOIN classify_roundreviewer r ON r.round_id = rd.id AND r.user_id = %(reviewer)s
    JOIN classify_case c
      ON c.id = %(case)s AND c.round_id = rd.id AND %(reviewer)s IN (c.reviewer1_id, c.reviewer2_id)
    LEFT JOIN classify_category category ON category.version_id = rd.version_id AND category.code = %(code)s
   WHERE WHICH_ROUND
     FOR NO KEY UPDATE OF r, c
"""
_WHICH = {
    "by id": "rd.id = %(round)s",
    "by address": "rd.number = %(number)s AND rd.poll_id = (SELECT id FROM polls_poll WHERE slug = %(slug)s)",
}

# `cat1` and `cat2` are the verdicts once this one counts: nobody else moved the case, or nothing is written.
_WEIGHED = """
  SELECT seat.*, s.xmin = seat_now AND c.xmin = case_now AS fresh, v.cat,
         CASE slot WHEN 1 THEN v.cat ELSE c.cat1 END AS cat1,
         CASE slot WHEN 2 THEN v.cat ELSE c.cat2 END AS cat2,
         COALESCE((SELECT max(d.seq) FROM classify_decision d
                    WHERE d.case_id = seat.case_id AND d.slot = seat.slot), 0) + 1 AS seq,
         (SELECT d.verdict <> 'withdrawn' FROM classify_decision d
           WHERE d.case_id = seat.case_id AND d.slot = seat.slot AND d.reviewer_id = %(reviewer)s
           ORDER BY d.seq DESC LIMIT 1) AS stood,
         %(verdict)s <> 'withdrawn' AS stands
    FROM seat
    JOIN classify_roundreviewer s ON s.id = seat_id
    JOIN classify_case c ON c.id = seat.case_id,
         LATERAL (SELECT CASE %(verdict)s WHEN 'category' THEN category_id WHEN 'unsure' THEN 0 END AS cat) v
"""

# A client id that is known already inserts nothing and so moves nothing.
_ADDED = """
  INSERT INTO classify_decision
    (round_id, version_id, case_id, slot, reviewer_id, seq, verdict, category_id, note, evidence,
     milliseconds, client_id, late, source, decided_at)
  SELECT round_id, version_id, case_id, slot, reviewer_id, seq, %(verdict)s, NULLIF(cat, 0), %(note)s,
         %(evidence)s, %(milliseconds)s, %(client_id)s, late, 'web', %(now)s
    FROM go
   WHERE fresh AND may_read AND NOT has_left AND NOT discarded
     AND (%(verdict)s <> 'category' OR cat IS NOT NULL) AND (stands OR NOT handed_in)
  ON CONFLICT (client_id) DO NOTHING RETURNING id
"""

# A late decision moves no case.
_AGREE = agree_sql("go.cat1", "go.cat2")
_STATUS = status_sql("go.cat1", "go.cat2", resolution="c.resolution", final="c.final_id")
_MOVED = f"""
  UPDATE classify_case c
     SET decision1_id = CASE WHEN slot = 2 THEN c.decision1_id WHEN cat IS NOT NULL THEN added.id END,
         decision2_id = CASE WHEN slot = 1 THEN c.decision2_id WHEN cat IS NOT NULL THEN added.id END,
         cat1 = go.cat1, cat2 = go.cat2, status = {_STATUS},
         final_id = CASE WHEN c.resolution = 'carried' THEN c.final_id WHEN {_AGREE} THEN cat END,
         resolution = CASE WHEN c.resolution = 'carried' THEN c.resolution
                           WHEN {_AGREE} THEN 'agreed' ELSE '' END,
         conflict_since = CASE WHEN ({_STATUS}) = 'conflict' THEN COALESCE(c.conflict_since, %(now)s) END,
         after_reveal = c.after_reveal OR reopened
    FROM go, added
   WHERE c.id = go.case_id AND NOT late
"""  # noqa: S608 - of constants

# The cursor follows first readings only: going back to an old case must not skip what lies between.
_COUNTED = """
  UPDATE classify_roundreviewer r
     SET decided_count = r.decided_count
           + CASE WHEN NOT counts OR stands = COALESCE(stood, false) THEN 0
                  WHEN stands THEN 1 ELSE -LEAST(1, r.decided_count) END,
         cursor_order = CASE WHEN stood IS NULL THEN reading_order ELSE r.cursor_order END,
         cursor_case = CASE WHEN stood IS NULL THEN case_id ELSE r.cursor_case END,
         last_decided_at = %(now)s
    FROM go, added
   WHERE r.id = seat_id
  RETURNING r.decided_count, r.cursor_order, r.cursor_case
"""

# On from the place; the way around is asked apart, when nothing is left up to the end.
_BEHIND = "> (at.o, at.c) AND c.id <> go.case_id"
_ARMS = " UNION ALL ".join(unread_arm(slot, where=_BEHIND, round="go.round_id", limit="1") for slot in (1, 2))
_ANSWER = f"""
SELECT go.round_id, go.version_id, go.slot, go.text, late, assigned_count, handed_in, has_left, discarded,
       closed, may_read, go.category_id, fresh, seq, added.id, at.d, at.o, at.c, next.*
  FROM go LEFT JOIN added ON true LEFT JOIN counted n ON true
  CROSS JOIN LATERAL (SELECT COALESCE(n.decided_count, go.decided_count) AS d,
                             COALESCE(%(after_order)s::bigint, n.cursor_order, go.cursor_order) AS o,
                             COALESCE(%(after_case)s::bigint, n.cursor_case, go.cursor_case) AS c) at
  LEFT JOIN LATERAL (SELECT * FROM ({_ARMS}) arms ORDER BY place, id LIMIT 1) next ON NOT closed
"""  # noqa: S608 - of constants


def _statement(which: str) -> str:
    return (
        f"WITH seat AS MATERIALIZED ({_SEAT.replace('WHICH_ROUND', which)}), go AS ({_WEIGHED}),"
        f" added AS ({_ADDED}), moved AS ({_MOVED}), counted AS ({_COUNTED}) {_ANSWER}"
    )


STORE = {key: _statement(which) for key, which in _WHICH.items()}
LOCK = {key: _SEAT.replace("WHICH_ROUND", which) for key, which in _WHICH.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a decision, and what its refusal needs. `decision` is None where nothing was stored.

    `slot`, `late`, `handed_in` and the counts are the reviewer's own; `category` is the id of the category
    that was named, if the codebook has it; `next` the next case from `place` to the end of the order.
    """

    round: int
    version: int
    slot: int
    text: str
    late: bool
    total: int
    handed_in: bool
    has_left: bool
    discarded: bool
    closed: bool
    may_read: bool
    category: int | None
    fresh: bool
    seq: int
    decision: int | None
    decided: int
    place: tuple[int, int]
    next: ReviewerCase | None


def store(values: dict[str, Any]) -> Outcome | None:
    """Run the statement, a second time behind a lock where it met somebody else.

    `values` fill it; the round is named by `round` (its id) or by `slug` and `number`. None for who has no
    seat in that round, or no slot of the case; and for a number that no row can have.
    """
    if any(type(value) is int and not -(2**63) <= value < 2**63 for value in values.values()):
        return None
    key = "by id" if "round" in values else "by address"
    outcome = _run(STORE[key], values)
    if outcome is None or outcome.fresh:
        return outcome
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK[key], values)
        return _run(STORE[key], values)


def _run(sql: str, values: dict[str, Any]) -> Outcome | None:
    text, names = _numbered(sql)
    with _prepared_cursor() as cursor:
        cursor.execute(text, [_wide(values[name]) for name in names])
        row = cursor.fetchone()
    if row is None:
        return None
    upcoming = case_of(row[18:]) if row[18] is not None else None
    plain: list[Any] = [*row[:16], (row[16], row[17]), upcoming]
    return Outcome(*plain)


@cache
def _numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with numbers for names, as the server wants it, and the names in their order."""
    names = tuple(dict.fromkeys(re.findall(r"%\((\w+)\)s", sql)))
    return re.sub(r"%\((\w+)\)s", lambda found: f"${names.index(found[1]) + 1}", sql), names


def _wide(value: Any) -> Any:
    """Every whole number as a bigint: a plan is kept for each combination of types."""
    return Int8(value) if type(value) is int else value


def _prepared_cursor() -> Any:
    """A cursor whose statements the server keeps planned for as long as this connection lives.

    Planning the statement above takes longer than running it. Django's own cursors write all values into the
    text, and so never prepare.
    """
    connection.ensure_connection()
    connection.connection.prepare_threshold = PREPARE_AFTER
    cursor: Any = psycopg.RawCursor(connection.connection)
    return (
        connection.make_debug_cursor(cursor) if connection.queries_logged else connection.make_cursor(cursor)
    )
