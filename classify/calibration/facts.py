"""What came before a round: training, practice and the bar, as facts for its methods statement."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery

from classify.calibration.batches import batch_of, practice_of
from classify.models import Case, Decision, Round, TrainingAnswer
from classify.reports.complete import reviewers_of


@dataclass(frozen=True, slots=True)
class PracticeBatch:
    """A practice round that was read. `equal` of `titles` were read as the same category; alpha and the ends
    of its interval (`low` is cut, never rounded up) rest on `units`; None where it is not defined or the
    round is not `finished`, or was `discarded`."""

    number: int
    version: int
    titles: int
    sampled: bool
    units: int
    equal: int
    unread: int
    finished: bool
    discarded: bool
    alpha: float | None = None
    low: Decimal | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    """`practised` of the `readers` of the round read in one of the batches; `trained` answered titles with
    known answers before they first decided, from `least` to `most` of them. `required` and `reached` are
    alpha's lower bound; `on` is the number of the practice round that set the bar. `seen` of the different
    `titles` that are read in the round, none of them carried over, somebody had read in a batch before."""

    readers: int
    practised: int
    trained: int
    least: int
    most: int
    batches: tuple[PracticeBatch, ...]
    required: Decimal | None
    reached: Decimal | None
    on: int | None
    override_reason: str
    titles: int = 0
    seen: int = 0


def practice_for(round: Round) -> PracticeFacts:
    """What came before a round for the study, with the same codebook: batches made before it that somebody
    read in."""
    decided = Decision.objects.filter(round=OuterRef("pk"))
    before = practice_of(round.poll).filter(
        Exists(decided), number__lt=round.number, version__codebook=round.version.codebook_id
    )
    titles, seen = _seen_before(round, before)
    readers = list(reviewers_of(round).values_list("user_id", flat=True))
    read = Decision.objects.filter(round__in=before, reviewer__in=readers)
    counts = _trained(round, readers)
    on = round.calibrated_on
    return PracticeFacts(
        readers=len(readers),
        practised=read.values("reviewer").distinct().count(),
        trained=len(counts),
        least=min(counts, default=0),
        most=max(counts, default=0),
        batches=tuple(_batch(each) for each in before),
        required=round.alpha_required,
        reached=round.alpha_reached,
        on=None if on is None else on.number,
        override_reason=round.override_reason,
        titles=titles,
        seen=seen,
    )


def _seen_before(round: Round, batches: QuerySet[Round]) -> tuple[int, int]:
    """How many different titles there are to read in the round, and on how many of them somebody decided in
    one of these rounds, if only to take it back."""
    decided = Decision.objects.filter(case=OuterRef("pk"))
    practised = Case.objects.filter(Exists(decided), round__in=batches, headline__isnull=False)
    cases = Case.objects.filter(round=round, n_votes__gt=0, headline__isnull=False)
    read = cases.exclude(resolution=Case.Resolution.CARRIED)
    counts = read.aggregate(
        titles=Count("headline", distinct=True),
        seen=Count("headline", distinct=True, filter=Q(headline__in=practised.values("headline"))),
    )
    return counts["titles"], counts["seen"]


def _batch(round: Round) -> PracticeBatch:
    found = batch_of(round)
    alpha = found.coefficients.krippendorffs_alpha
    told = found.finished and round.discarded_at is None and alpha.ci is not None
    return PracticeBatch(
        number=round.number,
        version=round.version.number,
        titles=found.titles,
        sampled=round.sample_size is not None,
        units=found.coefficients.units,
        equal=found.equal,
        unread=found.unread,
        finished=found.finished,
        discarded=round.discarded_at is not None,
        alpha=alpha.value if told else None,
        low=found.lower if told else None,
        high=alpha.ci[1] if told and alpha.ci is not None else None,
    )


def _trained(round: Round, readers: list[int]) -> list[int]:
    """Of each reader who took the training before they decided here: how many of its titles they answered."""
    own = Decision.objects.filter(round=round, reviewer=OuterRef("user")).order_by()
    first = own.values("reviewer").annotate(at=Min("decided_at")).values("at")
    answers = TrainingAnswer.objects.filter(item__codebook=round.version.codebook_id, user__in=readers)
    answers = answers.annotate(began=Subquery(first)).filter(
        Q(began__isnull=True) | Q(answered_at__lt=F("began"))
    )
    counted = answers.values("user").annotate(titles=Count("item", distinct=True))
    return [row["titles"] for row in counted]
