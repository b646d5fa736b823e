"""The rows that were not taken, in their original cells plus a reason, to be corrected and imported alone."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from polls.importing import staging
from polls.importing.mapping import ColumnMapping
from polls.importing.readers import Source
from polls.problems import Refused

REASON: Final = "reason"
"""The header of the column that says why a row was not taken."""


def write_rejects(path: Path | None, source: Source, columns: ColumnMapping) -> str | None:
    """Write every rejected row, in a second reading of the file. Its path, null when none was asked for.

    Raises Refused when the file cannot be written.
    """
    if path is None:
        return None
    reasons = staging.rejected_rows()
    with _writable(path) as write:
        write([*columns.headers, REASON])
        row, reason = next(reasons, (0, ""))
        for record in source.records() if row else ():
            if record.row == row:
                write([*_padded(record.cells, columns.width), reason])
                row, reason = next(reasons, (0, ""))
    return str(path)


@contextmanager
def _writable(path: Path) -> Iterator[Callable[[Sequence[str]], object]]:
    try:
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield csv.writer(file, lineterminator="\r\n").writerow
    except OSError as error:
        raise Refused(
            f"The rejected rows cannot be written to {path}: {error.strerror}; nothing was written."
        ) from None


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))
