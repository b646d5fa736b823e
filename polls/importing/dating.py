"""In which order a file writes day and month, where `03/04/2026` leaves it open. Pure: no Django."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Final, cast

from polls.importing.dates import day_order, reads_two_ways
from polls.importing.mapping import ColumnMapping
from polls.importing.readers import Record, Source
from polls.importing.reading import Reading

_AS_DAY: Final = {True: "the day first", False: "the month first"}


def order_of(source: Source, reading: Reading, columns: ColumnMapping) -> tuple[bool | None, tuple[str, ...]]:
    """Whether the day comes first, and sentences on it; null: unknown, such dates are kept as text.

    Nobody is asked whose file says it: by what was chosen, by its format, or by a date such as 25/03/2026.
    """
    if reading.day_first is not None:
        return reading.day_first, ()
    if columns.day_first is not None or "voted_at" not in columns.fields:
        return columns.day_first, ()
    with closing(cast("Generator[Record]", source.records())) as records:
        dates = _Dates(records, columns)
        order = day_order(dates.texts())
        if order is None:
            dates.rest()
    if not dates.open:
        return order, ()
    if order is not None:
        return order, (
            f"Dates such as {dates.example} are read with {_AS_DAY[order]}, as other dates of the file show.",
        )
    what = "1 date" if dates.open == 1 else f"{dates.open:,} dates"
    return None, (
        f"{what} such as {dates.example} can be read in two ways, so nobody knows when that was: "
        "say whether the day or the month comes first.",
    )


class _Dates:
    """Goes through the dates of a file once, counting those that can be read in two ways."""

    def __init__(self, records: Iterator[Record], columns: ColumnMapping) -> None:
        self.open = 0
        self.example = ""
        self._texts = self._slashed(records, columns)

    def texts(self) -> Iterator[str]:
        """Every date that may be one such as 03/04/2026."""
        for text in self._texts:
            if reads_two_ways(text):
                self.open += 1
                self.example = self.example or text[:40]
            yield text

    def rest(self) -> None:
        """Count those that nobody looked at yet."""
        for _ in self.texts():
            pass

    def _slashed(self, records: Iterator[Record], columns: ColumnMapping) -> Iterator[str]:
        index = columns.fields["voted_at"]
        for record in columns.layout.data(records) if columns.layout else records:
            text = record.cells[index].strip() if len(record.cells) > index else ""
            if "/" in text or "-" in text[1:3]:
                yield text
