"""kill -9 of the worker at twenty random moments of big imports: the result is as if it had not been."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection

from classify.models import Case, CodebookVersion
from classify.verify import verify
from config.env import BASE_DIR
from polls import jobs, upload_check, uploads
from polls.models import Batch, BatchVotes, ImportJob, Poll, User, Vote, Voter, VoterKey
from tests import database, factories
from tests.classify.acts import open_round
from tests.config.conftest import wait_until
from tests.config.test_worker import children
from tests.queue import empty_queue, upload, votes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("kills")]

ROWS = 20_000
KILLS = 20

# As `serve` keeps one, but for its patience: a dead worker is noticed, and begun again, within a second.
SERVER = """
import signal, sys
from django.conf import settings
from config import bootstrap, worker
bootstrap.bring_up(tables=False)
settings.ROLECALL_WORKER_HEARTBEAT, settings.ROLECALL_WORKER_DEAD_AFTER = 0.1, 0.6
worker.FIRST_PAUSE = worker.LONGEST_PAUSE = 0.02
worker.LOOK_EVERY = worker.ASK_EVERY = 0.05
from polls import job_runs, tasks
job_runs.MOST_RUNS = 100
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with worker.kept(concurrency=1):
    signal.pause()
"""


@pytest.fixture
def server(tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that keeps a worker, as `serve` does."""
    empty_queue()
    environment = {
        **os.environ,
        "DATABASE_URL": database.address(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ROLECALL_HOME": str(tmp_path / "home"),
    }
    (tmp_path / "home").mkdir(exist_ok=True)
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=BASE_DIR, env=environment)
    wait_until(jobs.worker_is_running)
    yield process
    process.terminate()
    assert process.wait(30) == 0


def a_poll(slug: str, ada: User, reviewers: list[User]) -> Poll:
    """A poll with a round over three votes, so that what is imported goes into cases too."""
    poll = factories.make_poll(slug)
    factories.make_member("ada", poll, "admin")
    for one in reviewers:
        factories.make_member(one.username, poll, "reviewer")
    upload_check.commit(upload(ada, poll), by=ada)
    version = CodebookVersion.objects.first() or factories.make_codebook()
    open_round(poll, reviewers=reviewers, by=ada, version=version)
    return poll


def outcome(poll: Poll, job: ImportJob) -> dict[str, Any]:
    """Everything that an import leaves, as figures that do not depend on which poll it was."""
    job.refresh_from_db()
    kept = uploads.of_job(job.upload)
    live = Vote.objects.filter(poll=poll, voided_at=None)
    told = {
        name: job.report[name] for name in ("rows", "created", "updated", "unchanged", "rejected", "voters")
    }
    return {
        "state": (job.state, job.problem),
        "report": told,
        "result": {name: kept.result[name] for name in told},
        "file": kept.data.exists(),
        "votes": [live.filter(option__position=position).count() for position in (1, 2, 3)],
        "all votes": Vote.objects.filter(poll=poll).count(),
        "voters": VoterKey.objects.filter(scope=poll).count(),
        "titles": live.values("headline").distinct().count(),
        "cases": sorted(Case.objects.filter(round__poll=poll).values_list("text", "n_votes", "status")),
        "batches": Batch.objects.filter(poll=poll).count(),
        "named": sorted(len(one.vote_ids) for one in BatchVotes.objects.filter(batch__poll=poll)),
    }


def kill_worker(server: subprocess.Popen[bytes]) -> None:
    """Whichever worker there is just now."""
    for keeper in children(server.pid):
        for worker in children(keeper):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)


def ask(ada: User, poll: Poll, text: str) -> ImportJob:
    return jobs.ask_for_job(upload=upload(ada, poll, text), kind=ImportJob.Kind.IMPORT, by=ada)


def state_of(job: ImportJob) -> str:
    job.refresh_from_db()
    return job.state


def finished(poll: Poll, job: ImportJob) -> dict[str, Any]:
    """Wait for the end, and for the worker's last words; what there is then."""
    wait_until(lambda: state_of(job) not in ImportJob.OPEN, 60)
    wait_until(lambda: bool(uploads.of_job(job.upload).result))
    return outcome(poll, job)


def test_an_import_killed_again_and_again_ends_as_one_that_was_not(server, ada, rosa, sam):
    text, moments = votes(ROWS), random.Random(20261122)
    calm = a_poll("calm", ada, [rosa, sam])
    undisturbed = ask(ada, calm, text)
    wanted = finished(calm, undisturbed)
    assert (wanted["state"], wanted["report"]["created"]) == ((ImportJob.State.DONE, ""), ROWS - 3)
    seconds = (undisturbed.finished_at - undisturbed.started_at).total_seconds()
    polls, killed = [calm], 0
    while killed < KILLS:
        poll = a_poll(f"poll-{len(polls)}", ada, [rosa, sam])
        polls.append(poll)
        job = ask(ada, poll, text)
        runs = 0
        # Until it was killed often enough, or was faster than its murderer.
        while killed < KILLS:
            wait_until(lambda job=job, runs=runs: state_of(job) == ImportJob.State.DONE or job.attempt > runs)
            threading.Event().wait(moments.uniform(0, seconds))
            if state_of(job) == ImportJob.State.DONE:
                break
            killed, runs = killed + 1, job.attempt
            kill_worker(server)
        assert finished(poll, job) == wanted
    assert Voter.objects.count() == len(polls) * ROWS
    assert not any(verify(poll).drift for poll in polls)
    assert temporary_tables() == 0


def temporary_tables() -> int:
    """Staging tables of whoever was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'import\\_%%' AND relpersistence = 't'"
        )
        return int(cursor.fetchone()[0])
