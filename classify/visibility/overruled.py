"""Where a reviewer was overruled, and why: after the reveal, and for that reviewer alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_lazy as _

from classify.models import Round
from classify.permissions import is_reviewer
from classify.visibility.rules import STILL_READING, is_revealed
from polls.permissions import Person, PollRefused, allows

# What one's own standing decision was, and what the case became. Taken from the cases that are done.
_MINE: Final = """
  FROM (SELECT c.id, c.text, c.n_votes, c.final_id AS final, c.resolution, c.resolved_at,
               CASE WHEN c.reviewer1_id = %(user)s THEN c.cat1 ELSE c.cat2 END AS mine
          FROM classify_case c
         WHERE c.round_id = %(round)s AND c.resolution IN ('adjudicated', 'consensus')
           AND %(user)s IN (c.reviewer1_id, c.reviewer2_id) AND c.n_votes > 0) own
 WHERE own.mine IS NOT NULL AND own.mine <> own.final
"""
_COUNTS: Final = f"SELECT own.mine, own.final, count(*) {_MINE} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
_ROWS: Final = f"""
SELECT own.id, own.text, own.n_votes, own.mine, own.final, own.resolution, own.resolved_at,
       coalesce(said.reason, ''), coalesce(said.rationale, ''), coalesce(note.note, '')
  FROM (SELECT own.* {_MINE} {{narrower}} ORDER BY own.id LIMIT %(take)s) own
  LEFT JOIN LATERAL (SELECT a.reason, a.rationale FROM classify_adjudication a
                      WHERE a.case_id = own.id AND a.kind = 'final' ORDER BY a.seq DESC LIMIT 1) said ON true
  LEFT JOIN LATERAL (SELECT d.note FROM classify_decision d
                      WHERE d.case_id = own.id AND d.reviewer_id = %(user)s AND NOT d.late
                      ORDER BY d.seq DESC LIMIT 1) note ON true
 ORDER BY own.id
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody chose and what it became, as ids of categories, 0 for unsure."""

    mine: int
    final: int


@dataclass(frozen=True, slots=True)
class Overruled:
    """A case that became something else than this person had said. `note` is their own."""

    case_id: int
    text: str
    n_votes: int
    change: Change
    resolution: str
    resolved_at: datetime | None
    reason: str
    rationale: str
    note: str


@dataclass(frozen=True, slots=True)
class OverruledPage:
    """Some of them; `after` is where the next piece begins, or None. `counts` are of all, most first."""

    rows: list[Overruled]
    counts: list[tuple[Change, int]]
    after: int | None

    @property
    def total(self) -> int:
        """How many there are in all."""
        return sum(number for _, number in self.counts)


def check_can_see_overruled(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person read in the round and it is revealed."""
    if not is_reviewer(user, round):
        raise PollRefused(_("You did not read in this round."))
    if not is_revealed(round):
        raise PollRefused(STILL_READING)


def can_see_overruled(user: Person, round: Round) -> bool:
    """Did the person read in the round, and is it revealed?"""
    return allows(check_can_see_overruled, user, round)


def overruled(
    user: Person, round: Round, *, change: Change | None = None, after: int = 0, take: int = 50
) -> OverruledPage:
    """The person's own decisions that became another category, by a third person or in consensus.

    `change` narrows to one pair. Raises PollRefused for who did not read in the round, or too early.
    """
    check_can_see_overruled(user, round)
    values: dict[str, Any] = {"user": user.pk, "round": round.pk, "after": after, "take": take + 1}
    narrower = "AND own.id > %(after)s"
    if change is not None:
        narrower += " AND own.mine = %(mine)s AND own.final = %(final)s"
        values |= {"mine": change.mine, "final": change.final}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        counts = [(Change(mine, final), number) for mine, final, number in cursor.fetchall()]
        cursor.execute(_ROWS.format(narrower=narrower), values)
        rows = [
            Overruled(pk, text, n_votes, Change(mine, final), *rest)
            for pk, text, n_votes, mine, final, *rest in cursor.fetchall()
        ]
    more, rows = len(rows) > take, rows[:take]
    return OverruledPage(rows, counts, rows[-1].case_id if more else None)
