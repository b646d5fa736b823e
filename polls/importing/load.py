"""Load a file of voters into a poll: one transaction, repeatable, true counts in a dry run too.

The file is read, validated and staged first; only then the poll is locked and the rows are written, by a few
statements over the whole set. A dry run does the same and rolls back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from django.db import OperationalError

from polls.importing import identity
from polls.importing.attempt import Attempt, Wishes, understand
from polls.importing.progress import SILENT, Progress
from polls.importing.readers import Source
from polls.importing.reading import Reading
from polls.importing.report import ImportReport
from polls.importing.target import Target, known_option_keys
from polls.models import User
from polls.problems import Refused

_ATTEMPTS: Final = 5
_NO_ROOM: Final = "53"  # disk full, out of memory, a limit reached
_STANDSTILL: Final = ("40001", "40P01")


def run_import(
    *,
    source: Source,
    poll: str,
    by: User | None,
    columns: Mapping[str, str] | None = None,
    reading: Reading | None = None,
    question: str = "",
    options: Sequence[str] = (),
    published_total: int | None = None,
    published_shares: Sequence[Decimal] = (),
    opened_on: date | None = None,
    closed_on: date | None = None,
    multiple: bool | None = None,
    dry_run: bool = False,
    strict: bool = False,
    rejects: Path | None = None,
    progress: Progress = SILENT,
    before_commit: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Import `source` into the poll with the slug `poll`, which is made when there is none.

    `reading` says how the file is to be read, as far as somebody said so; `columns` is short for
    `Reading(columns=...)`: it maps fields to headers and overrides the guess ("" leaves a field out).
    `multiple` says whether the poll allows several choices; null: as the poll is, or as the file shows.
    Nothing is written, and no poll made, in a dry run, with `strict` and a rejected row, or when no row is
    accepted; the report then says so (`written`, `refused`). Rejected rows go to the file `rejects` in any
    case. `before_commit` is called with the report of what was written, in its transaction: if it raises,
    all is undone, as it is when `progress` raises `Cancelled`.
    Raises `polls.problems.Refused` (unreadable, a column missing, no room) and `WrongUsage`, and Django's
    OperationalError when the database goes away.
    """
    started = time.perf_counter()
    published = (published_total, tuple(published_shares))
    target = Target(poll, question.strip(), tuple(options), *published, opened_on, closed_on, multiple)
    file = understand(source, reading or Reading(columns=columns), known_option_keys(target))
    wishes = Wishes(by, dry_run, strict, rejects, progress, before_commit)
    return _repeated(Attempt(file, target, wishes, started))


def _repeated(attempt: Attempt) -> ImportReport:
    """Try until no other import comes between. Raises Refused when that goes on, or when there is no room."""
    for _ in range(_ATTEMPTS):
        try:
            return attempt.run()
        except identity.Interrupted:
            continue
        except OperationalError as error:
            state = _sql_state(error)
            if state.startswith(_NO_ROOM):
                raise Refused(
                    f"The database has no room left for {attempt.file.source.name}: "
                    f"{str(error).splitlines()[0]}. Nothing was written. "
                    "Make room, then import the file again."
                ) from error
            if state not in _STANDSTILL:
                raise
    raise Refused(
        f"Other imports keep changing {attempt.target.slug} meanwhile; nothing was written. "
        "Try again in a moment."
    )


def _sql_state(error: OperationalError) -> str:
    """PostgreSQL's code for what went wrong; "" when the connection broke before it could say so."""
    return getattr(error.__cause__, "sqlstate", None) or ""
