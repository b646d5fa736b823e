"""Leaving the reading page while decisions are kept in the browser: "Your work" and logging out say so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Dialog, Page, Request, Route, expect

from classify import rounds
from classify.models import Decision, Round
from classify.views.deciding import MAX_PLACES
from tests.browser.conftest import Watched, round_of
from tests.classify.acts import open_round
from tests.factories import make_member, make_poll, make_vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ = "/polls/cx-head/rounds/1/read/"
DECIDE = re.compile(r"/decide/$")
GONE = "They are of a round that you no longer read, so they cannot be saved."
AWAY = "The server cannot be reached now"


@pytest.fixture
def few(live_server, poll, ada, rosa, sam) -> Round:
    """Five titles for Rosa and Sam."""
    return round_of(5, poll, ada, [rosa, sam])


@pytest.fixture
def page(watched: Watched, few: Round, rosa) -> Page:
    """Rosa has decided two titles, which the server has not got."""
    watched.tolerate("Failed to load resource")
    page = watched.open_for(rosa)
    page.route(DECIDE, lambda route: route.abort())
    return kept_two(page)


def kept_two(page: Page, address: str = READ) -> Page:
    page.goto(address)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    page.keyboard.press("1")
    page.keyboard.press("2")
    expect(page.locator("#save-state")).to_have_text("Not saved yet: 2")
    return page


def both_saved(page: Page) -> None:
    """The progress first: a page that has just come says that all is saved until its script has looked."""
    expect(page.locator("#progress")).to_contain_text("2 of 5")
    expect(page.locator("#save-state")).to_have_text("All saved")


def log_out(page: Page) -> None:
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Log out").first.click()


def log_in(page: Page, name: str) -> None:
    page.goto("/login/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()


def kept(page: Page) -> int:
    script = "() => Object.keys(localStorage).filter((key) => key.startsWith('rolecall:outbox')).length"
    found: int = page.evaluate(script)
    return found


def no_axe_complaint(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"] for node in item["nodes"]]) for item in found]


def test_your_work_says_what_is_not_saved_and_leads_to_where_it_is_sent(page: Page):
    page.goto("/")
    said = page.locator("#kept-here")
    expect(said).to_contain_text("Your decisions on this device that are not saved yet: 2.")
    no_axe_complaint(page)
    page.unroute(DECIDE)
    said.get_by_role("link", name="Save them now: cx-head, round 1").click()
    both_saved(page)
    assert Decision.objects.count() == 2
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(said).to_be_hidden()


def test_logging_out_asks_before_it_leaves_something_unsaved(page: Page):
    page.goto("/codebooks/")
    page.locator("details.menu > summary").click()
    expect(page.locator("[data-logout]")).to_contain_text("kept on this device, not saved yet: 2")
    page.locator("[data-logout] button").click()
    asked = page.get_by_role("dialog", name="Log out before all is saved?")
    expect(asked).to_contain_text("Your decisions on this device that are not saved yet: 2.")
    expect(asked.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_focused()
    no_axe_complaint(page)
    asked.get_by_role("button", name="Stay logged in").click()
    expect(asked).to_be_hidden()
    page.unroute(DECIDE)
    log_out(page)
    asked.get_by_role("link", name="Save them now: cx-head, round 1").click()
    both_saved(page)
    log_out(page)
    expect(page).to_have_url(re.compile("/login/"))
    assert Decision.objects.count() == 2


def test_who_logs_out_all_the_same_is_reminded_and_nobody_else_is_told(page: Page, few: Round):
    log_out(page)
    page.get_by_role("button", name="Log out anyway").click()
    expect(page).to_have_url(re.compile("/login/"))
    assert kept(page) == 2
    expect(page.get_by_text(re.compile("not saved yet"))).to_have_count(0)
    log_in(page, "sam")
    expect(page.get_by_role("heading", name="5 titles wait for you")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#kept-here")).to_be_hidden()
    expect(page.locator("#kept-here")).to_be_empty()
    page.locator("details.menu > summary").click()
    expect(page.locator("[data-logout] [data-kept]")).to_be_hidden()
    page.locator("[data-logout] button").click()
    expect(page).to_have_url(re.compile("/login/"))
    log_in(page, "rosa")
    expect(page.locator("#kept-here")).to_contain_text("not saved yet: 2.")
    assert kept(page) == 2
    assert not Decision.objects.exists()


def test_nothing_is_asked_nor_said_where_all_is_saved(watched: Watched, few: Round, rosa):
    page = watched.open_for(rosa)
    asked: list[Any] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#kept-here")).to_be_hidden()
    log_out(page)
    expect(page).to_have_url(re.compile("/login/"))
    assert not [url for url in asked if "reading-places" in url]


def test_what_was_refused_is_named_on_your_work_too(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = watched.open_for(rosa)

    def refuse(route: Route) -> None:
        route.fulfill(status=422, json={"error": "No such category."})

    page.route(DECIDE, refuse)
    page.goto(READ)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    page.keyboard.press("1")
    expect(page.locator("#save-state")).to_have_text("Not accepted: 1")
    page.goto("/")
    expect(page.locator("#kept-here")).to_contain_text(
        "Your decisions that were not accepted and are to be made anew: 1."
    )
    expect(page.get_by_role("link", name="Decide anew: cx-head, round 1")).to_be_visible()
    log_out(page)
    expect(page).to_have_url(re.compile("/login/"))


def answer_with(page: Page, *, yes: bool) -> list[str]:
    """Answers every question of the browser's own dialog; what was asked is collected."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if yes else dialog.dismiss()

    page.on("dialog", answer)
    return asked


def test_of_a_round_that_somebody_left_it_can_only_be_removed(page: Page, few: Round, rosa):
    rounds.leave_round(round=few, user=rosa, by=rosa)
    page.goto("/")
    said = page.locator("#kept-here")
    expect(said).to_contain_text(GONE)
    expect(said.get_by_role("link")).to_have_count(0)
    asked = answer_with(page, yes=True)
    said.get_by_role("button", name="Remove them from this device").click()
    expect(said).to_be_hidden()
    assert kept(page) == 0
    assert asked == [
        "Remove your decisions of this round from this device? Number: 2. They cannot be brought back."
    ]


def test_nothing_is_removed_by_one_click_alone(page: Page, few: Round, rosa):
    rounds.leave_round(round=few, user=rosa, by=rosa)
    page.goto("/")
    asked = answer_with(page, yes=False)
    page.get_by_role("button", name="Remove them from this device").click()
    assert asked
    assert kept(page) == 2
    expect(page.locator("#kept-here")).to_contain_text(GONE)


def test_who_reads_the_round_again_loses_nothing_by_an_old_button(page: Page, few: Round, rosa, ada):
    rounds.leave_round(round=few, user=rosa, by=rosa)
    page.goto("/")
    remove = page.get_by_role("button", name="Remove them from this device")
    expect(remove).to_be_visible()
    rounds.join_round(round=few, user=rosa, by=ada)
    answer_with(page, yes=True)
    remove.click()
    expect(page.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_visible()
    assert kept(page) == 2


def remember_what_is_said(page: Page) -> None:
    page.evaluate("""() => {
      const here = document.getElementById("kept-here");
      window.said = [];
      new MutationObserver(() => window.said.push(here.textContent)).observe(here, {childList: true});
    }""")


def test_decisions_kept_in_another_tab_are_never_taken_for_those_of_a_round_that_is_gone(
    page: Page, few: Round, rosa, sam, ada
):
    more = make_poll("later")
    for username, role in [("ada", "admin"), ("rosa", "reviewer"), ("sam", "reviewer")]:
        make_member(username, more, role)
    for n in range(5):
        make_vote(more, f"Title {n}")
    open_round(more, reviewers=[rosa, sam], by=ada, version=few.version, seed=3)
    page.goto("/")
    said = page.locator("#kept-here")
    expect(said.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_visible()
    remember_what_is_said(page)
    other = page.context.new_page()
    other.route(DECIDE, lambda route: route.abort())
    kept_two(other, "/polls/later/rounds/1/read/")
    expect(said.get_by_role("link", name="Save them now: later, round 1")).to_be_visible()
    expect(said.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_visible()
    told = page.evaluate("window.said")
    assert told
    assert not [text for text in told if GONE in text or AWAY in text]
    assert kept(page) == 4


def test_what_is_saved_at_once_in_another_tab_is_no_news(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = watched.open_for(rosa)
    page.goto("/")
    page.wait_for_load_state("networkidle")
    remember_what_is_said(page)
    other = page.context.new_page()
    other.goto(READ)
    expect(other.locator("html[data-reading=ready]")).to_be_attached()
    other.keyboard.press("1")
    expect(other.locator("#progress")).to_contain_text("1 of 5")
    expect(other.locator("#save-state")).to_have_text("All saved")
    other.route(DECIDE, lambda route: route.abort())
    other.keyboard.press("1")
    expect(page.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_visible()
    assert [text for text in page.evaluate("window.said") if AWAY in text] == []


def test_however_many_rounds_are_kept_each_is_asked_for(page: Page, few: Round):
    page.evaluate("""() => {
      const [key] = Object.keys(localStorage).filter((one) => one.startsWith("rolecall:outbox"));
      const [, , user, , id] = key.split(":");
      for (let n = 0; n < 120; n += 1) {
        localStorage.setItem(`rolecall:outbox:${user}:${900000 + n}:${id}`, localStorage.getItem(key));
      }
    }""")
    asked: list[list[str]] = []

    def note(request: Request) -> None:
        if "reading-places" in request.url:
            asked.append(request.url.split("=")[1].split(","))

    page.on("request", note)
    page.goto("/")
    expect(page.get_by_role("link", name="Save them now: cx-head, round 1")).to_be_visible()
    expect(page.locator("#kept-here button")).to_have_count(120)
    assert [len(piece) for piece in asked] == [MAX_PLACES, MAX_PLACES, 121 - 2 * MAX_PLACES]
    assert len({one for piece in asked for one in piece}) == 121


def test_without_scripts_one_logs_out_as_ever(watched: Watched, few: Round, rosa):
    page = watched.open_for(rosa, java_script_enabled=False)
    page.goto("/")
    expect(page.locator("#kept-here")).to_be_hidden()
    log_out(page)
    expect(page).to_have_url(re.compile("/login/"))
