"""What happened to a round, by whom and why: appended to, never changed."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from classify.models import Round, RoundAdjudicator, RoundEvent
from polls.models import User


def record(
    round: Round, kind: RoundEvent.Kind, *, by: User | None, user: User | None = None, reason: str = ""
) -> RoundEvent:
    """Add a line to the history: whom it concerns, who did it (None: the clock), and why."""
    return RoundEvent.objects.create(round=round, kind=kind, user=user, by=by, reason=reason)


def events_of(round: Round) -> QuerySet[RoundEvent]:
    """The history of the round, oldest first. Who may see it is asked with `permissions`.

    `resolves` says of who joined that they did to resolve conflicts: nobody in a round ever does both.
    """
    named = RoundAdjudicator.objects.filter(round=OuterRef("round"), user=OuterRef("user"))
    return round.events.select_related("user", "by").annotate(resolves=Exists(named)).order_by("pk")
