"""The tables of a file that holds several, such as a report with one for each poll. Pure: no Django."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from polls.importing.content import is_last_line
from polls.importing.formats import Format
from polls.importing.formats.declaration import compact
from polls.importing.layout import names_columns, shown, trimmed
from polls.importing.readers import Record
from polls.texts import option_key

LISTED: Final = 200_000
"""Records in which tables are looked for, where a file begins as if it held several."""


@dataclass(slots=True)
class Listed:
    """One table: its header, what stands above it, how many rows it has and how many cells name an option."""

    header: Record
    title: str
    rows: int = 0
    hits: int = 0
    cells: tuple[str, ...] = ()


def may_hold_several(header: Record, above: int, known: Format | None, first: Sequence[Record]) -> bool:
    """Whether the beginning holds a second header; in a format that may come so, always."""
    if known is not None and (known.several_tables or known.header_rows > 1):
        return known.several_tables
    names, apart = trimmed(header.cells), False
    for record in first:
        if record.row <= above:
            continue
        if not any(map(str.strip, record.cells)) or len(trimmed(record.cells)) == 1:
            apart = True
        elif apart and names_columns(record.cells, known, apart=True):
            if trimmed(record.cells) != names:
                return True
        else:
            apart = False
    return False


def list_tables(
    records: Iterable[Record], first: int, known: Format | None, options: Collection[str]
) -> list[Listed]:
    """The tables from the one with its header in row `first`, in their order; each with how many rows it has
    and how many cells name an option."""
    tables: list[Listed] = []
    current: Listed | None = None
    title, apart = "", True
    for record in islice(records, LISTED):
        if record.problem:
            continue
        cells = trimmed(record.cells)
        named_here = record.row > first and names_columns(cells, known, apart=apart)
        if not cells:
            apart = True
        elif record.row == first or named_here:
            current = next((table for table in tables if table.cells == cells), None)
            if current is None:
                current = Listed(record, _title(title, cells, known), cells=cells)
                tables.append(current)
            title, apart = "", False
        elif len(cells) == 1 and (apart or len(record.cells) == 1):
            title, apart = cells[0], True
        elif current is not None and not is_last_line(cells):
            current.rows += 1
            current.hits += _hits(cells, options) if options else 0
            title, apart = "", False
        else:
            title = ""
    return tables


def _hits(cells: Sequence[str], options: Collection[str]) -> int:
    return sum(option_key(piece) in options for cell in cells for piece in cell.split(";"))


def _title(above: str, cells: Sequence[str], known: Format | None) -> str:
    """What stands above a table and the questions in its header."""
    about = known.is_about() if known is not None else None
    questions = [cell for cell in cells if about is not None and cell and compact(cell) not in about]
    return shown(" – ".join(dict.fromkeys([text for text in (above, *questions) if text])))[:300]


def best_table(tables: Sequence[Listed]) -> int:
    """The number of the table that names the poll's options best, else of the largest."""
    best = max(range(len(tables)), key=lambda index: (tables[index].hits, tables[index].rows, -index))
    return best + 1
