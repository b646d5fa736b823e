"""A waiting file as a source of rows, and what is known of the poll it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from polls.importing import readers
from polls.importing.reading import Reading
from polls.models import Option, Poll
from polls.problems import Refused
from polls.uploads import Upload


def open_upload(upload: Upload, reading: Reading) -> readers.Source:
    """The file, opened as `reading` says. Raises Refused, and `readers.UnknownEncoding` when somebody has to
    say how its letters are written."""
    try:
        stream = upload.data.open("rb")
    except FileNotFoundError:
        raise Refused(_("The file is no longer here. Start the import again.")) from None
    try:
        return readers.open_upload(
            stream,
            name=upload.file_name,
            encoding=reading.encoding,
            sheet=reading.sheet,
            limits=limits(),
            spool=upload.folder,
            keep=upload.folder,
            owned=True,
        )
    except BaseException:
        stream.close()
        raise


def limits() -> readers.Limits:
    """How much a file may hold, by the settings."""
    return readers.Limits(
        file_bytes=settings.ROLECALL_MAX_FILE_BYTES,
        rows=settings.ROLECALL_MAX_ROWS,
        columns=settings.ROLECALL_MAX_COLUMNS,
        cell=settings.ROLECALL_MAX_CELL_BYTES,
    )


def is_big(source: readers.Source) -> bool:
    """Has the file so many rows that a worker reads them, while the page can be closed?"""
    most: int = settings.ROLECALL_JOB_ROWS
    return source.row_estimate >= most


def poll_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """What the import itself is told of a new poll; nothing for one that is there."""
    if not details:
        return {}
    return {
        "question": details["question"],
        "options": [text for text, _share in details["options"]],
        "published_shares": [Decimal(share) for _text, share in details["options"] if share],
        "published_total": details.get("published_total"),
        "opened_on": as_date(details.get("opened_on")),
        "closed_on": as_date(details.get("closed_on")),
        "multiple": bool(details.get("multiple")),
    }


def option_texts(upload: Upload) -> list[str]:
    """The options that the rows must name, in their order; none when the file itself says what they are."""
    if upload.is_new:
        return [text for text, _share in upload.details.get("options", ())]
    options = Option.objects.filter(poll__slug=upload.poll).order_by("position")
    return list(options.values_list("text", flat=True))


def is_multiple(upload: Upload) -> bool:
    """Can a voter choose several options in the poll?"""
    if upload.is_new:
        return bool(upload.details.get("multiple"))
    return Poll.objects.filter(slug=upload.poll, single_choice=False).exists()


def as_date(text: str | None) -> date | None:
    """A date as `details` hold it."""
    return date.fromisoformat(text) if text else None
