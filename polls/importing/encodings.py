"""Which letters the bytes mean: byte order mark, strict UTF-8, UTF-16 by its NUL bytes, else a person says.

Guessing older encodings is wrong too often to be done silently. Pure: no Django.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

from polls.problems import Refused, WrongUsage

# UTF-32 before UTF-16: its mark begins with the other's.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_ENCODING: Final = frozenset({"undefined", "idna", "punycode", "unicode-escape", "raw-unicode-escape"})


class UnknownEncoding(Refused):
    """The bytes are not UTF-8 and nothing says what else they are: a person has to."""


def known_encoding(encoding: str) -> str:
    """Python's name of the encoding. Raises WrongUsage for what is none."""
    try:
        codec = codecs.lookup(encoding)
        "a".encode(encoding)  # fails for what is no encoding of texts, such as hex or zip
    except (LookupError, ValueError):
        raise WrongUsage(f"“{encoding}” is no encoding known here; try utf-8, cp1252 or utf-16.") from None
    if codec.name in _NO_ENCODING:
        raise WrongUsage(f"“{encoding}” is no encoding of files; try utf-8, cp1252 or utf-16.")
    return codec.name


def encoding_by_its_look(head: bytes) -> str:
    """By byte order mark, else UTF-16 by where the NUL bytes are; "" when UTF-8 has to be tried."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    sample = head[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def check_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, lines: int) -> int:
    try:
        decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        line = lines + error.object[: error.start].count(b"\n")
        raise UnknownEncoding(
            f"{name} is not UTF-8 (line {line} has the byte 0x{error.object[error.start]:02X}): "
            "name its encoding (--encoding), for example cp1252 for a file saved by Excel on Windows."
        ) from None
    return lines + chunk.count(b"\n")


@contextmanager
def text_of(file: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file as text from its start, without the byte order mark; the file itself stays open.

    Bytes that are not of the encoding become lone surrogates.
    """
    file.seek(0)
    head = file.read(4)
    marks = [mark for mark, its_encoding in _MARKS if its_encoding == encoding and head.startswith(mark)]
    file.seek(len(marks[0]) if marks else 0)
    wrapper = io.TextIOWrapper(file, encoding=encoding, errors="rolecall-mark", newline="")
    try:
        yield wrapper
    finally:
        wrapper.detach()


def _mark_bytes(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes as lone surrogates, for every codec (Python's own handler knows only some)."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("rolecall-mark", _mark_bytes)
