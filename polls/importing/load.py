"""Load a file of voters into a poll: one transaction, repeatable, true counts in a dry run too.

The file is read, validated and staged first; only then the poll is locked and the rows are written, by a few
statements over the whole set. A dry run does the same and rolls back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Final, cast

from django.db import OperationalError, transaction

from polls.changes import lock_poll, tell_votes_changed
from polls.importing import counting, dating, headlines, identity, mapping, staging, upsert
from polls.importing.progress import SILENT, Progress
from polls.importing.readers import Record, Source
from polls.importing.reading import Reading
from polls.importing.rejects import REASON, LeftOut, write_rejects
from polls.importing.report import ImportReport
from polls.importing.staging import CHUNK
from polls.importing.target import (
    Target,
    find_or_make_poll,
    known_option_keys,
    settle_options,
    several_choices,
)
from polls.importing.validate import Clean, clean_rows
from polls.models import Batch, Poll, User
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
    Raises `polls.problems.Refused` (unreadable, a column missing, no room on the database's disk) and
    `WrongUsage`, and Django's OperationalError when the database goes away.
    """
    started = time.perf_counter()
    target = Target(
        poll,
        question.strip(),
        tuple(options),
        published_total,
        tuple(published_shares),
        opened_on,
        closed_on,
        multiple,
    )
    reading = reading or Reading(columns=columns)
    found = mapping.preview(source, reading, rows=0, known_options=known_option_keys(target)).mapping
    if found.missing():
        raise Refused(f"{source.name}: {found.missing()}")
    day_first, of_dates = dating.order_of(source, reading, found)
    notes = (*found.notes, *of_dates)
    job = _Job(
        source,
        reading,
        found,
        target,
        by,
        dry_run,
        strict,
        rejects,
        started,
        progress,
        before_commit,
        day_first,
        notes,
    )
    for _ in range(_ATTEMPTS):
        try:
            return job.run()
        except identity.Interrupted:
            continue
        except OperationalError as error:
            state = _sql_state(error)
            if state.startswith(_NO_ROOM):
                raise Refused(
                    f"The database has no room left for {source.name}: {str(error).splitlines()[0]}. "
                    "Nothing was written. Make room, then import the file again."
                ) from error
            if state not in _STANDSTILL:
                raise
    raise Refused(
        f"Other imports keep changing {poll} meanwhile; nothing was written. Try again in a moment."
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One import with all that was asked for."""

    source: Source
    reading: Reading
    columns: mapping.ColumnMapping
    target: Target
    by: User | None
    dry_run: bool
    strict: bool
    rejects: Path | None
    started: float
    progress: Progress
    before_commit: Callable[[ImportReport], None] | None
    day_first: bool | None
    notes: tuple[str, ...]

    def run(self) -> ImportReport:
        with transaction.atomic():
            known, several = known_option_keys(self.target), several_choices(self.target)
            self.progress.phase("reading", self.source.row_estimate or None)
            left_out = LeftOut()
            # Closed before the file is, also when reading is broken off.
            with closing(cast("Generator[Record]", self.source.records())) as records:
                staging.stage(self._watched(self._clean(records, known, several, left_out)))
            self.progress.phase("matching")
            lock_poll(self.target.slug)
            if (known_option_keys(self.target), several_choices(self.target)) != (known, several):
                raise identity.Interrupted
            poll = find_or_make_poll(self.target, by=self.by)
            with staging.plans_for_many_rows():
                notes = self._resolve(poll, undecided=several is None)
                settle_options(poll, self.target.published_shares)
                self.progress.phase("writing")
                batch, counts = self._write(poll)
            refused = self._refusal(counts)
            written = not refused and not self.dry_run
            if written:
                self.progress.phase("cases")
                tell_votes_changed(poll_id=poll.pk, batch_id=batch.pk)
                if counts["rows"] >= CHUNK:
                    staging.check_keys()
            report = replace(
                self._report(poll, batch, counts, refused, written),
                notes=(*self.notes, *left_out.told(), *notes),
            )
            if not written:
                transaction.set_rollback(True)
            elif self.before_commit is not None:
                self.before_commit(report)
            return report

    def _clean(
        self, records: Iterator[Record], known: frozenset[str], several: bool | None, left_out: LeftOut
    ) -> Iterator[Clean]:
        # Where nobody said that there are several choices, only known options can tell that a cell has them.
        may_be_several = bool(known or self.columns.option_columns) if several is None else several
        return clean_rows(
            records,
            self.columns,
            known,
            self.source.limits,
            day_first=self.day_first,
            multiple=may_be_several,
            left_out=left_out,
        )

    def _watched(self, rows: Iterable[Clean]) -> Iterator[Clean]:
        """The same rows, telling how many went by."""
        for piece in batched(rows, CHUNK, strict=False):
            yield from piece
            self.progress.advance(len(piece))

    def _resolve(self, poll: Poll, *, undecided: bool) -> list[str]:
        """Say of every row who it is, rejecting those that cannot be. What there is to say of it."""
        headers = {
            "id": self._header("voter_id", "profile_url"),
            "url": self._header("profile_url", "voter_id"),
        }
        notes = []
        if undecided and staging.name_several_options(own=self.columns.own):
            poll.single_choice = False
            poll.save(update_fields=["single_choice"])
            notes.append("The file has voters with several options, so the poll allows several choices.")
        each_option = self.columns.own and not poll.single_choice
        staging.reject_repeated(headers, each_option=each_option)
        identity.match_voters(poll_id=poll.pk, headers=headers)
        if each_option:
            staging.take_back_followers()
        return notes + staging.told_of_repeated()

    def _write(self, poll: Poll) -> tuple[Batch, dict[str, int]]:
        file_headers = [name for _, name in self.columns.extras]
        headers = upsert.extra_headers(poll.pk, file_headers)
        batch = Batch.objects.create(
            poll=poll,
            file_name=self.source.name[-255:],
            sha256=self.source.sha256,
            encoding=self.source.encoding[:40],
            delimiter=self.source.delimiter,
            headers=list(self.columns.headers),
            extra_headers=headers,
            preset=self.columns.preset[:50],
            sheet=self._sheet()[:255],
            imported_by=self.by,
        )
        identity.write_voters(poll_id=poll.pk, batch_id=batch.pk, by_id=self.by.pk if self.by else None)
        headlines.write_headlines()
        created, updated = upsert.write_votes(
            poll=poll,
            batch_id=batch.pk,
            by_id=self.by.pk if self.by else None,
            file_headers=file_headers,
            headers=headers,
            replacing=self._replaces(),
        )
        rows, rejected = staging.counts()
        counts = {
            "rows": rows,
            "created": created,
            "updated": updated,
            "unchanged": rows - rejected - created - updated,
            "rejected": rejected,
        }
        # Which fields the file speaks of: an undo of an earlier import leaves those to it.
        batch.counts = counts | {"fields": sorted(self.columns.fields)}
        batch.save(update_fields=["counts"])
        return batch, counts

    def _replaces(self) -> bool:
        """Whether an option that the file does not name is one the voter chose no more. Our own files have a
        row per option: there one that was rejected, or comes alone after its correction, may be missing."""
        if not self.columns.own:
            return True
        return self.columns.headers[-1] != REASON and not staging.rejected_for_itself()

    def _sheet(self) -> str:
        """The sheet of a workbook, and the table within it or the file when it holds several."""
        table = f"table {self.reading.table}" if self.reading.table else ""
        return ", ".join(part for part in (self.source.sheet, table) if part)

    def _refusal(self, counts: dict[str, int]) -> str:
        rows, rejected = counts["rows"], counts["rejected"]
        if not rejected or (rejected < rows and not self.strict):
            return ""
        first = staging.first_errors()[0]
        what = (
            f"row {first.row}" + (f", column “{first.column}”" if first.column else "") + f": {first.reason}"
        )
        share = f"{rejected} of {rows} rows are rejected" if rejected < rows else "no row can be taken"
        return f"{self.source.name}: nothing was written, since {share} ({what})."

    def _report(
        self, poll: Poll, batch: Batch, counts: dict[str, int], refused: str, written: bool
    ) -> ImportReport:
        figures = counting.figures_of(poll)
        return ImportReport(
            poll=poll.slug,
            dry_run=self.dry_run,
            written=written,
            file=self.source.name,
            encoding=self.source.encoding,
            delimiter=self.source.delimiter,
            **counts,
            voters=figures.voters,
            distinct_titles=figures.titles,
            options=figures.options,
            published=figures.published,
            errors=staging.first_errors(),
            rejects_file=write_rejects(self.rejects, self.source, self.columns),
            seconds=round(time.perf_counter() - self.started, 3),
            refused=refused,
            poll_id=poll.pk if written else None,
            batch_id=batch.pk if written else None,
            notes=(),
            admitted=figures.admitted,
        )

    def _header(self, *fields: str) -> str:
        found = [
            self.columns.headers[self.columns.fields[field]]
            for field in fields
            if field in self.columns.fields
        ]
        return found[0] if found else ""


def _sql_state(error: OperationalError) -> str:
    """PostgreSQL's code for what went wrong; "" when the connection broke before it could say so."""
    return getattr(error.__cause__, "sqlstate", None) or ""
