"""The queue of the jobs, for tests: emptied, and worked off by a real worker within the test."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from procrastinate.contrib.django import app, connector_params
from procrastinate.psycopg_connector import PsycopgConnector

from polls import jobs, uploads
from polls.models import ImportJob, Poll, User


def empty_queue() -> None:
    """No job and no worker is known. The tables are procrastinate's own, which no test's end empties."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers,"
            " procrastinate_workers"
        )


def work(concurrency: int = 1) -> None:
    """A worker that takes what is in the queue and leaves. Its threads see only what is committed."""
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2 + concurrency)
    with app.replace_connector(connector), ThreadPoolExecutor(max_workers=1) as pool:
        # In a thread of its own: where a browser was opened before, this one has a loop running.
        pool.submit(
            app.run_worker, wait=False, concurrency=concurrency, delete_jobs="always", listen_notify=False
        ).result()


def queued() -> list[dict[str, Any]]:
    """What is in the queue: status, lock and the id of the job."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT status::text, lock, args ->> 'job' FROM procrastinate_jobs"
            " WHERE task_name = %s ORDER BY id",
            [jobs.TASK],
        )
        return [dict(zip(("status", "lock", "job"), row, strict=True)) for row in cursor.fetchall()]


def a_worker(seconds_ago: float = 0) -> int:
    """Some worker, last heard of so long ago; its number."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_ago],
        )
        (number,) = cursor.fetchone()
    return int(number)


def taken(job: ImportJob, worker: int) -> None:
    """As if that worker had taken the job and begun."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE args ->> 'job' = %s",
            [worker, str(job.pk)],
        )


def votes(rows: int, first: int = 1) -> str:
    """A file of so many voters of the study's poll; every tenth shares its title with others."""
    lines = ["voter_id,name,headline,option"]
    for n in range(first, first + rows):
        option = ("Extremely important", "Moderately important", "Not very important")[n % 3]
        lines.append(f"v{n},Voter {n},Head of Care {n // 10},{option}")
    return "\n".join(lines) + "\n"


def upload(by: User, poll: Poll, text: str = "", **more: Any) -> uploads.Upload:
    """A file that waits to be imported into the poll."""
    return uploads.keep(by=by, poll=poll.slug, text=text or votes(3), **more)
