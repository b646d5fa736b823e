"""Imports that run beside the pages: asked for, looked at, cancelled. What a worker does is in `job_runs`.

The queue is procrastinate's, in the same database. A job is put in it by the name of its task, in the
transaction that makes its row; all jobs of one poll have one lock, so that they run one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateWorker
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from polls.models import ImportJob, Poll, User
from polls.permissions import PollRefused, check_can_create_poll, check_can_import
from polls.uploads import TOKEN, Upload

TASK: Final = "polls.import"
QUEUE: Final = "imports"

_STALLED: Final = """
    WITH stalled AS (
        SELECT job.id
        FROM procrastinate_jobs job LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
        WHERE job.status = 'doing'
          AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
        FOR UPDATE OF job SKIP LOCKED
    )
    SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM stalled
"""
_LOST: Final = """
    SELECT job.id FROM polls_importjob job
    WHERE job.state IN ('waiting', 'running') AND NOT EXISTS (
        SELECT FROM procrastinate_jobs queued
        WHERE queued.task_name = %s AND queued.status IN ('todo', 'doing')
          AND queued.args ->> 'job' = job.id::text)
    FOR UPDATE OF job SKIP LOCKED
"""


STEPS: Final = {
    ImportJob.Kind.CHECK: ("reading", "matching", "writing"),
    ImportJob.Kind.IMPORT: ("reading", "matching", "writing", "cases", "storing"),
}
"""The phases of `polls.importing.progress` and the last of `job_runs`, in order. A check stores nothing."""

SILENT_AFTER: Final = timedelta(seconds=5)
"""A run is heard of twice a second, whatever the database is doing for it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an open job stands. `worker`: one is running, for this or another. `ahead`: another job of the same
    poll has to end first. `silent`: it is said to run, but nothing was heard of it for a while.
    `step` of `steps` counts from 1, 0 before the first. `rate` is in rows a second, `seconds_left` for the
    present step; null where nobody can tell."""

    worker: bool
    ahead: bool
    silent: bool
    step: int
    steps: int
    rate: float | None
    seconds_left: float | None


@transaction.atomic
def ask_for_job(*, upload: Upload, kind: str, by: User) -> ImportJob:
    """Have a worker check all rows of the upload, or import it (`ImportJob.Kind`). The second click gets the
    first one's job. Raises PollRefused."""
    check_can_ask(by, upload)
    job = ImportJob.objects.filter(upload=upload.token, state__in=ImportJob.OPEN).first()
    if job is not None:
        return job
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(
                kind=kind, poll_slug=upload.poll, upload=upload.token, asked_by=by, started_at=None
            )
    except IntegrityError:
        # The other of two clicks was faster; its transaction is done, or this one would still wait.
        return ImportJob.objects.filter(upload=upload.token).latest("asked_at")
    _queue(job)
    return job


def check_can_ask(user: User, upload: Upload) -> None:
    """Raises PollRefused unless the person may have this upload imported."""
    if upload.is_new and not upload.result:
        check_can_create_poll(user)
        return
    poll = Poll.objects.filter(slug=upload.poll).first()
    if poll is None:
        raise PollRefused(_("There is no poll %(slug)s any more.") % {"slug": upload.poll})
    check_can_import(user, poll)


def check_can_follow(user: User, job: ImportJob) -> None:
    """Raises PollRefused unless the person asked for the job or may import into its poll: they may look at
    it and cancel it."""
    if job.asked_by_id == user.pk and user.is_active:
        return
    poll = Poll.objects.filter(slug=job.poll_slug).first()
    if poll is None:
        raise PollRefused(_("There is no poll %(slug)s any more.") % {"slug": job.poll_slug})
    check_can_import(user, poll)


@transaction.atomic
def cancel_job(*, job: ImportJob, by: User) -> bool:
    """Stop the job; false when it had ended by itself.

    It counts as cancelled at once: its worker hears of it within a second and, should it be at its end
    already, finds that it may no longer commit. Raises PollRefused.
    """
    check_can_follow(by, job)
    now = timezone.now()
    changed = ImportJob.objects.filter(pk=job.pk, state__in=ImportJob.OPEN).update(
        state=ImportJob.State.CANCELLED, cancel_asked_at=now, finished_at=now
    )
    return bool(changed)


def latest_job(token: str) -> ImportJob | None:
    """The newest job over the upload of that token; none for what is no token."""
    if not TOKEN.fullmatch(token):
        return None
    return ImportJob.objects.filter(upload=token).order_by("-asked_at").first()


def open_jobs(user: User, poll: Poll | None = None) -> QuerySet[ImportJob]:
    """The jobs that are not over yet, newest first: in a poll all of them (for who may import there), else
    those that this person asked for. `poll_exists` is false where the import is what makes the poll."""
    mine = Q(asked_by=user) if poll is None else Q(poll_slug=poll.slug)
    there = Exists(Poll.objects.filter(slug=OuterRef("poll_slug")))
    return ImportJob.objects.filter(mine, state__in=ImportJob.OPEN).annotate(poll_exists=there)


def standing(job: ImportJob) -> Standing:
    """How far an open job is, or why it does not go on."""
    earlier = Q(state=ImportJob.State.RUNNING) | Q(asked_at__lt=job.asked_at)
    others = ImportJob.objects.filter(earlier, poll_slug=job.poll_slug, state__in=ImportJob.OPEN)
    running = job.state == ImportJob.State.RUNNING
    steps = STEPS[ImportJob.Kind(job.kind)]
    silent = running and (job.seen_at is None or job.seen_at < timezone.now() - SILENT_AFTER)
    rate = _rate(job) if running and not silent else None
    left = max(0, job.rows_total - job.rows_done) / rate if rate and job.rows_total else None
    return Standing(
        worker=worker_is_running(),
        ahead=not running and others.exclude(pk=job.pk).exists(),
        silent=silent,
        step=steps.index(job.phase) + 1 if running and job.phase in steps else 0,
        steps=len(steps),
        rate=rate,
        seconds_left=left,
    )


def _rate(job: ImportJob) -> float | None:
    """Rows a second since the run began; only the first step counts rows."""
    if job.started_at is None or job.seen_at is None or job.phase != STEPS[ImportJob.Kind.IMPORT][0]:
        return None
    seconds = (job.seen_at - job.started_at).total_seconds()
    return job.rows_done / seconds if seconds > 0 and job.rows_done else None


def worker_is_running() -> bool:
    """Has any worker, on any machine, been heard of lately?"""
    return ProcrastinateWorker.objects.filter(last_heartbeat__gt=Now() - _until_dead()).exists()


@transaction.atomic
def requeue_stalled() -> int:
    """Give the jobs of dead workers to the living; how many. Safe in several workers at once.

    A job that is open but in no queue (its database was restored, its task ended in an error that could not
    be written down) is put there again.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STALLED, [_until_dead().total_seconds()])
        stalled = int(cursor.rowcount)
        cursor.execute(_LOST, [TASK])
        lost = [job_id for (job_id,) in cursor.fetchall()]
    for job in ImportJob.objects.filter(pk__in=lost):
        _queue(job)
    return stalled + len(lost)


def _queue(job: ImportJob) -> None:
    # Through Django's own connection, also in a worker: one transaction with the row.
    manager = JobManager(DjangoConnector())
    configure_task(name=TASK, job_manager=manager, queue=QUEUE, lock=f"poll {job.poll_slug}").defer(
        job=str(job.pk)
    )


def _until_dead() -> timedelta:
    return timedelta(seconds=settings.ROLECALL_WORKER_DEAD_AFTER)
