"""Headers to fields: which column is the headline, which the option, which are only carried along.

Pure: no Django. There is no one format of poll-voter files, so the guess can always be overridden.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from polls.importing import guessing, headers
from polls.importing.formats import Format
from polls.importing.formats.declaration import SEPARATORS, compact, words
from polls.importing.formats.meetings import JUDGEMENT_COLUMNS
from polls.importing.formats.names import FIELDS, NAMES
from polls.importing.layout import Layout, Table, unique_headers
from polls.importing.readers import Source
from polls.importing.reading import Reading
from polls.problems import Refused, WrongUsage
from polls.texts import option_key
from polls.titles import comparison_key

__all__ = [
    "FIELDS",
    "IDENTITIES",
    "JUDGEMENT_COLUMNS",
    "NAMES",
    "SOURCE_PREFIX",
    "ColumnMapping",
    "Preview",
    "Table",
    "guess",
    "preview",
]

IDENTITIES: Final = ("voter_id", "profile_url", "name", "first_name", "last_name", "headline")
SOURCE_PREFIX: Final = "source:"
_JUDGED_CELLS: Final = 10_000


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What each column is. `headers` are made unique ("Name (2)"), `fields` leads from a field to a column
    index, `extras` are index and name of columns carried along, `header_row` is the record of the headers.

    `own` files are our own exports, known by having `voter_id`, `option` and every judgement column: there
    one protecting `'` is taken off a cell, `source:` columns get their old names, judgements are left out.

    The option is said by the field `option`, by `option_columns` (index and option, chosen where the cell is
    marked) or by `everyone` (the option of every row). `layout` says where the table is in the file, `preset`
    which format it was read as; the rest comes from that format: `multiple_separators` between several
    choices, `day_first` where it fixes the order, `within` (the column within which a voter_id is unique),
    `blanks` (keys that stand for nothing, by field), `drops` (index, keys, reason) and `notes` for a person.
    """

    headers: tuple[str, ...]
    fields: dict[str, int]
    extras: tuple[tuple[int, str], ...]
    header_row: int = 1
    own: bool = False
    option_columns: tuple[tuple[int, str], ...] = ()
    everyone: str = ""
    preset: str = ""
    multiple_separators: tuple[str, ...] = SEPARATORS
    layout: Layout | None = None
    day_first: bool | None = None
    within: int | None = None
    blanks: tuple[tuple[str, frozenset[str]], ...] = ()
    drops: tuple[tuple[int, frozenset[str], str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """How many cells a full row has: up to the last column that has a header."""
        return len(self.headers)

    def missing(self) -> str:
        """A sentence naming what no column was found for, or ""."""
        shown = ", ".join(f"“{header}”" for header in self.headers[:12])
        shown += " and others" if len(self.headers) > 12 else ""
        if "option" not in self.fields and not self.option_columns and not self.everyone:
            return (
                f"No column holds the option voted for. The columns are {shown}: say which one it is, "
                "or which option all of these voters chose."
            )
        if not self.fields.keys() & set(IDENTITIES):
            return (
                "No column tells the voters apart: one of voter_id, profile_url, name or headline is needed. "
                f"The columns are {shown}."
            )
        return ""


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
    """The mapping for these headers alone; `columns` (field to header, "" = leave out) overrides.

    Raises Refused for a header that is not there, WrongUsage for a field that is none and for one column
    named for two fields.
    """
    unique = unique_headers(headers)
    trimmed = tuple(header.strip() for header in headers[: len(unique)])
    layout = Layout(unique, tuple((name,) for name in unique), trimmed, header_row)
    return _mapping(layout, Reading(columns=columns), frozenset(), ())


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
    if not isinstance(reading, Reading):
        reading = Reading(columns=reading)
    known = frozenset(map(option_key, known_options)) - {""}
    layout, sample = headers.find(source, reading, known)
    if len(layout.headers) > source.limits.columns:
        raise Refused(
            f"{source.name} has {len(layout.headers)} columns; at most {source.limits.columns} are read."
        )
    # Wide tables are judged by fewer rows.
    judged = sample[: max(20, _JUDGED_CELLS // max(1, len(layout.headers)))]
    mapping = _mapping(layout, reading, known, [record.cells for record in judged if not record.problem])
    return Preview(
        mapping, tuple((record.row, tuple(record.cells)) for record in sample[:rows]), layout.tables
    )


def _mapping(
    layout: Layout, reading: Reading, known: Collection[str], sample: Sequence[Sequence[str]]
) -> ColumnMapping:
    unique = layout.headers
    own = {"voter_id", "option", *JUDGEMENT_COLUMNS} <= set(unique)
    asked = dict(reading.columns or {})
    fields = _chosen(unique, asked)
    option_columns = tuple((_named(header, unique), text) for header, text in reading.option_columns)
    _check_one_way(fields, option_columns, reading)
    if own:
        for field in FIELDS:
            if field in unique and field not in asked and unique.index(field) not in fields.values():
                fields[field] = unique.index(field)
    else:
        columns = guessing.Columns(layout, known, sample)
        columns.take(fields, option_columns)
        taken_by_itself = reading.everyone or option_columns
        guessing.guess_fields(columns, leave={*asked, *(["option"] if taken_by_itself else [])})
        if "option" not in asked and not taken_by_itself:
            option_columns = guessing.guess_option(columns)
        fields = columns.fields
    if reading.everyone and "option" not in asked:
        fields.pop("option", None)
    return _with_format(layout, fields, option_columns, reading.everyone.strip(), own)


def _with_format(
    layout: Layout,
    fields: dict[str, int],
    option_columns: tuple[tuple[int, str], ...],
    everyone: str,
    own: bool,
) -> ColumnMapping:
    known = layout.format or Format(name="", title="", headers=())
    used = {*fields.values(), *(index for index, _ in option_columns)}
    left = [(index, name) for index, name in enumerate(layout.headers) if index not in used]
    if own:
        left = [
            (index, name.removeprefix(SOURCE_PREFIX)) for index, name in left if name not in JUDGEMENT_COLUMNS
        ]
    places = [(drop, guessing.index_of(layout, drop.header)) for drop in known.drops]
    return ColumnMapping(
        layout.headers,
        fields,
        tuple(left),
        layout.header_row,
        own,
        option_columns,
        everyone,
        known.name,
        known.separators,
        layout,
        known.day_first,
        _within(layout, known, fields),
        tuple((field, frozenset(words(texts))) for field, texts in known.blanks.items() if field in fields),
        tuple(
            (index, frozenset(words(drop.values)), drop.reason) for drop, index in places if index is not None
        ),
        (*known.notes, *_no_vote_times(layout, known, fields)),
    )


def _within(layout: Layout, known: Format, fields: Mapping[str, int]) -> int | None:
    """The column within which the format's own id of a voter is unique; null for any other id."""
    index = guessing.index_of(layout, known.fields.get("voter_id", ""))
    return guessing.index_of(layout, known.within) if index == fields.get("voter_id", -1) else None


def _no_vote_times(layout: Layout, known: Format, fields: Mapping[str, int]) -> list[str]:
    """A sentence for each date that is not taken for the time of a vote."""
    places = (guessing.index_of(layout, names) for names in known.no_vote_times)
    return [
        f"“{layout.headers[index]}” is not when somebody voted, so it is only carried along."
        for index in places
        if index is not None and index != fields.get("voted_at")
    ]


def _check_one_way(
    fields: Mapping[str, int], option_columns: tuple[tuple[int, str], ...], reading: Reading
) -> None:
    """Raises WrongUsage where two of the three ways to tell the option are asked for, or a column twice."""
    ways = ["option" in fields, bool(option_columns), bool(reading.everyone.strip())]
    if sum(ways) > 1:
        raise WrongUsage(
            "The option is told by one column, by one column per option, or it is the same for everybody: "
            "only one of these can be asked for."
        )
    if len({index for index, _ in option_columns}) < len(option_columns):
        raise WrongUsage("One column is named for two options.")
    for index, text in option_columns:
        taken = next((field for field, its_index in fields.items() if its_index == index), None)
        if taken:
            raise WrongUsage(f"One column is named for both {taken} and the option “{text}”.")
        if not option_key(text):
            raise WrongUsage("A column per option needs the text of its option.")


def _chosen(unique: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    fields: dict[str, int] = {}
    for field, header in columns.items():
        if field not in FIELDS:
            raise WrongUsage(f"“{field}” is no field; the fields are {', '.join(FIELDS)}.")
        if not header:
            continue
        index = _named(header, unique, field)
        taken = [other for other, its_index in fields.items() if its_index == index]
        if taken:
            raise WrongUsage(f"The column “{header}” is named for both {taken[0]} and {field}.")
        fields[field] = index
    return fields


def _named(header: str, unique: Sequence[str], field: str = "an option") -> int:
    """The index of a column named by a person; like it is good enough. Raises Refused."""
    if header in unique:
        return unique.index(header)
    for same in (comparison_key, compact):
        alike = [index for index, name in enumerate(unique) if same(name) == same(header)]
        if alike:
            return alike[0]
    shown = ", ".join(f"“{name}”" for name in unique[:20])
    raise Refused(f"There is no column “{header}” for {field}; the columns are {shown}.")
