"""One attempt at an import: read, check and stage, then lock the poll and write, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import cast

from django.db import transaction

from polls.changes import lock_poll, tell_votes_changed
from polls.importing import counting, dating, headlines, identity, staging, upsert
from polls.importing.mapping import ColumnMapping, preview
from polls.importing.progress import Progress
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


@dataclass(frozen=True, slots=True)
class Understood:
    """A file and how it is read: its columns, whether the day comes first in its dates, what to say of it."""

    source: Source
    reading: Reading
    columns: ColumnMapping
    day_first: bool | None
    notes: tuple[str, ...]


def understand(source: Source, reading: Reading, known_options: Iterable[str]) -> Understood:
    """Find the header and guess what nobody said. Raises Refused when a column is missing, and WrongUsage."""
    columns = preview(source, reading, rows=0, known_options=known_options).mapping
    if columns.missing():
        raise Refused(f"{source.name}: {columns.missing()}")
    day_first, notes = dating.order_of(source, reading, columns)
    return Understood(source, reading, columns, day_first, (*columns.notes, *notes))


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of an import beside its poll (see `load.run_import`)."""

    by: User | None
    dry_run: bool
    strict: bool
    rejects: Path | None
    progress: Progress
    before_commit: Callable[[ImportReport], None] | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One import with all that was asked for. `started` is a reading of `time.perf_counter`."""

    file: Understood
    target: Target
    wishes: Wishes
    started: float

    def run(self) -> ImportReport:
        """Do it, or raise and leave nothing. Raises `identity.Interrupted` when it is worth another try."""
        with transaction.atomic():
            known, several = known_option_keys(self.target), several_choices(self.target)
            self.wishes.progress.phase("reading", self.file.source.row_estimate or None)
            left_out = LeftOut()
            # Closed before the file is, also when reading is broken off.
            with closing(cast("Generator[Record]", self.file.source.records())) as records:
                staging.stage(self._watched(self._clean(records, known, several, left_out)))
            self.wishes.progress.phase("matching")
            lock_poll(self.target.slug)
            if (known_option_keys(self.target), several_choices(self.target)) != (known, several):
                raise identity.Interrupted
            poll = find_or_make_poll(self.target, by=self.wishes.by)
            with staging.plans_for_many_rows():
                notes = self._resolve(poll, undecided=several is None)
                settle_options(poll, self.target.published_shares)
                self.wishes.progress.phase("writing")
                batch, counts = self._write(poll)
            refused = self._refusal(counts)
            written = not refused and not self.wishes.dry_run
            if written:
                self.wishes.progress.phase("cases")
                tell_votes_changed(poll_id=poll.pk, batch_id=batch.pk)
                if counts["rows"] >= CHUNK:
                    staging.check_keys()
            report = replace(
                self._report(poll, batch, counts, refused, written),
                notes=(*self.file.notes, *left_out.told(), *notes),
            )
            if not written:
                transaction.set_rollback(True)
            elif self.wishes.before_commit is not None:
                self.wishes.before_commit(report)
            return report

    def _clean(
        self, records: Iterator[Record], known: frozenset[str], several: bool | None, left_out: LeftOut
    ) -> Iterator[Clean]:
        # Where nobody said that there are several choices, only known options can tell that a cell has them.
        may_be_several = bool(known or self.file.columns.option_columns) if several is None else several
        return clean_rows(
            records,
            self.file.columns,
            known,
            self.file.source.limits,
            day_first=self.file.day_first,
            multiple=may_be_several,
            left_out=left_out,
        )

    def _watched(self, rows: Iterable[Clean]) -> Iterator[Clean]:
        """The same rows, telling how many went by."""
        for piece in batched(rows, CHUNK, strict=False):
            yield from piece
            self.wishes.progress.advance(len(piece))

    def _resolve(self, poll: Poll, *, undecided: bool) -> list[str]:
        """Say of every row who it is, rejecting those that cannot be. What there is to say of it."""
        headers = {
            "id": self._header("voter_id", "profile_url"),
            "url": self._header("profile_url", "voter_id"),
        }
        notes = []
        if undecided and staging.name_several_options(own=self.file.columns.own):
            poll.single_choice = False
            poll.save(update_fields=["single_choice"])
            notes.append("The file has voters with several options, so the poll allows several choices.")
        each_option = self.file.columns.own and not poll.single_choice
        staging.reject_repeated(headers, each_option=each_option)
        identity.match_voters(poll_id=poll.pk, headers=headers)
        if each_option:
            staging.take_back_followers()
        return notes + staging.told_of_repeated()

    def _write(self, poll: Poll) -> tuple[Batch, dict[str, int]]:
        file_headers = [name for _, name in self.file.columns.extras]
        headers = upsert.extra_headers(poll.pk, file_headers)
        batch = Batch.objects.create(
            poll=poll,
            file_name=self.file.source.name[-255:],
            sha256=self.file.source.sha256,
            encoding=self.file.source.encoding[:40],
            delimiter=self.file.source.delimiter,
            headers=list(self.file.columns.headers),
            extra_headers=headers,
            preset=self.file.columns.preset[:50],
            sheet=self._sheet()[:255],
            imported_by=self.wishes.by,
        )
        by_id = self.wishes.by.pk if self.wishes.by else None
        identity.write_voters(poll_id=poll.pk, batch_id=batch.pk, by_id=by_id)
        headlines.write_headlines()
        created, updated = upsert.write_votes(
            poll=poll,
            batch_id=batch.pk,
            by_id=by_id,
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
        batch.counts = counts | {"fields": sorted(self.file.columns.fields)}
        batch.save(update_fields=["counts"])
        return batch, counts

    def _replaces(self) -> bool:
        """Whether an option that the file does not name is one the voter chose no more. Our own files have a
        row per option: there one that was rejected, or comes alone after its correction, may be missing."""
        if not self.file.columns.own:
            return True
        return self.file.columns.headers[-1] != REASON and not staging.rejected_for_itself()

    def _sheet(self) -> str:
        """The sheet of a workbook, and the table within it or the file when it holds several."""
        table = f"table {self.file.reading.table}" if self.file.reading.table else ""
        return ", ".join(part for part in (self.file.source.sheet, table) if part)

    def _refusal(self, counts: dict[str, int]) -> str:
        rows, rejected = counts["rows"], counts["rejected"]
        if not rejected or (rejected < rows and not self.wishes.strict):
            return ""
        first = staging.first_errors()[0]
        what = (
            f"row {first.row}" + (f", column “{first.column}”" if first.column else "") + f": {first.reason}"
        )
        share = f"{rejected} of {rows} rows are rejected" if rejected < rows else "no row can be taken"
        return f"{self.file.source.name}: nothing was written, since {share} ({what})."

    def _report(
        self, poll: Poll, batch: Batch, counts: dict[str, int], refused: str, written: bool
    ) -> ImportReport:
        figures = counting.figures_of(poll)
        return ImportReport(
            poll=poll.slug,
            dry_run=self.wishes.dry_run,
            written=written,
            file=self.file.source.name,
            encoding=self.file.source.encoding,
            delimiter=self.file.source.delimiter,
            **counts,
            voters=figures.voters,
            distinct_titles=figures.titles,
            options=figures.options,
            published=figures.published,
            errors=staging.first_errors(),
            rejects_file=write_rejects(self.wishes.rejects, self.file.source, self.file.columns),
            seconds=round(time.perf_counter() - self.started, 3),
            refused=refused,
            poll_id=poll.pk if written else None,
            batch_id=batch.pk if written else None,
            notes=(),
            admitted=figures.admitted,
        )

    def _header(self, *fields: str) -> str:
        found = [
            self.file.columns.headers[self.file.columns.fields[field]]
            for field in fields
            if field in self.file.columns.fields
        ]
        return found[0] if found else ""
