"""One statement that sees a whole round: its cases summed by how they stand, and the poll's live votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from classify.models import Round
from polls.models import Option


@dataclass(frozen=True, slots=True)
class Cell:
    """All cases of a round that stand alike. ``cat1``, ``cat2``: category id, 0 unsure, None no decision
    yet.

    ``cases`` counts them all; ``units`` those that still have a live vote behind them. ``per_option`` are
    votes. ``after_reveal``: decided after the round had been revealed once, so no independent reading.
    """

    status: str
    cat1: int | None
    cat2: int | None
    final: int | None
    reviewer1: int | None
    reviewer2: int | None
    after_reveal: bool
    cases: int
    units: int
    votes: int
    per_option: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cells of a round, and the live votes of its poll per option (by position), seen at the same
    moment.
    """

    options: tuple[Option, ...]
    cells: tuple[Cell, ...]
    live: tuple[int, ...]


def take_snapshot(round_: Round) -> Snapshot:
    """Read a round in one statement, so that no vote or decision can slip in between two sums."""
    options = tuple(Option.objects.filter(poll_id=round_.poll_id).order_by("position"))
    # The pieces put into the text are positions counted here, never anything from outside.
    sums = ", ".join(f"coalesce(sum(option_counts[{option.position}]), 0)" for option in options)
    counts = ", ".join("count(*) filter (where option_id = %s)" for _ in options)
    statement = f"""
        select status, cat1, cat2, final_id, reviewer1_id, reviewer2_id,
               after_reveal, count(*), count(*) filter (where n_votes > 0), coalesce(sum(n_votes), 0),
               array[{sums}]::bigint[]
          from classify_case where round_id = %s
         group by status, cat1, cat2, final_id, reviewer1_id, reviewer2_id, after_reveal
        union all
        select 'live', null, null, null, null, null, false, 0, 0, count(*), array[{counts}]::bigint[]
          from polls_vote where poll_id = %s and voided_at is null
    """  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [round_.pk, *(option.pk for option in options), round_.poll_id])
        cells = [_cell(row) for row in cursor.fetchall()]
    live = next(cell.per_option for cell in cells if cell.status == "live")
    return Snapshot(options, tuple(cell for cell in cells if cell.status != "live"), live)


def _cell(row: tuple[Any, ...]) -> Cell:
    return Cell(*(*row[:-1], tuple(row[-1])))
