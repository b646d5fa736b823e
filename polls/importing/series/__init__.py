"""Several polls at once: each table in a folder or zip is one, and `polls.csv` beside them says more.

Each file is one import of its own, all of it or nothing; one that fails does not undo the others. Voters are
matched by their profile's address as always, so the same voter across polls is one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from django.db import DatabaseError, transaction

from polls.importing.bounds import Limits
from polls.importing.load import run_import
from polls.importing.progress import SILENT, Progress
from polls.importing.readers import open_upload
from polls.importing.reading import Reading
from polls.importing.report import ImportReport
from polls.importing.series.manifest import NAME, Wish, read_manifest
from polls.importing.series.members import Members, open_members
from polls.models import User, Vote
from polls.problems import Refused

__all__ = ["Failure", "SeriesReport", "import_series"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A file of which nothing was written, and why, in a sentence."""

    file: str
    error: str

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file, "error": self.error}


@dataclass(frozen=True, slots=True)
class SeriesReport:
    """What came of each file, in order. `voters` counts different people over all polls of the series, as
    they are afterwards (in a dry run: as they would be). `left_out` are files that are no tables."""

    polls: tuple[ImportReport | Failure, ...]
    voters: int
    left_out: tuple[str, ...] = ()

    @property
    def written(self) -> int:
        """Files that were written; none in a dry run."""
        return sum(isinstance(each, ImportReport) and each.written for each in self.polls)

    @property
    def failed(self) -> int:
        """Files that could not be read, or were refused."""
        return sum(isinstance(each, Failure) or bool(each.refused) for each in self.polls)

    def as_json(self) -> dict[str, Any]:
        """`polls` as `import_poll` prints each, or `{"file", "error"}`; `written`, `failed`, `voters`."""
        return {
            "polls": [each.as_json() for each in self.polls],
            "written": self.written,
            "failed": self.failed,
            "voters": self.voters,
        }


def import_series(
    *,
    path: Path,
    by: User | None,
    dry_run: bool = False,
    strict: bool = False,
    rejects: Path | None = None,
    limits: Limits | None = None,
    spool: Path | None = None,
    progress: Progress = SILENT,
    tell: Callable[[str], None] = lambda file: None,
) -> SeriesReport:
    """Import every table of a folder or zip. `tell` hears the name of each file before it is read.

    The poll of a file has the slug that the file's name gives, unless the manifest names another; only the
    manifest may send several files, or several sheets of one, to the same poll. Rejected rows go to the
    folder `rejects`, a file per import. A dry run counts voters across the files as a real run would, so it
    keeps the polls locked to its end. Raises Refused when there is nothing to import at all.
    """
    limits = limits or Limits()
    with open_members(path, limits=limits, spool=spool) as members:
        wishes = _wishes(members, limits)
        if not wishes:
            raise Refused(f"{members.where} holds no table to import (CSV, TSV, XLSX or ODS).")
        if rejects is not None:
            _make_folder(rejects)
        taken = {wish.file for wish in wishes}
        left_out = tuple(name for name in members.names if name not in taken and name.casefold() != NAME)
        run = _Run(members, by, dry_run, strict, rejects, limits, spool, progress)
        if not dry_run:
            return replace(_all(run, wishes, tell), left_out=left_out)
        with transaction.atomic():
            report = _all(run, wishes, tell)
            transaction.set_rollback(True)
        tried = (
            replace(each, dry_run=True, written=False, poll_id=None, batch_id=None)
            if isinstance(each, ImportReport)
            else each
            for each in report.polls
        )
        return replace(report, polls=tuple(tried), left_out=left_out)


@dataclass(frozen=True, slots=True)
class _Run:
    members: Members
    by: User | None
    dry_run: bool
    strict: bool
    rejects: Path | None
    limits: Limits
    spool: Path | None
    progress: Progress

    def one(self, wish: Wish, number: int) -> ImportReport | Failure:
        """One import; `number` counts those of the same poll from 1."""
        try:
            if wish.problem:
                raise Refused(wish.problem)
            with self.members.open(wish.file) as stream:
                return self._import(wish, stream, number)
        except Refused as problem:
            return Failure(wish.file, str(problem))
        except DatabaseError as error:
            detail = " ".join(str(error).split())
            return Failure(
                wish.file, f"The database refused {wish.file}, so nothing of it was written: {detail}"
            )

    def _import(self, wish: Wish, stream: Any, number: int) -> ImportReport:
        with open_upload(
            stream,
            name=wish.file,
            encoding=wish.encoding,
            sheet=wish.sheet,
            limits=self.limits,
            spool=self.spool,
        ) as source:
            return run_import(
                source=source,
                poll=wish.slug,
                by=self.by,
                reading=Reading(
                    encoding=wish.encoding, sheet=wish.sheet, preset=wish.preset, everyone=wish.everyone
                ),
                question=wish.question,
                options=wish.options,
                published_total=wish.published_total,
                published_shares=wish.published_shares,
                opened_on=wish.opened_on,
                closed_on=wish.closed_on,
                strict=self.strict,
                rejects=self._rejects_of(wish, number),
                progress=self.progress,
            )

    def _rejects_of(self, wish: Wish, number: int) -> Path | None:
        """Named after the poll, never after the file."""
        if self.rejects is None:
            return None
        return self.rejects / (f"{wish.slug}.csv" if number == 1 else f"{wish.slug}-{number}.csv")


def _all(run: _Run, wishes: Sequence[Wish], tell: Callable[[str], None]) -> SeriesReport:
    results: list[ImportReport | Failure] = []
    numbers: dict[str, int] = {}
    for wish in wishes:
        tell(wish.file)
        numbers[wish.slug] = numbers.get(wish.slug, 0) + 1
        results.append(run.one(wish, numbers[wish.slug]))
    slugs = {each.poll for each in results if isinstance(each, ImportReport) and not each.refused}
    voters = Vote.objects.filter(poll__slug__in=slugs, voided_at=None).values("voter").distinct().count()
    return SeriesReport(tuple(results), voters)


def _wishes(members: Members, limits: Limits) -> list[Wish]:
    """What the manifest says, in its order, then every other table under the name of its file."""
    manifest = next((name for name in members.names if name.casefold() == NAME), "")
    said: list[Wish] = []
    if manifest:
        with members.open(manifest) as stream:
            said = read_manifest(stream, limits)
    wishes = [wish if wish.slug or wish.problem else _named_after_file(wish) for wish in said]
    named = {wish.file for wish in said}
    by_file: dict[str, str] = {wish.slug: wish.file for wish in wishes}
    for name in members.polls():
        if name in named or name == manifest:
            continue
        wish = _named_after_file(Wish(name))
        first = by_file.setdefault(wish.slug, name)
        if first != name and not wish.problem:
            wish = replace(wish, problem=f"{name} names the same poll as {first}: say in {NAME} which it is.")
        wishes.append(wish)
    return wishes


def _named_after_file(wish: Wish) -> Wish:
    stem = unicodedata.normalize("NFKD", PurePosixPath(wish.file).stem)
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub("[\u0300-\u036f]", "", stem).casefold()).strip("-")
    slug = slug[:50].strip("-")
    if slug:
        return replace(wish, slug=slug)
    return replace(wish, problem=f"The name of {wish.file} gives no slug for its poll: name one in {NAME}.")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Refused(f"The rejected rows cannot be written to {folder}: {reason}.") from None
