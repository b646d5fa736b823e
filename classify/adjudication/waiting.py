"""The conflicts of a round that wait for a resolution."""

from __future__ import annotations

from django.db.models import QuerySet

from classify.models import Case, Round
from classify.visibility import check_can_see_conflicts
from polls.models import User


def queue(user: User, round: Round) -> QuerySet[Case]:
    """The conflicts of the round that wait for a resolution, oldest first, without who said what.

    A case behind which no vote stands (its headline was split, or changed) needs none. Raises PollRefused
    for who may not see them.
    """
    check_can_see_conflicts(user, round)
    return (
        Case.objects.filter(
            round=round, status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True, n_votes__gt=0
        )
        .defer("reviewer1", "reviewer2", "decision1", "decision2", "cat1", "cat2", "order1", "order2")
        .select_related("claimed_by")
        .order_by("conflict_since", "pk")
    )
