"""The second step of an import by web page: how a waiting file will be read, and the import itself."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.importing import load, mapping, readers, validate
from polls.importing.report import ImportReport
from polls.models import Membership, Option, Poll, Role, User
from polls.permissions import check_can_create_poll, check_can_import
from polls.problems import Refused
from polls.texts import option_key
from polls.uploads import Upload

ENCODINGS = {
    "cp1252": gettext_lazy("Western Europe (Windows-1252)"),
    "iso-8859-15": gettext_lazy("Western Europe (ISO 8859-15)"),
    "cp1250": gettext_lazy("Central Europe (Windows-1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows-1251)"),
    "cp1253": gettext_lazy("Greek (Windows-1253)"),
    "cp1254": gettext_lazy("Turkish (Windows-1254)"),
    "mac-roman": gettext_lazy("Western Europe (old Mac)"),
    "shift_jis": gettext_lazy("Japanese (Shift JIS)"),
    "gb18030": gettext_lazy("Chinese (GB 18030)"),
}
BYTES_AROUND = 1024 * 1024
BYTES_BEFORE = 1000
SAMPLES = 6
_NOT_ASCII = re.compile(rb"[^,;\t|\r\n]{0,40}[\x80-\xff][^,;\t|\r\n]{0,40}")
FIRST_ROWS = 10
SHOWN_LETTERS = 300


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
    `rows` are the first rows under `fields`."""

    problem: str = ""
    samples: tuple[tuple[str, str, str], ...] = ()
    preview: mapping.Preview | None = None
    fields: tuple[str, ...] = ()
    rows: tuple[ReadRow, ...] = ()
    report: ImportReport | None = None


def look(upload: Upload, *, by: User) -> Look:
    """Read the file without writing anything: guessed or chosen columns, first rows, and a dry run."""
    try:
        source = _open(upload, upload.encoding)
    except Refused as problem:
        samples = () if upload.encoding else encoding_samples(upload)
        return Look(problem=str(problem), samples=samples)
    with source:
        try:
            preview = mapping.preview(source, upload.columns)
        except Refused as problem:
            return Look(problem=str(problem), preview=_guessed(source) if upload.columns else None)
        if missing := preview.mapping.missing():
            return Look(problem=missing, preview=preview)
        details = _poll_details(upload.details)
        try:
            fields, rows = first_rows(source, preview.mapping, _known_options(upload, details))
            report = load.run_import(
                source=source, poll=upload.poll, by=by, columns=upload.columns, dry_run=True, **details
            )
        except Refused as problem:
            return Look(problem=str(problem), preview=preview)
    return Look(problem=report.refused, preview=preview, fields=fields, rows=rows, report=report)


def first_rows(
    source: readers.Source, columns: mapping.ColumnMapping, known_options: Sequence[str]
) -> tuple[tuple[str, ...], tuple[ReadRow, ...]]:
    """The fields that the file has and its first rows as they will be read, first and last name joined."""
    fields = tuple(
        field
        for field in mapping.FIELDS
        if field in columns.fields and field not in ("first_name", "last_name")
    )
    if "name" not in fields and {"first_name", "last_name"} & columns.fields.keys():
        fields = ("name", *fields)
    rows = validate.clean_rows(source.records(), columns, known_options, source.limits)
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
    return ReadRow(row.row, tuple(texts[field][:SHOWN_LETTERS] for field in fields))


def _as_sentence(error: Mapping[str, Any]) -> str:
    where = f"{error['column']} " if error["column"] else ""
    value = f"“{error['value']}” " if error["value"] else ""
    return f"{where}{value}{error['reason']}"


def _known_options(upload: Upload, details: Mapping[str, Any]) -> list[str]:
    """The keys of the options that the rows must name; none when the file itself says what they are."""
    if upload.is_new:
        return [option_key(text) for text in details.get("options", ())]
    return list(Option.objects.filter(poll__slug=upload.poll).values_list("key", flat=True))


@transaction.atomic
def commit(upload: Upload, *, by: User) -> ImportReport:
    """Import the file, and make its poll if it is for a new one. All of it or nothing.

    Raises PollRefused, and Refused when the file cannot be read, no row is accepted, or the slug was taken
    in the meantime. The caller holds the upload (`uploads.held`), so that it is imported once.
    """
    details = _poll_details(upload.details)
    if upload.is_new:
        check_can_create_poll(by)
        _make_poll(upload, by)
    else:
        check_can_import(by, Poll.objects.get(slug=upload.poll))
    with _open(upload, upload.encoding) as source:
        report = load.run_import(
            source=source, poll=upload.poll, by=by, columns=upload.columns, rejects=upload.rejects, **details
        )
    if not report.written:
        # Raised inside the transaction, so that a poll made a moment ago goes too.
        raise Refused(report.refused or _("None of the rows could be imported, so nothing was written."))
    upload.result = {**asdict(report), "rejects_file": None}
    upload.save()
    return report


def columns_of(upload: Upload) -> mapping.Preview | None:
    """The file's columns as guessed, whatever was chosen since; None when it cannot be read."""
    try:
        with _open(upload, upload.encoding) as source:
            return mapping.preview(source)
    except Refused:
        return None


def chosen(columns: mapping.ColumnMapping) -> dict[str, str]:
    """A mapping the way an import is told of it: every field with its header, "" for none."""
    return {
        field: columns.headers[columns.fields[field]] if field in columns.fields else ""
        for field in mapping.FIELDS
    }


def encoding_samples(upload: Upload) -> tuple[tuple[str, str, str], ...]:
    """Some of the cells that are not plain ASCII, as each encoding reads them; empty when the file is UTF-8
    and something else is the trouble. Encodings that cannot read them are left out, and so are those that
    read the text around just as one before them does."""
    at = _first_byte_not_utf8(upload) if upload.data.exists() else None
    if at is None:
        return ()
    with upload.data.open("rb") as stream:
        stream.seek(max(0, at - BYTES_BEFORE))
        around = stream.read(BYTES_AROUND)
    cells = islice((match[0].strip() for match in _NOT_ASCII.finditer(around)), 200)
    pieces = list(dict.fromkeys(cells))[:SAMPLES]
    found: dict[str, tuple[str, str, str]] = {}
    for encoding, name in ENCODINGS.items():
        text = " · ".join(piece.decode(encoding, "replace") for piece in pieces)
        if "\ufffd" not in text:
            found.setdefault(around.decode(encoding, "replace"), (encoding, str(name), text))
    return tuple(found.values())


def _first_byte_not_utf8(upload: Upload) -> int | None:
    """The offset of the first byte that is not UTF-8, null when all are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    passed = 0
    with upload.data.open("rb") as stream:
        while True:
            chunk = stream.read(64 * 1024)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as problem:
                return passed - held + problem.start
            if not chunk:
                return None
            passed += len(chunk)


def _open(upload: Upload, encoding: str) -> readers.Source:
    try:
        stream = upload.data.open("rb")
    except FileNotFoundError:
        raise Refused(_("The file is no longer here. Start the import again.")) from None
    try:
        return readers.open_upload(stream, name=upload.file_name, encoding=encoding, owned=True)
    except Refused:
        stream.close()
        raise


def _guessed(source: readers.Source) -> mapping.Preview | None:
    try:
        return mapping.preview(source)
    except Refused:
        return None


def _make_poll(upload: Upload, by: User) -> Poll:
    """The poll of the form, with `by` as its first admin."""
    details = upload.details
    poll = Poll(
        slug=upload.poll,
        question=details["question"],
        options_are_ordered=details["options_are_ordered"],
        published_total=details.get("published_total"),
        opened_on=_date(details.get("opened_on")),
        closed_on=_date(details.get("closed_on")),
        created_by=by,
    )
    try:
        poll.full_clean()
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from problem
    poll.save()
    Membership.objects.create(poll=poll, user=by, role=Role.ADMIN, added_by=by)
    return poll


def _poll_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """What the import itself is told of a new poll; nothing for one that is there."""
    if not details:
        return {}
    return {
        "question": details["question"],
        "options": [text for text, _share in details["options"]],
        "published_shares": [Decimal(share) for _text, share in details["options"] if share],
        "published_total": details.get("published_total"),
        "opened_on": _date(details.get("opened_on")),
        "closed_on": _date(details.get("closed_on")),
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
