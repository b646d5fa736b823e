"""Load a file of voters into a poll: one short transaction, repeatable, with true counts also in a dry run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from polls.importing.readers import Source
from polls.importing.report import ImportReport
from polls.models import User


def run_import(
    *,
    source: Source,
    poll: str,
    by: User | None,
    columns: Mapping[str, str] | None = None,
    question: str = "",
    options: Sequence[str] = (),
    published_total: int | None = None,
    published_shares: Sequence[Decimal] = (),
    opened_on: date | None = None,
    closed_on: date | None = None,
    dry_run: bool = False,
    strict: bool = False,
    rejects: Path | None = None,
) -> ImportReport:
    """Import `source` into the poll with the slug `poll`, which is made when there is none.

    `columns` maps fields to headers and overrides the guess ("" leaves a field out). Nothing is written, and
    no poll made, in a dry run, with `strict` and a rejected row, or when no row is accepted; the report says so
    (`written`, `refused`). Raises `polls.problems.Refused` (unreadable, no option column) and `WrongUsage`.
    """
    raise NotImplementedError
