"""One run of an import job in a worker: what it tells meanwhile, how it is stopped, how it ends.

The work is one transaction on the thread's connection. A second thread with a connection of its own writes
down twice a second how far it is, and hears whether the job is still this run's: it is not once somebody
cancelled it, or once it was given to another worker because this one was thought dead. Then whatever the
database is doing for the run is broken off.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import UUID

import psycopg
from django.core.exceptions import PermissionDenied
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    InterfaceError,
    connection,
    connections,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from polls.importing.progress import Cancelled, Progress
from polls.importing.report import ImportReport
from polls.models import ImportJob
from polls.problems import Refused
from polls.upload_check import stored

logger = logging.getLogger(__name__)

MOST_RUNS: Final = 5
TELL_EVERY: Final = 0.5
"""Seconds."""

leaving = threading.Event()
"""Set when this process is asked to end: its runs break off and are begun again elsewhere, or later."""

# Connection lost, serialization, deadlock, lock timeout, cancelled by somebody else, server going down.
_PASSES: Final = ("08", "40001", "40P01", "55P03", "57014", "57P")


class BrokenOff(Exception):
    """The run ended for a reason that passes; the job is open still, and has to be begun again."""


type Work = Callable[[ImportJob, Progress, Callable[[ImportReport], None]], ImportReport]
"""What a job does: given the job, whom to tell of progress, and what to call just before the commit."""


def carry_out(job_id: UUID, work: Work) -> None:
    """Run the job, unless it is over. Raises BrokenOff; every other end is written down in the job."""
    job = begin(job_id)
    if job is None:
        return
    run = Run(job)
    try:
        with run.watched():
            report = work(job, run, run.finish)
        if job.kind == ImportJob.Kind.CHECK:
            run.finish(report)
    except Cancelled:
        logger.info("%s: taken from this worker", job)
    except Exception as problem:
        # With whatever is left of the transaction, and perhaps of the connection.
        connection.close()
        run.end(problem)
    finally:
        connection.close()


@transaction.atomic
def begin(job_id: UUID) -> ImportJob | None:
    """The job, now running; None when it is over. Waits for a commit of the run before, if that is under way.

    After `MOST_RUNS` runs that broke off the job has failed.
    """
    job = ImportJob.objects.select_for_update().filter(pk=job_id, state__in=ImportJob.OPEN).first()
    if job is None:
        return None
    if job.attempt >= MOST_RUNS:
        job.state = ImportJob.State.FAILED
        job.finished_at = timezone.now()
        job.problem = _(
            "It was broken off %(times)d times, because its worker was stopped or the database went away, "
            "and is not begun again. Nothing was changed. If the machine is short of memory, that may be why."
        ) % {"times": MOST_RUNS}
        job.save(update_fields=["state", "finished_at", "problem"])
        return None
    job.state = ImportJob.State.RUNNING
    job.attempt += 1
    job.started_at = job.seen_at = timezone.now()
    job.phase, job.rows_done, job.rows_total = "", 0, None
    job.save()
    return job


class Run:
    """A run is its own `Progress`: telling is cheap, and raises Cancelled when the job is no longer ours."""

    def __init__(self, job: ImportJob) -> None:
        self._mine = ImportJob.objects.filter(pk=job.pk, attempt=job.attempt, state=ImportJob.State.RUNNING)
        self._job = job
        self._phase = ""
        self._rows_done = 0
        self._rows_total: int | None = None
        self._taken = False
        self._over = threading.Event()

    def phase(self, name: str, total: int | None = None) -> None:
        """A step begins."""
        self._phase, self._rows_done, self._rows_total = name, 0, total
        self._check()

    def advance(self, rows: int) -> None:
        """So many more rows of the step are done."""
        self._rows_done += rows
        self._check()

    def finish(self, report: ImportReport) -> None:
        """Mark the job as done, in the transaction that wrote its votes. Raises Cancelled when it is not ours
        any more; that transaction must not be committed then."""
        if connection.in_atomic_block:
            # What a commit checks takes seconds for many rows. It is done here, where it can be heard of and
            # broken off: from the next statement to the commit nobody else can write to the job.
            self.phase("storing")
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        document = stored(report)
        if not self._mine.update(state=ImportJob.State.DONE, report=document, finished_at=timezone.now()):
            raise Cancelled

    def end(self, problem: Exception) -> None:
        """Write down why it failed. Raises BrokenOff when it is to be begun again."""
        if self._taken:
            return
        if leaving.is_set() or passes(problem):
            with suppress(DatabaseError, InterfaceError):
                self._mine.update(state=ImportJob.State.WAITING, phase="", rows_done=0, rows_total=None)
            raise BrokenOff from problem
        said = sentence(problem)
        if not said:
            logger.error("%s failed", self._job, exc_info=problem)
            said = _(
                "Something went wrong that Rolecall did not expect. Nothing was changed. What happened is in "
                "the worker’s log, for whoever runs this installation."
            )
        self._mine.update(state=ImportJob.State.FAILED, problem=said, finished_at=timezone.now())

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile another thread tells how far it is, and breaks off what is running when it has to end."""
        working = connections[DEFAULT_DB_ALIAS]  # this thread's, where `connection` is each thread's own
        watch = threading.Thread(target=self._watch, args=(working,), name="import-watch", daemon=True)
        watch.start()
        try:
            yield
        finally:
            self._over.set()
            watch.join()

    def _check(self) -> None:
        if self._taken:
            raise Cancelled
        if leaving.is_set():
            raise BrokenOff

    def _watch(self, working: BaseDatabaseWrapper) -> None:
        # Here `connection` is this thread's own, without a transaction.
        try:
            while not self._over.wait(TELL_EVERY):
                try:
                    self._tell()
                except (DatabaseError, InterfaceError):
                    connection.close()  # a database that went away; the work itself finds out
                if self._taken or leaving.is_set():
                    _break_off(working.connection)
        finally:
            connection.close()

    def _tell(self) -> None:
        known = self._mine.update(
            phase=self._phase[:30],
            rows_done=self._rows_done,
            rows_total=self._rows_total,
            seen_at=Now(),
        )
        self._taken = not known


def sentence(problem: Exception) -> str:
    """Why it failed, for the person who asked; "" when that is a fault of ours."""
    if isinstance(problem, Refused | PermissionDenied):
        return str(problem) or _("You may no longer do this. Nothing was changed.")
    no_room = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)
    if _sql_state(problem) == "53100" or (isinstance(problem, OSError) and problem.errno in no_room):
        return _("The disk is full. Nothing was changed. Make room on it, then start this again.")
    if _sql_state(problem).startswith("53"):
        return _(
            "The database has no memory or no connection left. Nothing was changed. Start this again later."
        )
    return ""


def passes(problem: BaseException) -> bool:
    """Is it likely to work when it is simply begun again?"""
    if isinstance(problem, BrokenOff | InterfaceError):
        return True
    cause = problem.__cause__
    if isinstance(cause, psycopg.OperationalError) and not cause.sqlstate:
        return True  # the connection broke before the server could say why
    return _sql_state(problem).startswith(_PASSES)


def _sql_state(problem: BaseException) -> str:
    cause = problem.__cause__
    return (cause.sqlstate or "") if isinstance(cause, psycopg.Error) else ""


def _break_off(working: Any) -> None:
    """Have the server cancel what it is doing for that psycopg connection; nothing when it does nothing."""
    if working is not None:
        with suppress(psycopg.Error):
            working.cancel_safe(timeout=5)
