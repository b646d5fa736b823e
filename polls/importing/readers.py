"""Bytes to rows: encoding, delimiter, records with their numbers. Knows no model and no Django."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what comes from outside: bytes of a file, data rows, columns, characters of a cell."""

    file_bytes: int = 200 * 1024 * 1024
    rows: int = 2_000_000
    columns: int = 500
    cell: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `row` counts every record of the file from 1; `problem` is a sentence when it is broken."""

    row: int
    cells: list[str]
    problem: str = ""


class Source:
    """A readable table: `name`, `encoding`, `delimiter`, `sha256`; `records()` can be read again and again.
    A context manager; closing it closes the file."""

    name: str
    encoding: str
    delimiter: str
    sha256: bytes

    def records(self) -> Iterator[Record]:
        """Every record from the first, header and blank ones included."""
        raise NotImplementedError

    def close(self) -> None: ...

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_path(path: Path, *, encoding: str = "", limits: Limits | None = None) -> Source:
    """A file on disk. Raises Refused (missing, a folder, not permitted, too big, encoding unknown)."""
    raise NotImplementedError


def open_upload(
    upload: BinaryIO | bytes | str, *, name: str, encoding: str = "", limits: Limits | None = None
) -> Source:
    """An uploaded file (anything with read and seek), bytes, or text pasted from a sheet. Raises Refused."""
    raise NotImplementedError
