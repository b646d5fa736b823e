"""How a file is to be read, as far as somebody said so; what is left empty is guessed. Pure: no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person chose on the page or by options of the command.

    `columns` lead from a field to a header ("" leaves the field out); null: guess them all. `option_columns`
    are pairs of header and option for files with a column per option. `everyone` is the option that every
    row voted for, where the file is the list of one option's voters. `table` counts the tables within a file
    or sheet from 1. `day_first` says how `03/04/2024` is meant; null: nobody said.
    """

    encoding: str = ""
    sheet: str = ""
    table: int | None = None
    preset: str = ""
    columns: Mapping[str, str] | None = None
    option_columns: tuple[tuple[str, str], ...] = ()
    everyone: str = ""
    day_first: bool | None = None

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return asdict(self) | {
            "columns": None if self.columns is None else dict(self.columns),
            "option_columns": [list(pair) for pair in self.option_columns],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Reading:
        """What `as_json` gave; unknown keys are left out, so that an older file can still be read."""
        known = {key: value for key, value in document.items() if key in cls.__slots__}
        reading = cls(**known)
        return replace(
            reading, option_columns=tuple((str(header), str(text)) for header, text in reading.option_columns)
        )
