"""What workers do: the imports that were asked for, and tidying up. procrastinate finds them here by name."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from polls import job_runs, jobs, upload_check, uploads
from polls.importing.progress import Progress
from polls.importing.report import ImportReport
from polls.models import ImportJob
from polls.problems import Refused


@app.task(
    name=jobs.TASK, queue=jobs.QUEUE, retry=RetryStrategy(wait=1, retry_exceptions=[job_runs.BrokenOff])
)
def run_import(job: str) -> None:
    """Check or import an upload. Run again, it goes on from wherever a killed worker left it."""
    job_id = UUID(job)
    job_runs.carry_out(job_id, check_or_import)
    close_the_books(job_id)


@app.periodic(cron="7 * * * *")
@app.task(name="polls.tidy", queue=jobs.QUEUE, queueing_lock="tidy")
def tidy(timestamp: int) -> None:
    """Delete the uploads that are past their time."""
    uploads.delete_expired()


def check_or_import(
    job: ImportJob, progress: Progress, before_commit: Callable[[ImportReport], None]
) -> ImportReport:
    """What the job asks for. Raises Refused and PollRefused."""
    upload = uploads.of_job(job.upload)
    if upload is None:
        raise Refused(_("The file is no longer here. Start the import again."))
    if job.kind == ImportJob.Kind.CHECK:
        return upload_check.run_check(upload, by=job.asked_by, progress=progress)
    return upload_check.commit(upload, by=job.asked_by, progress=progress, before_commit=before_commit)


def close_the_books(job_id: UUID) -> None:
    """After an import that was committed: the upload says what came of it, also when the worker that did it
    was killed before it could say so."""
    job = ImportJob.objects.filter(pk=job_id, kind=ImportJob.Kind.IMPORT, state=ImportJob.State.DONE).first()
    upload = uploads.of_job(job.upload) if job is not None else None
    if job is not None and job.report is not None and upload is not None and not upload.result:
        upload_check.finish(upload, job.report)
