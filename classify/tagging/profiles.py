"""Profiles: a reviewer may ask who is behind a title, and that is put on record first."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from classify import permissions
from classify.models import Case, ProfileView, ReviewerCase, Round
from polls.models import User, Vote

MAX_PROFILES = 100
"""Addresses shown at once."""

# By a hash, since a file is often sorted by option.
_PROFILES = """
SELECT v.id, o.profile_url
  FROM classify_casevote cv
  JOIN polls_vote v ON v.id = cv.vote_id
  JOIN polls_voter o ON o.id = v.voter_id
 WHERE cv.case_id = %(case)s AND cv.left_at IS NULL AND o.profile_url <> ''
 ORDER BY hashint8extended(v.id, %(seed)s) LIMIT %(limit)s
"""


@transaction.atomic
def record_profile_view(*, round: Round, case_id: int, by: User) -> list[str]:
    """Record that the reviewer asked for the profiles behind a case, then give their addresses (at most 100).

    Raises PollRefused, or Case.DoesNotExist for a case that is not this reviewer's.
    """
    permissions.check_can_read(by, round)
    if not ReviewerCase.objects.filter(round=round, reviewer=by, case=case_id).exists():
        raise Case.DoesNotExist(f"case {case_id} is none of this reviewer's")
    votes: list[Any] = list(
        Vote.objects.raw(_PROFILES, {"case": case_id, "seed": round.seed, "limit": MAX_PROFILES})
    )
    ProfileView.objects.bulk_create(
        [ProfileView(vote_id=vote.pk, case_id=case_id, viewer=by) for vote in votes]
    )
    return [str(vote.profile_url) for vote in votes]
