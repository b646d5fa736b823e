"""Bytes to rows: what kind of file it is, encoding, delimiter, bounds. Knows no model and no Django."""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from polls.importing.bounds import Deadline, Limits
from polls.importing.encodings import (
    UnknownEncoding,
    check_utf8,
    encoding_by_its_look,
    known_encoding,
    text_of,
)
from polls.importing.lines import read_lines
from polls.importing.records import Record, numbered, read_records
from polls.importing.sheets import is_workbook, unpack
from polls.problems import Refused, WrongUsage

__all__ = ["Limits", "Record", "Source", "UnknownEncoding", "open_path", "open_upload"]

DELIMITERS: Final = (",", ";", "\t", "|")
_CHUNK: Final = 1024 * 1024
_SAMPLE_CHARACTERS: Final = 256 * 1024
_SAMPLE_RECORDS: Final = 100
_TABLE: Final = 0.9
"""Share of records of one width from which on a text is surely a table."""

_LONGEST_LINES: Final = 2 * 1024 * 1024
_SHEET: Final = ("utf-8", ",")
_OTHER_KINDS: Final = (
    (rb"%PDF", "a PDF"),
    (rb"\x1f\x8b", "a compressed file"),
    (rb"\x89PNG", "a picture"),
    (rb"\{\\rtf", "a text document"),
    (rb"(?i)\s*<(?:!doctype|html|head|body|table|\?xml)\b", "a web page or XML"),
    (rb"\s*(?:\[\s*\{|\{)\s*\"[^\"\r\n]{1,200}\"\s*:", "JSON"),
)


@dataclass(slots=True)
class Source:
    """A readable table. `records()` can be called again and again, one reading at a time.

    `kind` is "text", "workbook" or "lines" (from a web page, one voter over several lines). `encoding` is
    Python's name, without the byte order mark; of a workbook "xlsx" or "ods". `delimiter` is "" where there
    is none. `sheets` and `sheet` name the sheets of a workbook and the one that is read. `row_estimate` is
    about how many records there are, rather too many than too few.
    A context manager; leaving it closes the file if it was opened here.
    """

    name: str
    encoding: str
    delimiter: str
    sha256: bytes
    limits: Limits
    _file: IO[bytes]
    _owned: bool
    kind: str = "text"
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    row_estimate: int = 0
    _rows: list[list[str]] | None = None

    def records(self) -> Iterator[Record]:
        """Every record from the first, header and blank ones included.

        Bytes that are not of the encoding come as lone surrogates, so that `validate` can name their cell.
        Raises Refused when reading takes longer than the limit.
        """
        if self._rows is not None:
            yield from numbered(self._rows)
            return
        deadline = Deadline(self.name, self.limits)
        encoding, delimiter = _SHEET if self.kind == "workbook" else (self.encoding, self.delimiter)
        with text_of(self._file, encoding) as text:
            yield from read_records(text, delimiter, deadline.check)

    def close(self) -> None:
        """Close the file if it was opened here."""
        if self._owned:
            self._file.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _How:
    """How a file is to be opened."""

    name: str
    encoding: str
    sheet: str
    limits: Limits
    spool: Path | None
    keep: Path | None


def open_path(
    path: Path,
    *,
    encoding: str = "",
    sheet: str = "",
    limits: Limits | None = None,
    spool: Path | None = None,
) -> Source:
    """A file on disk, or a named pipe (spooled as in `open_upload`).

    Raises Refused (missing, a folder, not permitted, too big, not readable as a table).
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise Refused(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder, not a file.") from None
    except PermissionError:
        raise Refused(f"{path} may not be read by this account.") from None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    try:
        if file.seekable():
            how = _How(path.name, encoding, sheet, limits or Limits(), spool, None)
            return _open(file, how, owned=True)
        with file:
            return open_upload(
                file, name=path.name, encoding=encoding, sheet=sheet, limits=limits, spool=spool
            )
    except BaseException:
        file.close()
        raise


def open_upload(
    upload: Any,
    *,
    name: str,
    encoding: str = "",
    sheet: str = "",
    limits: Limits | None = None,
    spool: Path | None = None,
    keep: Path | None = None,
    owned: bool = False,
) -> Source:
    """An upload or stream (anything with `read`), bytes, or text pasted from a sheet. Raises Refused.

    A stream that cannot be read twice, and the chosen sheet of a workbook, are written to nameless files in
    the folder `spool`. Without `sheet` the first that a person sees and that looks like a table is read.
    With a folder `keep` the text of a sheet is kept there, so that opening the workbook again costs little.
    An upload that is `owned` is closed with the source.
    """
    limits = limits or Limits()
    if isinstance(upload, str):
        upload, encoding = upload.encode("utf-8", "replace"), "utf-8"
    how = _How(name, encoding, sheet, limits, spool, keep)
    if isinstance(upload, bytes):
        return _open(io.BytesIO(upload), how, owned=True)
    while hasattr(upload, "file") and not isinstance(upload, io.IOBase):
        upload = upload.file  # Django's wrappers, which io.TextIOWrapper does not take
    if upload.seekable():
        return _open(upload, how, owned=owned)
    spooled = tempfile.TemporaryFile(dir=spool)  # noqa: SIM115 - closed by Source.close
    try:
        while chunk := upload.read(_CHUNK):
            spooled.write(chunk)
            if spooled.tell() > limits.file_bytes:
                raise _too_big(name, limits)
        return _open(spooled, how, owned=True)
    except BaseException:
        spooled.close()
        raise


def _open(file: IO[bytes], how: _How, *, owned: bool) -> Source:
    name, limits = how.name, how.limits
    try:
        file.seek(0)
        if is_workbook(file.read(8)):
            return _open_workbook(file, how, owned=owned)
        wanted = known_encoding(how.encoding) if how.encoding else ""
        if how.sheet:
            raise WrongUsage(f"{name} is no workbook, so it has no sheet “{how.sheet}”.")
        found, digest, lines = _scan(file, name, wanted, limits)
        delimiter, share = _delimiter(file, found)
        rows = None if share > _TABLE else _voters_in_lines(file, found)
    except OSError as error:
        raise Refused(f"{name} cannot be read: {str(error.strerror or error).rstrip('.')}.") from None
    except UnicodeError as error:
        raise Refused(f"{name} cannot be read as {wanted}: {error}.") from None
    source = Source(name, found, delimiter, digest, limits, file, owned, row_estimate=lines)
    if rows is None:
        return source
    return replace(source, kind="lines", delimiter="", row_estimate=len(rows), _rows=rows)


def _open_workbook(file: IO[bytes], how: _How, *, owned: bool) -> Source:
    """The sheet as text in a file of its own; the workbook is not needed any more."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if size > how.limits.file_bytes:
            raise _too_big(how.name, how.limits)
    found = unpack(
        file,
        name=how.name,
        sheet=how.sheet,
        limits=how.limits,
        spool=how.spool,
        keep=how.keep,
        digest=digest.digest(),
    )
    if owned:
        file.close()
    source = Source(how.name, found.kind, "", digest.digest(), how.limits, found.text, True, kind="workbook")
    return replace(source, sheets=found.sheets, sheet=found.sheet, row_estimate=found.rows)


def _scan(file: IO[bytes], name: str, wanted: str, limits: Limits) -> tuple[str, bytes, int]:
    """Read every byte once: encoding, SHA-256 and about how many lines there are."""
    file.seek(0)
    chunk = file.read(_CHUNK)
    if not chunk:
        raise Refused(f"{name} is empty.")
    for beginning, kind in _OTHER_KINDS:
        if re.match(beginning, chunk[:4096]):
            raise Refused(f"{name} is {kind}, not a table in text form: save it as CSV first.")
    encoding = wanted or encoding_by_its_look(chunk)
    decoder = codecs.getincrementaldecoder("utf-8")() if not encoding else None
    digest, size, lines, ends = hashlib.sha256(), 0, 1, 1
    while chunk:
        ends += chunk.count(b"\n") + chunk.count(b"\r") - chunk.count(b"\r\n")
        size += len(chunk)
        if size > limits.file_bytes:
            raise _too_big(name, limits)
        digest.update(chunk)
        if decoder:
            lines = check_utf8(decoder, chunk, name, lines)
        chunk = file.read(_CHUNK)
    if decoder:
        check_utf8(decoder, b"", name, lines)
    return encoding or "utf-8", digest.digest(), ends


def _too_big(name: str, limits: Limits) -> Refused:
    size = f"{limits.file_bytes / 1024 / 1024:,.0f} MB"
    return Refused(f"{name} is larger than {size}: split it and import the parts one after the other.")


def _voters_in_lines(file: IO[bytes], encoding: str) -> list[list[str]] | None:
    """The rows of a text with one voter over several lines; null when it is none."""
    with text_of(file, encoding) as text:
        whole = text.read(_LONGEST_LINES)
        return None if text.read(1) else read_lines(whole)


def _delimiter(file: IO[bytes], encoding: str) -> tuple[str, float]:
    """The delimiter, and what share of the first records has the width that is usual with it."""
    with text_of(file, encoding) as text:
        sample = text.read(_SAMPLE_CHARACTERS)
    hint = re.match(r"\ufeff?sep=(.)\r?\n", sample)
    if hint and hint[1] in DELIMITERS:
        return hint[1], 1.0
    if len(sample) == _SAMPLE_CHARACTERS:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    scores = {delimiter: _score(sample, delimiter) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter][:2])
    return best, scores[best][2]


def _score(sample: str, delimiter: str) -> tuple[float, int, float]:
    """How well the sample reads with this delimiter: the share of records with the usual width, with a bonus
    when the first record has it, then that width; and the share alone."""
    records = islice(read_records(io.StringIO(sample, newline=""), delimiter), _SAMPLE_RECORDS)
    widths = [len(record.cells) for record in records if any(record.cells) and not record.problem]
    wide = [width for width in widths if width > 1]
    if not wide:
        return 0.0, 0, 0.0
    usual = max(set(wide), key=lambda width: (wide.count(width), width))
    share = wide.count(usual) / len(widths)
    return share + 0.5 * (widths[0] == usual), usual, share
