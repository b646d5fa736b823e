"""What tests of decisions that wait in the browser do: decide by keys, ask what is kept and stored."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Count
from playwright.sync_api import Page, expect

from classify.models import Decision
from polls.models import User
from tests.browser.conftest import Watched
from tests.factories import ROLE_CATEGORIES

READ = "/polls/cx-head/rounds/1/read/"
ALL_READ = "You have read all 100 titles"
A_HUNDRED = 120_000  # ms for a hundred decisions that are sent one after the other
CODES = {key: code for code, _, _, key, _ in ROLE_CATEGORIES}
DECIDE = re.compile(r"/decide/$")
TO_SERVER = re.compile(r"/decide/$|/upcoming/")


def ready(page: Page, address: str = READ) -> Page:
    page.goto(address)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    return page


def ready_for_trouble(watched: Watched, reader: User) -> Page:
    """The reading page, from which the server may be out of reach."""
    watched.tolerate("ERR_INTERNET_DISCONNECTED")
    watched.tolerate("Failed to load resource")
    return ready(watched.open_for(reader))


def title(page: Page) -> str:
    """What is to be read. While titles are on their way the page has another heading: that is waited out."""
    return page.locator("#case-head #case-title").inner_text()


def decide(page: Page, keys: str) -> dict[str, str]:
    """Press these keys one after the other: which title got which category. Waits for no answer."""
    said = {}
    for key in keys:
        said[title(page)] = CODES[key]
        page.keyboard.press(key)
    return said


def all_saved(page: Page, done: int, total: int = 100) -> None:
    # The progress first: a page that has just come says that all is saved until its script has looked.
    expect(page.locator("#progress")).to_contain_text(f"{done} of {total}")
    expect(page.locator("#save-state")).to_have_text("All saved")


def stored() -> dict[str, str]:
    """What the server keeps; a title decided twice would fail here."""
    twice = Decision.objects.values("case").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice.exists()
    return dict(Decision.objects.values_list("case__text", "category__code"))


def kept(page: Page) -> list[dict[str, Any]]:
    return page.evaluate(
        "() => Object.entries(localStorage).filter(([key]) => key.startsWith('rolecall:outbox'))"
        ".map(([, text]) => JSON.parse(text))"
    )
