"""What taking an import back means for rounds: votes that leave, cases left without one, decisions on those.

Decisions and cases stay in history whatever happens. Of the decisions a person is told only what
`visibility` lets them know; every other number follows from the votes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connection
from django.db.models.expressions import RawSQL

from classify import visibility
from classify.models import Case, Round
from polls import undoing
from polls.models import Batch, User
from polls.undoing import WhatGoes


@dataclass(frozen=True, slots=True)
class RoundEffect:
    """What happens to one round.

    `leaving` votes leave it, `moving` ones go back to the case of an earlier title, `returning` ones come
    back to where they were. `emptied` cases are left without a vote; `decisions` stand on them (None: not to
    be told), of which `own` are the person's. `flagged` cases of a closed round show a title that one of
    their voters has no more.
    """

    round: Round
    leaving: int
    moving: int
    returning: int
    emptied: int
    flagged: int
    decisions: int | None
    own: int

    @property
    def closed(self) -> bool:
        """Is coding of the round closed, so that its figures change for good?"""
        return self.round.coding_closed_at is not None


@dataclass(frozen=True, slots=True)
class Undoing:
    """What undoing a batch does to the votes, and to each round of the poll that it touches."""

    goes: WhatGoes
    rounds: tuple[RoundEffect, ...]


_TITLES: Final = """
CREATE TEMPORARY TABLE undo_title ON COMMIT DROP AS
SELECT t.vote_id, h.id AS headline_id
  FROM undo_target t
  JOIN undo_headline k ON k.text = t.fields ->> 'headline'
  LEFT JOIN polls_headline h ON h.key_hash = k.key_hash
 WHERE t.fields ? 'headline'
"""
# Every live place of a vote that the undo touches, and what becomes of it there.
_PLACES: Final = """
CREATE TEMPORARY TABLE undo_place ON COMMIT DROP AS
SELECT cv.round_id, cv.case_id, t.headline_id, f.vote_id IS NOT NULL AS leaves,
       s.retitled AND r.coding_closed_at IS NULL
         AND (c.origin IN ('headline', 'blank') OR c.split_from_id IS NOT NULL) AS moves,
       s.retitled AND r.coding_closed_at IS NOT NULL
         AND (c.origin IN ('headline', 'blank', 'voter') OR c.split_from_id IS NOT NULL) AS is_flagged
  FROM classify_casevote cv
  JOIN classify_round r ON r.id = cv.round_id AND r.poll_id = %(poll)s AND r.discarded_at IS NULL
  JOIN classify_case c ON c.id = cv.case_id
  LEFT JOIN undo_fate f ON f.vote_id = cv.vote_id AND f.becomes <> ''
  LEFT JOIN undo_title t ON t.vote_id = cv.vote_id
 CROSS JOIN LATERAL (SELECT f.vote_id IS NULL AND t.vote_id IS NOT NULL
                            AND t.headline_id IS DISTINCT FROM c.headline_id) AS s (retitled)
 WHERE cv.left_at IS NULL AND (f.vote_id IS NOT NULL OR t.vote_id IS NOT NULL)
"""
# Where votes come back to that another answer had replaced: the case in which they last were.
_RETURNS: Final = """
CREATE TEMPORARY TABLE undo_return ON COMMIT DROP AS
SELECT DISTINCT ON (cv.round_id, cv.vote_id) cv.round_id, cv.vote_id, cv.case_id
  FROM undo_fate f
  JOIN classify_casevote cv ON cv.vote_id = f.vote_id
  JOIN classify_round r ON r.id = cv.round_id AND r.poll_id = %(poll)s AND r.discarded_at IS NULL
 WHERE f.becomes = ''
 ORDER BY cv.round_id, cv.vote_id, cv.id DESC
"""
_EMPTIED: Final = """
CREATE TEMPORARY TABLE undo_emptied ON COMMIT DROP AS
SELECT c.round_id, c.id AS case_id
  FROM (SELECT case_id, count(*) AS n FROM undo_place WHERE leaves OR moves GROUP BY case_id) less
  JOIN classify_case c ON c.id = less.case_id AND c.n_votes = less.n
 WHERE NOT EXISTS (SELECT FROM undo_return back WHERE back.case_id = c.id)
   AND NOT EXISTS (SELECT FROM undo_place come
                    WHERE come.moves AND come.round_id = c.round_id AND c.origin = 'headline'
                      AND come.headline_id = c.headline_id)
"""
_PER_ROUND: Final = """
SELECT r.id, count(p.round_id) FILTER (WHERE p.leaves), count(p.round_id) FILTER (WHERE p.moves),
       (SELECT count(*) FROM undo_return b WHERE b.round_id = r.id),
       (SELECT count(*) FROM undo_emptied e WHERE e.round_id = r.id),
       count(DISTINCT p.case_id) FILTER (WHERE p.is_flagged)
  FROM classify_round r LEFT JOIN undo_place p ON p.round_id = r.id
 WHERE r.poll_id = %(poll)s AND r.discarded_at IS NULL
 GROUP BY r.id
"""


def look(*, batch: Batch, user: User) -> Undoing:
    """What undoing the batch would do, as far as this person may know. Changes nothing."""
    with undoing.looked_at(batch) as goes:
        return Undoing(goes, _effects(batch, user))


def _effects(batch: Batch, user: User) -> tuple[RoundEffect, ...]:
    """The rounds of the poll that are touched, newest first."""
    values = {"poll": batch.poll_id}
    with connection.cursor() as cursor:
        for table in ("undo_title", "undo_place", "undo_return", "undo_emptied"):
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        for statement in (_TITLES, _PLACES, _RETURNS, _EMPTIED):
            cursor.execute(statement, values)
        cursor.execute(_PER_ROUND, values)
        counts = {pk: numbers for pk, *numbers in cursor.fetchall()}
    effects = []
    for round in Round.objects.filter(pk__in=counts).select_related("poll").order_by("-number"):
        if any(counts[round.pk]):
            gone = RawSQL("SELECT case_id FROM undo_emptied WHERE round_id = %s", [round.pk])
            leaving, moving, returning, emptied, flagged = counts[round.pk]
            decisions, own = visibility.decisions_on(user, round, Case.objects.filter(pk__in=gone))
            effects.append(RoundEffect(round, leaving, moving, returning, emptied, flagged, decisions, own))
    return tuple(effects)
