"""A batch of practice as figures: what was read, how far readings agreed, and over what they differed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from django.db.models import QuerySet

from classify import visibility
from classify.agreement import Coefficients
from classify.models import Category, Round
from classify.reports import agreement_for
from classify.reports.snapshot import Cell, take_snapshot
from classify.status import UNSURE, agree
from polls.models import Poll

MIXED_SHOWN = 5
_THOUSANDTH = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Mixed:
    """Two answers that met on the same title `n` times: ids of categories in the codebook's order, 0 for
    unsure, which comes last."""

    one: int
    other: int
    n: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A practice round in figures. Cases are titles that still have a vote.

    `titles` = `unread` (without two decisions) + `equal` + `differing`; `unsure` of the differing have an
    unsure one among the two. Alpha rests on `coefficients.units` titles: two categories, nothing read after
    a reveal. `mixed` is what the readers differed about, the most frequent first.
    """

    round: Round
    titles: int
    votes: int
    unread: int
    equal: int
    differing: int
    unsure: int
    coefficients: Coefficients
    mixed: tuple[Mixed, ...]
    revealed: bool

    @property
    def finished(self) -> bool:
        """Revealed, and no title left without two decisions: so nobody stops where the figure is good."""
        return self.revealed and self.titles > 0 and not self.unread

    @property
    def lower(self) -> Decimal | None:
        """The lower end of alpha's interval, cut to three decimals and never rounded up; None: undefined."""
        ci = self.coefficients.krippendorffs_alpha.ci
        return None if ci is None else Decimal(ci[0]).quantize(_THOUSANDTH, rounding=ROUND_FLOOR)


def practice_of(poll: Poll) -> QuerySet[Round]:
    """The batches of a poll in the order they were made; discarded ones among them."""
    rounds = Round.objects.filter(poll=poll, purpose=Round.Purpose.PILOT)
    return rounds.select_related("poll", "version__codebook").order_by("number")


def batch_of(round: Round) -> Batch:
    """Read one batch. `round` comes with poll and version."""
    seen = take_snapshot(round)
    cells = [cell for cell in seen.cells if cell.units]
    both = [cell for cell in cells if cell.cat1 is not None and cell.cat2 is not None]
    differing = [cell for cell in both if not agree(cell.cat1, cell.cat2)]
    titles = sum(cell.units for cell in cells)
    return Batch(
        round=round,
        titles=titles,
        votes=sum(cell.votes for cell in cells),
        unread=titles - sum(cell.units for cell in both),
        equal=sum(cell.units for cell in both) - sum(cell.units for cell in differing),
        differing=sum(cell.units for cell in differing),
        unsure=sum(cell.units for cell in differing if UNSURE in (cell.cat1, cell.cat2)),
        coefficients=agreement_for(round, snapshot=seen).coefficients,
        mixed=_mixed(round, differing),
        revealed=visibility.is_revealed(round),
    )


def _mixed(round: Round, differing: list[Cell]) -> tuple[Mixed, ...]:
    order = list(
        Category.objects.filter(version=round.version_id).order_by("position").values_list("pk", flat=True)
    )
    place = {pk: position for position, pk in enumerate([*order, UNSURE])}
    met: Counter[tuple[int, int]] = Counter()
    for cell in differing:
        one, other = sorted((cell.cat1 or UNSURE, cell.cat2 or UNSURE), key=place.__getitem__)
        met[one, other] += cell.units
    found = sorted(met.items(), key=lambda pair: (-pair[1], place[pair[0][0]], place[pair[0][1]]))
    return tuple(Mixed(one, other, n) for (one, other), n in found[:MIXED_SHOWN])
