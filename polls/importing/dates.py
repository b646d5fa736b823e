"""When somebody voted, from texts that can be read in one way only. Pure: no Django.

`03/04/2024` is two different days until somebody, or another date of the same file, says whether the day or
the month comes first. Ages such as `2h` or `vor 2 Tagen` and bare numbers are no moments and are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MONTH_NAMES: Final = (
    "january januar janner janvier enero",
    "february februar fevrier febrero",
    "march marz maerz mars marzo",
    "april avril abril",
    "may mai mayo",
    "june juni juin junio",
    "july juli juillet julio",
    "august aout agosto",
    "september septembre septiembre setiembre",
    "october oktober octobre octubre",
    "november novembre noviembre",
    "december dezember decembre diciembre",
)
_ZONE_HOURS: Final = {
    **{"z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1},
    **{"cest": 2, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "aest": 10, "aedt": 11},
    # As in mail (RFC 5322): those of North America.
    **{"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7},
}
"""Hours east of Greenwich. Abbreviations in use for several zones, such as IST, are left out."""

_MONTH = r"(?P<month>[a-z]{3,10})\.?"
_SLASHED: Final = r"(?P<a>\d{1,2})(?:/(?P<b>\d{1,2})/(?P<y>\d{4}|\d\d)|-(?P<b2>\d{1,2})-(?P<y2>\d{4}))"
_DAYS: Final = (
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})",
    _SLASHED,
    r"(?P<d>\d{1,2})\. ?(?P<m>\d{1,2})\. ?(?P<y>\d{4}|\d\d(?=,? \d))",
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?: de)?[ -]{_MONTH},?(?: de)?[ -](?P<y>\d{{4}})",
    rf"{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})",
)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so)[a-z]{0,8}\.?,? )?"
_TIME = (
    r"(?:(?:t|,? (?:(?:at|um|a|a las) )?)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})"
    r"(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[ap])(?:\.? ?m\.?)?(?![a-z])| uhr)?)?"
    r" ?(?P<zone>(?:gmt|utc|ut)?[+-]\d{1,2}(?::?\d{2})?|[a-z]{1,4})?(?: ?\([^()]{1,40}\))?"
)
_FORMS: Final = tuple(re.compile(_WEEKDAY + day + _TIME, re.IGNORECASE | re.ASCII) for day in _DAYS)
_SLASHED_FORM: Final = _FORMS[_DAYS.index(_SLASHED)]
_LONGEST: Final = 100


def parse_voted_at(text: str, day_first: bool | None = None) -> datetime | None:
    """The moment in UTC, or null when the text can be read in no or in two ways. No zone means UTC.

    `day_first` says how `03/04/2024` is meant; null: nobody knows, and it is read only where both ways give
    the same day or one of them gives none. Raises ValueError with a sentence's end for what is written like a
    date but is none (2026-02-30, or 25/03/2026 where the month comes first).
    """
    moment = _iso(text) or _otherwise(text, day_first)
    if moment and not 1900 <= moment.year <= 2200:
        raise ValueError("is no date between the years 1900 and 2200")
    return moment


def day_order(texts: Iterable[str]) -> bool | None:
    """Whether the day comes first in dates such as `25/03/2026`, as these texts themselves show.

    Null when no date among them shows it, or when they contradict each other.
    """
    shown: bool | None = None
    for text in texts:
        first, second = _slashed(text)
        if first > 12 >= second or second > 12 >= first:
            if shown is not None and shown != (first > 12):
                return None
            shown = first > 12
    return shown


def reads_two_ways(text: str) -> bool:
    """Whether the text is a date such as `03/04/2026`, of which only somebody else can say the day."""
    first, second = _slashed(text)
    return 1 <= first <= 12 and 1 <= second <= 12 and first != second


def _iso(text: str) -> datetime | None:
    """What most exports write, read some ten times faster than by its form; null for all else."""
    if text[4:5] != "-" or text[10:11] not in ("T", " ") or text[13:14] != ":":
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _otherwise(text: str, day_first: bool | None) -> datetime | None:
    found = _matched(_folded(text))
    if found is None:
        return None
    zone = _zone(found["zone"])
    month_and_day = _month_and_day(found, day_first)
    if zone is None or month_and_day is None:
        return None
    try:
        return datetime(
            _year(found.get("y") or found["y2"] or ""),
            *month_and_day,
            _hour(found["hour"], found["half"]),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["part"] or "").ljust(6, "0")[:6]),
            tzinfo=timezone(zone),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date that exists" + _as_read(found, day_first)) from None


def _folded(text: str) -> str:
    """One line with single spaces, letters without their accents; "" for what is too long to be a date."""
    if len(text) > _LONGEST:
        return ""
    if not text.isascii():
        text = "".join(
            char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)
        )
    return " ".join(text.split())


def _matched(text: str) -> dict[str, str | None] | None:
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            return match.groupdict()
    return None


def _slashed(text: str) -> tuple[int, int]:
    """The two numbers before the year of a date such as `03/04/2024`; twice 0 for anything else."""
    match = _SLASHED_FORM.fullmatch(_folded(text))
    return (int(match["a"]), int(match["b"] or match["b2"])) if match else (0, 0)


def _month_and_day(found: dict[str, str | None], day_first: bool | None) -> tuple[int, int] | None:
    if "a" in found:
        first, second = int(found["a"] or 0), int(found["b"] or found["b2"] or 0)
        if day_first is None:
            if first != second and first <= 12 and second <= 12:
                return None
            day_first = first > 12
        return (second, first) if day_first else (first, second)
    month = int(found["m"] or 0) if "m" in found else _MONTHS.get((found["month"] or "").lower())
    return None if month is None else (month, int(found["d"] or 0))


def _as_read(found: dict[str, str | None], day_first: bool | None) -> str:
    if "a" not in found or day_first is None:
        return ""
    return " where the day comes first" if day_first else " where the month comes first"


def _year(digits: str) -> int:
    number = int(digits)
    if len(digits) == 4:
        return number
    return number + (2000 if number < 69 else 1900)


def _hour(hour: str | None, half: str | None) -> int:
    number = int(hour or 0)
    if not half:
        return number
    if not 1 <= number <= 12:
        raise ValueError
    return number % 12 + (12 if half.lower() == "p" else 0)


def _zone(zone: str | None) -> timedelta | None:
    """How far east of Greenwich; null for letters that name no zone or several."""
    if not zone:
        return timedelta()
    place = max(zone.find("+"), zone.find("-"))
    if place < 0:
        east = _ZONE_HOURS.get(zone.lower())
        return None if east is None else timedelta(hours=east)
    digits = zone[place + 1 :].replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return -offset if zone[place] == "-" else offset


def _month_prefixes() -> dict[str, int]:
    """Month names and their beginnings from three letters on, where they begin one month only."""
    found: dict[str, int | None] = {}
    for number, names in enumerate(_MONTH_NAMES, start=1):
        for name in names.split():
            for end in range(3, len(name) + 1):
                short = name[:end]
                found[short] = number if found.get(short, number) == number else None
    return {short: number for short, number in found.items() if number is not None}


_MONTHS: Final = _month_prefixes()
