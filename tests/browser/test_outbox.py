"""Decisions that wait in the browser: no network, a server that fails, reloads, two tabs, another person."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db.models import Count
from playwright.sync_api import Page, Route, expect

from classify import rounds
from classify.models import Decision, Round
from classify.verify import verify
from tests.browser.conftest import Watched
from tests.classify.acts import open_round
from tests.factories import ROLE_CATEGORIES, make_vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ = "/polls/cx-head/rounds/1/read/"
ALL_READ = "You have read all 100 titles"
A_HUNDRED = 120_000  # ms for a hundred decisions that are sent one after the other
CODES = {key: code for code, _, _, key, _ in ROLE_CATEGORIES}
DECIDE = re.compile(r"/decide/$")
TO_SERVER = re.compile(r"/decide/$|/upcoming/")


@pytest.fixture
def many(live_server, poll, ada, rosa, sam) -> Round:
    """A hundred titles for Rosa and Sam."""
    for n in range(100):
        make_vote(poll, f"Title {n:03}")
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, seed=3)


@pytest.fixture
def few(live_server, poll, ada, rosa, sam) -> Round:
    """Three titles."""
    for n in range(3):
        make_vote(poll, f"Title {n:03}")
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, seed=3)


@pytest.fixture
def page(watched: Watched, many: Round, rosa) -> Page:
    """Rosa's page, ready: the cases to come are there."""
    watched.tolerate("ERR_INTERNET_DISCONNECTED")
    watched.tolerate("Failed to load resource")
    return ready(watched.open_for(rosa))


def ready(page: Page, address: str = READ) -> Page:
    page.goto(address)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    return page


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


def test_a_refused_decision_is_shown_with_its_sentence_until_it_is_decided_anew(page: Page, many: Round):
    page.route(DECIDE, lambda route: route.fulfill(status=422, json={"error": "No such category."}))
    (first,) = decide(page, "1")
    shown = page.get_by_role("list", name="Decisions that were not accepted")
    expect(shown).to_contain_text(f"{first}: Contact Center. This decision was not accepted")
    expect(shown).to_contain_text("No such category.")
    expect(page.locator("#save-state")).to_have_text("Not accepted: 1")
    ready(page)
    expect(shown).to_contain_text("No such category.")
    page.unroute(DECIDE)
    page.get_by_role("button", name="Decide this title anew").click()
    expect(page.locator("#case-title")).to_have_text(first)
    page.keyboard.press("2")
    expect(shown).to_be_hidden()
    all_saved(page, 1)
    assert stored() == {first: "cx"}


def refuse(route: Route) -> None:
    route.fulfill(status=422, json={"error": "No such category."})


def test_a_refused_last_decision_leaves_one_title_that_is_not_decided(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = ready(watched.open_for(rosa))
    said = decide(page, "12")
    all_saved(page, 2, 3)
    page.route(DECIDE, refuse)
    (last,) = decide(page, "3")
    for _ in range(2):
        expect(page.locator("#case-title")).to_have_text("One title is not decided")
        expect(page.locator("#case")).to_contain_text("All others are decided.")
        expect(page.locator("#refused")).to_contain_text(
            f"{last}: Consultant. This decision was not accepted"
        )
        expect(page.locator("#progress")).to_contain_text("2 of 3")
        expect(page.locator("#save-state")).to_have_text("Not accepted: 1")
        expect(page.get_by_text("Hand in my readings")).to_have_count(0)
        ready(page)  # and after a reload
    page.locator("#case").get_by_role("button", name="Decide this title anew").click()
    expect(page.locator("#case-title")).to_have_text(last)
    page.keyboard.press("2")  # refused once more
    expect(page.locator("#case-title")).to_have_text("One title is not decided")
    page.unroute(DECIDE)
    page.locator("#case").get_by_role("button", name="Decide this title anew").click()
    page.keyboard.press("4")
    expect(page.locator("#case-title")).to_have_text("You have read all 3 titles")
    all_saved(page, 3, 3)
    assert stored() == said | {last: CODES["4"]}


def test_two_refused_decisions_are_counted_and_come_one_after_the_other(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = ready(watched.open_for(rosa))
    page.route(DECIDE, refuse)
    first, second, third = decide(page, "123")
    expect(page.locator("#case-title")).to_have_text("Titles that are not decided: 3")
    page.unroute(DECIDE)
    for title_, left in [(first, "Titles that are not decided: 2"), (second, "One title is not decided")]:
        page.locator("#case").get_by_role("button", name="Decide the first of them anew").click()
        expect(page.locator("#case-title")).to_have_text(title_)
        page.keyboard.press("1")
        expect(page.locator("#case-title")).to_have_text(left)
    page.get_by_role("button", name="I have read this").click()
    expect(page.locator("#case-title")).to_have_text(third)
    page.keyboard.press("1")
    expect(page.locator("#case-title")).to_have_text("You have read all 3 titles")
    assert len(stored()) == 3


def test_a_refused_change_of_mind_leaves_the_title_decided(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = ready(watched.open_for(rosa))
    said = decide(page, "123")
    all_saved(page, 3, 3)
    page.route(DECIDE, refuse)
    page.keyboard.press("z")
    expect(page.get_by_text("Your decision so far")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#refused")).to_contain_text("No such category.")
    expect(page.locator("#case-title")).to_have_text("You have read all 3 titles")
    assert stored() == said


def test_a_title_that_is_gone_is_said_and_stays_until_it_was_read(page: Page, many: Round, rosa):
    page.route(
        DECIDE, lambda route: route.fulfill(status=403, json={"error": "You left this round.", "gone": True})
    )
    decide(page, "1")
    shown = page.get_by_role("list", name="Decisions that were not accepted")
    expect(shown).to_contain_text("You left this round.")
    expect(page.get_by_role("button", name="Decide this title anew")).to_have_count(0)
    page.get_by_role("button", name="I have read this").click()
    expect(shown).to_be_hidden()
    assert kept(page) == []


def test_when_coding_is_closed_meanwhile_reading_stops_and_says_what_no_longer_counts(
    page: Page, many: Round, ada
):
    decide(page, "12")
    all_saved(page, 2)
    rounds.close_coding(round=many, by=ada)
    decide(page, "3")
    expect(page.locator("#case-title")).to_have_text("Coding of this round is closed")
    said = page.locator("#after-close")
    expect(said).to_contain_text("arrived after the close: 1. They are kept on record, but do not count.")
    expect(page.locator("#recent li").first).to_contain_text("arrived after the close, does not count")
    expect(page.locator("form[data-decision]")).to_be_hidden()
    assert Decision.objects.filter(late=True).count() == 1
    page.keyboard.press("z")
    expect(page.get_by_text("Your decision so far")).to_be_visible()
    page.keyboard.press("4")
    expect(said).to_contain_text("arrived after the close: 2.")
    expect(page.locator("#case-title")).to_have_text("Coding of this round is closed")
    ready(page)
    expect(page.locator("#case-title")).to_have_text("Coding of this round is closed")


def test_decisions_of_a_lost_network_that_come_after_the_close_are_counted(page: Page, many: Round, ada):
    page.context.set_offline(True)
    decide(page, "123")
    page.keyboard.press("n")
    page.keyboard.type("a thought")
    rounds.close_coding(round=many, by=ada)
    page.context.set_offline(False)
    expect(page.locator("#after-close")).to_contain_text("arrived after the close: 3.")
    expect(page.locator("#note")).to_have_value("a thought")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(page.locator("#after-close")).to_contain_text("arrived after the close: 4.")
    expect(page.locator("#case-title")).to_have_text("Coding of this round is closed")
    assert kept(page) == []
    assert Decision.objects.get(note="a thought").late


def test_a_decision_stored_before_the_close_whose_answer_was_lost_did_not_come_late(
    page: Page, watched: Watched, many: Round, ada
):
    watched.tolerate("answered 503")
    first: list[Route] = []

    def lose(route: Route) -> None:
        if not first:
            first.append(route)
            route.fetch()  # stored
        route.fulfill(status=503, body="Service unavailable")

    page.route(DECIDE, lose)
    said = decide(page, "12")
    expect(page.locator("#trouble")).to_contain_text("sent when it is back: 2")
    rounds.close_coding(round=many, by=ada)
    with page.expect_request(DECIDE):
        page.get_by_role("button", name="Try again now").click()
    page.unroute(DECIDE)
    expect(page.locator("#case-title")).to_have_text("Coding of this round is closed")
    expect(page.locator("#after-close")).to_contain_text("arrived after the close: 1.")
    expect(page.locator("#recent li").nth(0)).to_contain_text("arrived after the close, does not count")
    expect(page.locator("#recent li").nth(1)).to_contain_text("saved")
    assert stored() == said
    assert list(Decision.objects.order_by("pk").values_list("late", flat=True)) == [False, True]


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
