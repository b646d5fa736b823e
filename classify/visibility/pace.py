"""How fast people read: when they decided and how long it took, never what they said.

One person's pace is theirs to know, and an admin's who may see the round; `dashboard` asks who looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from classify.models import RoundReviewer

WINDOW: Final = 500
"""The newest decisions of a person that a pace is taken from."""
BUDGET: Final = 20_000
"""The most decisions that are looked at for one round; of many people fewer each."""
LONGEST_MINUTES: Final = 5
"""What takes longer on one title is a pause."""
FEWEST: Final = 5
"""Of fewer titles a pace says nothing."""

# The time on screen as the page took it, without idle time; where it was not taken, the time since the
# decision before. Of a window that is full, the oldest day may be cut off, and is left out per day.
# (Compared and ordered as the index of a person's decisions is. Equal and by id alone, the planner would
# rather go back through everybody's: half a second where the other one read last.)
_PACES: Final = """
SELECT s.id, w.titles, w.milliseconds, w.days, w.titles_of_days
  FROM classify_roundreviewer s
 CROSS JOIN LATERAL (
   SELECT count(*) FILTER (WHERE t.first AND t.spent IS NOT NULL) AS titles,
          coalesce(sum(t.spent), 0)::bigint AS milliseconds,
          count(DISTINCT t.day) FILTER (WHERE t.first AND t.whole) AS days,
          count(*) FILTER (WHERE t.first AND t.whole) AS titles_of_days
     FROM (SELECT r.seq = 1 AND r.verdict <> 'withdrawn' AS first, r.day,
                  r.day > min(r.day) OVER () OR count(*) OVER () < %(window)s
                    OR min(r.day) OVER () = max(r.day) OVER () AS whole,
                  CASE WHEN r.milliseconds IS NOT NULL THEN least(r.milliseconds, %(longest)s)
                       WHEN r.gap BETWEEN 0 AND %(longest)s THEN r.gap END AS spent
             FROM (SELECT n.*, (n.decided_at AT TIME ZONE %(zone)s)::date AS day,
                          extract(epoch FROM n.decided_at - lag(n.decided_at) OVER (ORDER BY n.id)) * 1000
                            AS gap
                     FROM (SELECT d.id, d.seq, d.verdict, d.milliseconds, d.decided_at, d.source
                             FROM classify_decision d
                            WHERE (d.round_id, d.reviewer_id) >= (s.round_id, s.user_id)
                              AND (d.round_id, d.reviewer_id) <= (s.round_id, s.user_id)
                            ORDER BY d.round_id, d.reviewer_id, d.id DESC LIMIT %(window)s) n
                    WHERE n.source = 'web') r) t) w
 WHERE s.id = ANY(%(seats)s)
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast somebody read lately; None where too little was recorded to say.

    `per_hour` are titles in an hour of reading, pauses left out; `per_day` titles on a day on which they
    read. `titles` and `minutes` are what the first rests on.
    """

    per_hour: float | None
    per_day: float | None
    titles: int
    minutes: float

    def hours_for(self, titles: int) -> float | None:
        """Hours of reading that so many titles take at this pace."""
        return titles / self.per_hour if self.per_hour else None

    def days_for(self, titles: int) -> float | None:
        """Days of reading that so many titles take at this pace."""
        return titles / self.per_day if self.per_day else None


UNKNOWN: Final = Pace(None, None, 0, 0.0)


def paces_of(seats: Sequence[RoundReviewer]) -> dict[int, Pace]:
    """The pace of each seat (by its id), from the newest decisions of its owner: one statement."""
    if not seats:
        return {}
    values: dict[str, Any] = {
        "seats": [seat.pk for seat in seats],
        "window": max(50, min(WINDOW, BUDGET // len(seats))),
        "longest": LONGEST_MINUTES * 60_000,
        "zone": timezone.get_current_timezone_name(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PACES, values)
        return {pk: _pace(*numbers) for pk, *numbers in cursor.fetchall()}


def _pace(titles: int, milliseconds: int, days: int, titles_of_days: int) -> Pace:
    hours = milliseconds / 3_600_000
    return Pace(
        per_hour=titles / hours if titles >= FEWEST and hours else None,
        per_day=titles_of_days / days if titles_of_days >= FEWEST else None,
        titles=titles,
        minutes=milliseconds / 60_000,
    )
