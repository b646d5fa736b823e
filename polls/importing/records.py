"""Text to records. Strict CSV that does not let one broken quotation mark swallow the rest of the file.

Pure: no model, no Django. `csv.reader` does the parsing; this module gives it lines, remembers those of the
current record, and hands back what came after a broken one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, repeat
from typing import Final, NamedTuple, TextIO, cast

RECORD_LIMIT: Final = 8 * 1024 * 1024
"""Characters of one record, and how far an open quotation mark is followed. Bounds the memory."""

_BLOCK: Final = 256 * 1024
_OFTEN: Final = 0xFFF
_RESCAN_LIMIT: Final = 8 * RECORD_LIMIT
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')

# The limit of the csv module is one for the process; cells are measured by `validate` instead.
csv.field_size_limit(RECORD_LIMIT)


class Record(NamedTuple):
    """One record. `row` counts every record of the file from 1. A broken one has a `problem`, the end of a
    sentence, and where known the index of the `column` at fault."""

    row: int
    cells: list[str]
    problem: str = ""
    column: int | None = None


class _TooLong(Exception):
    """A record outgrew its limit; `True` when it was a single line."""


class _Lines:
    """Lines for `csv.reader`: remembers those of the current record and takes lines back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self.returned: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.returned.popleft() if self.returned else self._text.readline(RECORD_LIMIT)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self.size += len(line)
        if self.size >= RECORD_LIMIT:
            self._give_up(line)
        return line

    def block(self) -> list[str]:
        """Some thousand whole lines at once, none at the end. Only while no lines are waiting again."""
        text = self._text.read(_BLOCK)
        if len(text) == _BLOCK:
            text += self._text.readline(RECORD_LIMIT)
        return list(io.StringIO(text, newline=""))

    def begin_record(self) -> None:
        self.taken.clear()
        self.size = 0

    def give_back(self, lines: list[str]) -> None:
        self.returned.extendleft(reversed(lines))

    def _give_up(self, line: str) -> None:
        while not line.endswith(("\n", "\r")):
            line = self._text.readline(RECORD_LIMIT)
            if not line:
                break
        raise _TooLong(len(self.taken) == 1)


def read_records(text: TextIO, delimiter: str, check: Callable[[], None] | None = None) -> Iterator[Record]:
    """Every record from the first, blank ones included (no cells). `text` must be opened with `newline=""`.

    A record with a broken quotation mark is given back as broken, and reading goes on with the line after the
    one where that mark opened. A file broken again and again is, from some point on, read line by line.
    `check` is called every some thousand records and may end the reading by an exception.
    """
    lines = _Lines(text)
    row, rescanned = 0, 0
    while rescanned < _RESCAN_LIMIT:
        if lines.returned:
            row += 1
            record, again = _next_record(row, lines, delimiter)
            rescanned += again
            yield record
            continue
        if check:
            check()
        if not (block := lines.block()):
            return
        try:
            rows = list(csv.reader(block, delimiter=delimiter, strict=True))
        except csv.Error:  # something is broken, or the last record goes on after the block
            lines.give_back(block)
            continue
        yield from numbered(rows, row + 1)
        row += len(rows)
    yield from _line_by_line(row, lines, delimiter, check)


def numbered(rows: list[list[str]], first: int = 1) -> Iterator[Record]:
    """Records without problems, put together without a step in Python for each: there may be millions."""
    make = cast(Callable[..., Record], tuple.__new__)
    return map(make, repeat(Record), zip(count(first), rows, repeat(""), repeat(None)))


def _next_record(row: int, lines: _Lines, delimiter: str) -> tuple[Record, int]:
    """One record, and how many characters will be read again because it is broken."""
    lines.begin_record()
    try:
        return Record(row, next(csv.reader(lines, delimiter=delimiter, strict=True))), 0
    except (csv.Error, _TooLong) as error:
        if error.args[0] is True:
            return Record(row, [], f"the line is longer than {RECORD_LIMIT:,} characters"), 0
        again = lines.size
        return _broken(row, lines, delimiter), again


def _broken(row: int, lines: _Lines, delimiter: str) -> Record:
    """The broken record, cut after the line in which its quotation mark opened; the rest is read again."""
    whole = "".join(lines.taken)
    offset, column = _where_it_opened(whole, delimiter)
    end = 0
    for number, line in enumerate(lines.taken, start=1):
        end += len(line)
        if end > offset:
            lines.give_back(lines.taken[number:])
            break
    cells = whole[:end].rstrip("\r\n").split(delimiter)
    return Record(row, cells, "a quotation mark opens here and is not closed properly", column)


def _where_it_opened(text: str, delimiter: str) -> tuple[int, int]:
    """Offset and column index of the quotation mark that opens a cell and is not closed before its end."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*+")
    position, column = 0, 0
    while position < len(text):
        if text[position] == '"':
            quoted = _QUOTED.match(text, position)
            if quoted is None or text[quoted.end() : quoted.end() + 1] not in ("", delimiter, "\r", "\n"):
                return position, column
            position = quoted.end()
        else:
            match = plain.match(text, position)
            position = match.end() if match else len(text)
        if text[position : position + 1] != delimiter:
            break
        position += 1
        column += 1
    return max(position - 1, 0), column


def _line_by_line(
    row: int, lines: _Lines, delimiter: str, check: Callable[[], None] | None
) -> Iterator[Record]:
    while True:
        row += 1
        if check and not row & _OFTEN:
            check()
        lines.begin_record()
        try:
            line = next(lines)
            yield Record(row, next(csv.reader([line], delimiter=delimiter, strict=True), []))
        except StopIteration:
            return
        except _TooLong:
            yield Record(row, [], f"the line is longer than {RECORD_LIMIT:,} characters")
        except csv.Error:
            _, column = _where_it_opened(line, delimiter)
            cells = line.rstrip("\r\n").split(delimiter)
            yield Record(row, cells, "a quotation mark opens here and is not closed properly", column)
