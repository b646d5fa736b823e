"""Who sees what: the only module that reads decisions for display and that knows the rule of blindness.

*Revealed*: both reviewers have handed in, or coding is closed. Until then nobody who holds a slot of the
round learns anything about the other's decisions, nor what a voter chose, whatever else they are. So a slot
is *open* until the round is revealed, also for who has handed in: up to then a change of mind still counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

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
)
from django.utils.translation import gettext_lazy as _

from classify.models import Adjudication, Case, CaseVote, Category, Decision, Round, RoundReviewer
from classify.permissions import check_can_adjudicate, is_adjudicator, is_reviewer
from classify.status import totals
from polls.models import Poll, Role
from polls.permissions import RIGHTS, Person, PollRefused, Right, allows, check_right, roles_of

STILL_OPEN = _(
    "Coding is still open. Results can be seen when both reviewers have handed in or coding is closed."
)
STILL_READING = _(
    "You read in a round of this poll that is still open. You will see this when both reviewers have handed "
    "in or coding is closed."
)


@dataclass(frozen=True, slots=True)
class BlindDecision:
    """A decision as an adjudicator sees it: no name, no slot, no time. `category` may be None."""

    verdict: str
    category: Category | None
    note: str
    evidence: str


@dataclass(frozen=True, slots=True)
class BlindReading:
    """What one of the two, unnamed, decided: the standing decision, and what came too late to count."""

    decision: BlindDecision | None
    late: tuple[BlindDecision, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The latest offer of one of the two under the consensus rule."""

    mine: bool
    category: Category
    reason: str
    rationale: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Progress that a person may know; None means that it is not theirs to know (yet).

    `decided` of `total` cases are the person's own, `handed_in` says whether they did. `status` counts cases
    by status; `conflicts` those waiting for a resolution; `reviewers` is (name, decided, handed in) by slot.
    """

    total: int
    decided: int | None = None
    handed_in: bool | None = None
    status: dict[str, int] | None = None
    conflicts: int | None = None
    reviewers: tuple[tuple[str, int, bool], ...] | None = None


def is_revealed(round: Round) -> bool:
    """Have both reviewers handed in, or is coding closed? One alone reveals nothing by handing in."""
    if round.coding_closed_at is not None:
        return True
    seats = list(RoundReviewer.objects.filter(round=round).values_list("handed_in_at", flat=True))
    return len(seats) > 1 and all(seats)


def holds_open_slot(user: Person, round: Round) -> bool:
    """Does the person read in this round while it is not revealed?"""
    return is_reviewer(user, round) and not is_revealed(round)


def holds_open_slot_in_poll(user: Person, poll: Poll) -> bool:
    """Does the person read in any round of the poll that is not revealed?"""
    mine = Round.objects.filter(poll=poll, reviewers__user=user.pk, coding_closed_at__isnull=True)
    return any(not is_revealed(round) for round in mine)


def check_can_see_results(user: Person, round: Round) -> None:
    """Raises PollRefused unless agreement, report and exports of the round may be shown to the person.

    An admin sees them at any time (the page says that coding is still open), other members once revealed;
    nobody who still reads in a round of the poll, since reports and exports tell what voters chose.
    """
    check_right(user, round.poll, Right.SEE_RESULTS)
    if holds_open_slot_in_poll(user, round.poll):
        raise PollRefused(STILL_READING)
    if Role.ADMIN not in roles_of(user, round.poll) and not is_revealed(round):
        raise PollRefused(STILL_OPEN)


def can_see_results(user: Person, round: Round) -> bool:
    """May agreement, report and exports of the round be shown to the person?"""
    return allows(check_can_see_results, user, round)


def check_can_see_votes(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person is an admin of the poll who reads in no open round of it."""
    check_right(user, poll, Right.SEE_VOTES)
    if holds_open_slot_in_poll(user, poll):
        raise PollRefused(STILL_READING)


def can_see_votes(user: Person, poll: Poll) -> bool:
    """May the person see who voted for what?"""
    return allows(check_can_see_votes, user, poll)


def polls_with_open_votes(user: Person) -> list[Poll]:
    """Every poll whose votes the person may see, newest first: what `check_can_see_votes` lets pass, for all
    polls at once. What is told across polls may come from these alone, counts included."""
    if user.pk is None or not user.is_active:
        return []
    polls = Poll.objects.all()
    if not user.is_superuser:
        allowing = [role for role, rights in RIGHTS.items() if Right.SEE_VOTES in rights]
        polls = polls.filter(memberships__user=user.pk, memberships__role__in=allowing).distinct()
    handed_in = Count("reviewers", filter=Q(reviewers__handed_in_at__isnull=False))
    hidden = (
        Round.objects.filter(
            pk__in=RoundReviewer.objects.filter(user=user.pk).values("round"), coding_closed_at__isnull=True
        )
        .annotate(seats=Count("reviewers"), handed_in=handed_in)
        .exclude(seats__gt=1, handed_in=F("seats"))
        .values("poll")
    )
    return list(polls.exclude(pk__in=hidden))


def check_can_see_conflicts(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person may know which cases are in conflict.

    An adjudicator may work before everything is handed in, unless the rule is consensus; an admin may look at
    any time; the two reviewers once revealed; nobody who holds an open slot.
    """
    if holds_open_slot(user, round):
        raise PollRefused(STILL_READING)
    if Role.ADMIN in roles_of(user, round.poll):
        return
    if is_adjudicator(user, round):
        check_can_adjudicate(user, round)
        if round.rule != Round.Rule.CONSENSUS or is_revealed(round):
            return
        raise PollRefused(_("The two reviewers try to agree first, once both have handed in."))
    if is_reviewer(user, round):
        return
    raise PollRefused(_("Only the adjudicators of this round, its reviewers and admins see its conflicts."))


def can_see_conflicts(user: Person, round: Round) -> bool:
    """May the person know which cases are in conflict?"""
    return allows(check_can_see_conflicts, user, round)


def decisions_for_adjudicator(user: Person, case: Case) -> list[BlindReading]:
    """What the two decided, without names, in an order that is random over cases and people but stays.

    Nothing while the case is not sealed: what can still change is nobody's to judge. Raises PollRefused for
    who may not see conflicts of the round.
    """
    check_can_see_conflicts(user, case.round)
    if case.sealed_at is None:
        return []
    rows = list(Decision.objects.filter(case=case).select_related("category").order_by("slot", "seq"))
    readings = []
    for slot, standing in ((1, case.decision1_id), (2, case.decision2_id)):
        own = [row for row in rows if row.slot == slot]
        decision = next((_without_name(row) for row in own if row.pk == standing), None)
        late = tuple(_without_name(row) for row in own if row.late)
        if decision is not None or late:
            readings.append(BlindReading(decision, late))
    coin = hashlib.sha256(f"{case.round.seed}:{case.pk}:{user.pk}".encode()).digest()[0]
    return readings[::-1] if coin % 2 else readings


def _without_name(row: Decision) -> BlindDecision:
    return BlindDecision(row.verdict, row.category, row.note, row.evidence)


def proposals_for(user: Person, case: Case) -> list[Proposal]:
    """The latest proposal of each of the two under the consensus rule, mine first.

    Raises PollRefused for who may not see conflicts of the round.
    """
    check_can_see_conflicts(user, case.round)
    latest = (
        Adjudication.objects.filter(case=case, kind=Adjudication.Kind.PROPOSAL)
        .select_related("category")
        .order_by("decided_by", "-seq")
        .distinct("decided_by")
    )
    found = [
        Proposal(row.decided_by_id == user.pk, row.category, row.reason, row.rationale)
        for row in latest
        if row.category is not None
    ]
    return sorted(found, key=lambda proposal: not proposal.mine)


def my_decisions(user: Person, round: Round) -> QuerySet[Decision]:
    """The person's own latest decision on each case, newest first, whether or not it came in time.

    Annotated with `text` and `n_votes` of the case and `look_again`: an import changed who stands behind the
    case after this decision. Read from the decisions, never from the case, whose pointer tells of the seal.
    """
    latest = (
        Decision.objects.filter(round=round, reviewer=user.pk)
        .order_by("case_id", "-seq")
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
            look_again=ExpressionWrapper(
                Q(case__review_again=True) & Q(Exists(joined)), output_field=BooleanField()
            ),
        )
        .order_by("-pk")
    )


def counts_for(user: Person, round: Round) -> Counts:
    """The progress numbers of the round that this person may know."""
    cases = Case.objects.filter(round=round)
    total = cases.filter(n_votes__gt=0).count()
    seats = list(RoundReviewer.objects.filter(round=round).select_related("user").order_by("ordinal"))
    mine = next((seat for seat in seats if seat.user_id == user.pk), None)
    decided = None if mine is None else mine.decided_count
    handed_in = None if mine is None else mine.handed_in_at is not None
    if not can_see_conflicts(user, round):
        return Counts(total, decided, handed_in)
    open_conflicts = Q(status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True)
    conflicts = cases.filter(open_conflicts).count()
    if not can_see_results(user, round):
        return Counts(total, decided, handed_in, conflicts=conflicts)
    status = totals(cases.filter(n_votes__gt=0).values_list("status").annotate(n=Count("pk")))
    readers = tuple(
        (seat.user.get_username(), seat.decided_count, seat.handed_in_at is not None) for seat in seats
    )
    return Counts(total, decided, handed_in, status, conflicts, readers)


def last_decision(user: Person, round: Round, case_id: int) -> Decision | None:
    """The person's own latest decision on one case: what the tagging page shows when they come back to it."""
    newest = Decision.objects.filter(round=round, case=case_id, reviewer=user.pk).aggregate(seq=Max("seq"))
    rows = my_decisions(user, round).filter(case=case_id, seq=newest["seq"])
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
