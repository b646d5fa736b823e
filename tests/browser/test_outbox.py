"""Decisions that wait in the browser: no network, a server that fails, reloads, two tabs, another person."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from classify.models import Decision, Round
from classify.verify import verify
from tests.browser.conftest import Watched
from tests.browser.outbox import (
    A_HUNDRED,
    ALL_READ,
    DECIDE,
    TO_SERVER,
    all_saved,
    decide,
    kept,
    ready,
    ready_for_trouble,
    stored,
    title,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(watched: Watched, many: Round, rosa) -> Page:
    """Rosa's page, ready: the cases to come are there."""
    return ready_for_trouble(watched, rosa)


def test_a_hundred_cases_by_keyboard_are_stored_once_each(page: Page, many: Round):
    said = decide(page, "1234512345" * 10)
    expect(page.get_by_role("heading", name=ALL_READ)).to_be_visible(timeout=A_HUNDRED)
    all_saved(page, 100)
    assert len(said) == 100
    assert stored() == said
    assert kept(page) == []
    assert not verify().drift


def test_the_next_case_is_there_before_the_server_has_answered(page: Page, many: Round):
    held: list[Route] = []
    page.route(DECIDE, lambda route: held.append(route))
    with page.expect_request(DECIDE):
        said = decide(page, "12345123")
    assert len(said) == 8
    assert not Decision.objects.exists()
    expect(page.locator("#save-state")).to_have_text("Not saved yet: 8")
    expect(page.locator("#recent li").first).to_contain_text("saving…")
    expect(page.locator("#progress")).to_contain_text("8 of 100")
    assert len(held) == 1, "one after the other"
    page.unroute(DECIDE)  # what was held goes on
    all_saved(page, 8)
    expect(page.locator("#recent li").first).to_contain_text("saved")
    assert stored() == said


def test_a_key_decides_nothing_while_titles_are_on_their_way(page: Page, many: Round):
    held: list[Route] = []
    page.route(TO_SERVER, lambda route: held.append(route))
    here = page.evaluate("() => JSON.parse(document.getElementById('reading-data').textContent).cards.length")
    said = {}
    for key in "12345" * 10:
        if page.locator("#case-title").inner_text() == "The next titles are on their way":
            break
        said |= decide(page, key)
    assert here < len(said) < 50
    page.keyboard.press("1")
    expect(page.locator("#save-state")).to_have_text(f"Not saved yet: {len(said)}")
    page.unroute(TO_SERVER)  # what was held goes on
    said |= decide(page, "5" * (100 - len(said)))
    expect(page.get_by_role("heading", name=ALL_READ)).to_be_visible(timeout=A_HUNDRED)
    all_saved(page, 100)
    assert stored() == said


def test_twenty_cases_without_a_network_are_kept_and_sent_when_it_is_back(page: Page, many: Round):
    said = decide(page, "123")
    all_saved(page, 3)
    page.context.set_offline(True)
    said |= decide(page, "12345" * 4)
    expect(page.locator("#save-state")).to_have_text("Offline. Kept on this device: 20")
    expect(page.locator("#trouble")).to_contain_text("The server cannot be reached.")
    expect(page.locator("#recent li").first).to_contain_text("kept on this device")
    expect(page.locator("#progress")).to_contain_text("23 of 100")
    assert len(kept(page)) == 20
    assert Decision.objects.count() == 3
    page.context.set_offline(False)
    all_saved(page, 23)
    expect(page.locator("#trouble")).to_be_hidden()
    said |= decide(page, "5")
    all_saved(page, 24)
    assert stored() == said
    assert not verify().drift


def test_a_reload_in_the_middle_sends_what_waited_and_shows_none_of_it_again(page: Page, many: Round):
    page.route(DECIDE, lambda route: route.abort())
    said = decide(page, "1234512")
    expect(page.locator("#save-state")).to_have_text("Not saved yet: 7")
    ready(page)
    assert title(page) not in said
    page.unroute(DECIDE)
    all_saved(page, 7)
    assert stored() == said
    said |= decide(page, "1")
    all_saved(page, 8)
    assert stored() == said


@pytest.mark.parametrize("status", [502, 503, 500])
def test_a_server_that_restarts_gets_every_decision_once_with_the_same_id(
    page: Page, watched: Watched, status: int
):
    watched.tolerate(f"answered {status}")
    sent: list[str] = []
    page.on(
        "request",
        lambda one: sent.append(one.post_data_json["client_id"]) if DECIDE.search(one.url) else None,
    )
    lost: list[Route] = []

    def fail_after_storing(route: Route) -> None:
        lost.append(route)
        if len(lost) == 1:
            route.fetch()  # stored, but the answer is lost
        route.fulfill(status=status, body="Bad gateway")

    page.route(DECIDE, fail_after_storing)
    said = decide(page, "12")
    expect(page.locator("#trouble")).to_contain_text("sent when it is back: 2")
    with page.expect_request(DECIDE):
        page.get_by_role("button", name="Try again now").click()
    page.unroute(DECIDE)
    all_saved(page, 2)
    assert sent.count(sent[0]) > 1
    assert len(set(sent)) == 2
    assert stored() == said


def test_without_a_network_the_last_title_is_followed_by_none(watched: Watched, few: Round, rosa):
    watched.tolerate("ERR_INTERNET_DISCONNECTED")
    page = ready(watched.open_for(rosa))
    page.context.set_offline(True)
    decide(page, "123")
    expect(page.locator("#case-title")).to_have_text("All titles are decided")
    expect(page.locator("#progress")).to_contain_text("3 of 3")
    expect(page.locator("#case")).to_contain_text("Your decisions are still to be sent.")
    page.context.set_offline(False)
    expect(page.locator("#case-title")).to_have_text("You have read all 3 titles")
    all_saved(page, 3, 3)


def log_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Log in").click()
    expect(page).not_to_have_url(re.compile("/login/"))


def test_what_waits_at_a_logout_is_sent_after_the_login_of_the_same_person_only(
    page: Page, watched: Watched, many: Round, rosa, sam
):
    page.context.clear_cookies(name="sessionid")
    said = decide(page, "12")
    expect(page.locator("#trouble")).to_contain_text("You are logged out.")
    other = page.context.new_page()
    other.goto("/login/")
    log_in(other, "sam")
    ready(other)
    expect(other.locator("#save-state")).to_have_text("All saved")
    page.get_by_role("button", name="Try again now").click()
    expect(page.locator("#trouble")).to_contain_text("Somebody else is logged in on this browser now.")
    assert not Decision.objects.exists()
    assert len(kept(page)) == 2
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("link", name="Log in again").click()
    log_in(page, "rosa")
    all_saved(page, 2)
    assert stored() == said
    assert set(Decision.objects.values_list("reviewer__username", flat=True)) == {"rosa"}


def test_two_tabs_of_one_reviewer_lose_nothing_and_double_nothing(page: Page, many: Round):
    other = ready(page.context.new_page())
    assert title(other) == title(page)
    first = title(page)
    said = decide(page, "1")
    expect(other.locator("#case-title")).not_to_have_text(first)
    for _ in range(5):
        for tab in (other, page):
            tab.bring_to_front()
            before = title(tab)
            said |= decide(tab, "2")
            neighbour = page if tab is other else other
            expect(neighbour.locator("#case-title")).not_to_have_text(before)
    all_saved(page, 11)
    all_saved(other, 11)
    assert stored() == said
    assert len(said) == 11


def test_without_storage_the_page_says_so_and_saves_all_the_same(watched: Watched, many: Round, rosa):
    page = watched.open_for(rosa)
    page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    )
    ready(page)
    expect(page.locator("#memory-only")).to_contain_text("Leave the page open until all is saved.")
    said = decide(page, "12")
    all_saved(page, 2)
    assert stored() == said


def test_handing_in_waits_for_what_is_not_stored(page: Page, many: Round):
    page.route(DECIDE, lambda route: route.abort())
    decide(page, "1")
    expect(page.locator("#save-state")).to_have_text("Not saved yet: 1")
    page.goto("/polls/cx-head/rounds/1/hand-in/")
    expect(page.locator("#pending")).to_contain_text("not saved yet: 1")
    with page.expect_request(DECIDE):
        page.get_by_role("button", name="Try again now").click()
    page.unroute(DECIDE)  # what still waits is sent by itself
    expect(page.get_by_text("You have read 1 of 100 titles.")).to_be_visible()
    expect(page.locator("#pending")).to_be_hidden()
    assert Decision.objects.count() == 1
