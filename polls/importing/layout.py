"""Where in a file the table is: its header, its data records, and what else stands there. Pure: no Django.

Nothing here holds a file: the header is found among the first records, the rest is judged as it streams by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from polls.importing.content import is_address, is_last_line, may_end
from polls.importing.formats import Format
from polls.importing.formats.declaration import compact
from polls.importing.formats.names import EVERY_NAME
from polls.importing.readers import Record

type Kind = Literal["above", "blank", "repeated header", "last line", "other table"]

HELD: Final = 20
"""Records held at most until it is clear whether they end the table."""

_HELD_CHARACTERS: Final = 2000
_LONGEST_HEADER: Final = 1000


@dataclass(frozen=True, slots=True)
class Table:
    """One of several tables in a file or sheet, counted from 1: what stands above it and its data rows."""

    number: int
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One table of a file. `headers` are joined from up to three rows and unique; `words` are, per column,
    all that its header says; `header` is the record of the names, which may come again in the body.

    `header_row` is the last record of the header; where there is no header, the one above the first row.
    `ragged` rows may end before the last column. `tables` are there when the file holds several.
    """

    headers: tuple[str, ...]
    words: tuple[tuple[str, ...], ...] = ()
    header: tuple[str, ...] = ()
    header_row: int = 1
    format: Format | None = None
    ragged: bool = False
    table: int = 1
    tables: tuple[Table, ...] = ()

    def data(
        self, records: Iterable[Record], left_out: Callable[[Record, Kind], object] | None = None
    ) -> Iterator[Record]:
        """The data records among all records of the file, in their order; `left_out` is told of each other.

        Lines at the end are held until it is clear that nothing follows them; a table with another header
        ends this one, and the same header lets it go on.
        """
        skip = left_out or _nobody
        following = iter(records)
        for record in following:
            if record.row > self.header_row:
                yield from self._body(record, following, skip)
                return
            skip(record, "above")

    def _body(
        self, first: Record, following: Iterator[Record], skip: Callable[[Record, Kind], object]
    ) -> Iterator[Record]:
        width, again = len(self.headers), self.header
        at = next((index for index, cell in enumerate(again) if cell), 0)
        name = again[at] if again else ""
        state = _State(self, skip)
        record: Record | None = first
        while record is not None:
            cells = record.cells
            # Nearly every record of nearly every file ends here; all doubt is settled below.
            if (
                state.at_ease
                and len(cells) == width
                and (first_cell := cells[0].strip() or (width > 1 and cells[1].strip()))
                and cells[at].strip() != name
                and not may_end(first_cell)
            ):
                yield record
            else:
                yield from state.judge(record)
            record = next(following, None)
        yield from state.end()


class _State:
    """What is still open while the records of a table pass: whether it goes on, and which may be its last."""

    def __init__(self, layout: Layout, skip: Callable[[Record, Kind], object]) -> None:
        self.layout = layout
        self.skip = skip
        self.inside = True
        self.apart = False
        self.held: list[Record] = []
        self.at_ease = True

    def judge(self, record: Record) -> list[Record]:
        """The records that are data for certain by now."""
        found = self._judge(record)
        self.at_ease = self.inside and not self.apart and not self.held
        return found

    def _judge(self, record: Record) -> list[Record]:
        cells = record.cells
        if record.problem:
            return self._data(record)
        if not any(map(str.strip, cells)):
            self.apart = True
            self.skip(record, "blank")
            return []
        if self.layout.header and trimmed(cells) == self.layout.header:
            released = self._release("other table")
            self.inside, self.apart = True, False
            self.skip(record, "repeated header")
            return released
        if self._begins_another_table(cells):
            released = self._release("other table")
            self.inside, self.apart = False, False
            self.skip(record, "other table")
            return released
        short = sum(map(len, cells)) <= _HELD_CHARACTERS
        if self.inside and short and (self._may_be_a_title(cells) or is_last_line(cells)):
            self.held.append(record)
            return self._flush() if len(self.held) > HELD else []
        return self._data(record)

    def end(self) -> list[Record]:
        """What is data among the records held when the file ends."""
        return self._release("last line")

    def _data(self, record: Record) -> list[Record]:
        self.apart = False
        if not self.inside:
            self.skip(record, "other table")
            return []
        return [*self._flush(), record]

    def _flush(self) -> list[Record]:
        held, self.held = self.held, []
        return held

    def _release(self, kind: Kind) -> list[Record]:
        """The table ends: lines that end it and, before another table, its title are no data."""
        data, ended = [], False
        for record in self._flush():
            ended = ended or is_last_line(record.cells)
            if ended:
                self.skip(record, "last line")
            elif kind == "other table":
                self.skip(record, kind)
            else:
                data.append(record)
        return data

    def _begins_another_table(self, cells: Sequence[str]) -> bool:
        apart = self.apart or bool(self.held) or not self.inside
        return names_columns(cells, self.layout.format, apart=apart) and bool(self.layout.header)

    def _may_be_a_title(self, cells: Sequence[str]) -> bool:
        """One cell alone in a wide table: on a line of its own, or below a blank one."""
        alone = bool(cells[0].strip()) and not any(map(str.strip, cells[1:]))
        return alone and len(self.layout.headers) > 2 and (len(cells) == 1 or self.apart)


def names_columns(cells: Sequence[str], known: Format | None, *, apart: bool) -> bool:
    """Whether a record within a file is the header of a table: the format's, or standing apart and naming
    several columns as people name them."""
    if known is not None and known.several_tables:
        return known.fits(cells)
    if not apart:
        return False
    names = {compact(cell) for cell in cells} & EVERY_NAME
    return len(names) > 1 and not any(map(is_address, cells))


def trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells without spaces around them and without the empty ones at the end."""
    texts = [cell.strip() for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def unique_headers(headers: Sequence[str]) -> tuple[str, ...]:
    """Headers as they stand, trimmed; an empty one is named after its place, a repeated one is numbered.

    Empty headers at the end (a trailing comma) are no columns.
    """
    names = [shown(header) for header in headers]
    while names and not names[-1]:
        names.pop()
    taken: set[str] = set()
    for index, name in enumerate(names):
        name, number = name or f"Column {index + 1}", 1
        candidate = name
        while candidate in taken:
            number += 1
            candidate = f"{name} ({number})"
        taken.add(candidate)
        names[index] = candidate
    return tuple(names)


def shown(header: str) -> str:
    """A header fit to keep and print: on one line, without what the database cannot hold."""
    storable = re.sub("[\x00\ud800-\udfff]", "", header[:_LONGEST_HEADER]).strip()
    return " ".join(line.strip() for line in storable.splitlines())


def _nobody(record: Record, kind: Kind) -> None:
    """Nobody wants to know."""
