"""The worker: takes big imports from the queue in the database. Any number, on any machine that shares it.

`manage.py worker` runs one; `serve` and `demo` keep one beside the pages:

    serve ── keeper ── worker

The keeper is a small process that does nothing but begin the worker again when it dies. Each looks twice a
second whether the one above it lives, so that nothing is left when any of them is killed. Where the system
can, they are copies of the serving process that share its memory.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from config import bootstrap, embedded, env

logger = logging.getLogger(__name__)

DEFAULT_CONCURRENCY = 2
LOOK_EVERY = 0.5
"""Seconds between two looks at the process above."""
ASK_EVERY = 1.0
"""Seconds between two questions for work. A new job is heard of at once; that one which others of its poll
waited for has ended, or was given back, is not."""
PATIENCE = 8.0
"""Seconds in which what runs may break off by itself, when a worker is asked to end."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a worker that died, or that lost the database, is begun again."""

_ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP")


def run_worker(*, concurrency: int = DEFAULT_CONCURRENCY, above: int | None = None) -> None:
    """Work until asked to end, or until the process `above` is gone. A database that goes away is waited for.

    What runs then breaks off and is put back; after `PATIENCE` seconds the process ends in any case, which is
    no different from being killed.
    """
    from polls import job_runs

    _on_endings(_leave)
    # The driver wants this kind of loop; elsewhere it is the usual one.
    loop = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    pause = FIRST_PAUSE
    while not job_runs.leaving.is_set():
        began = time.monotonic()
        try:
            asyncio.run(_work(concurrency, above), loop_factory=loop)
        except Exception as problem:  # of several kinds: the driver's, the pool's, procrastinate's own
            said = bootstrap.unreachable(problem)
            logger.warning("The worker begins again in %.1f seconds. %s", pause, said)
        if time.monotonic() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        job_runs.leaving.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


async def _work(concurrency: int, above: int | None) -> None:
    """One worker until it is asked to end. Raises whatever the database raises."""
    worker = asyncio.ensure_future(_one_worker(concurrency))
    watch = asyncio.create_task(_end_in_time(worker, above))
    try:
        with suppress(asyncio.CancelledError):
            await worker
    finally:
        watch.cancel()


async def _one_worker(concurrency: int) -> None:
    from django.conf import settings
    from procrastinate.contrib.django import app, connector_params
    from procrastinate.psycopg_connector import PsycopgConnector

    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=2 + concurrency)
    with app.replace_connector(connector):
        async with app.open_async():
            sweep = asyncio.create_task(_sweep(settings.ROLECALL_WORKER_DEAD_AFTER / 2))
            try:
                await app.run_worker_async(
                    concurrency=concurrency,
                    delete_jobs="always",
                    fetch_job_polling_interval=ASK_EVERY,
                    install_signal_handlers=False,
                    update_heartbeat_interval=settings.ROLECALL_WORKER_HEARTBEAT,
                    stalled_worker_timeout=settings.ROLECALL_WORKER_DEAD_AFTER,
                )
            finally:
                sweep.cancel()


async def _end_in_time(worker: asyncio.Future[None], above: int | None) -> None:
    """End this worker once it is asked to, or once the process above has ended, however it did."""
    from polls import job_runs

    while not job_runs.leaving.is_set() and above in (None, os.getppid()):
        await asyncio.sleep(LOOK_EVERY)
    _leave()
    worker.cancel()


def _leave() -> None:
    """This process is to end: soon, whatever it does."""
    from polls import job_runs

    if not job_runs.leaving.is_set():
        job_runs.leaving.set()
        last = threading.Timer(PATIENCE, os._exit, [1])
        last.daemon = True
        last.start()


async def _sweep(seconds: float) -> None:
    """At the start and every so often: give the jobs of dead workers to the living.

    No job of the queue itself, where it would wait behind the very imports it is there for.
    """
    from asgiref.sync import sync_to_async

    while True:
        try:
            await sync_to_async(_sweep_once, thread_sensitive=False)()
        except Exception as problem:  # the database went away; the worker itself finds out
            logger.warning("Stalled jobs could not be looked for: %s", problem)
        await asyncio.sleep(seconds)


def _sweep_once() -> None:
    from django.db import connection

    from polls import jobs

    try:
        jobs.requeue_stalled()
    finally:
        connection.close()


@contextmanager
def kept(concurrency: int = DEFAULT_CONCURRENCY) -> Iterator[None]:
    """Meanwhile a worker runs beside this process; it ends when this one does."""
    # Copies share what is not written to; the collector would write to all of it.
    gc.collect()
    gc.freeze()
    keeper = _processes().Process(target=keep, args=(concurrency, os.getpid()), name="keeper")
    keeper.start()
    try:
        yield
    finally:
        _end(keeper, PATIENCE + 4)


def keep(concurrency: int, above: int) -> None:
    """In a process of its own: have one worker running until the process `above` ends, or asks for it."""
    asked = threading.Event()
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is for the process above, which then asks
    _on_endings(asked.set)
    pause = FIRST_PAUSE
    while not asked.is_set():
        began = time.monotonic()
        worker = _processes().Process(target=_kept_worker, args=(concurrency, os.getpid()), name="worker")
        worker.start()
        while worker.is_alive() and not asked.is_set():
            worker.join(LOOK_EVERY)
            if os.getppid() != above:
                asked.set()
        if asked.is_set():
            _end(worker, PATIENCE + 2)
            return
        pause = FIRST_PAUSE if time.monotonic() - began > LONGEST_PAUSE else pause
        asked.wait(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _kept_worker(concurrency: int, above: int) -> None:
    try:
        bootstrap.bring_up(tables=False)
        run_worker(concurrency=concurrency, above=above)
    except env.SetupError as problem:
        print(f"The worker cannot start: {problem}", file=sys.stderr)  # noqa: T201 - as every command


def _on_endings(act: Callable[[], None]) -> None:
    """What this process does when the system, or a person, asks it to end."""
    for name in _ENDINGS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: act())


def _end(process: Any, seconds: float) -> None:
    """Ask it to end, and see to it that it does."""
    process.terminate()
    process.join(seconds)
    if process.is_alive():
        process.kill()
        process.join()


def _processes() -> Any:
    """Copies of this process where that is safe and cheap, new ones elsewhere."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def look_after() -> None:
    """In a worker of its own: keep the embedded server up."""
    if not env.text("DATABASE_URL"):
        embedded.keep_alive(env.home())
