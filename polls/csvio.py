"""CSV as we write it: UTF-8 with BOM, CRLF, RFC 4180, streamed, and safe to open in a spreadsheet.

Pure: no Django. The rule of the quote stands in `contract.md`, export.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

TRIGGERS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r")
"""What makes a spreadsheet read a cell as a formula, also after it normalised full-width forms."""

_CHUNK: Final = 64 * 1024

type Cell = str | int | float | bool | None


def defuse(text: str) -> str:
    """The text with one `'` before it where a spreadsheet could take it for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(TRIGGERS) else text


def undo_defuse(text: str) -> str:
    """The text as it was before `defuse`: one leading `'` is taken off where `defuse` would have put it."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(TRIGGERS) else text


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A whole CSV file in pieces of about 64 KiB, header first. Texts are defused, numbers are not."""
    buffer = io.StringIO(newline="")
    write = csv.writer(buffer, lineterminator="\r\n").writerow
    write([defuse(name) for name in header])
    yield codecs.BOM_UTF8 + _take(buffer)
    for row in rows:
        write([defuse(cell) if isinstance(cell, str) else cell for cell in row])
        if buffer.tell() >= _CHUNK:
            yield _take(buffer)
    if buffer.tell():
        yield _take(buffer)


def _take(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece
