"""A file of decisions to plain rows: which form it has, who read, what each row says. Knows no table."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, cast

from polls.csvio import undo_defuse
from polls.importing.dates import parse_voted_at
from polls.importing.readers import Record, Source
from polls.importing.report import RowError
from polls.problems import Refused
from polls.texts import normalise_url

TAG_PREFIX: Final = "tag:"
MAX_NOTE: Final = 2_000
"""Characters of a note, as on the reading page."""
_FIELDS: Final = ("voter_id", "profile_url", "case", "reviewer", "category", "note", "tagged_at")
_BOTH: Final = ("final", "adjudicator")
_OWN: Final = frozenset({"voter_id", "case", "final", "adjudicator"})
_SHOWN: Final = 80
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Tag:
    """What one reviewer said in one row; `category` is the cell. Usernames are in lower case."""

    reviewer: str
    category: str
    column: str
    note: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class TagRow:
    """One data row. `voter` is a voter_id, or a normalised profile address where `by_url`."""

    row: int
    voter: str
    by_url: bool
    case: str
    tags: tuple[Tag, ...]
    final: str = ""
    adjudicator: str = ""


@dataclass(slots=True)
class TagFile:
    """All rows of a file. `reviewers` are usernames as first seen, in the order of columns or of first
    appearance; `adjudicators` likewise; `count` is the number of data rows, broken ones included."""

    wide: bool
    has_cases: bool
    rows: list[TagRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    reviewers: dict[str, str] = field(default_factory=dict)
    adjudicators: dict[str, str] = field(default_factory=dict)
    count: int = 0


def read_tags(source: Source) -> TagFile:
    """Read a file in the long or the wide form. Raises Refused where the columns make neither."""
    # A generator that is left half read holds the file open.
    with closing(cast(Generator[Record], source.records())) as every:
        records = (r for r in every if r.problem or any(cell.strip() for cell in r.cells))
        header = next(records, None)
        if header is None:
            raise Refused(f"{source.name} is empty.")
        if header.problem:
            raise Refused(f"{source.name}, row {header.row}: {header.problem}")
        reader = _Reader(source.name, [cell.strip() for cell in header.cells])
        for record in records:
            reader.file.count += 1
            if reader.file.count > source.limits.rows:
                raise Refused(f"{source.name} has more than {source.limits.rows:,} rows: import it in parts.")
            reader.take(record)
    return reader.file


class _Reader:
    def __init__(self, name: str, header: Sequence[str]) -> None:
        self.width = len(header)
        self.header = header
        self.columns: dict[str, int] = {}
        self.tags: dict[str, int] = {}
        seen = [cell.casefold() for cell in header]
        for index, cell in enumerate(seen):
            known = cell in (*_FIELDS, *_BOTH) or cell.startswith(TAG_PREFIX)
            if known and cell in seen[:index]:
                raise Refused(f"{name} has the column “{header[index][:_SHOWN]}” twice.")
            if cell.startswith(TAG_PREFIX):
                self.tags[cell.removeprefix(TAG_PREFIX).strip()] = index
            elif known:
                self.columns[cell] = index
        self.file = TagFile(wide=bool(self.tags), has_cases="case" in self.columns)
        self.own = self.columns.keys() >= _OWN
        self._check(name)
        for reviewer, index in self.tags.items():
            self.file.reviewers[reviewer] = header[index][len(TAG_PREFIX) :].strip()

    def _check(self, name: str) -> None:
        if not {"voter_id", "profile_url"} & self.columns.keys():
            raise Refused(f"{name} has no column voter_id (or profile_url), so nobody knows who is meant.")
        if "" in self.tags:
            raise Refused(f"{name} has a column “tag:” without a username.")
        if self.tags and {"reviewer", "category"} & self.columns.keys():
            raise Refused(f"{name} mixes the long form (reviewer, category) and the wide one (tag:…).")
        if not self.tags and not {"reviewer", "category"} <= self.columns.keys():
            raise Refused(
                f"{name} is no file of decisions: it needs the columns reviewer and category, "
                "or one column tag:USERNAME for each reviewer."
            )

    def take(self, record: Record) -> None:
        """Add a row, or the first reason why it cannot be taken."""
        try:
            self.file.rows.append(self._row(record))
        except _Fault as fault:
            self.file.errors.append(RowError(record.row, fault.column, fault.value[:_SHOWN], fault.reason))

    def _row(self, record: Record) -> TagRow:
        if record.problem:
            raise _Fault("", "", record.problem)
        if any(cell.strip() for cell in record.cells[self.width :]):
            raise _Fault("", record.cells[self.width], "the row has more cells than the header")
        cells = [*record.cells, *[""] * (self.width - len(record.cells))]
        if any(_UNSTORABLE.search(cell) for cell in cells):
            raise _Fault("", "", "the row holds a NUL character or bytes that are no text")
        self.cells = [undo_defuse(cell).strip() for cell in cells] if self.own else [c.strip() for c in cells]
        voter, by_url = self._voter()
        row = TagRow(record.row, voter, by_url, self._cell("case"), tuple(self._tags()))
        row.final, row.adjudicator = self._cell("final"), self._cell("adjudicator")
        for name in row.adjudicator.split(";"):
            if name.strip():
                self.file.adjudicators.setdefault(name.strip().lower(), name.strip())
        return row

    def _cell(self, name: str) -> str:
        index = self.columns.get(name)
        return "" if index is None else self.cells[index]

    def _voter(self) -> tuple[str, bool]:
        if voter_id := self._cell("voter_id"):
            return voter_id, False
        address = self._cell("profile_url")
        try:
            url = normalise_url(address)
        except ValueError as problem:
            raise _Fault("profile_url", address, str(problem)) from None
        if not url:
            raise _Fault("voter_id", "", "the row does not say which voter is meant")
        return url, True

    def _tags(self) -> Iterator[Tag]:
        if self.tags:
            for reviewer, index in self.tags.items():
                yield Tag(reviewer, self.cells[index], self.header[index])
            return
        name, note, at = self._cell("reviewer"), self._cell("note"), self._cell("tagged_at")
        if not name:
            raise _Fault("reviewer", "", "the row does not say who decided")
        if len(note) > MAX_NOTE:
            raise _Fault("note", note, f"the note is longer than {MAX_NOTE} characters")
        try:
            when = parse_voted_at(at) if at else None
        except ValueError as problem:
            raise _Fault("tagged_at", at, str(problem)) from None
        self.file.reviewers.setdefault(name.lower(), name)
        yield Tag(name.lower(), self._cell("category"), "category", note, when)


class _Fault(Exception):
    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
