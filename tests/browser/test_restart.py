"""A server that is killed while somebody reads, and begun again: a real process on a real port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from classify.models import Decision, Round
from classify.verify import verify
from config import serve
from config.env import BASE_DIR, SetupError
from tests import database
from tests.browser.conftest import Watched
from tests.browser.outbox import all_saved, decide, kept, ready, stored
from tests.classify.acts import open_round
from tests.config.conftest import wait_until
from tests.config.test_serve import free_port
from tests.factories import make_vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Server:
    """`manage.py serve` on the tests' own database, to be killed and begun again on the same port."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home / "said"
        self.environment = {
            **os.environ,
            "DATABASE_URL": database.address(),
            # Those of the tests: it knows the sessions that begin here, and packs no static files at first.
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "ROLECALL_HOME_OF_TESTS": str(home),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--no-worker", "--bind", f"127.0.0.1:{self.port}"],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=BASE_DIR,
                env=self.environment,
                start_new_session=True,
            )
        wait_until(lambda: "Rolecall is ready" in self.log.read_text() or self._is_gone(), 180)
        assert not self._is_gone(), self.log.read_text()

    def _is_gone(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """Every process of it, at once, and without a word; then the port is free."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)
        self.process = None
        wait_until(self._is_port_free)

    def _is_port_free(self) -> bool:
        try:
            serve.check_free("127.0.0.1", self.port)
        except SetupError:
            return False
        return True


@pytest.fixture
def forty(poll, ada, rosa, sam) -> Round:
    for n in range(40):
        make_vote(poll, f"Title {n:02}")
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, seed=3)


@pytest.fixture
def server(forty: Round, tmp_path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def page(browser: Browser, server: Server, rosa) -> Iterator[Page]:
    """Rosa's page on that server."""
    tabs = Watched(browser, server.address)
    tabs.tolerate("Failed to load resource")  # while there is none
    yield ready(tabs.open_for(rosa))
    tabs.close()
    assert not tabs.unexpected(), "\n".join(tabs.unexpected())


def test_what_is_decided_before_during_and_after_a_killed_server_is_stored_once_each(
    page: Page, server: Server
):
    said = decide(page, "1234")
    all_saved(page, 4, 40)
    said |= decide(page, "12345")  # some of them are under way
    server.kill()
    before = Decision.objects.count()
    assert 4 <= before <= 9
    said |= decide(page, "54321")
    expect(page.locator("#trouble")).to_contain_text("The server cannot be reached.")
    expect(page.locator("#progress")).to_contain_text("14 of 40")
    assert len(kept(page)) >= 14 - before
    assert Decision.objects.count() == before
    server.start()
    page.locator("[data-send-now]").dispatch_event("click")  # maybe hidden: it tries by itself as well
    all_saved(page, 14, 40)
    said |= decide(page, "1")
    all_saved(page, 15, 40)
    assert kept(page) == []
    assert stored() == said
    assert len(said) == 15
    assert not verify().drift
