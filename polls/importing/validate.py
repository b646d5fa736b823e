"""Rows to clean records plus every error, not the first. Pure: no model, no Django."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Final, NamedTuple

from polls.csvio import undo_defuse
from polls.importing.ballot import MOST_OPTIONS, UNSTORABLE, Ballot, short
from polls.importing.dates import parse_voted_at
from polls.importing.formats.declaration import compact
from polls.importing.layout import Kind, Layout
from polls.importing.mapping import IDENTITIES, ColumnMapping
from polls.importing.readers import Limits, Record
from polls.importing.report import RowError
from polls.problems import Refused
from polls.texts import normalise_url, web_address
from polls.titles import comparison_key, key_hash

__all__ = ["LONGEST", "MOST_OPTIONS", "Clean", "clean_rows"]

LONGEST: Final = {
    "voter_id": 500,
    "name": 500,
    "first_name": 250,
    "last_name": 249,
    "headline": 10_000,
    "organisation": 500,
    "profile_url": 2000,
    "option": 500,
    "voted_at": 200,
    "country": 200,
}
"""Characters a field may have; comments and unrecognised columns have the limit of a cell."""

_SAFE_LENGTH: Final = 190


class Clean(NamedTuple):
    """One data row as it goes into the staging table, in that table's order.

    Hashes are SHA-256 and null when there is nothing to hash. `base_hash` stands for name and headline of a
    voter without id and address, also of a rejected one, since such voters are told apart by occurrence.
    `errors` is null or a JSON list of `RowError`; then only `row` and `base_hash` count. `option_keys` and
    `option_texts` are null but for several choices, of which `option_key` and `option_text` hold the first.
    """

    row: int
    errors: str | None = None
    id_hash: bytes | None = None
    id_value: str = ""
    derived: bool = False
    url_hash: bytes | None = None
    url_value: str = ""
    profile_url: str = ""
    base_hash: bytes | None = None
    name: str = ""
    organisation: str = ""
    country: str = ""
    headline_raw: str = ""
    headline_hash: bytes | None = None
    option_key: str = ""
    option_text: str = ""
    comment: str = ""
    voted_at: datetime | None = None
    voted_raw: str = ""
    extra: list[str] | None = None
    option_keys: list[str] | None = None
    option_texts: list[str] | None = None


_OF_THE_VOTER: Final = Clean._fields.index("option_key")


def clean_rows(
    records: Iterable[Record],
    mapping: ColumnMapping,
    known_options: Iterable[str],
    limits: Limits,
    *,
    day_first: bool | None = None,
    multiple: bool = False,
    left_out: Callable[[Record, Kind], object] | None = None,
) -> Iterator[Clean]:
    """One `Clean` per data row of the table that the mapping is of (see `layout.Layout.data`).

    `known_options` are option keys; when there are none, the file itself says what the options are.
    `day_first` says how `03/04/2024` is meant, `multiple` that a voter may choose several options.
    `left_out` is told of every record that is no data row.
    Raises Refused for more rows than the limit or more than MOST_OPTIONS different options.
    """
    if day_first is None:
        day_first = mapping.day_first
    check = _Checker(mapping, frozenset(known_options), limits, day_first, multiple)
    layout = mapping.layout or Layout(mapping.headers, header_row=mapping.header_row)
    for count, record in enumerate(layout.data(records, left_out), start=1):
        if count > limits.rows:
            raise Refused(f"The file has more than {limits.rows:,} rows: split it and import the parts.")
        yield check.row(record)


class _Checker:
    """Knows the columns and options of one file."""

    def __init__(
        self,
        mapping: ColumnMapping,
        known_options: frozenset[str],
        limits: Limits,
        day_first: bool | None,
        multiple: bool,
    ) -> None:
        self.mapping = mapping
        self.limits = limits
        self.ballot = Ballot(mapping, known_options, multiple=multiple)
        self.ragged = mapping.layout is not None and mapping.layout.ragged
        self.parse_voted_at = partial(parse_voted_at, day_first=day_first)
        self.extra_columns = [index for index, _ in mapping.extras]
        self.errors: list[RowError] = []
        self.number = 0
        self.header_of = {field: mapping.headers[index] for field, index in mapping.fields.items()}

    def row(self, record: Record) -> Clean:
        self.errors, self.number = [], record.row
        cells = record.cells
        if record.problem:
            self._broken(record)
            return Clean(record.row, self._errors_as_json())
        if len(cells) != self.mapping.width:
            cells = self._fit(cells)
        if self.mapping.own:
            cells = [undo_defuse(cell) for cell in cells]
        if self.mapping.drops and not self.errors:
            self._drop(cells)
        if self.mapping.blanks:
            cells = self._blanked(cells)
        if self.errors:
            return Clean(record.row, self._errors_as_json(), base_hash=self._who(cells).base_hash)
        line = "".join(cells)
        if len(line) > _SAFE_LENGTH or not line.isascii() or "\x00" in line:
            self._check_cells(cells)
        return self._fields(cells)

    def _who(self, cells: list[str]) -> Clean:
        """The part of a row that says who voted, and with which headline."""
        values = {field: cells[index].strip() for field, index in self.mapping.fields.items()}
        take = values.get
        name = take("name") or f"{take('first_name', '')} {take('last_name', '')}".strip()
        headline = cells[self.mapping.fields["headline"]] if take("headline") else ""
        headline_key = comparison_key(headline) if headline else ""
        voter_id, address = take("voter_id", ""), take("profile_url", "")
        if voter_id and self.mapping.within is not None:
            voter_id = f"{cells[self.mapping.within].strip()} / {voter_id}"
        url = self._converted("profile_url", address, normalise_url) or ""
        url_hash = key_hash(url) if url else None
        base_hash, derived = None, not voter_id
        if url_hash and not voter_id:
            voter_id = "u-" + url_hash.hex()[:20]
        elif not voter_id:
            name_key = comparison_key(name)
            if not name_key and not headline_key:
                self._error(
                    self._identity_field(), "", "nothing says who voted: no id, address, name or title"
                )
            base_hash = key_hash(f"{name_key}\x1f{headline_key}")
        return Clean(
            self.number,
            id_hash=key_hash(voter_id) if voter_id else None,
            id_value=voter_id,
            derived=derived,
            url_hash=url_hash,
            url_value=url,
            profile_url=web_address(address) if url else "",
            base_hash=base_hash,
            name=name,
            organisation=take("organisation", ""),
            country=take("country", ""),
            headline_raw=headline,
            headline_hash=key_hash(headline_key) if headline_key else None,
        )

    def _fields(self, cells: list[str]) -> Clean:
        fields = self.mapping.fields
        clean = self._who(cells)
        key, option, several = self.ballot.read(cells, self.number, self.errors)
        voted = cells[fields["voted_at"]].strip() if "voted_at" in fields else ""
        moment = self._converted("voted_at", voted, self.parse_voted_at)
        if self.errors:
            return Clean(self.number, self._errors_as_json(), base_hash=clean.base_hash)
        comment = cells[fields["comment"]] if "comment" in fields else ""
        vote = (
            key,
            option,
            comment if comment.strip() else "",
            moment,
            voted,
            [cells[index] for index in self.extra_columns],
            [key for key, _ in several] if several else None,
            [text for _, text in several] if several else None,
        )
        return Clean._make((*clean[:_OF_THE_VOTER], *vote))

    def _drop(self, cells: list[str]) -> None:
        """Rows that the format knows to be no votes, such as previews by the author of a survey."""
        for index, values, reason in self.mapping.drops:
            if compact(cells[index]) in values:
                self._cell_error(index, cells[index], reason)

    def _blanked(self, cells: list[str]) -> list[str]:
        """Cells without the texts that stand for nothing in this format, such as a name “anonymous”."""
        cells = list(cells)
        for field, values in self.mapping.blanks:
            index = self.mapping.fields[field]
            if compact(cells[index]) in values:
                cells[index] = ""
        return cells

    def _converted[T](self, field: str, text: str, convert: Callable[[str], T]) -> T | None:
        if not text:
            return None
        try:
            return convert(text)
        except ValueError as problem:
            self._error(field, text, str(problem))
            return None

    def _fit(self, cells: list[str]) -> list[str]:
        """A row as wide as the header. Empty cells beyond it are let go, anything else is an error."""
        width = self.mapping.width
        beyond = next((index for index in range(width, len(cells)) if cells[index].strip()), None)
        if beyond is not None:
            reason = f"the row is too long: it has {len(cells)} cells, the header {width}"
            self.errors.append(RowError(self.number, f"column {beyond + 1}", short(cells[beyond]), reason))
        elif len(cells) < width and not self.ragged:
            reason = f"the row is too short: it has {len(cells)} cells, the header {width}"
            self.errors.append(RowError(self.number, self.mapping.headers[len(cells)], "", reason))
        return cells[:width] + [""] * (width - len(cells))

    def _check_cells(self, cells: list[str]) -> None:
        field_of = {index: field for field, index in self.mapping.fields.items()}
        for index, cell in enumerate(cells):
            bad = UNSTORABLE.search(cell)
            if bad:
                self._cell_error(index, cell, _what_is_bad(bad[0]))
            size = (
                len(cell)
                if cell.isascii() or len(cell) > self.limits.cell
                else len(cell.encode("utf-8", "replace"))
            )
            if size > self.limits.cell:
                self._cell_error(index, cell, f"the cell is larger than {_size(self.limits.cell)}")
            elif len(cell.strip()) > LONGEST.get(field_of.get(index, ""), size):
                longest = LONGEST[field_of[index]]
                self._cell_error(index, cell, f"longer than the {longest:,} characters allowed")

    def _broken(self, record: Record) -> None:
        column = record.column
        inside = column is not None and column < self.mapping.width
        header = self.mapping.headers[column] if inside and column is not None else ""
        value = record.cells[column] if column is not None and column < len(record.cells) else ""
        self.errors.append(RowError(record.row, header, short(value), record.problem))

    def _identity_field(self) -> str:
        return next(field for field in IDENTITIES if field in self.mapping.fields)

    def _cell_error(self, index: int, cell: str, reason: str) -> None:
        self.errors.append(RowError(self.number, self.mapping.headers[index], short(cell), reason))

    def _error(self, field: str, value: str, reason: str) -> None:
        self.errors.append(RowError(self.number, self.header_of[field], short(value), reason))

    def _errors_as_json(self) -> str:
        return json.dumps([asdict(error) for error in self.errors])


def _what_is_bad(character: str) -> str:
    if character == "\x00":
        return "holds a NUL byte, which no text may have"
    if "\udc00" <= character <= "\udcff":
        return f"holds the byte 0x{ord(character) - 0xDC00:02X}, which is not of the file's encoding"
    return "holds half of a character, which no text may have"


def _size(limit: int) -> str:
    return f"{limit / 1024 / 1024:g} MB" if limit >= 1024 * 1024 else f"{limit:,} bytes"
