"""Finding the header among the first records of a file, and the tables where there are several.

Pure: no Django. Bounded: twenty records for the header, two hundred to judge columns by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from polls.importing.content import is_address, is_last_line, option_named
from polls.importing.formats import NO_PRESET, Format, named, recognise
from polls.importing.formats.declaration import compact, words
from polls.importing.formats.names import EVERY_NAME, NAMES
from polls.importing.layout import Layout, Table, shown, trimmed, unique_headers
from polls.importing.readers import Record, Source
from polls.importing.reading import Reading
from polls.importing.tables import best_table, list_tables, may_hold_several
from polls.problems import Refused
from polls.texts import option_key

WITHIN: Final = 20
"""Records among which the header has to be."""

SAMPLE: Final = 200
"""Records by which columns are judged."""

_CHARACTERS: Final = 4 * 1024 * 1024
_NO_QUESTIONS: Final = frozenset({"response", "openendedresponse", "antwort", "offeneantwort"})
_IMPORT_IDS: Final = '{"importid"'


@dataclass(slots=True)
class _Found:
    """Where the header is: its records (none: there is no header) and the row before the first data row."""

    records: list[Record]
    above: int
    format: Format | None


def find(source: Source, reading: Reading, known: Collection[str]) -> tuple[Layout, list[Record]]:
    """The table to read and its first data records. `known` are the keys of the poll's options.

    Raises Refused for a file without any table or without the table that was named, and WrongUsage for a
    preset that is none.
    """
    first = _first_records(source.records())
    filled = [record for record in first[:WITHIN] if not record.problem and _says_something(record.cells)]
    if not filled:
        raise Refused(f"{source.name} has no header row: its first {WITHIN} rows are empty.")
    if len(first) < WITHIN and all(is_last_line(record.cells) for record in filled):
        raise Refused(f"{source.name} holds no rows: it only says “{filled[0].cells[0].strip()[:200]}”.")
    found = _header(filled, first, reading, known)
    if found.format is not None and found.format.no_voters:
        raise Refused(
            f"{source.name} is not a list of voters ({found.format.title}): {found.format.no_voters}."
        )
    tables: tuple[Table, ...] = ()
    chosen = reading.table or 1
    if found.records and may_hold_several(found.records[0], found.above, found.format, first):
        listed = list_tables(source.records(), found.records[0].row, found.format, known)
        tables = tuple(Table(number, table.title, table.rows) for number, table in enumerate(listed, 1))
        chosen = reading.table or best_table(listed)
        if chosen <= len(listed):
            header = listed[chosen - 1].header
            found.records, found.above = [header], header.row
    if not 1 <= chosen <= max(1, len(tables)):
        count = f"{len(tables)} tables" if len(tables) > 1 else "one table"
        raise Refused(f"{source.name} has {count}: there is no table {chosen}.")
    if tables:
        first = _first_records(record for record in source.records() if record.row > found.above)
    layout = _layout(found, first, chosen, tables if len(tables) > 1 else ())
    return layout, list(islice(layout.data(first), SAMPLE))


def _first_records(records: Iterable[Record]) -> list[Record]:
    """What is judged: so many records, or so many characters where cells are huge."""
    first: list[Record] = []
    size = 0
    for record in islice(records, WITHIN + SAMPLE):
        first.append(record)
        size += sum(map(len, record.cells))
        if size > _CHARACTERS:
            break
    return first


def _header(
    filled: Sequence[Record], first: Sequence[Record], reading: Reading, known: Collection[str]
) -> _Found:
    """The header's records, or none and what stands above the first row."""
    by_columns_alone = reading.preset == NO_PRESET
    preset = named(reading.preset) if reading.preset and not by_columns_alone else None
    wanted = _wanted(reading)
    header, known_format = None, preset
    if preset is not None:
        header = next((record for record in filled if preset.fits(record.cells)), None)
    if header is None:
        header, recognised = _named_header(filled, wanted)
        known_format = preset or (None if by_columns_alone else recognised)
    if header is None:
        header = next((record for record in filled if _names_options(record, first, known)), None)
    if header is None:
        usual = _usual_width(first)
        header = next((record for record in filled if 2 * _count(record.cells) >= usual), filled[0])
        if _is_data(header, first, known, wanted):
            return _Found([], header.row - 1, known_format)
    rows = [header]
    if known_format is not None and known_format.header_rows > 1:
        rows = _rows_of_header(header, first, known_format)
    return _Found(rows, rows[-1].row, known_format)


def _named_header(filled: Sequence[Record], wanted: frozenset[str]) -> tuple[Record | None, Format | None]:
    """The first record of a known format or that names an option and a voter, else at least two fields."""
    every = EVERY_NAME | wanted
    options = frozenset(NAMES["option"])
    named_ones = [(record, {compact(cell) for cell in record.cells}) for record in filled]
    for record, names in named_ones:
        found = recognise(record.cells)
        if found is not None:
            return record, found
        if names & options and names & every - options:
            return record, None
    enough = [(record, len(names & every)) for record, names in named_ones]
    for least in (2, 1):
        for record, count in enough:
            if count >= least and not any(map(is_address, record.cells)):
                if least == 1 and not wanted & {compact(cell) for cell in record.cells}:
                    continue
                return record, None
    return None, None


def _names_options(record: Record, first: Sequence[Record], known: Collection[str]) -> bool:
    """A header with a column per option: two options in one record, that do not come again below it."""
    named_here = {option_named(cell, known) for cell in record.cells} - {""} if known else set()
    if len(named_here) < 2:
        return False
    below = next((other for other in first if other.row > record.row and any(other.cells)), None)
    return below is None or all(
        option_key(cell) in ("", option_named(header, known)) or option_key(cell) not in known
        for header, cell in zip(record.cells, below.cells, strict=False)
    )


def _is_data(header: Record, first: Sequence[Record], known: Collection[str], wanted: frozenset[str]) -> bool:
    """Whether what would be taken for the header is the first row of a file that has none."""
    cells = header.cells
    if {compact(cell) for cell in cells} & (EVERY_NAME | wanted):
        return False
    if any(name.startswith("column") and name[6:].isdecimal() for name in wanted):
        return True
    if any(map(is_address, cells)):
        return True
    rows = [
        record.cells
        for record in first
        if record.row > header.row and trimmed(record.cells) != trimmed(cells)
    ]
    for index, cell in enumerate(cells):
        key = option_key(cell)
        if not key:
            continue
        below = [option_key(row[index]) for row in rows if index < len(row) and row[index].strip()]
        if key in known and below and 2 * sum(other in known for other in below) >= len(below):
            return True
        if below.count(key) > 1 and not key.isdecimal():
            return True
    return False


def _rows_of_header(header: Record, first: Sequence[Record], known: Format) -> list[Record]:
    """The header's records: rows above the names, the names, and rows below that say nothing of a voter."""
    here = next(index for index, record in enumerate(first) if record.row == header.row)
    start = max(0, here - known.row_of_names + 1)
    rows = list(first[start : here + 1])
    names = frozenset(word for names in known.headers for word in words(names))
    at = [index for index, cell in enumerate(header.cells) if compact(cell) in names]
    for record in first[here + 1 : start + known.header_rows]:
        cells = [record.cells[index] if index < len(record.cells) else "" for index in at]
        alike = sum(
            not cell.strip() or compact(cell) == compact(header.cells[index])
            for index, cell in zip(at, cells, strict=True)
        )
        ids = any(cell.strip().lower().startswith(_IMPORT_IDS) for cell in record.cells)
        if record.problem or not (ids or 2 * alike > len(at)) or not any(record.cells):
            break
        rows.append(record)
    return rows


def _layout(found: _Found, first: Sequence[Record], table: int, tables: tuple[Table, ...]) -> Layout:
    if not found.records:
        rows = [record.cells for record in first if record.row > found.above]
        usual = max((1, *(len(trimmed(cells)) for cells in rows)))
        headers = unique_headers([f"Column {number}" for number in range(1, usual + 1)])
        nothing: tuple[tuple[str, ...], ...] = tuple(() for _ in headers)
        return Layout(headers, nothing, (), found.above, found.format, ragged=True)
    joined, told = _joined([record.cells for record in found.records], found.format)
    ragged = False
    known = found.format
    if known is not None and known.pairs:
        pairs = _pairs(len(trimmed(found.records[0].cells)), first, found.above)
        ragged = bool(pairs)
        joined, told = [*joined, *pairs], [*told, *((name,) for name in pairs)]
    headers = unique_headers(joined)
    names = found.records[min(len(found.records), known.row_of_names if known else 1) - 1]
    return Layout(
        headers,
        tuple(told[: len(headers)]),
        trimmed(names.cells),
        found.above,
        known,
        ragged,
        table,
        tables,
    )


def _joined(rows: Sequence[Sequence[str]], known: Format | None) -> tuple[list[str], list[tuple[str, ...]]]:
    """One header per column out of all rows of the header, and the texts it is made of."""
    width = max(len(trimmed(row)) for row in rows)
    full = [[*(shown(cell) for cell in row[:width]), *[""] * (width - len(row))] for row in rows]
    if known is None or len(full) == 1:
        return full[0], [(cell,) for cell in full[0]]
    texts = [row for row in full if not any(cell.lower().startswith(_IMPORT_IDS) for cell in row)] or full
    joined: list[str] = []
    texts_of: list[tuple[str, ...]] = []
    question = ""
    about = known.is_about()
    names = min(known.row_of_names, len(texts)) - 1
    for column in zip(*texts, strict=True):
        cells = list(column)
        if known.choices_below and len(cells) > 1:
            question = cells[0] or (question if cells[1] else "")
            below = "" if compact(cells[1]) in _NO_QUESTIONS else cells[1]
            cells = [question, below]
        told = [
            cell
            for index, cell in enumerate(cells)
            if cell and compact(cell) not in map(compact, cells[:index])
        ]
        name = column[names] if compact(column[names]) in about else " – ".join(told)
        joined.append(name)
        texts_of.append(
            tuple(
                dict.fromkeys(
                    [*told, *(cell for cell in column if cell and compact(cell) not in _NO_QUESTIONS)]
                )
            )
        )
    return joined, texts_of


def _pairs(base: int, first: Sequence[Record], above: int) -> list[str]:
    """Headers for pairs of question and answer that follow the last header: an answer is called after its
    question where every row has the same there."""
    rows = [record.cells for record in first if record.row > above and not record.problem]
    width = max((len(trimmed(cells)) for cells in rows), default=0)
    headers = []
    for number, index in enumerate(range(base, width, 2), start=1):
        questions = {cells[index].strip() for cells in rows if index < len(cells)} - {""}
        question = shown(questions.pop()) if len(questions) == 1 else ""
        headers += [f"Question {number}", question or f"Answer {number}"]
    return headers


def _wanted(reading: Reading) -> frozenset[str]:
    names = [*(reading.columns or {}).values(), *(header for header, _ in reading.option_columns)]
    return frozenset(compact(name) for name in names if name)


def _usual_width(first: Sequence[Record]) -> int:
    widths = Counter(_count(record.cells) for record in first if _count(record.cells))
    return max(widths, key=lambda width: (widths[width], width), default=1)


def _count(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _says_something(cells: Sequence[str]) -> bool:
    """Text, other than the hint some spreadsheets write about their delimiter."""
    return any(cell.strip() for cell in cells) and not cells[0].startswith("sep=")
