"""What a cell of a workbook says as text. Pure: no Django."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

type Value = str | bool | int | float | datetime | date | time | timedelta | None


def as_text(value: Value) -> str:
    """The cell as ISO date, plain number or word; "" for none.

    Whole numbers come without `.0`, since workbooks hold ids as decimals; others with the 15 digits that a
    workbook shows. Durations are hours, minutes and seconds.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e21 else f"{value:.15g}"
    if isinstance(value, datetime):
        return _to_the_second(value).isoformat(sep=" ")
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, time):
        return value.replace(microsecond=0).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _to_the_second(moment: datetime) -> datetime:
    """A workbook holds moments as fractions of a day, which miss the second by a little."""
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0) if moment.microsecond else moment


def _duration(length: timedelta) -> str:
    seconds = round(abs(length).total_seconds())
    sign = "-" if length < timedelta(0) else ""
    return f"{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
