"""Headers to fields: which column is the headline, which the option, which are only carried along.

Pure: no Django. There is no one format of poll-voter files, so the guess can always be overridden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from polls.importing.readers import Record, Source
from polls.importing.reading import Reading
from polls.problems import Refused, WrongUsage
from polls.titles import comparison_key

# What headers are called, compared without case, spaces and signs; the first name found wins its field.
_NAMES_TABLE: Final = """
voter_id: voterid respondentid responseid memberid userid vmid id teilnehmerid
name: name fullname votername voter username displayname person vollständigername
first_name: firstname givenname forename recipientfirstname vorname
last_name: lastname surname familyname recipientlastname nachname familienname
headline: headline jobtitle title occupation position role job professionalheadline linkedinheadline
headline: jobtitel titel berufsbezeichnung stellenbezeichnung berufstitel beruf funktion
organisation: organisation organization company companyname currentcompanyname currentcompany employer
organisation: accountname unternehmen firma arbeitgeber
profile_url: profileurl linkedinprofileurl linkedinurl personlinkedinurl profilelink linkedinprofile profile
profile_url: linkedin url link profillink profil
option: option vote answer choice polloption optiontext selectedoption votedfor response
option: antwort stimme auswahl abstimmung
voted_at: votedat votedate datevoted submitteddatetime submitdateutc submitdate completiontime recordeddate
voted_at: date abgestimmtam datum
comment: comment comments remark openendedresponse kommentar anmerkung bemerkung
country: country countryregion land
"""


def _names() -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for line in _NAMES_TABLE.strip().splitlines():
        field, _, words = line.partition(": ")
        names[field] = names.get(field, ()) + tuple(words.split())
    return names


NAMES: Final = _names()
FIELDS: Final = tuple(NAMES)
IDENTITIES: Final = ("voter_id", "profile_url", "name", "first_name", "last_name", "headline")

JUDGEMENT_COLUMNS: Final = (
    "category",
    "category_label",
    "status",
    "resolved_by",
    "codebook",
    "codebook_version",
)
"""What our own export adds to a voter: left out when that file comes back as a poll."""

SOURCE_PREFIX: Final = "source:"
_HEADER_WITHIN: Final = 20


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What each column is. `headers` are made unique ("Name (2)"), `fields` leads from a field to a column
    index, `extras` are index and name of columns carried along, `header_row` is the record of the headers.

    `own` files are our own exports, known by having `voter_id`, `option` and every judgement column: there
    one protecting `'` is taken off a cell, `source:` columns get their old names, judgements are left out.
    """

    headers: tuple[str, ...]
    fields: dict[str, int]
    extras: tuple[tuple[int, str], ...]
    header_row: int = 1
    own: bool = False
    option_columns: tuple[tuple[int, str], ...] = ()
    everyone: str = ""
    preset: str = ""
    multiple_separators: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a full row has: up to the last column that has a header."""
        return len(self.headers)

    def missing(self) -> str:
        """A sentence naming what no column was found for, or ""."""
        shown = ", ".join(f"“{header}”" for header in self.headers[:12])
        shown += " and others" if len(self.headers) > 12 else ""
        if "option" not in self.fields:
            return f"No column holds the option voted for. The columns are {shown}: say which one it is."
        if not self.fields.keys() & set(IDENTITIES):
            return (
                "No column tells the voters apart: one of voter_id, profile_url, name or headline is needed. "
                f"The columns are {shown}."
            )
        return ""


@dataclass(frozen=True, slots=True)
class Table:
    """One of several tables in a file or sheet, counted from 1: what stands above it and its data rows."""

    number: int
    title: str
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The mapping and the first data rows: row number and original cells. `tables` are there when the file
    holds several."""

    mapping: ColumnMapping
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    tables: tuple[Table, ...] = ()


def guess(
    headers: Sequence[str], columns: Mapping[str, str] | None = None, *, header_row: int = 1
) -> ColumnMapping:
    """The mapping for these headers; `columns` (field to header, "" = leave out) overrides.

    Raises Refused for a header that is not there, WrongUsage for a field that is none and for one column
    named for two fields.
    """
    unique = _unique(headers)
    own = {"voter_id", "option", *JUDGEMENT_COLUMNS} <= set(unique)
    fields = _chosen(unique, columns or {})
    known = {_compact(header): index for index, header in reversed(list(enumerate(unique)))}
    for field, names in NAMES.items():
        if field in (columns or {}):
            continue
        for name in names if not own else (_compact(field),):
            index = known.get(name)
            if index is not None and index not in fields.values():
                fields[field] = index
                break
    left = [(index, name) for index, name in enumerate(unique) if index not in fields.values()]
    if own:
        left = [
            (index, name.removeprefix(SOURCE_PREFIX)) for index, name in left if name not in JUDGEMENT_COLUMNS
        ]
    return ColumnMapping(tuple(unique), fields, tuple(left), header_row, own)


def preview(
    source: Source,
    reading: Reading | Mapping[str, str] | None = None,
    rows: int = 10,
    known_options: Iterable[str] = (),
) -> Preview:
    """Find the header, guess the mapping, show the first data rows.

    `reading` says what is not to be guessed; a plain mapping stands for its columns alone. `known_options`
    are the texts or keys of the poll's options. Raises Refused and WrongUsage.
    """
    columns = reading.columns if isinstance(reading, Reading) else reading
    first = list(islice(source.records(), _HEADER_WITHIN + rows))
    header = _find_header(first[:_HEADER_WITHIN], columns or {})
    if header is None:
        raise Refused(f"{source.name} has no header row: its first {_HEADER_WITHIN} rows are empty.")
    if len(header.cells) > source.limits.columns:
        raise Refused(
            f"{source.name} has {len(header.cells)} columns; at most {source.limits.columns} are read."
        )
    mapping = guess(header.cells, columns, header_row=header.row)
    shown = [
        (record.row, tuple(record.cells))
        for record in first
        if record.row > header.row and any(cell.strip() for cell in record.cells)
    ]
    return Preview(mapping, tuple(shown[:rows]))


def _find_header(records: Sequence[Record], columns: Mapping[str, str]) -> Record | None:
    """The first record that names an option and a voter, else at least two fields, else the first with text.

    Some files have notes above their header.
    """
    wanted = {_compact(header) for header in columns.values()} - {""}
    every = {name for names in NAMES.values() for name in names} | wanted
    options = {*NAMES["option"], _compact(columns.get("option", ""))} - {""}
    filled = [record for record in records if not record.problem and _says_something(record.cells)]
    named = [(record, {_compact(cell) for cell in record.cells} & every) for record in filled]
    for record, names in named:
        if names & options and names - options:
            return record
    for record, names in named:
        if len(names) > 1:
            return record
    return filled[0] if filled else None


def _says_something(cells: Sequence[str]) -> bool:
    """Text, other than the hint some spreadsheets write about their delimiter."""
    return any(cell.strip() for cell in cells) and not cells[0].startswith("sep=")


def _chosen(unique: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    fields: dict[str, int] = {}
    for field, header in columns.items():
        if field not in FIELDS:
            raise WrongUsage(f"“{field}” is no field; the fields are {', '.join(FIELDS)}.")
        if not header:
            continue
        index = _index_of(header, unique)
        if index is None:
            shown = ", ".join(f"“{name}”" for name in unique[:20])
            raise Refused(f"There is no column “{header}” for {field}; the columns are {shown}.")
        taken = [other for other, its_index in fields.items() if its_index == index]
        if taken:
            raise WrongUsage(f"The column “{header}” is named for both {taken[0]} and {field}.")
        fields[field] = index
    return fields


def _index_of(header: str, unique: Sequence[str]) -> int | None:
    if header in unique:
        return unique.index(header)
    alike = [index for index, name in enumerate(unique) if comparison_key(name) == comparison_key(header)]
    return alike[0] if alike else None


def _unique(headers: Sequence[str]) -> list[str]:
    """Headers as they stand, trimmed; an empty one is named after its place, a repeated one is numbered.

    Empty headers at the end (a trailing comma) are no columns.
    """
    names = [_shown(header) for header in headers]
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
    return names


def _shown(header: str) -> str:
    """A header fit to keep and print: what the database cannot hold is taken out."""
    return re.sub("[\x00\ud800-\udfff]", "", header).strip()[:1000]


def _compact(header: str) -> str:
    return re.sub(r"[\W_]+", "", comparison_key(header))
