"""The profiles of the voters behind a case: every look is put on record before an address is told."""

from __future__ import annotations

from typing import Any, Final

from classify.models import ProfileView
from polls.models import User, Vote

MAX_PROFILES: Final = 100
"""Addresses shown at once."""

# By a hash, since a file is often sorted by option.
_PROFILES: Final = """
SELECT v.id, o.profile_url
  FROM classify_casevote cv
  JOIN polls_vote v ON v.id = cv.vote_id
  JOIN polls_voter o ON o.id = v.voter_id
 WHERE cv.case_id = %(case)s AND cv.left_at IS NULL AND o.profile_url <> ''
 ORDER BY hashint8extended(v.id, %(seed)s) LIMIT %(limit)s
"""


def tell_profiles(*, case: int, seed: int, viewer: User) -> list[str]:
    """Record that this person looks at the profiles behind a case, then give their addresses, at most
    MAX_PROFILES. `seed` is the round's.

    Whether they may is for the caller to ask, inside the same transaction.
    """
    votes: list[Any] = list(Vote.objects.raw(_PROFILES, {"case": case, "seed": seed, "limit": MAX_PROFILES}))
    ProfileView.objects.bulk_create(
        [ProfileView(vote_id=vote.pk, case_id=case, viewer=viewer) for vote in votes]
    )
    return [str(vote.profile_url) for vote in votes]
