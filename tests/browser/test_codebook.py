"""The codebook editor in a browser: by keyboard with JavaScript, and all of it without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from classify import codebooks
from classify.models import Codebook
from tests import factories
from tests.browser.conftest import Watched, whole

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDIT = "/codebooks/role/edit/"
LABELS = "#categories .row-link"


@pytest.fixture
def book(live_server) -> Codebook:
    return factories.make_codebook().codebook


@pytest.fixture
def ada(live_server):
    return factories.make_member("ada", factories.make_poll(), "admin")


def test_categories_are_moved_and_written_by_keyboard_alone(watched: Watched, book, ada):
    page = watched.open_for(ada)
    page.goto(EDIT)
    page.get_by_role("button", name="Move Cannot tell up").focus()
    for place in (4, 3, 2):
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text(f"Cannot tell: {place} / 5")
        # The button of the same category keeps the focus, so that the next press moves it on.
        expect(page.get_by_role("button", name="Move Cannot tell up")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move Cannot tell down")).to_be_focused()
    expect(page.locator(LABELS).first).to_have_text("Cannot tell")
    expect(page.get_by_text("Draft of version 2.")).to_be_visible()
    page.get_by_role("link", name="Cannot tell").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Definition")).to_be_visible()
    whole(page)
    page.get_by_label("Definition").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Nobody could say.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("“Cannot tell” is saved in the draft.")).to_be_visible()
    page.get_by_role("link", name="Look at it and publish").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Publish this version").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 2 is published.")).to_be_visible()
    newest = codebooks.newest_version("role")
    assert newest is not None
    assert newest.categories.get(position=1).definition == "Nobody could say."


def test_leaving_with_something_unsaved_asks_first(watched: Watched, book, ada):
    page = watched.open_for(ada)
    page.goto(f"{EDIT}categories/new/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_label("Label").press_sequentially("Sales")
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Role", exact=True).last.click(no_wait_after=True)
    expect(page.get_by_label("Label")).to_have_value("Sales")
    assert asked == ["beforeunload"]
    page.get_by_role("link", name="Back without saving").click()
    page.wait_for_url(f"**{EDIT}")
    assert asked == ["beforeunload"]


def test_all_of_it_works_without_javascript(watched: Watched, book, ada):
    page = watched.open_for(ada, java_script_enabled=False)
    page.goto(EDIT)
    page.get_by_role("button", name="Move CX up").click()
    expect(page.locator(LABELS).first).to_have_text("CX")
    page.get_by_role("link", name="Add a category").click()
    page.get_by_label("Label").fill("Sales")
    page.get_by_role("button", name="Add to the draft").click()
    page.get_by_role("link", name="Consultant", exact=True).click()
    page.get_by_role("link", name="Merge into another").click()
    page.get_by_label("CX").check()
    page.get_by_role("button", name="Merge in the draft").click()
    expect(page.get_by_text("“Consultant” is now part of “CX”.")).to_be_visible()
    page.goto(EDIT)
    page.get_by_role("link", name="Other", exact=True).click()
    page.get_by_role("button", name="Archive it").click()
    page.get_by_role("button", name="Take Other back").click()
    expect(page.locator(LABELS)).to_have_text(["CX", "Contact Center", "Cannot tell", "Sales", "Other"])
    page.get_by_role("link", name="Look at it and publish").click()
    page.get_by_role("button", name="Publish this version").click()
    expect(page.get_by_text("Version 2 is published.")).to_be_visible()
    page.goto("/codebooks/role/compare/")
    expect(page.get_by_text("Merged into CX.")).to_be_visible()
