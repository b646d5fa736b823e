"""How much may come from outside. Pure: no Django."""

from __future__ import annotations

import time
from dataclasses import dataclass

from polls.problems import Refused


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what comes from outside: bytes of a file, data rows, columns, bytes (UTF-8) of a cell.

    `unpacked` are the bytes that a workbook or zip may grow to, `ratio` how many times larger than packed any
    part of it may get, `entries` the files within, `memory` the bytes that reading it may take. `seconds` is
    how long one reading of a file may take.
    """

    file_bytes: int = 200 * 1024 * 1024
    rows: int = 2_000_000
    columns: int = 500
    cell: int = 1024 * 1024
    unpacked: int = 1024 * 1024 * 1024
    ratio: int = 200
    entries: int = 5_000
    memory: int = 2 * 1024 * 1024 * 1024
    seconds: float = 600.0


class Deadline:
    """Says when reading has gone on for too long. Starts when it is made."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._name = name
        self._seconds = limits.seconds
        self._ends = time.monotonic() + limits.seconds

    def left(self) -> float:
        """Seconds left, at least 0."""
        return max(0.0, self._ends - time.monotonic())

    def check(self) -> None:
        """Raise Refused when the time is up."""
        if time.monotonic() >= self._ends:
            raise too_slow(self._name, self._seconds)


def too_slow(name: str, seconds: float) -> Refused:
    """The refusal of a file that takes longer to read than is allowed."""
    return Refused(f"Reading {name} took longer than {seconds:g} seconds: split it and import the parts.")
