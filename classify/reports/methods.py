"""How a round was read: the facts a methods statement rests on, counted from what was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Expression, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from classify.models import (
    Adjudication,
    Case,
    CaseVote,
    Category,
    Decision,
    ProfileView,
    Round,
    RoundAdjudicator,
)
from classify.reports.complete import is_doubly_coded, reviewers_of
from polls.models import Batch


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """Of the conflicts that a third person decided first on their own: ``seen`` where the two readings were
    shown after that, ``changed`` of these; ``unseen`` were decided together without showing them."""

    seen: int
    changed: int
    unseen: int


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """Counts are of cases with a live vote unless named otherwise.

    ``differing`` had two different readings or an unsure one; ``adjudicated`` and ``by_consensus`` of them
    are resolved. ``carried`` came over from earlier rounds, with ``carried_voters`` behind them, and were not
    read. ``split`` are voters of ``split_titles`` headlines that were taken apart.
    ``after_reveal`` were decided after the round had been revealed once; ``left`` are
    reviewers who left before they had handed in; ``doubly_coded`` says whether every case has two readings.
    Of profiles the reviewers opened ``profile_views`` to read, the third person ``third_views``, and the two
    ``joint_views`` to agree on an answer once they had read.
    ``informed`` reviewers had imported votes of this poll themselves. ``looks`` are the first looks of a
    round in which the third person decides before seeing; ``together`` were resolved in one act with others
    that share a job title.
    """

    codebook: str
    codebook_version: int
    categories: int
    unit: str
    rule: str
    reviewers: int
    cases: int
    votes: int
    blank: int
    split: int
    split_titles: int
    agreed: int
    differing: int
    adjudicated: int
    by_consensus: int
    unread: int
    carried: int
    carried_voters: int
    after_reveal: int
    left: int
    doubly_coded: bool
    profile_views: int
    third_views: int
    joint_views: int
    read_here: bool
    imported: bool
    informed: int
    opened_on: date | None
    closed_on: date | None
    coding_closed_at: datetime | None
    looks: FirstLooks | None = None
    together: int = 0

    @property
    def headlines(self) -> int:
        """How many different headlines the votes show: one that was split is one."""
        return self.cases - self.blank - self.split + self.split_titles

    @property
    def read_cases(self) -> int:
        """The cases that were there to be read in this round."""
        return self.cases - self.carried

    @property
    def resolved(self) -> int:
        return self.adjudicated + self.by_consensus

    @property
    def open_conflicts(self) -> int:
        return self.differing - self.resolved


def methods_for(round_: Round) -> MethodFacts:
    """Count how a round was read, in a handful of statements whatever its size."""
    counts = _cases_of(round_)
    seats = list(reviewers_of(round_))
    reviewers = [seat.user_id for seat in seats]
    sources = Decision.objects.filter(round=round_)
    return MethodFacts(
        codebook=round_.version.title,
        codebook_version=round_.version.number,
        categories=Category.objects.filter(version_id=round_.version_id).count(),
        unit=round_.unit,
        rule=round_.rule,
        reviewers=len(reviewers),
        left=sum(seat.left_at is not None and seat.handed_in_at is None for seat in seats),
        carried_voters=_voters_carried(round_) if counts["carried"] else 0,
        doubly_coded=is_doubly_coded(round_),
        **_profile_views(round_),
        read_here=sources.filter(source=Decision.Source.WEB).exists(),
        imported=sources.filter(source=Decision.Source.IMPORT).exists(),
        informed=Batch.objects.filter(poll=round_.poll_id, imported_by__in=reviewers)
        .values("imported_by")
        .distinct()
        .count(),
        opened_on=round_.poll.opened_on,
        closed_on=round_.poll.closed_on,
        coding_closed_at=round_.coding_closed_at,
        looks=_first_looks(round_) if round_.adjudicator_first else None,
        together=_finals(round_).filter(together__isnull=False).count(),
        **counts,
    )


def _cases_of(round_: Round) -> dict[str, int]:
    """How many cases there are of each kind, in one statement."""
    status, resolution = Case.Status, Case.Resolution
    return Case.objects.filter(round=round_, n_votes__gt=0).aggregate(
        cases=Count("pk"),
        votes=Sum("n_votes", default=0),
        blank=Count("pk", filter=Q(origin=Case.Origin.BLANK)),
        split=Count("pk", filter=Q(split_from__isnull=False)),
        split_titles=Count("split_from", distinct=True),
        agreed=Count("pk", filter=Q(status=status.AGREED)),
        differing=Count(
            "pk",
            filter=Q(status=status.CONFLICT)
            | Q(resolution__in=[resolution.ADJUDICATED, resolution.CONSENSUS]),
        ),
        adjudicated=Count("pk", filter=Q(resolution=resolution.ADJUDICATED)),
        by_consensus=Count("pk", filter=Q(resolution=resolution.CONSENSUS)),
        unread=Count("pk", filter=Q(status__in=[status.WAITING, status.ONE_DECISION])),
        after_reveal=Count("pk", filter=Q(after_reveal=True)),
        carried=Count("pk", filter=Q(resolution=resolution.CARRIED)),
    )


def _profile_views(round_: Round) -> dict[str, int]:
    """How many profiles were opened by whom and what for: each once for every viewer."""
    decides = RoundAdjudicator.objects.filter(round=round_, user=OuterRef("viewer"))
    views = ProfileView.objects.filter(case__round=round_).annotate(
        third=Exists(decides), joint=_is_joint(round_)
    )
    return (
        views.values("vote", "viewer", "third", "joint")
        .distinct()
        .aggregate(
            profile_views=Count("viewer", filter=Q(third=False, joint=False)),
            third_views=Count("viewer", filter=Q(third=True)),
            joint_views=Count("viewer", filter=Q(third=False, joint=True)),
        )
    )


def _is_joint(round_: Round) -> Expression:
    """Under the consensus rule a case is sealed once all have read: who looks after that does so to agree."""
    if round_.rule != Round.Rule.CONSENSUS:
        return Value(False)
    return Coalesce(GreaterThanOrEqual(F("viewed_at"), F("case__sealed_at")), Value(False))


def _finals(round_: Round) -> QuerySet[Adjudication]:
    """What was said for good about a case that still has a vote."""
    final = Adjudication.Kind.FINAL
    return Adjudication.objects.filter(round=round_, kind=final, case__n_votes__gt=0)


def _first_looks(round_: Round) -> FirstLooks:
    """How often the third person looked first, saw the two readings, and changed their mind."""
    first = Adjudication.objects.filter(
        case=OuterRef("case"), decided_by=OuterRef("decided_by"), kind=Adjudication.Kind.FIRST
    )
    finals = _finals(round_).annotate(
        first=Subquery(first.values("category")[:1]), act=Subquery(first.values("together")[:1])
    )
    seen = Q(first__isnull=False) & (Q(act__isnull=True) | ~Q(act=F("together")))
    return FirstLooks(
        **finals.aggregate(
            seen=Count("pk", filter=seen),
            changed=Count("pk", filter=seen & (Q(category__isnull=True) | ~Q(category=F("first")))),
            unseen=Count("pk", filter=Q(first__isnull=False, act__isnull=False, act=F("together"))),
        )
    )


def _voters_carried(round_: Round) -> int:
    """How many people stand behind the cases that were carried over."""
    behind = CaseVote.objects.filter(
        round=round_,
        left_at__isnull=True,
        vote__voided_at__isnull=True,
        case__resolution=Case.Resolution.CARRIED,
    )
    return behind.aggregate(n=Count("vote__voter", distinct=True))["n"] or 0
