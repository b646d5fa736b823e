"""A person's own decisions, and how many stand on some cases."""

from __future__ import annotations

from django.db.models import (
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as DbCase
from django.db.models.functions import Coalesce

from classify.models import Case, CaseVote, Decision, Round
from classify.visibility.rules import can_see_results
from polls.permissions import Person


def my_decisions(user: Person, round: Round) -> QuerySet[Decision]:
    """The person's own latest decision on each case, newest first, whether or not it came in time.

    Annotated with `text` and `n_votes` of the case, `said_at` (when the person said so themselves),
    `look_again` (an import changed who stands behind the case after this decision) and `came_late` (it is
    kept, but does not count; false while coding is open, since a seal tells of the other's decision). Read
    from the decisions, never from the case, whose pointer tells of the seal.
    """
    latest = (
        Decision.objects.filter(round=round, reviewer=user.pk)
        .order_by("case_id", "-pk")
        .distinct("case_id")
        .values("pk")
    )
    joined = CaseVote.objects.filter(
        case=OuterRef("case"), left_at__isnull=True, joined_at__gt=OuterRef("decided_at")
    )
    return (
        Decision.objects.filter(pk__in=Subquery(latest))
        .select_related("category")
        .defer("late")
        .annotate(
            text=F("case__text"),
            n_votes=F("case__n_votes"),
            said_at=_said_at(),
            look_again=ExpressionWrapper(
                Q(case__review_again=True) & Q(Exists(joined)), output_field=BooleanField()
            ),
            came_late=Value(False) if round.coding_closed_at is None else F("late"),
        )
        .order_by("-pk")
    )


def _said_at() -> DbCase:
    """When the reviewer said it: who reopens a round stores late decisions once more."""
    renewed = Decision.objects.filter(
        case=OuterRef("case"),
        slot=OuterRef("slot"),
        reviewer=OuterRef("reviewer"),
        seq=OuterRef("seq") - 1,
        late=True,
        verdict=OuterRef("verdict"),
        source=OuterRef("source"),
    )
    return DbCase(
        When(entered_by__isnull=True, then=F("decided_at")),
        default=Coalesce(Subquery(renewed.values("decided_at")), F("decided_at")),
    )


def last_decision(user: Person, round: Round, case_id: int) -> Decision | None:
    """The person's own latest decision on one case: what the tagging page shows when they come back to it."""
    newest = Decision.objects.filter(round=round, case=case_id, reviewer=user.pk).aggregate(pk=Max("pk"))
    rows = my_decisions(user, round).filter(case=case_id, pk=newest["pk"])
    return rows.first()


def decisions_on(user: Person, round: Round, cases: QuerySet[Case]) -> tuple[int | None, int]:
    """How many decisions stand on these cases of the round, and how many of them are the person's own.

    The first is None for who may not see the results of the round. Counted from the decisions, in time or
    late, never from the case, whose pointers tell of the seal.
    """
    latest = (
        Decision.objects.filter(round=round, case__in=cases)
        .order_by("case_id", "slot", "-seq")
        .distinct("case_id", "slot")
        .values("pk")
    )
    found = (
        Decision.objects.filter(pk__in=Subquery(latest))
        .exclude(verdict=Decision.Verdict.WITHDRAWN)
        .aggregate(every=Count("pk"), own=Count("pk", filter=Q(reviewer=user.pk)))
    )
    return (found["every"] if can_see_results(user, round) else None), found["own"]
