"""A browser in which people of the cast are logged in, and which tolerates no error on any page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    expect,
    sync_playwright,
)
from pytest_django.live_server_helper import LiveServer

from classify.models import Round
from polls.models import Poll, User
from tests.browser.gate import gated
from tests.classify.acts import open_round
from tests.factories import make_vote

# Playwright's own loop runs in this thread, which Django would otherwise take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

# How long a page may take until it shows what is expected; two cores may be busy with other tests.
PATIENCE = 30_000  # ms
expect.set_options(timeout=PATIENCE)

QUIET = [
    "--no-sandbox",  # containers and CI run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--force-color-profile=srgb",
]


def find_chromium(playwright: Playwright) -> str:
    """The path of a Chromium: named by CHROMIUM, on PATH, or Playwright's own; else one clear sentence."""
    named = os.environ.get("CHROMIUM")
    for name in [named] if named else ["chromium", "chromium-browser", "google-chrome"]:
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    pytest.fail(
        "No Chromium was found: install the package `chromium`, run `playwright install chromium`, "
        "or name one in CHROMIUM.",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a worker."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find_chromium(playwright), args=QUIET)
        yield chromium
        chromium.close()


def whole(page: Page) -> None:
    """Wait for the scripts and styles of a page to which a click or a key has led.

    Its text is found before its scripts listen and its styles are in. `goto` waits for them by itself.
    """
    page.wait_for_load_state("load")


class Watched:
    """Contexts whose pages must stay without errors; `tolerate` names a text that is expected."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.tolerated: list[str] = []

    def open(self, **options: object) -> Page:
        """A page in a browser of its own, where nobody is logged in."""
        context = self.browser.new_context(base_url=self.address, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        # The first report of a process loads the statistics.
        context.set_default_navigation_timeout(60_000)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.errors.append(f"{error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        self.contexts.append(context)
        return context.new_page()

    def open_for(self, user: User, **options: object) -> Page:
        """A page where that person is logged in."""
        page = self.open(**options)
        self.log_in(page, user)
        return page

    def log_in(self, page: Page, user: User) -> None:
        """Hands the browser a session of that person, in place of any other."""
        client = Client()
        client.force_login(user)
        cookie = client.cookies[django_settings.SESSION_COOKIE_NAME]
        page.context.clear_cookies()
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": self.address}])

    def tolerate(self, text: str) -> None:
        """An error that a test brings about on purpose."""
        self.tolerated.append(text)

    def _note(self, text: str) -> None:
        self.errors.append(text)

    def _console(self, message: ConsoleMessage) -> None:
        # Violations of the content security policy arrive here as errors too.
        if message.type in {"error", "warning"}:
            self._note(f"{message.location.get('url', '')}: {message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self._note(f"a page asked another host: {request.url}")

    def _response(self, response: object) -> None:
        status, url = response.status, response.url  # type: ignore[attr-defined]
        if status >= 500:
            self._note(f"{url} answered {status}")

    def unexpected(self) -> list[str]:
        """What went wrong and was not announced."""
        return [error for error in self.errors if not any(text in error for text in self.tolerated)]

    def close(self) -> None:
        """Closes all contexts, so that late errors are in."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def live_server(live_server, transactional_db) -> Iterator[LiveServer]:
    """The live server of the session, in which no request of a test outlives it."""
    with gated(live_server.thread.httpd):
        yield live_server


@pytest.fixture
def watched(browser: Browser, live_server) -> Iterator[Watched]:
    """Browsers on the live server; at the end no console error, no violation, no 500, no other host."""
    tabs = Watched(browser, live_server.url)
    yield tabs
    tabs.close()
    assert not tabs.unexpected(), "\n".join(tabs.unexpected())


@pytest.fixture
def page_for(watched: Watched) -> Callable[..., Page]:
    """A page in which that person is logged in."""
    return watched.open_for


def round_of(count: int, poll: Poll, by: User, reviewers: Sequence[User]) -> Round:
    """A round over so many titles, always in the same order."""
    for n in range(count):
        make_vote(poll, f"Title {n:03}")
    cache.clear()
    return open_round(poll, reviewers=reviewers, by=by, seed=3)


@pytest.fixture
def many(live_server, poll, ada, rosa, sam) -> Round:
    """A hundred titles for Rosa and Sam."""
    return round_of(100, poll, ada, [rosa, sam])


@pytest.fixture
def few(live_server, poll, ada, rosa, sam) -> Round:
    """Three titles."""
    return round_of(3, poll, ada, [rosa, sam])
