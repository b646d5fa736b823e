"""`polls.csv` beside the files of a series: what it says about each of them. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import IO, Final

from polls.importing.bounds import Limits
from polls.importing.readers import open_upload
from polls.problems import Refused

NAME: Final = "polls.csv"
COLUMNS: Final = (
    "file",
    "slug",
    "question",
    "options",
    "published_total",
    "published_shares",
    "opened_on",
    "closed_on",
    "preset",
    "sheet",
    "encoding",
    "everyone",
)
_MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Wish:
    """One file, or one sheet of it, and the poll it goes into. What is empty or null was not said.

    `everyone` is the option that all of the file voted for, where it lists the voters of one option.
    """

    file: str
    slug: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    published_total: int | None = None
    published_shares: tuple[Decimal, ...] = ()
    opened_on: date | None = None
    closed_on: date | None = None
    preset: str = ""
    sheet: str = ""
    encoding: str = ""
    everyone: str = ""
    problem: str = ""
    """Why this row cannot be followed, a sentence; "" when it can."""


def read_manifest(stream: IO[bytes], limits: Limits) -> list[Wish]:
    """One wish per row; a row with a value that means nothing has a `problem`.

    Raises Refused when the manifest as a whole cannot be read: no header, a column that means nothing.
    """
    with open_upload(stream, name=NAME, limits=limits) as source:
        columns: list[str] | None = None
        wishes: list[Wish] = []
        for record in source.records():
            cells = [cell.strip() for cell in record.cells]
            if record.problem:
                raise Refused(f"{NAME}, row {record.row}: {record.problem}.")
            if not any(cells):
                continue
            if columns is None:
                columns = _columns(cells)
                continue
            if len(wishes) == _MOST_ROWS:
                raise Refused(f"{NAME} has more than {_MOST_ROWS:,} rows.")
            wishes.append(_wish(dict(zip(columns, cells, strict=False)), record.row))
    return wishes


def _columns(cells: list[str]) -> list[str]:
    names = [re.sub(r"[\s-]+", "_", cell.casefold()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    unknown = [cell for cell, name in zip(cells, names, strict=False) if name not in COLUMNS]
    if unknown:
        raise Refused(
            f"{NAME} has a column “{unknown[0]}”, which means nothing; "
            f"its columns may be {', '.join(COLUMNS)}."
        )
    if "file" not in names:
        raise Refused(f"{NAME} has no column “file” that says which file each row is about.")
    if len(set(names)) < len(names):
        raise Refused(f"{NAME} has a column twice: {', '.join(names)}.")
    return names


def _wish(said: Mapping[str, str], row: int) -> Wish:
    file = said["file"]
    try:
        if not file or file != re.split(r"[/\\]", file)[-1]:
            raise ValueError(f"“{file}” must be the name of a file beside it, without a folder")
        return Wish(
            file=file,
            slug=said.get("slug", ""),
            question=said.get("question", ""),
            options=_parts(said.get("options", "")),
            published_total=_total(said.get("published_total", "")),
            published_shares=tuple(_share(part) for part in _parts(said.get("published_shares", ""))),
            opened_on=_day("opened_on", said.get("opened_on", "")),
            closed_on=_day("closed_on", said.get("closed_on", "")),
            preset=said.get("preset", ""),
            sheet=said.get("sheet", ""),
            encoding=said.get("encoding", ""),
            everyone=said.get("everyone", ""),
        )
    except ValueError as problem:
        return Wish(file, said.get("slug", ""), problem=f"{NAME}, row {row}: {problem}.")


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|") if part.strip())


def _total(text: str) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise ValueError(f"published_total must be a whole number, not “{text[:80]}”")
    return int(text)


def _share(text: str) -> Decimal:
    try:
        return Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        raise ValueError(
            f"published_shares must be percentages such as 26|74 or 26.5|73.5, not “{text[:80]}”"
        ) from None


def _day(column: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise ValueError(f"{column} must be a date such as 2026-11-21, not “{text[:80]}”") from None
