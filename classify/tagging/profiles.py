"""Profiles: a reviewer may ask who is behind a title, and that is put on record first."""

from __future__ import annotations

from django.db import transaction

from classify import permissions
from classify.assignment import MAX_PROFILES, tell_profiles
from classify.models import Case, ReviewerCase, Round
from polls.models import User

__all__ = ["MAX_PROFILES", "record_profile_view"]


@transaction.atomic
def record_profile_view(*, round: Round, case_id: int, by: User) -> list[str]:
    """Record that the reviewer asked for the profiles behind a case, then give their addresses (at most 100).

    Raises PollRefused, or Case.DoesNotExist for a case that is not this reviewer's.
    """
    permissions.check_can_read(by, round)
    if not ReviewerCase.objects.filter(round=round, reviewer=by, case=case_id).exists():
        raise Case.DoesNotExist(f"case {case_id} is none of this reviewer's")
    return tell_profiles(case=case_id, seed=round.seed, viewer=by)
