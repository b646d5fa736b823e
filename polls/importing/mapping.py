"""Headers to fields: which column is the headline, which the option, which are only carried along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polls.importing.readers import Source

FIELDS = (
    "voter_id",
    "name",
    "first_name",
    "last_name",
    "headline",
    "organisation",
    "profile_url",
    "option",
    "voted_at",
    "comment",
    "country",
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`headers` made unique ("Name (2)"), `fields` from field to column index, `extras` the indexes and names of
    columns carried along, `header_row` the record the headers stand in, `own` whether this is our own export."""

    headers: tuple[str, ...]
    fields: dict[str, int]
    extras: tuple[tuple[int, str], ...]
    header_row: int = 1
    own: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """The mapping and the first data rows (row number, original cells)."""

    mapping: ColumnMapping
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def guess(headers: Sequence[str], columns: Mapping[str, str] | None = None) -> ColumnMapping:
    """The mapping for these headers; `columns` (field -> header, "" = leave out) overrides. Raises Refused for a
    header that is not there, WrongUsage for a field that is none or a column named for two."""
    raise NotImplementedError


def preview(source: Source, columns: Mapping[str, str] | None = None, rows: int = 10) -> Preview:
    """Find the header, guess the mapping and show the first data rows. Raises Refused."""
    raise NotImplementedError
