"""Figures in words, the same on every page."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as per cent, for example "49.8 %"; "" for none."""
    if share is None:
        return ""
    return f"{number_format(share * 100, decimals)} %"


def missing(least: int | None, most: int | None) -> str:
    """How many voters of the published figures are not among the votes. Bounds, since a published share was
    rounded; a negative number means more votes than published. "" where nothing was published."""
    if least is None or most is None:
        return ""
    if least <= 0 <= most:
        return _("none") if least == most else _("none, within rounding")
    if most < 0:
        return ngettext("%(n)d too many", "%(n)d too many", -most) % {"n": -most}
    if least == most:
        return str(least)
    return _("%(least)d to %(most)d") % {"least": least, "most": most}
