"""When somebody voted, from texts that can be read in one way only. Pure: no Django.

`03/04/2024` is left alone, since nobody can say which of two days it means; so are ages such as `2h`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>[a-z]{3})[a-z]{0,6}\.?"
_DAYS: Final = (
    r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})",
    r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})",
    rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.)?[ -]{_MONTH},?[ -](?P<y>\d{{4}})",
    rf"{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})",
)
_TIME = (
    r"(?:(?:t|,? (?:at )?)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r" ?(?P<half>[ap])?(?:\.?m\.?)?)? ?(?P<zone>z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?"
)
_FORMS: Final = tuple(re.compile(day + _TIME, re.IGNORECASE | re.ASCII) for day in _DAYS)


def parse_voted_at(text: str) -> datetime | None:
    """The moment in UTC, or null when the text can be read in no or in two ways. No zone means UTC.

    Raises ValueError with a sentence's end for what is written like a date but is none (2026-02-30).
    """
    text = " ".join(text.split())
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            break
    else:
        return None
    found = match.groupdict()
    month = int(found["m"]) if found.get("m") else _month(found["month"])
    if month is None:
        return None
    try:
        moment = datetime(
            int(found["y"]),
            month,
            int(found["d"]),
            _hour(found["hour"], found["half"]),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int((found["part"] or "").ljust(6, "0")[:6]),
            tzinfo=_zone(found["zone"]),
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("is no date that exists") from None
    if not 1900 <= moment.year <= 2200:
        raise ValueError("is no date between the years 1900 and 2200")
    return moment


def _month(name: str) -> int | None:
    short = name.lower()
    return _MONTHS.index(short) + 1 if short in _MONTHS else None


def _hour(hour: str | None, half: str | None) -> int:
    number = int(hour or 0)
    if not half:
        return number
    if not 1 <= number <= 12:
        raise ValueError
    return number % 12 + (12 if half.lower() == "p" else 0)


def _zone(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return UTC
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset)
