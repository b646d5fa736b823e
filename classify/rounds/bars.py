"""What a round is made on: a sample and a bar for practice, and for the study the bar that practice set."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify import calibration
from classify.assignment import MAX_SAMPLE
from classify.models import CodebookVersion, Round
from polls.models import Poll

MAX_REASON = 2_000


def terms_of(
    *,
    poll: Poll,
    version: CodebookVersion,
    purpose: str,
    titles: int,
    sample_size: int | None = None,
    alpha_required: Decimal | None = None,
    override_reason: str = "",
) -> dict[str, Any]:
    """The fields of the round about practice. `titles` is how many there are to draw from.

    A round for the study takes its bar from practice and never from whoever makes it; below the bar it needs
    a reason. Raises ValidationError with a sentence.
    """
    if purpose == Round.Purpose.PILOT:
        _check_sample(sample_size, titles)
        _check_bar(alpha_required, min(titles, sample_size or titles))
        return {"sample_size": sample_size, "alpha_required": alpha_required}
    if sample_size is not None or alpha_required is not None:
        raise ValidationError(
            _("Only a practice round reads a sample or sets a bar. A round for the study reads every title.")
        )
    gate = calibration.gate_of(poll, version.codebook)
    if gate is None:
        return {}
    reason = " ".join(override_reason.replace("\x00", "").split())
    if not gate.passed and not reason:
        # No figure: who sets a round up may be reading in another, and sees no agreement until that is over.
        raise ValidationError(
            _(
                "Practice has not reached the bar that was set beforehand. To set up the round all the same, "
                "say why; the reason is kept and reported."
            )
        )
    if len(reason) > MAX_REASON:
        raise ValidationError(_("The reason has at most %(n)d characters.") % {"n": MAX_REASON})
    return {
        "alpha_required": gate.required,
        "alpha_reached": gate.reached,
        "calibrated_on": gate.round,
        "override_reason": "" if gate.passed else reason,
    }


def _check_sample(size: int | None, titles: int) -> None:
    if size is None:
        return
    if size < 1:
        raise ValidationError(_("A sample has at least one title."))
    if size > MAX_SAMPLE:
        raise ValidationError(_("A sample has at most %(n)d titles.") % {"n": MAX_SAMPLE})
    if size > titles:
        raise ValidationError(
            ngettext(
                "There is only %(n)d title to draw from. Ask for no more, or leave the number empty to "
                "practise on all.",
                "There are only %(n)d titles to draw from. Ask for no more, or leave the number empty to "
                "practise on all.",
                titles,
            )
            % {"n": titles}
        )


def _check_bar(required: Decimal | None, titles: int) -> None:
    if required is None:
        return
    if not 0 <= required <= 1 or required != required.quantize(Decimal("0.001")):
        raise ValidationError(_("The bar for alpha is a number from 0 to 1 with at most three decimals."))
    if titles < calibration.MIN_UNITS:
        raise ValidationError(
            _("A bar needs at least %(n)d titles to be measured on.") % {"n": calibration.MIN_UNITS}
        )
