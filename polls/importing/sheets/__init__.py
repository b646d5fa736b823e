"""Workbooks to text: one sheet becomes CSV in a nameless file, and goes the way of every table from there.

A process of its own reads it (`child`), with bounded memory and time. Pure: no Django.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from polls.importing.bounds import Limits, too_slow
from polls.importing.zips import damaged, open_zip, read_part
from polls.problems import Refused

__all__ = ["Sheet", "is_workbook", "unpack"]

_ROOT: Final = Path(__file__).resolve().parents[3]
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_OLD: Final = b"\xd0\xcf\x11\xe0"
_MOST_OF_CONTAINER: Final = 4 * 1024 * 1024 * 1024
_TEXT_DOCUMENT: Final = (
    "a text document, not a table: copy its table into a sheet and save that as CSV or XLSX."
)
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument."


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as text: UTF-8, comma, from its first row on. `kind` is xlsx, xlsb, xls or ods; `sheets` are
    the names to choose from, without hidden ones."""

    text: IO[bytes]
    kind: str
    sheets: tuple[str, ...]
    sheet: str
    rows: int


def is_workbook(head: bytes) -> bool:
    """Whether a file that begins so is a workbook, or a zip."""
    return head.startswith((_ZIP, _EMPTY_ZIP, _OLD))


def unpack(file: IO[bytes], *, name: str, sheet: str, limits: Limits, spool: Path | None) -> Sheet:
    """The sheet of that name, else the first that a person sees and that has something in it.

    The caller closes `text`. Raises Refused: no workbook, damaged, locked, empty, no such sheet, too large,
    too slow.
    """
    file.seek(0)
    old = file.read(4) == _OLD
    kind = _kind_of_old(file, name) if old else _kind_of_zip(file, name, limits)
    text = tempfile.TemporaryFile(dir=spool)  # noqa: SIM115 - closed by whoever reads the sheet
    try:
        with _on_disk(file, spool) as workbook:
            report = _read(workbook, text, name, sheet, limits)
        if "sheets" not in report:
            raise _refusal(report, name, kind, limits)
        return Sheet(text, kind, tuple(report["sheets"]), report["sheet"], report["rows"])
    except BaseException:
        text.close()
        raise


def _kind_of_old(file: IO[bytes], name: str) -> str:
    """What Microsoft's old container holds, by the names in its directory."""
    file.seek(48)
    (sector,) = struct.unpack("<L", file.read(4).ljust(4, b"\xff"))
    file.seek(min(512 * (sector + 1), _MOST_OF_CONTAINER))
    directory = file.read(4096)
    if _in_wide("EncryptedPackage") in directory:
        raise _locked(name)
    if _in_wide("WordDocument") in directory:
        raise Refused(f"{name} is {_TEXT_DOCUMENT}")
    return "xls"


def _in_wide(word: str) -> bytes:
    return word.encode("utf-16-le")


def _kind_of_zip(file: IO[bytes], name: str, limits: Limits) -> str:
    with open_zip(file, name, limits) as archive:
        parts = set(archive.namelist())
        mimetype = read_part(archive, "mimetype", 200)
        if "xl/workbook.bin" in parts:
            return "xlsb"
        if mimetype.startswith(_OPEN_DOCUMENT + b"spreadsheet"):
            if b"encryption-data" in read_part(archive, "META-INF/manifest.xml", 1024 * 1024):
                raise _locked(name)
            return "ods"
        if any(part.startswith("xl/") for part in parts):
            return "xlsx"
        raise Refused(f"{name} is {_what_it_is(archive, parts, mimetype)}")


def _what_it_is(archive: zipfile.ZipFile, parts: set[str], mimetype: bytes) -> str:
    if any(part.startswith("word/") for part in parts) or mimetype.startswith(_OPEN_DOCUMENT + b"text"):
        return _TEXT_DOCUMENT
    if any(part.startswith("Index/") and part.endswith(".iwa") for part in parts):
        return "a Numbers document: export it as CSV or Excel and import that."
    if not parts:
        return "an empty zip."
    return (
        f"a zip of {len(archive.namelist())} files and no workbook: unpack it and import one of them, "
        "or all of them with the command import_series."
    )


@contextmanager
def _on_disk(file: IO[bytes], spool: Path | None) -> Iterator[IO[bytes]]:
    """The workbook as a file that another process can read."""
    try:
        file.fileno()
    except (OSError, AttributeError):
        with tempfile.TemporaryFile(dir=spool) as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy
    else:
        yield file


def _read(workbook: IO[bytes], text: IO[bytes], name: str, sheet: str, limits: Limits) -> dict[str, Any]:
    wishes = {"name": name, "sheet": sheet, "memory": limits.memory, "unpacked": limits.unpacked}
    with subprocess.Popen(  # noqa: S603 - our own module; names go through JSON and no shell
        [sys.executable, "-m", "polls.importing.sheets.child", json.dumps(wishes)],
        stdin=workbook,
        stdout=text,
        stderr=subprocess.PIPE,
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
    ) as child:
        try:
            _, said = child.communicate(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            raise too_slow(name, limits.seconds) from None
        except BaseException:
            child.kill()
            raise
    try:
        report = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        report = None
    # Without a report the process was ended by the library or the system: no memory is what does that.
    return report if isinstance(report, dict) else {"problem": "memory"}


def _refusal(report: dict[str, Any], name: str, kind: str, limits: Limits) -> Refused:
    if "refused" in report:
        return Refused(report["refused"])
    problem = report["problem"]
    if problem == "password":
        return _locked(name)
    if problem == "memory":
        return Refused(
            f"{name} needs more than {limits.memory / 1024 / 1024:,.0f} MB of memory to be read, "
            "or is damaged: save the sheet as CSV and import that."
        )
    if problem == "system":
        return Refused(f"{name} could not be unpacked: {str(report['detail']).lower().rstrip('.')}.")
    if problem == "no sheet":
        return Refused(f"{name} has no sheet with cells.")
    if kind == "xls":
        return Refused(
            f"{name} is an old Excel file, or one of another program, that cannot be read here: "
            "save it as XLSX or CSV and import that."
        )
    return damaged(name)


def _locked(name: str) -> Refused:
    return Refused(f"{name} is locked by a password: save it without one and try again.")
