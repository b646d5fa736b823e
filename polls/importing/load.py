"""Load a file of voters into a poll: one transaction, repeatable, true counts in a dry run too.

The file is read, validated and staged first; only then the poll is locked and the rows are written, by a few
statements over the whole set. A dry run does the same and rolls back.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import batched
from pathlib import Path

from django.db import connection, transaction

from polls.changes import lock_poll, tell_votes_changed
from polls.importing import headlines, identity, mapping, published, staging, upsert
from polls.importing.progress import SILENT, Progress
from polls.importing.readers import Source
from polls.importing.reading import Reading
from polls.importing.report import ImportReport
from polls.importing.staging import CHUNK
from polls.importing.target import Target, find_or_make_poll, known_option_keys, settle_options
from polls.importing.validate import Clean, clean_rows
from polls.models import Batch, Poll, User
from polls.problems import Refused

_ATTEMPTS = 5


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
    Raises `polls.problems.Refused` (unreadable, a column missing) and `WrongUsage`.
    """
    started = time.perf_counter()
    target = Target(
        poll, question.strip(), tuple(options), published_total, tuple(published_shares), opened_on, closed_on
    )
    reading = reading or Reading(columns=columns)
    columns_found = mapping.preview(source, reading.columns, rows=0).mapping
    if columns_found.missing():
        raise Refused(f"{source.name}: {columns_found.missing()}")
    job = _Job(source, columns_found, target, by, dry_run, strict, rejects, started, progress, before_commit)
    for _ in range(_ATTEMPTS):
        try:
            return job.run()
        except identity.Interrupted:
            continue
    raise Refused(
        f"Other imports keep changing {poll} meanwhile; nothing was written. Try again in a moment."
    )


@dataclass(frozen=True, slots=True)
class _Job:
    """One import with all that was asked for."""

    source: Source
    columns: mapping.ColumnMapping
    target: Target
    by: User | None
    dry_run: bool
    strict: bool
    rejects: Path | None
    started: float
    progress: Progress
    before_commit: Callable[[ImportReport], None] | None

    def run(self) -> ImportReport:
        with transaction.atomic():
            known = known_option_keys(self.target)
            self.progress.phase("reading")
            staging.stage(
                self._watched(clean_rows(self.source.records(), self.columns, known, self.source.limits))
            )
            self.progress.phase("matching")
            lock_poll(self.target.slug)
            if known_option_keys(self.target) != known:
                raise identity.Interrupted
            poll = find_or_make_poll(self.target, by=self.by)
            with staging.plans_for_many_rows():
                self._resolve(poll)
                settle_options(poll, self.target.published_shares)
                self.progress.phase("writing")
                batch, counts = self._write(poll)
            refused = self._refusal(counts)
            written = not refused and not self.dry_run
            if written:
                self.progress.phase("cases")
                tell_votes_changed(poll_id=poll.pk, batch_id=batch.pk)
            report = self._report(poll, batch, counts, refused, written)
            if not written:
                transaction.set_rollback(True)
            elif self.before_commit is not None:
                self.before_commit(report)
            return report

    def _watched(self, rows: Iterable[Clean]) -> Iterator[Clean]:
        """The same rows, telling how many went by."""
        for piece in batched(rows, CHUNK, strict=False):
            yield from piece
            self.progress.advance(len(piece))

    def _resolve(self, poll: Poll) -> None:
        """Say of every row who it is, rejecting those that cannot be."""
        headers = {
            "id": self._header("voter_id", "profile_url"),
            "url": self._header("profile_url", "voter_id"),
        }
        staging.reject_repeated(headers)
        identity.match_voters(poll_id=poll.pk, headers=headers)

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
            imported_by=self.by,
        )
        identity.write_voters(poll_id=poll.pk)
        headlines.write_headlines()
        created, updated = upsert.write_votes(
            poll_id=poll.pk,
            batch_id=batch.pk,
            by_id=self.by.pk if self.by else None,
            file_headers=file_headers,
            headers=headers,
        )
        rows, rejected = staging.counts()
        counts = {
            "rows": rows,
            "created": created,
            "updated": updated,
            "unchanged": rows - rejected - created - updated,
            "rejected": rejected,
        }
        batch.counts = counts
        batch.save(update_fields=["counts"])
        return batch, counts

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
        tallies = _tallies(poll)
        voters, titles = _voters_and_titles(poll)
        return ImportReport(
            poll=poll.slug,
            dry_run=self.dry_run,
            written=written,
            file=self.source.name,
            encoding=self.source.encoding,
            delimiter=self.source.delimiter,
            **counts,
            voters=voters,
            distinct_titles=titles,
            options=published.option_totals(tallies, poll.published_total),
            published=published.compare(tallies, poll.published_total),
            errors=staging.first_errors(),
            rejects_file=self._write_rejects(),
            seconds=round(time.perf_counter() - self.started, 3),
            refused=refused,
            poll_id=poll.pk if written else None,
            batch_id=batch.pk if written else None,
            notes=(),
            admitted=published.admitted_tables(tallies, poll.published_total) if poll.single_choice else None,
        )

    def _write_rejects(self) -> str | None:
        """Every rejected row in its original cells plus `reason`, in a second reading of the file."""
        if self.rejects is None:
            return None
        reasons = staging.rejected_rows()
        with _writable(self.rejects) as write:
            write([*self.columns.headers, "reason"])
            row, reason = next(reasons, (0, ""))
            for record in self.source.records():
                if record.row == row:
                    write([*_padded(record.cells, self.columns.width), reason])
                    row, reason = next(reasons, (0, ""))
        return str(self.rejects)

    def _header(self, *fields: str) -> str:
        found = [
            self.columns.headers[self.columns.fields[field]]
            for field in fields
            if field in self.columns.fields
        ]
        return found[0] if found else ""


@contextmanager
def _writable(path: Path) -> Iterator[Callable[[Sequence[str]], object]]:
    try:
        with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
            yield csv.writer(file, lineterminator="\r\n").writerow
    except OSError as error:
        raise Refused(
            f"The rejected rows cannot be written to {path}: {error.strerror}; nothing was written."
        ) from None


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _tallies(poll: Poll) -> list[published.Tally]:
    """Live votes per option, in the order of the options."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.text, o.position, count(v.id), o.published_share, o.published_digits
            FROM polls_option o LEFT JOIN polls_vote v
              ON v.poll_id = o.poll_id AND v.option_id = o.id AND v.voided_at IS NULL
            WHERE o.poll_id = %s GROUP BY o.id ORDER BY o.position
            """,
            [poll.pk],
        )
        return [published.Tally(*row) for row in cursor.fetchall()]


def _voters_and_titles(poll: Poll) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT voter_id), count(DISTINCT headline_id)
            FROM polls_vote WHERE poll_id = %s AND voided_at IS NULL
            """,
            [poll.pk],
        )
        voters, titles = cursor.fetchone()
    return voters, titles
