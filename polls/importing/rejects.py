"""What was not taken: rejected rows, to be corrected and imported alone, and records that are no rows."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from polls.importing import staging
from polls.importing.layout import Kind, trimmed
from polls.importing.mapping import ColumnMapping
from polls.importing.readers import Record, Source
from polls.problems import Refused

REASON: Final = "reason"
"""The header of the column that says why a row was not taken."""

_KINDS: Final[tuple[tuple[Kind, str, str], ...]] = (
    ("repeated header", "repeated header", "repeated headers"),
    ("last line", "line after the table", "lines after the table"),
    ("other table", "row of other tables", "rows of other tables"),
)


def write_rejects(path: Path | None, source: Source, columns: ColumnMapping) -> str | None:
    """Write every rejected row, in a second reading of the file. Its path, null when none was asked for.

    Raises Refused when the file cannot be written.
    """
    if path is None:
        return None
    reasons = staging.rejected_rows()
    with _writable(path) as write:
        row, reason = next(reasons, (0, ""))
        if not _has_header(columns):
            write([*columns.headers, REASON])
        width, last = columns.width, REASON
        for record in source.records():
            if _has_header(columns) and record.row <= columns.header_row:
                if not last or _is_header(record, columns):
                    width = max(width, len(record.cells))
                    write([*_padded(record.cells, width), last])
                    last = ""
            elif record.row == row:
                write([*_padded(record.cells, width), reason])
                row, reason = next(reasons, (0, ""))
    return str(path)


class LeftOut:
    """Counts the records that are no data rows, as `validate.clean_rows` tells of them."""

    def __init__(self) -> None:
        self._kinds: Counter[Kind] = Counter()

    def __call__(self, record: Record, kind: Kind) -> None:
        self._kinds[kind] += 1

    def told(self) -> tuple[str, ...]:
        """A sentence on those that a person might miss; none when there are none."""
        found = [
            f"{self._kinds[kind]:,} {one if self._kinds[kind] == 1 else many}"
            for kind, one, many in _KINDS
            if self._kinds[kind]
        ]
        return (f"Left out, since they are no votes: {', '.join(found)}.",) if found else ()


@contextmanager
def _writable(path: Path) -> Iterator[Callable[[Sequence[str]], object]]:
    try:
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield csv.writer(file, lineterminator="\r\n").writerow
    except OSError as error:
        raise Refused(
            f"The rejected rows cannot be written to {path}: {error.strerror}; nothing was written."
        ) from None


def _has_header(columns: ColumnMapping) -> bool:
    return columns.layout is not None and bool(columns.layout.header)


def _is_header(record: Record, columns: ColumnMapping) -> bool:
    """Whether this is the row of names, under which further rows of the header may stand."""
    return columns.layout is not None and trimmed(record.cells) == columns.layout.header


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))
