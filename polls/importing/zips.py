"""What is inside a zip, before anything of it is unpacked. Pure: no Django.

A zip may claim little and unpack to much, so its directory is looked at first: how many files, how large, how
much larger than packed.
"""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from typing import IO, Final

from polls.importing.bounds import Limits
from polls.problems import Refused

UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    struct.error,
)
"""What reading a broken zip, or a part of one, ends with."""

_END: Final = b"PK\x05\x06"
_LOCATOR: Final = b"PK\x06\x07"
_LONGEST_COMMENT: Final = 65_535
_BYTES_OF_ENTRY: Final = 256
_SMALL: Final = 4 * 1024 * 1024
"""Parts up to this size may be packed as tightly as they like: a thousand empty rows are no attack."""


def open_zip(file: IO[bytes], name: str, limits: Limits) -> zipfile.ZipFile:
    """The zip in `file`, its directory found to be within bounds. The caller closes it.

    Raises Refused: damaged, too many files, too large unpacked, packed too tightly, locked by a password.
    """
    if _size_of_directory(file) > limits.entries * _BYTES_OF_ENTRY:
        raise _too_many(name, limits)
    try:
        archive = zipfile.ZipFile(file)
    except UNREADABLE:
        raise damaged(name) from None
    try:
        _check(archive, name, limits)
    except BaseException:
        archive.close()
        raise
    return archive


def damaged(name: str) -> Refused:
    """The refusal of a zip that cannot be read to its end."""
    return Refused(
        f"{name} is damaged or was cut off: it begins like a workbook or zip, but is not whole. "
        "Save it again, or as CSV, and import that."
    )


def read_part(archive: zipfile.ZipFile, part: str, most: int) -> bytes:
    """The first `most` bytes of a part; empty when it is not there or cannot be read."""
    try:
        with archive.open(part) as stream:
            return stream.read(most)
    except (KeyError, *UNREADABLE):
        return b""


def _size_of_directory(file: IO[bytes]) -> int:
    """Bytes of the list of files as the end of the zip says, without reading the list; 0 when unknown."""
    size = file.seek(0, io.SEEK_END)
    start = max(0, size - _LONGEST_COMMENT - 22 - 20)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return 0
    (directory,) = struct.unpack_from("<L", tail, at + 12)
    if tail[at - 20 : at - 16] == _LOCATOR and at >= 20:
        (offset,) = struct.unpack_from("<Q", tail, at - 12)
        if offset + 56 <= size:
            file.seek(offset)
            (directory,) = struct.unpack_from("<Q", file.read(56), 40)
    return int(directory)


def _check(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    parts = archive.infolist()
    if len(parts) > limits.entries:
        raise _too_many(name, limits)
    if any(part.flag_bits & 0x1 for part in parts):
        raise Refused(f"{name} is locked by a password: save it without one and try again.")
    if sum(part.file_size for part in parts) > limits.unpacked:
        raise Refused(
            f"{name} would unpack to more than {limits.unpacked / 1024 / 1024:,.0f} MB: "
            "split it and import the parts one after the other."
        )
    for part in parts:
        if part.file_size > _SMALL and part.file_size > limits.ratio * max(part.compress_size, 1):
            raise Refused(
                f"{name} holds a part packed more than {limits.ratio} times smaller than it is, "
                "as files made to do harm do: save the sheet as CSV and import that."
            )


def _too_many(name: str, limits: Limits) -> Refused:
    return Refused(f"{name} holds more than {limits.entries:,} files.")
