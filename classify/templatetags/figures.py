"""How figures are written on pages: shares, intervals, coefficients, p values."""

from __future__ import annotations

import re

from django import template
from django.utils.translation import gettext as _

from classify.narrative import percent as percent_text
from polls.wording import MINUS, figure

register = template.Library()


@register.filter
def percent(share: float | None) -> str:
    """0.718 -> "72 %"; nothing -> a dash."""
    return "–" if share is None else percent_text(share)


@register.filter
def percent_interval(ci: tuple[float, float] | None) -> str:
    """(0.63, 0.79) -> "63 to 79 %"."""
    if ci is None:
        return ""
    return _("{low} to {high} %").format(low=f"{ci[0] * 100:.0f}", high=f"{ci[1] * 100:.0f}")


@register.filter
def decimals(value: float | None, places: int = 2) -> str:
    """A coefficient or statistic with a proper minus; nothing -> a dash."""
    if value is None:
        return "–"
    return figure(value, places)


@register.filter
def method(text: str) -> str:
    """How a figure was reached, as exports have it, with numbers and minus as pages write them."""
    grouped = re.sub(r"(?<![.\d])\b\d{4,}\b", lambda found: figure(int(found[0])), text)
    return grouped.replace(" - ", f" {MINUS} ").replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


@register.filter
def interval(ci: tuple[float, float] | None, places: int = 2) -> str:
    """(0.79, 0.91) -> "0.79 to 0.91"."""
    if ci is None:
        return ""
    return _("{low} to {high}").format(low=decimals(ci[0], places), high=decimals(ci[1], places))


@register.filter
def p_value(p: float | None) -> str:
    """A p value never reads as 0: "< 0.001"."""
    if p is None:
        return "–"
    if p < 0.001:
        return "<\N{NO-BREAK SPACE}" + figure(0.001, 3)
    return figure(p, 3)
