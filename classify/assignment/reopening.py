"""Cases that were carried over from an earlier round and are to be read after all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from classify.models import Round
from polls.models import User

# A case that nobody has read has nothing to be frozen, so a seal that closing or handing in put on it goes.
_REOPEN: Final = """
WITH opened AS (
  UPDATE classify_carriedcase k SET reopened_at = %(now)s, reopened_by_id = %(by)s::bigint
   WHERE k.round_id = %(round)s AND k.reopened_at IS NULL AND ({})
  RETURNING k.case_id
)
UPDATE classify_case c
   SET status = 'waiting', final_id = NULL, resolution = '', resolved_at = NULL, sealed_at = NULL
  FROM opened WHERE c.id = opened.case_id AND c.resolution = 'carried'
"""

REOPEN_JOINED: Final = _REOPEN.format(
    """EXISTS (
     SELECT FROM classify_casevote cv JOIN classify_case c ON c.id = cv.case_id
      WHERE cv.case_id = k.case_id AND cv.left_at IS NULL AND cv.joined_at = %(now)s
        AND (c.review_again
             OR NOT EXISTS (SELECT FROM classify_casevote was
                             WHERE was.case_id = cv.case_id AND was.vote_id = cv.vote_id
                               AND was.joined_at <= k.carried_at)))"""
)
"""After votes joined cases at `now`: what somebody joined who was not there when the case was carried over,
or who shows another title now. A vote that only comes back to its place opens nothing."""

_CHOSEN: Final = _REOPEN.format("k.case_id = ANY(%(cases)s)")
_ALL: Final = _REOPEN.format("true")


def reopen_cases(round: Round, *, cases: Sequence[int] | None, by: User) -> int:
    """Give these carried cases of the round (ids; None: all of them) back to be read; how many there were.

    The round is locked by the caller, who deals the free slots afterwards.
    """
    values: dict[str, Any] = {
        "round": round.pk,
        "now": timezone.now(),
        "by": by.pk,
        "cases": list(cases or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALL if cases is None else _CHOSEN, values)
        return int(cursor.rowcount)
