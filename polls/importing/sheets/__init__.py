"""Workbooks to text: one sheet becomes CSV in a nameless file, and goes the way of every table from there.

A process of its own reads it (`child`), with bounded memory and time. Pure: no Django.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from polls.importing.bounds import Limits, too_slow
from polls.importing.sheets.kinds import is_workbook, kind_of, locked
from polls.importing.zips import damaged
from polls.problems import Refused

__all__ = ["Sheet", "is_workbook", "unpack"]

_ROOT: Final = Path(__file__).resolve().parents[3]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as text: UTF-8, comma, from its first row on. `kind` is xlsx, xlsb, xls or ods; `sheets` are
    the names to choose from, without hidden ones."""

    text: IO[bytes]
    kind: str
    sheets: tuple[str, ...]
    sheet: str
    rows: int


def unpack(
    file: IO[bytes],
    *,
    name: str,
    sheet: str,
    limits: Limits,
    spool: Path | None,
    keep: Path | None = None,
    digest: bytes = b"",
) -> Sheet:
    """The sheet of that name, else the first that a person sees and that looks like a table.

    With a folder `keep` the text is kept there under the file's `digest`, and found there the next time.
    The caller closes `text`. Raises Refused: no workbook, damaged, locked, empty, no such sheet, too large,
    too slow.
    """
    if keep is None:
        return _converted(file, tempfile.TemporaryFile(dir=spool), name, sheet, limits, spool)
    told = hashlib.sha256(digest + sheet.encode("utf-8", "replace")).hexdigest()
    path = keep / f"sheet-{told[:32]}.csv"
    return _kept(path) or _keep(path, file, name, sheet, limits)


def _kept(path: Path) -> Sheet | None:
    try:
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return Sheet(path.open("rb"), told["kind"], tuple(told["sheets"]), told["sheet"], told["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, file: IO[bytes], name: str, sheet: str, limits: Limits) -> Sheet:
    """Its description comes last, so that what is kept is whole."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    try:
        found = _converted(file, os.fdopen(handle, "w+b"), name, sheet, limits, path.parent)
        os.replace(draft, path)
        told = {"kind": found.kind, "sheets": found.sheets, "sheet": found.sheet, "rows": found.rows}
        described = Path(draft).with_suffix(".draft")
        described.write_text(json.dumps(told), encoding="utf-8")
        described.replace(path.with_suffix(".json"))
        return found
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _converted(
    file: IO[bytes], text: IO[bytes], name: str, sheet: str, limits: Limits, spool: Path | None
) -> Sheet:
    try:
        kind = kind_of(file, name, limits)
        with _on_disk(file, spool) as workbook:
            report = _read(workbook, text, name, sheet, limits)
        if "sheets" not in report:
            raise _refusal(report, name, kind, limits)
        return Sheet(text, kind, tuple(report["sheets"]), report["sheet"], report["rows"])
    except BaseException:
        text.close()
        raise


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
    wishes = {
        "name": name,
        "sheet": sheet,
        "memory": limits.memory,
        "seconds": limits.seconds,
        "unpacked": limits.unpacked,
    }
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
        return locked(name)
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
