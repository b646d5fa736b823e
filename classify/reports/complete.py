"""Whether a round is what it is called: read by two."""

from __future__ import annotations

from django.db.models import QuerySet

from classify.models import Case, Round, RoundReviewer


def is_doubly_coded(round: Round) -> bool:
    """Does every case with a vote have the decisions of two people? Carried cases have none and need none.

    Only for who may know: before the reveal the answer tells a reviewer about the others.
    """
    cases = Case.objects.filter(round=round, n_votes__gt=0)
    not_yet = cases.filter(status__in=[Case.Status.WAITING, Case.Status.ONE_DECISION])
    return not not_yet.exists() and cases.exclude(resolution=Case.Resolution.CARRIED).exists()


def reviewers_of(round: Round) -> QuerySet[RoundReviewer]:
    """Who has a part in the reading, in the order in which they joined: not who left with nothing read."""
    return round.reviewers.exclude(left_at__isnull=False, assigned_count=0).order_by("ordinal")
