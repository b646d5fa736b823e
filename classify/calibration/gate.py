"""May the round that counts start? The bar that a practice round set, and whether its reading reached it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.calibration.batches import Batch, batch_of
from classify.models import Codebook, Decision, Round
from polls.models import Poll
from polls.wording import figure

MIN_UNITS = 10
"""On fewer titles an interval by resampling says nothing: three that agree would show no doubt at all."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The bar for the round that counts. `reached` is alpha's lower bound, None while there is none that
    counts: then the bar is neither reached nor missed, but not measured. `why` says what is missing, and is
    empty when `passed`."""

    required: Decimal
    reached: Decimal | None
    round: Round
    passed: bool
    why: str

    @property
    def measured(self) -> bool:
        """Is there a figure to hold against the bar?"""
        return self.reached is not None


def bar_of(poll: Poll, codebook: Codebook) -> Round | None:
    """The practice round whose bar holds for the poll and the codebook in any version: the newest with one.

    One that was discarded after somebody had read in it still holds, or else discarding would be a way
    around it; one that nobody read counts for nothing.
    """
    decided = Decision.objects.filter(round=OuterRef("pk"))
    return (
        Round.objects.filter(
            poll=poll,
            version__codebook=codebook,
            purpose=Round.Purpose.PILOT,
            alpha_required__isnull=False,
        )
        .exclude(~Exists(decided), discarded_at__isnull=False)
        .select_related("poll", "version__codebook")
        .order_by("-number")
        .first()
    )


def gate_of(poll: Poll, codebook: Codebook) -> Gate | None:
    """Whether a round that counts may start, None where practice set no bar."""
    round = bar_of(poll, codebook)
    if round is None or round.alpha_required is None:
        return None
    batch = batch_of(round)
    why = what_is_missing(batch)
    reached = None if why else batch.lower
    if not why and not reaches(batch, round.alpha_required):
        why = _(
            "The lower end of alpha’s interval is %(reached)s; the bar set beforehand is %(required)s."
        ) % {
            "reached": figure(reached) if reached is not None else "",
            "required": figure(round.alpha_required),
        }
    return Gate(round.alpha_required, reached, round, passed=not why, why=why)


def reaches(batch: Batch, required: Decimal) -> bool:
    """Does the batch have a lower bound that counts, and is it at least this?"""
    return not what_is_missing(batch) and batch.lower is not None and batch.lower >= required


def what_is_missing(batch: Batch) -> str:
    """Why the batch has no lower bound that counts; "" when it has one."""
    number = batch.round.number
    if batch.round.discarded_at is not None:
        return _("Practice round %(number)d was discarded after somebody had read in it.") % {
            "number": number
        }
    if not batch.finished:
        return _(
            "Practice round %(number)d is not finished: it counts once both have read all its titles and "
            "handed in."
        ) % {"number": number}
    if Decision.objects.filter(round=batch.round, source=Decision.Source.IMPORT).exists():
        return _(
            "Practice round %(number)d holds decisions that were brought in from a file; how blind they were "
            "made is not known."
        ) % {"number": number}
    units = batch.coefficients.units
    if units < MIN_UNITS:
        return ngettext(
            "In practice round %(number)d only %(units)d title has two categories; an interval needs "
            "%(least)d.",
            "In practice round %(number)d only %(units)d titles have two categories; an interval needs "
            "%(least)d.",
            units,
        ) % {"number": number, "units": units, "least": MIN_UNITS}
    if batch.lower is None:
        return _("Alpha of practice round %(number)d is not defined: all readings use one category.") % {
            "number": number
        }
    return ""
