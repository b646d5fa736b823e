"""Figures and dates in words, the same on every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

MINUS = "\N{MINUS SIGN}"


def day(value: date) -> str:
    """A day as pages, texts and messages write it, such as "3 Mar 2026"."""
    return date_format(_local(value), "DATE_FORMAT")


def moment(value: datetime) -> str:
    """A day with its time, such as "3 Mar 2026, 14:05"."""
    return date_format(_local(value), "DATETIME_FORMAT")


def voted(value: datetime) -> str:
    """When somebody voted; most files give a day and no hour."""
    at_midnight = moment(value).endswith(" 00:00")
    return day(value) if at_midnight else moment(value)


def marked(value: date, text: str) -> SafeString:
    """That text as a `<time>`, which says to machines when it was."""
    return format_html('<time datetime="{}">{}</time>', _local(value).isoformat(), text)


def _local(value: date) -> date:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def figure(number: float | Decimal, decimals: int | None = None) -> str:
    """A number as people read it: digits in groups, a real minus, so many places behind the point."""
    text = number_format(
        number if decimals is None else Decimal(f"{number:.{decimals}f}"), decimals, force_grouping=True
    )
    negative = text.startswith("-") and any(digit in text for digit in "123456789")
    return (MINUS if negative else "") + text.removeprefix("-")


def percent(share: float | None, decimals: int = 1) -> str:
    """A fraction as per cent, for example "49.8 %"; "" for none."""
    if share is None:
        return ""
    # Django cuts digits off where it is given too many.
    rounded = Decimal(repr(share * 100)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{number_format(rounded, decimals)} %"


def printed(share: float | None, digits: int | None = None) -> str:
    """A published share with the digits it was published with, such as "50 %" or "26.5 %"; "" for none.

    `digits` behind the point were printed; null, or too few: as many as the share needs.
    """
    if share is None:
        return ""
    text = f"{share * 100:.4f}".rstrip("0")
    return percent(share, max(len(text.partition(".")[2]), digits or 0))


def missing(least: int | None, most: int | None) -> str:
    """How many voters of the published figures are not among the votes. Bounds, since a published share was
    rounded. "" where nothing was published."""
    if least is None or most is None:
        return ""
    if most == 0:
        return _("none")
    if least == 0:
        return _("at most %(most)d") % {"most": most}
    if least == most:
        return str(least)
    return _("%(least)d to %(most)d") % {"least": least, "most": most}


def option_rows(options: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Votes per option beside the published figures, as tables show them. Takes the fields of
    `polls.importing.report.OptionTotal`."""
    return [
        {
            "text": option["text"],
            "votes": option["votes"],
            "share": percent(option["share"]),
            "published": printed(option["published_share"], option.get("published_digits")),
            "missing": missing(option["missing_least"], option["missing_most"]),
        }
        for option in options
    ]
