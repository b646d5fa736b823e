"""What the page of a waiting file shows. Never reads all rows of a big one: its check is a worker's job."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, cast

from polls import wording
from polls.importing import dates, mapping, readers, validate
from polls.importing.reading import Reading
from polls.models import User
from polls.problems import Refused
from polls.texts import option_key
from polls.upload_check.opening import is_big, is_multiple, open_upload, option_texts
from polls.upload_check.running import checked_report, dry_run
from polls.upload_check.samples import encoding_samples
from polls.upload_check.using import Used, reading_in_use
from polls.uploads import Upload

FIRST_ROWS: Final = 10
_SHOWN_LETTERS: Final = 300
_ROWS_FOR_DATES: Final = 5_000


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One of the first rows as it will be read: a text per field, or `problem` when it is not taken."""

    row: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the file is, before any column is understood, and what was said of it (`told`). `kind` is "text",
    "workbook" or "lines" (`polls.importing.readers`). `two_ways` is a date in it that can be read with the
    day or the month first, when nothing in the file shows which is meant."""

    told: Reading
    kind: str
    encoding: str
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    two_ways: str = ""
    big: bool = False
    row_estimate: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What a waiting file holds. `problem` is the sentence why it cannot be imported as it stands;
    `samples` (encoding, its name, some of the file's text read so) are there when its encoding is unknown.
    `facts` are null when it cannot be opened, `used` when no table is found in it. `rows` are the first rows
    under `fields`. `report` tells of all rows; null for a big file that was not checked as it would be read
    now."""

    problem: str = ""
    samples: tuple[tuple[str, str, str], ...] = ()
    facts: Facts | None = None
    used: Used | None = None
    fields: tuple[str, ...] = ()
    rows: tuple[ReadRow, ...] = ()
    report: dict[str, Any] | None = None


def look(upload: Upload, *, by: User, count: bool = True) -> Look:
    """Look at the file without writing anything: how it is read, its first rows, and what importing it would
    do (of a big one only if a worker checked it already; never with `count` false)."""
    try:
        source = open_upload(upload, upload.as_told)
    except readers.UnknownEncoding as problem:
        return Look(problem=str(problem), samples=encoding_samples(upload))
    except Refused as problem:
        return Look(problem=str(problem), samples=encoding_samples(upload) if upload.as_told.encoding else ())
    with source:
        facts = _facts(upload, source)
        try:
            used = reading_in_use(upload, source)
        except Refused as problem:
            return Look(problem=str(problem), facts=facts)
        facts = replace(facts, two_ways=_two_ways(source, used))
        if missing := used.problem or used.preview.mapping.missing():
            return Look(problem=missing, facts=facts, used=used)
        try:
            fields, rows = first_rows(source, used, option_texts(upload), is_multiple(upload))
            report = checked_report(upload) if facts.big or not count else dry_run(upload, source, used, by)
        except Refused as problem:
            return Look(problem=str(problem), facts=facts, used=used)
    refused = report["refused"] if report else ""
    return Look(problem=refused, facts=facts, used=used, fields=fields, rows=rows, report=report)


def facts_of(upload: Upload) -> tuple[Facts | None, Used | None]:
    """The same without its rows, for what was posted about it; nulls for what cannot be read."""
    try:
        with open_upload(upload, upload.as_told) as source:
            facts = _facts(upload, source)
            try:
                used = reading_in_use(upload, source)
            except Refused:
                return facts, None
            return replace(facts, two_ways=_two_ways(source, used)), used
    except Refused:
        return None, None


def _facts(upload: Upload, source: readers.Source) -> Facts:
    return Facts(
        told=upload.as_told,
        kind=source.kind,
        encoding=source.encoding,
        sheets=source.sheets,
        sheet=source.sheet,
        big=is_big(source),
        row_estimate=source.row_estimate,
    )


def _two_ways(source: readers.Source, used: Used) -> str:
    """A date that can be read in two ways, when none of the first rows shows which is meant; else ""."""
    mapping_found = used.preview.mapping
    column = mapping_found.fields.get("voted_at")
    if column is None or mapping_found.day_first is not None:
        return ""
    with closing(cast(Generator[readers.Record], source.records())) as records:
        first = islice(records, _ROWS_FOR_DATES)
        texts = [record.cells[column] for record in first if column < len(record.cells)]
    if dates.day_order(texts) is not None:
        return ""
    return next((text.strip() for text in texts if dates.reads_two_ways(text.strip())), "")


def first_rows(
    source: readers.Source, used: Used, options: Sequence[str], multiple: bool
) -> tuple[tuple[str, ...], tuple[ReadRow, ...]]:
    """The fields that the file has and its first rows as they will be read, first and last name joined."""
    columns = used.preview.mapping
    there = {*columns.fields, "option"}
    if {"first_name", "last_name"} & there:
        there |= {"name"}
    fields = tuple(
        field for field in mapping.FIELDS if field in there and field not in ("first_name", "last_name")
    )
    known = [option_key(text) for text in options]
    rows = validate.clean_rows(
        source.records(), columns, known, source.limits, day_first=used.reading.day_first, multiple=multiple
    )
    # Closed before the file is: reading stops long before its end.
    with closing(cast(Generator[validate.Clean], rows)) as clean:
        return fields, tuple(_read_row(row, fields) for row in islice(clean, FIRST_ROWS))


def _read_row(row: validate.Clean, fields: tuple[str, ...]) -> ReadRow:
    if row.errors:
        return ReadRow(row.row, (), "; ".join(_as_sentence(error) for error in json.loads(row.errors)))
    voted_at = row.voted_raw
    if row.voted_at:
        voted_at = wording.voted(row.voted_at)
    texts = {
        "voter_id": row.id_value,
        "name": row.name,
        "headline": row.headline_raw,
        "organisation": row.organisation,
        "profile_url": row.profile_url,
        "option": " · ".join(row.option_texts or [row.option_text]),
        "voted_at": voted_at,
        "comment": row.comment,
        "country": row.country,
    }
    return ReadRow(row.row, tuple(texts[field][:_SHOWN_LETTERS] for field in fields))


def _as_sentence(error: Mapping[str, Any]) -> str:
    where = f"{error['column']} " if error["column"] else ""
    value = f"“{error['value']}” " if error["value"] else ""
    return f"{where}{value}{error['reason']}"
