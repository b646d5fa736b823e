"""What every export is made of: a header, rows that stream out of one COPY, and the two formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from classify.models import Category, Round
from classify.status import export_status
from polls.csvio import Cell, csv_chunks
from polls.models import User

VOTER_ID: Final = "coalesce(k.value, nullif(p.profile_url, ''), 'vote-' || v.id)"
VOTES: Final = """
  FROM polls_vote v
  JOIN polls_voter p ON p.id = v.voter_id
  JOIN polls_option o ON o.id = v.option_id
  LEFT JOIN polls_voterkey k ON k.voter_id = v.voter_id AND k.scheme = 'id' AND k.scope_id = v.poll_id
"""
ISO_TIME: Final = '\'YYYY-MM-DD"T"HH24:MI:SS"Z"\''

type Hash = Callable[[str], str]
type Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """An export: names of columns, and rows of that width, to be read once."""

    header: tuple[str, ...]
    rows: Iterable[Row]


class Judgements:
    """What the ids on a case are called: categories, people, codebook. Built once per export."""

    def __init__(self, round_: Round | None) -> None:
        self.codebook: tuple[Cell, Cell] = (None, None)
        self.categories: dict[int, tuple[str, str]] = {}
        self.people: dict[int, str] = {}
        if round_ is not None:
            self.codebook = (round_.version.codebook.code, round_.version.number)
            self.categories = {
                c.pk: (c.code, c.label) for c in Category.objects.filter(version=round_.version_id)
            }
            self.people = usernames()
        self.open: Row = (None, None, export_status("waiting"), None, *self.codebook)

    def of(
        self,
        final: int | None,
        status: str,
        resolution: str,
        by: int | None,
        first: int | None,
        second: int | None,
    ) -> Row:
        if final is None:
            return self.open
        who = self.people.get(by or 0)
        if resolution == "consensus":
            who = ";".join(self.people[each] for each in (first, second) if each)
        return (*self.categories[final], export_status(status, resolution), who, *self.codebook)


def as_csv(table: Table) -> Iterator[bytes]:
    """The bytes of a CSV file, in pieces."""
    return csv_chunks(table.header, table.rows)


def as_json(table: Table) -> Iterator[bytes]:
    """The bytes of one JSON list of objects, in pieces; what does not exist is null."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    names = [encode(name) for name in table.header]
    piece: list[str] = ["["]
    first = True
    for row in table.rows:
        cells = ",".join(f"{name}:{encode(cell)}" for name, cell in zip(names, row, strict=True))
        piece.append(f"{'' if first else ','}\n{{{cells}}}")
        first = False
        if len(piece) >= 500:
            yield "".join(piece).encode()
            piece.clear()
    piece.append("\n]\n")
    yield "".join(piece).encode()


def usernames() -> dict[int, str]:
    """Every account's username by its id."""
    return dict(User.objects.values_list("pk", "username"))


def copy_rows(sql: str, types: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a SELECT as COPY hands them out, converted to `types`."""
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT") as copy:
        copy.set_types(types)
        yield from copy.rows()
