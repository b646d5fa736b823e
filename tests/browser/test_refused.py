"""Decisions that the server does not accept, or that come after the close: nothing is dropped in silence."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from classify import rounds
from classify.models import Decision, Round
from tests.browser.conftest import Watched
from tests.browser.outbox import CODES, DECIDE, all_saved, decide, kept, ready, ready_for_trouble, stored

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(watched: Watched, many: Round, rosa) -> Page:
    """Rosa's page, ready: the cases to come are there."""
    return ready_for_trouble(watched, rosa)


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
