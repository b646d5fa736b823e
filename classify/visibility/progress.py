"""How far a round is, as far as somebody may know."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from classify.models import Case, Round, RoundReviewer
from classify.status import totals
from classify.visibility.rules import can_see_conflicts, can_see_results
from polls.permissions import Person


@dataclass(frozen=True, slots=True)
class Counts:
    """Progress that a person may know; None means that it is not theirs to know (yet).

    `decided` of `total` cases are the person's own, `handed_in` says whether they did; the total is what they
    have to read, and all cases of the round for who may see how these stand. `status` counts cases
    by status, `carried` those that came over from earlier rounds, which are among the resolved; `conflicts`
    counts those waiting for a resolution; `reviewers` is (name, decided, handed in) by slot.
    """

    total: int
    decided: int | None = None
    handed_in: bool | None = None
    status: dict[str, int] | None = None
    conflicts: int | None = None
    reviewers: tuple[tuple[str, int, bool], ...] | None = None
    carried: int | None = None

    @property
    def resolved_here(self) -> int | None:
        """Conflicts of this round that were decided."""
        return None if self.status is None else self.status[Case.Status.RESOLVED] - (self.carried or 0)

    @property
    def left_unresolved(self) -> int | None:
        """Conflicts that were closed without a category: they keep their status, and wait for nobody."""
        return None if self.status is None else self.status[Case.Status.CONFLICT] - (self.conflicts or 0)


def counts_for(user: Person, round: Round) -> Counts:
    """The progress numbers of the round that this person may know."""
    cases = Case.objects.filter(round=round)
    seats = list(RoundReviewer.objects.filter(round=round).select_related("user").order_by("ordinal"))
    mine = next((seat for seat in seats if seat.user_id == user.pk), None)
    decided = None if mine is None else mine.decided_count
    handed_in = None if mine is None else mine.handed_in_at is not None
    # What was carried over, or is read by others of a pool, is not theirs to read.
    total = round.case_count if mine is None else mine.assigned_count
    if not can_see_conflicts(user, round):
        return Counts(total, decided, handed_in)
    open_conflicts = Q(status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True, n_votes__gt=0)
    conflicts = cases.filter(open_conflicts).count()
    if not can_see_results(user, round):
        return Counts(total, decided, handed_in, conflicts=conflicts)
    total = cases.filter(n_votes__gt=0).count()
    status = totals(cases.filter(n_votes__gt=0).values_list("status").annotate(n=Count("pk")))
    readers = tuple(
        (seat.user.get_username(), seat.decided_count, seat.handed_in_at is not None) for seat in seats
    )
    carried = cases.filter(n_votes__gt=0, resolution=Case.Resolution.CARRIED).count()
    return Counts(total, decided, handed_in, status, conflicts, readers, carried)
