"""The files of a folder or zip: listed by name, opened one at a time.

No name from a zip becomes a path: what is read goes to a nameless file. Pure: no Django.
"""

from __future__ import annotations

import re
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Final

from polls.importing.bounds import Limits
from polls.importing.zips import UNREADABLE, open_zip
from polls.problems import Refused

TABLES: Final = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
"""Endings of files that are taken for polls; others only when the manifest names them."""

_NO_POLLS: Final = frozenset({"readme", "license", "licence", "copying", "notes", "changelog"})
_CHUNK: Final = 1024 * 1024


@dataclass(slots=True)
class Members:
    """Files by their name, without folders. `twice` are names that several files have; `links` are files
    that only point elsewhere. Neither is opened."""

    where: str
    limits: Limits
    spool: Path | None
    names: list[str] = field(default_factory=list)
    twice: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    _paths: dict[str, Path] = field(default_factory=dict)
    _parts: dict[str, zipfile.ZipInfo] = field(default_factory=dict)
    _archive: zipfile.ZipFile | None = None

    def polls(self) -> list[str]:
        """Names that look like tables, in their order, and zips, which are refused in words."""
        return [name for name in self.names if _is_table(name) or name.lower().endswith(".zip")]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """The file as a seekable stream. Raises Refused: absent, a link, a zip, not readable, too large."""
        self._check(name)
        if self._archive is None:
            with _opened(self._paths[name]) as file:
                yield file
            return
        with tempfile.TemporaryFile(dir=self.spool) as copy:
            self._unpack(self._archive, name, copy)
            yield copy

    def _check(self, name: str) -> None:
        if name not in self.names:
            raise Refused(f"There is no file {name} in {self.where}.")
        if name in self.twice:
            raise Refused(f"{self.where} has several files called {name}: give each a name of its own.")
        if name in self.links:
            raise Refused(f"{name} is a link to another place, which is not followed.")
        if name.lower().endswith(".zip"):
            raise Refused(f"{name} is a zip within {self.where}: unpack it first.")

    def _unpack(self, archive: zipfile.ZipFile, name: str, copy: IO[bytes]) -> None:
        size = 0
        try:
            with archive.open(self._parts[name]) as packed:
                while chunk := packed.read(_CHUNK):
                    copy.write(chunk)
                    size += len(chunk)
                    if size > self.limits.file_bytes:
                        most = f"{self.limits.file_bytes / 1024 / 1024:,.0f} MB"
                        raise Refused(f"{name} is larger than {most}: split it.")
        except UNREADABLE:
            raise Refused(f"{name} cannot be unpacked: {self.where} is damaged there.") from None


@contextmanager
def open_members(path: Path, *, limits: Limits, spool: Path | None) -> Iterator[Members]:
    """The files of a folder (not of folders in it) or of a zip (at any depth), sorted by name.

    Raises Refused: neither folder nor zip, empty, too many files, a zip beyond the limits.
    """
    members = Members(path.name or str(path), limits, spool)
    try:
        is_folder = path.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if is_folder:
        _list_folder(members, path)
        yield members
        return
    with _opened(path) as file:
        head = file.read(4)
        if head not in (b"PK\x03\x04", b"PK\x05\x06"):
            raise Refused(f"{path} is neither a folder nor a zip; a single file is imported by import_poll.")
        with open_zip(file, members.where, limits) as archive:
            _list_zip(members, archive)
            yield members


def _list_folder(members: Members, folder: Path) -> None:
    try:
        paths = sorted(folder.iterdir(), key=lambda path: path.name)
    except OSError as error:
        raise Refused(f"{folder} cannot be read: {(error.strerror or str(error)).lower()}.") from None
    for path in paths:
        name = _shown(path.name)
        if path.is_symlink():
            members.links.add(name)
        elif not path.is_file():
            continue
        members._paths[name] = path
        _add(members, name)


def _list_zip(members: Members, archive: zipfile.ZipFile) -> None:
    members._archive = archive
    for part in sorted(archive.infolist(), key=lambda part: part.filename):
        inside = PurePosixPath(part.filename.replace("\\", "/"))
        if part.is_dir() or "__MACOSX" in inside.parts:
            continue
        name = _shown(inside.name)
        if stat.S_ISLNK(part.external_attr >> 16):
            members.links.add(name)
        members._parts[name] = part
        _add(members, name)


def _add(members: Members, name: str) -> None:
    if not name or name.startswith((".", "~$")):
        return  # what systems and spreadsheets leave beside the files
    if name in members.names:
        members.twice.add(name)
        return
    members.names.append(name)
    if len(members.names) > members.limits.entries:
        raise Refused(f"{members.where} holds more than {members.limits.entries:,} files.")


def _shown(name: str) -> str:
    """The name fit to keep and print."""
    return re.sub("[\x00-\x1f\x7f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", name)[:255]


def _is_table(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() in TABLES and path.stem.lower() not in _NO_POLLS


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise Refused(f"There is no folder or zip {path}.") from None
    except (OSError, ValueError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise Refused(f"{path} cannot be read: {reason}.") from None
