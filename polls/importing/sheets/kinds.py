"""What kind of workbook a file is, before anything of it is unpacked. Pure: no Django."""

from __future__ import annotations

import struct
from typing import IO, Final

from polls.importing.bounds import Limits
from polls.importing.zips import open_zip, read_part
from polls.problems import Refused

_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_OLD: Final = b"\xd0\xcf\x11\xe0"
_MOST_OF_CONTAINER: Final = 4 * 1024 * 1024 * 1024
_TEXT_DOCUMENT: Final = (
    "a text document, not a table: copy its table into a sheet and save that as CSV or XLSX."
)
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."


def is_workbook(head: bytes) -> bool:
    """Whether a file that begins so is a workbook, or a zip."""
    return head.startswith((_ZIP, _EMPTY_ZIP, _OLD))


def kind_of(file: IO[bytes], name: str, limits: Limits) -> str:
    """xlsx, xlsb, xls or ods. Raises Refused: no workbook, damaged, locked, beyond the limits."""
    file.seek(0)
    return _of_old(file, name) if file.read(4) == _OLD else _of_zip(file, name, limits)


def locked(name: str) -> Refused:
    """The refusal of a workbook that only opens with its password."""
    return Refused(f"{name} is locked by a password: save it without one and try again.")


def _of_old(file: IO[bytes], name: str) -> str:
    """What Microsoft's old container holds, by the names in its directory."""
    file.seek(48)
    (sector,) = struct.unpack("<L", file.read(4).ljust(4, b"\xff"))
    file.seek(min(512 * (sector + 1), _MOST_OF_CONTAINER))
    directory = file.read(4096)
    if _in_wide("EncryptedPackage") in directory:
        raise locked(name)
    if _in_wide("WordDocument") in directory:
        raise Refused(f"{name} is {_TEXT_DOCUMENT}")
    return "xls"


def _in_wide(word: str) -> bytes:
    return word.encode("utf-16-le")


def _of_zip(file: IO[bytes], name: str, limits: Limits) -> str:
    with open_zip(file, name, limits) as archive:
        parts = set(archive.namelist())
        mimetype = read_part(archive, "mimetype", 200)
        if "xl/workbook.bin" in parts:
            return "xlsb"
        if mimetype.startswith(_OPEN_DOCUMENT + b"spreadsheet"):
            if b"encryption-data" in read_part(archive, "META-INF/manifest.xml", 1024 * 1024):
                raise locked(name)
            return "ods"
        if any(part.startswith("xl/") for part in parts):
            return "xlsx"
        raise Refused(f"{name} is {_what_it_is(parts, mimetype)}")


def _what_it_is(parts: set[str], mimetype: bytes) -> str:
    if any(part.startswith("word/") for part in parts) or mimetype.startswith(_OPEN_DOCUMENT + b"text"):
        return _TEXT_DOCUMENT
    if any(part.startswith("Index/") and part.endswith(".iwa") for part in parts):
        return "a Numbers document: export it as CSV or Excel and import that."
    if not parts:
        return "an empty zip."
    files = "1 file" if len(parts) == 1 else f"{len(parts):,} files"
    return (
        f"a zip of {files} and no workbook: unpack it and import one of them, "
        "or all of them with the command import_series."
    )
