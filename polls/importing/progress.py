"""What a long import tells of itself, and how it is stopped. Pure: no Django."""

from __future__ import annotations

from typing import Final, Protocol


class Cancelled(Exception):
    """Somebody asked for the import to stop; its transaction is undone."""


class Progress(Protocol):
    """Who watches an import. Both may raise `Cancelled`, which undoes the transaction."""

    def phase(self, name: str, total: int | None = None) -> None:
        """A step begins: `reading`, `matching`, `writing`, `cases`. `total` rows are ahead, if known."""

    def advance(self, rows: int) -> None:
        """So many rows of this step are done; called every few thousand rows."""


class _Silent:
    def phase(self, name: str, total: int | None = None) -> None:
        """Nobody watches."""

    def advance(self, rows: int) -> None:
        """Nobody watches."""


SILENT: Final[Progress] = _Silent()
