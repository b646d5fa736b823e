"""Reads one sheet of a workbook from standard input and writes it as CSV to standard output.

Runs as a process of its own with bounded memory, so that a workbook made to do harm takes down nothing but
this process: a library in another language that runs out of memory ends its process at once. What came of it
is the last line on standard error, as JSON. Pure: no Django.
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any, Final

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from polls.importing.sheets.cells import as_text
from polls.problems import Refused

_LOOKED_AT: Final = 50
"""Rows by whose widest one short rows are filled up, so that every row is as wide as the header. A sheet that
is a table shows it within them, too."""

_MOST_MERGES: Final = 100_000

type Cells = list[str]


def main(argument: str) -> dict[str, Any]:
    """Convert as the JSON `argument` says: `name`, `sheet`, `memory`, `seconds`, `unpacked`. Never raises."""
    wishes = json.loads(argument)
    try:
        _bound(wishes["memory"], wishes["seconds"])
        with os.fdopen(os.dup(0), "rb") as workbook, os.fdopen(os.dup(1), "wb") as written:
            workbook.seek(0)
            return _convert(workbook, written, wishes)
    except Refused as refusal:
        return {"refused": str(refusal)}
    except PasswordError:
        return {"problem": "password"}
    except MemoryError:
        return {"problem": "memory"}
    except OSError as error:
        return {"problem": "system", "detail": error.strerror or str(error)}
    except BaseException as error:  # a library in Rust panics with what is no Exception
        return {"problem": "unreadable", "detail": str(error)}


def _convert(workbook: io.BufferedIOBase | Any, written: Any, wishes: dict[str, Any]) -> dict[str, Any]:
    book = CalamineWorkbook.from_filelike(workbook)
    names = _sheets(book)
    if not names:
        return {"problem": "no sheet"}
    chosen, sheet = _choose(book, names, wishes["sheet"], wishes["name"])
    rows = _write(sheet, written, wishes["unpacked"], wishes["name"])
    return {"sheets": names, "sheet": chosen, "rows": rows}


def _sheets(book: CalamineWorkbook) -> list[str]:
    """The sheets that hold cells and that a person sees; the hidden ones only when there are no others."""
    tables = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    seen = [sheet.name for sheet in tables if sheet.visible == SheetVisibleEnum.Visible]
    return seen or [sheet.name for sheet in tables]


def _choose(book: CalamineWorkbook, names: list[str], wanted: str, name: str) -> tuple[str, CalamineSheet]:
    """The sheet asked for, a hidden one too, else the first that looks like a table. Raises Refused."""
    if not wanted:
        return _first_table(book, names, name)
    alike = [each for each in book.sheet_names if each.strip().casefold() == wanted.strip().casefold()]
    found = wanted if wanted in book.sheet_names else alike[0] if alike else ""
    if not found:
        shown = ", ".join(f"“{each}”" for each in names[:20])
        raise Refused(f"{name} has no sheet “{wanted}”; it has {shown}.")
    sheet = book.get_sheet_by_name(found)
    if sheet.end is None:
        raise Refused(f"The sheet “{found}” of {name} is empty.")
    return found, sheet


def _first_table(book: CalamineWorkbook, names: list[str], name: str) -> tuple[str, CalamineSheet]:
    """The first sheet that has a row of two cells, since a cover has none; else the first with anything."""
    filled: list[str] = []
    for candidate in names:
        sheet = book.get_sheet_by_name(candidate)
        if any(sum(map(bool, row)) > 1 for row in islice(_rows(sheet), _LOOKED_AT)):
            return candidate, sheet
        if sheet.end is not None:
            filled.append(candidate)
    if not filled:
        raise Refused(f"{name} has nothing in it: every sheet is empty.")
    return filled[0], book.get_sheet_by_name(filled[0])


def _write(sheet: CalamineSheet, written: Any, most: int, name: str) -> int:
    """All rows from the first of the sheet, so that row numbers are those that a person sees."""
    text = io.TextIOWrapper(written, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text)
    rows = _filled_down(sheet, _rows(sheet))
    first = list(islice(rows, _LOOKED_AT))
    width = max((len(row) for row in first), default=0)
    count = 0
    for row in chain(first, rows):
        writer.writerow(row if len(row) >= width else row + [""] * (width - len(row)))
        count += 1
        if not count % 1000 and text.tell() > most:
            raise Refused(
                f"{name} holds more than {most / 1024 / 1024:,.0f} MB of text: "
                "split it and import the parts one after the other."
            )
    text.flush()
    text.detach()
    return count


def _rows(sheet: CalamineSheet) -> Iterator[Cells]:
    """Rows without the empty cells at their end."""
    start = sheet.start or (0, 0)
    before = [""] * start[1]
    for values in sheet.iter_rows():
        row = [value if type(value) is str else as_text(value) for value in values]
        while row and not row[-1]:
            row.pop()
        yield before + row if row else row


def _filled_down(sheet: CalamineSheet, rows: Iterator[Cells]) -> Iterator[Cells]:
    """Cells merged over several rows say the same for each of these rows.

    Only below the first row with two texts, the header: merged headers are left as they stand, and so are
    titles merged over several columns.
    """
    merges: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, right) in islice(sheet.merged_cell_ranges or (), _MOST_MERGES):
        if left == right and bottom > top:
            merges.setdefault(top, []).append((left, bottom))
    if not merges:
        yield from rows
        return
    filling: dict[int, tuple[int, str]] = {}
    header_seen = False
    for number, row in enumerate(rows):
        for column, (bottom, value) in list(filling.items()):
            if number > bottom:
                del filling[column]
            elif column >= len(row):
                row = row + [""] * (column + 1 - len(row))
                row[column] = value
            elif not row[column]:
                row[column] = value
        if header_seen:
            for column, bottom in merges.get(number, ()):
                if column < len(row) and row[column]:
                    filling[column] = (bottom, row[column])
        header_seen = header_seen or sum(map(bool, row)) > 1
        yield row


def _bound(memory: int, seconds: float) -> None:
    """Not on every system. The time ends a process whose parent was killed."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(seconds) + 1, math.ceil(seconds) + 2))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    report = main(sys.argv[1])
    sys.stderr.write("\n" + json.dumps(report) + "\n")
