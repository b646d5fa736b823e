"""What the page of a waiting file shows. Never reads all rows of a big one: its check is a worker's job."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, cast

from django.utils.formats import date_format

from polls.importing import mapping, readers, validate
from polls.models import User
from polls.problems import Refused
from polls.texts import option_key
from polls.upload_check.opening import is_big, open_upload, option_texts
from polls.upload_check.running import checked_report, dry_run
from polls.upload_check.samples import encoding_samples
from polls.upload_check.using import Used, reading_in_use
from polls.uploads import Upload

FIRST_ROWS: Final = 10
_SHOWN_LETTERS: Final = 300


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One of the first rows as it will be read: a text per field, or `problem` when it is not taken."""

    row: int
    cells: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What a waiting file holds. `problem` is the sentence why it cannot be imported as it stands;
    `samples` (encoding, its name, some of the file's text read so) are there when its encoding is unknown.
    `rows` are the first rows under `fields`. `report` tells of all rows; null for a big file that was not
    checked as it would be read now."""

    problem: str = ""
    samples: tuple[tuple[str, str, str], ...] = ()
    used: Used | None = None
    fields: tuple[str, ...] = ()
    rows: tuple[ReadRow, ...] = ()
    report: dict[str, Any] | None = None
    big: bool = False
    row_estimate: int = 0


def look(upload: Upload, *, by: User) -> Look:
    """Look at the file without writing anything: how it is read, its first rows, and what importing it would
    do (of a big one only if a worker checked it already)."""
    try:
        source = open_upload(upload, upload.as_told)
    except readers.UnknownEncoding as problem:
        return Look(problem=str(problem), samples=encoding_samples(upload))
    except Refused as problem:
        return Look(problem=str(problem))
    with source:
        return _look_into(upload, source, by)


def _look_into(upload: Upload, source: readers.Source, by: User) -> Look:
    big = is_big(source)
    try:
        used = reading_in_use(upload, source)
    except Refused as refusal:
        return Look(problem=str(refusal), big=big)
    if problem := used.problem or used.preview.mapping.missing():
        return Look(problem=problem, used=used, big=big)
    try:
        fields, rows = first_rows(source, used, option_texts(upload))
        report = checked_report(upload) if big else dry_run(upload, source, used, by)
    except Refused as refusal:
        return Look(problem=str(refusal), used=used, big=big)
    return Look(
        problem=report["refused"] if report else "",
        used=used,
        fields=fields,
        rows=rows,
        report=report,
        big=big,
        row_estimate=source.row_estimate,
    )


def first_rows(
    source: readers.Source, used: Used, options: Sequence[str]
) -> tuple[tuple[str, ...], tuple[ReadRow, ...]]:
    """The fields that the file has and its first rows as they will be read, first and last name joined."""
    columns = used.preview.mapping
    fields = tuple(
        field
        for field in mapping.FIELDS
        if field in columns.fields and field not in ("first_name", "last_name")
    )
    if "name" not in fields and {"first_name", "last_name"} & columns.fields.keys():
        fields = ("name", *fields)
    known = [option_key(text) for text in options]
    rows = validate.clean_rows(source.records(), columns, known, source.limits)
    # Closed before the file is: reading stops long before its end.
    with closing(cast(Generator[validate.Clean], rows)) as clean:
        return fields, tuple(_read_row(row, fields) for row in islice(clean, FIRST_ROWS))


def _read_row(row: validate.Clean, fields: tuple[str, ...]) -> ReadRow:
    if row.errors:
        return ReadRow(row.row, (), "; ".join(_as_sentence(error) for error in json.loads(row.errors)))
    voted_at = row.voted_raw
    if row.voted_at:
        voted_at = date_format(row.voted_at, "Y-m-d H:i").removesuffix(" 00:00")
    texts = {
        "voter_id": row.id_value,
        "name": row.name,
        "headline": row.headline_raw,
        "organisation": row.organisation,
        "profile_url": row.profile_url,
        "option": row.option_text,
        "voted_at": voted_at,
        "comment": row.comment,
        "country": row.country,
    }
    return ReadRow(row.row, tuple(texts[field][:_SHOWN_LETTERS] for field in fields))


def _as_sentence(error: Mapping[str, Any]) -> str:
    where = f"{error['column']} " if error["column"] else ""
    value = f"“{error['value']}” " if error["value"] else ""
    return f"{where}{value}{error['reason']}"
