"""Practice of a poll, batch by batch, with its bar; and what a round that is set up is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classify import calibration, charts, permissions, visibility
from classify.calibration import Batch, Gate
from classify.forms.calibration import PracticeForm
from classify.forms.rounds import RoundForm
from classify.models import Category, CodebookVersion, Round
from classify.rounds import RoundPreview
from classify.training import has_titles
from polls.models import Poll, User
from polls.permissions import get_poll_or_404
from polls.views.actor import actor
from polls.wording import figure

CUSTOMARY = Decimal("0.800")
"""What alpha's lower end is held against where nobody set a bar: Krippendorff's customary limit."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as the page shows it. Without `batch` the person may not see it yet, and `why` says until when.
    `mixed` is (label, other label, times); `passed` is None where no bar was set; `missing` says why there is
    no figure yet to hold against it."""

    round: Round
    place: int
    batch: Batch | None
    why: str
    mixed: tuple[tuple[str, str, int], ...] = ()
    passed: bool | None = None
    missing: str = ""


@require_safe
@never_cache
def calibration_page(request: HttpRequest, slug: str) -> HttpResponse:
    """How far the readers agreed in each batch of practice, against the bar, and what to do next."""
    poll = get_poll_or_404(request.user, slug)
    by = actor(request)
    rows = [_row(round, place, by) for place, round in enumerate(calibration.practice_of(poll), start=1)]
    last = rows[-1] if rows else None
    gate = calibration.gate_of(poll, last.round.version.codebook) if last else None
    shown = gate if gate and visibility.can_see_results(by, gate.round) else None
    made = poll.rounds.filter(purpose=Round.Purpose.MAIN, alpha_required__isnull=False)
    context = {
        "poll": poll,
        "rows": rows,
        "last": last,
        "gate": shown,
        "may_set_up": permissions.can_set_up_rounds(by, poll),
        "may_edit": permissions.can_edit_codebooks(by),
        "has_votes": poll.votes.filter(voided_at__isnull=True).exists(),
        "made": made.select_related("calibrated_on").order_by("number"),
        "charts": _charts([row for row in rows if row.batch is not None]),
        "customary": CUSTOMARY,
    }
    return render(request, "classify/calibration.html", context)


def _row(round: Round, place: int, by: User) -> BatchRow:
    """One batch, as far as this person may see it."""
    try:
        visibility.check_can_see_results(by, round)
    except PermissionDenied as refusal:
        return BatchRow(round, place, None, str(refusal))
    batch = calibration.batch_of(round)
    labels = dict(Category.objects.filter(version=round.version_id).values_list("pk", "label"))
    labels[0] = _("Unsure")
    mixed = tuple((labels[each.one], labels[each.other], each.n) for each in batch.mixed)
    if round.alpha_required is None:
        return BatchRow(round, place, batch, "", mixed)
    passed = calibration.reaches(batch, round.alpha_required)
    return BatchRow(round, place, batch, "", mixed, passed, calibration.what_is_missing(batch))


def _charts(rows: Sequence[BatchRow]) -> list[charts.Intervals]:
    """The drawing for wide screens and for narrow ones; none where there is nothing to draw."""
    drawn = [_interval(row) for row in rows]
    if not any(row.value is not None for row in drawn):
        return []
    description = _("Each dot is alpha of one batch, the line its 95 % interval, the upright mark its bar.")
    return [
        charts.intervals(
            drawn, name=name, title=_("Alpha batch by batch"), description=description, width=width
        )
        for name, width in (("batches", charts.WIDE), ("batches-narrow", charts.NARROW))
    ]


def _interval(row: BatchRow) -> charts.IntervalRow:
    batch = row.batch
    text = _("Batch %(place)d, version %(version)d") % {
        "place": row.place,
        "version": row.round.version.number,
    }
    if batch is None:
        return charts.IntervalRow(text, "", None)
    units = batch.coefficients.units
    note = ngettext("%(n)s title", "%(n)s titles", units) % {"n": figure(units)}
    alpha = batch.coefficients.krippendorffs_alpha
    bar = None if row.round.alpha_required is None else float(row.round.alpha_required)
    if alpha.value is None or alpha.ci is None:
        return charts.IntervalRow(text, note, None, bar=bar, empty=_("Alpha is not defined here"))
    figures = f"{figure(alpha.value, 2)}, {note}"
    return charts.IntervalRow(text, figures, alpha.value, *alpha.ci, bar=bar, filled=bool(row.passed))


def wanted_of(request: HttpRequest) -> dict[str, Any]:
    """What a link to the form of a round asks for: practice, and a codebook."""
    wanted: dict[str, Any] = {}
    if request.GET.get("purpose") == Round.Purpose.PILOT:
        wanted["purpose"] = Round.Purpose.PILOT.value
    return wanted


def practice_of_round(round: Round, by: User) -> dict[str, Any]:
    """What the page of a round says of practice: may its figure be shown, are there titles to train on?"""
    on = round.calibrated_on
    return {
        "reached_shown": on is not None and visibility.can_see_results(by, on),
        "has_training": has_titles(round.version),
    }


def practice_preview(
    form: RoundForm, practice: PracticeForm, poll: Poll, by: User, preview: RoundPreview | None
) -> dict[str, Any]:
    """What the form of a round says of practice: how precise it will be, or whether the study may start."""
    context: dict[str, Any] = {"practice": practice, "sample": None, "half": None, "gate": None}
    version = _chosen(form)
    if version is None or preview is None:
        return context
    if form["purpose"].value() == Round.Purpose.PILOT:
        return context | _precision(practice, version, preview.cases)
    gate = calibration.gate_of(poll, version.codebook)
    return context | _gate_shown(gate, version, by)


def _chosen(form: RoundForm) -> CodebookVersion | None:
    value = str(form["version"].value())
    field: Any = form.fields["version"]
    found: CodebookVersion | None = field.queryset.filter(pk=value).first() if _is_pk(value) else None
    return found


def _is_pk(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 18


def _precision(practice: PracticeForm, version: CodebookVersion, titles: int) -> dict[str, Any]:
    """How wide alpha's interval will be on so many titles, and what alpha would have to be for the bar."""
    asked = str(practice["sample_size"].value() or "")
    sample = min(int(asked), titles) if _is_pk(asked) else titles
    categories = version.categories.count()
    bar = _number(practice["alpha_required"].value())
    return {
        "sample": sample,
        "each": sample,
        "decisions": 2 * sample,
        "half": calibration.half_width(sample, categories),
        "needed": None if bar is None else calibration.alpha_needed(sample, categories, bar),
        "bar": bar,
    }


def _number(text: object) -> float | None:
    """A bar as it was typed, where it is one."""
    try:
        number = float(str(text))
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _gate_shown(gate: Gate | None, version: CodebookVersion, by: User) -> dict[str, Any]:
    if gate is None:
        return {}
    return {
        "gate": gate,
        "gate_hidden": not visibility.can_see_results(by, gate.round),
        "other_version": gate.round.version_id != version.pk,
    }
