"""What an adjudicator, and once revealed the two, see of a conflict: both readings, and what was offered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from classify.models import Adjudication, Case, Category, Decision, Round
from classify.visibility.rules import check_can_see_conflicts, hides_readings
from polls.permissions import Person


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
class Proposers:
    """Who has proposed for a conflict: oneself, and how many others. Who changed their mind counts once."""

    mine: bool
    others: int


def must_look_first(user: Person, case: Case) -> bool:
    """Is the person to say what they think of this conflict before anything the two said is shown to them?"""
    if case.status == Case.Status.RESOLVED or case.closed_unresolved_at is not None:
        return False
    if not hides_readings(user, case.round):
        return False
    return not _first_looks(user, case).exists()


def first_look_of(user: Person, case: Case) -> Category | None:
    """What the person thought of the conflict before they saw the two readings; None: nothing was asked."""
    row = _first_looks(user, case).select_related("category").first()
    return None if row is None else row.category


def _first_looks(user: Person, case: Case) -> QuerySet[Adjudication]:
    return Adjudication.objects.filter(case=case, decided_by=user.pk, kind=Adjudication.Kind.FIRST)


def decisions_for_adjudicator(user: Person, case: Case) -> list[BlindReading]:
    """What the two decided, without names, in an order that is random over cases and people but stays.

    Nothing while the case is not sealed: what can still change is nobody's to judge; and nothing for who is
    to decide first. Raises PollRefused for who may not see conflicts of the round.
    """
    check_can_see_conflicts(user, case.round)
    if case.sealed_at is None or must_look_first(user, case):
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
    """The latest proposal of each of the two under the consensus rule, mine first; none for who is to decide
    first. Raises PollRefused for who may not see conflicts of the round.
    """
    check_can_see_conflicts(user, case.round)
    if must_look_first(user, case):
        return []
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


def proposers_of(user: Person, round: Round, cases: Collection[int]) -> dict[int, Proposers]:
    """Who has proposed for each of these cases of the round; one with no proposal is left out, and all are
    for who is to decide first. Raises PollRefused for who may not see conflicts of the round.
    """
    check_can_see_conflicts(user, round)
    if hides_readings(user, round):
        return {}
    rows = (
        Adjudication.objects.filter(round=round, case__in=cases, kind=Adjudication.Kind.PROPOSAL)
        .values_list("case")
        .annotate(
            mine=Count("decided_by", distinct=True, filter=Q(decided_by=user.pk)),
            others=Count("decided_by", distinct=True, filter=~Q(decided_by=user.pk)),
        )
    )
    return {case: Proposers(bool(mine), others) for case, mine, others in rows}
