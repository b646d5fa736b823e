"""A worker beside the pages: begun again when it dies, gone with the process above it, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection

from config.env import BASE_DIR
from polls import jobs
from polls.models import ImportJob, Vote
from tests import database
from tests.config.conftest import wait_until
from tests.queue import empty_queue, upload

# Some statements that begin a keeper as `serve` does, and wait for the end.
ABOVE = """
import signal, sys
from config import bootstrap, worker
bootstrap.bring_up(tables=False)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with worker.kept(concurrency=1):
    signal.pause()
"""


@pytest.fixture
def environment(transactional_db, tmp_path) -> dict[str, str]:
    """For a process of its own on the tests' database and home."""
    empty_queue()
    (tmp_path / "home").mkdir()
    return {
        **os.environ,
        "DATABASE_URL": database.address(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ROLECALL_HOME": str(tmp_path / "home"),
    }


def start(words: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *words],
        stderr=subprocess.PIPE,
        text=True,
        cwd=BASE_DIR,
        env=environment,
    )


def processes() -> dict[int, int]:
    """Every live process and the one that began it."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listed.splitlines())
    return {int(pid): int(above) for pid, above, state in rows if not state.startswith("Z")}


def children(pid: int) -> list[int]:
    return [one for one, above in processes().items() if above == pid]


def alive(pid: int) -> bool:
    return pid in processes()


def workers() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers")
        return int(cursor.fetchone()[0])


def test_a_worker_that_dies_is_begun_again_and_none_outlives_the_process_above(environment):
    above = start(["-c", ABOVE], environment)
    try:
        wait_until(jobs.worker_is_running)
        (keeper,) = children(above.pid)
        (worker,) = children(keeper)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: workers() == 2)
        (second,) = children(keeper)
        assert second != worker
        above.kill()
        wait_until(lambda: not alive(keeper) and not alive(second))
    finally:
        above.kill()
        above.communicate(timeout=60)


def test_the_worker_ends_with_a_keeper_that_is_killed_and_with_one_that_is_asked(environment):
    above = start(["-c", ABOVE], environment)
    try:
        wait_until(jobs.worker_is_running)
        (keeper,) = children(above.pid)
        (worker,) = children(keeper)
        above.terminate()
        assert above.wait(60) == 0
        assert not alive(keeper)
        assert not alive(worker)
        assert workers() == 0
        assert not jobs.worker_is_running()
    finally:
        above.kill()
        above.communicate(timeout=60)


def test_a_worker_that_lost_its_connections_goes_on_and_stops_in_good_order(environment, ada, poll):
    with connection.cursor() as cursor:
        # Some may be this process's own, of the context in which a browser runs.
        cursor.execute("SELECT array_agg(pid) FROM pg_stat_activity WHERE datname = current_database()")
        (ours,) = cursor.fetchone()
    worker = start(["manage.py", "worker", "--concurrency", "1"], environment)
    try:
        wait_until(jobs.worker_is_running)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL(%s)",
                [ours],
            )
            assert cursor.fetchone()[0] > 0
        job = jobs.ask_for_job(upload=upload(ada, poll), kind=ImportJob.Kind.IMPORT, by=ada)

        def is_done() -> bool:
            job.refresh_from_db()
            return job.state == ImportJob.State.DONE

        wait_until(is_done)
        assert Vote.objects.count() == 3
        assert jobs.worker_is_running()
    finally:
        worker.send_signal(signal.SIGINT)
        said = worker.communicate(timeout=60)[1]
    assert worker.returncode == 0, said
    assert said.startswith("A worker runs here. Stop it with Ctrl-C.\n")
    assert workers() == 0


def test_a_worker_without_a_database_is_told_so_in_one_sentence(tmp_path):
    words = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "ROLECALL_HOME": str(tmp_path),
    }
    refused = subprocess.run(
        [sys.executable, "manage.py", "worker"],
        capture_output=True,
        text=True,
        cwd=BASE_DIR,
        env=words | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith("The database of DATABASE_URL cannot be used")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["--concurrency", "0"], ["--concurrency", "many"], ["--surely"]])
def test_wrong_usage_is_refused(words):
    from django.core.management import CommandError, call_command

    with pytest.raises(CommandError):
        call_command("worker", *words)
