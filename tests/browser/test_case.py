"""A case in a browser: definitions by pointer, focus and tap; marked words; splitting by key."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from classify.models import Case, CaseSplit, Round
from tests import factories
from tests.classify import acts

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CX = "#definition-cx"
TITLE = "Contact Center Manager | ex-Head of Care | aspiring CX Lead"


@pytest.fixture
def round(live_server, poll, ada, rosa, sam, jude) -> Round:
    """Three voters with one title, by a codebook with lists and long definitions."""
    version = factories.make_codebook()
    categories = version.categories
    categories.filter(code="contact-center").update(include=["Contact center"])
    categories.filter(code="cx").update(
        definition="Owns the experience. " * 30,
        include=["CX Lead", "Head of CX"],
        exclude=["“Contact Center Manager” of one center: Contact Center"],
        examples=["CX Strategist"],
    )
    for n in range(3):
        factories.make_vote(poll, TITLE, option=n + 1)
    factories.make_vote(poll, "Agent")
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, version=version)


@pytest.fixture
def address(round) -> str:
    shared = Case.objects.get(round=round, n_votes=3)
    return reverse("classify:tag-case", args=[round.poll.slug, round.number, shared.pk])


def named(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def test_a_definition_by_pointer_and_escape(page_for, rosa, address):
    page = page_for(rosa)
    page.goto(address)
    expect(page.locator(CX)).to_be_hidden()
    page.locator('[data-choice][value="cx"]').hover()
    expect(page.locator(CX)).to_be_visible()
    covered = page.evaluate(
        """() => { const shown = document.querySelector('#definition-cx').getBoundingClientRect();
        return [...document.querySelectorAll('[data-choice]')].filter((one) => {
          const box = one.getBoundingClientRect();
          return box.left < shown.right && shown.left < box.right && box.top < shown.bottom
            && shown.top < box.bottom; }).length; }"""
    )
    assert covered == 0, "beside the buttons, not upon them"
    page.keyboard.press("Escape")
    expect(page.locator(CX)).to_be_hidden()


def test_a_definition_by_focus_takes_no_key_from_reading(page_for, rosa, address):
    page = page_for(rosa)
    page.goto(address)
    page.locator("#case-title").focus()
    button = page.locator('[data-choice][value="cx"]')
    for _ in range(30):
        page.keyboard.press("Tab")
        if button.evaluate("(one) => one === document.activeElement"):
            break
    expect(page.locator(CX)).to_be_visible()
    expect(button).to_be_focused()
    expect(button).to_have_accessible_description("Owns the experience. " * 29 + "Owns the experience.")
    page.keyboard.press("2")
    expect(page.locator(CX)).to_be_hidden()
    expect(page.locator("#case-title")).to_contain_text("Agent")


def test_a_definition_by_tap_on_a_phone(page_for, rosa, address):
    page = page_for(rosa, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    more = page.get_by_role("button", name="Definition of CX", exact=True)
    box = more.bounding_box()
    assert box["width"] >= 44
    assert box["height"] >= 44
    more.tap()
    sheet = page.get_by_role("group", name="CX", exact=True)
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Head of CX")
    expect(sheet).to_have_class(re.compile(r"\bis-placed\b"))
    foot = sheet.bounding_box()
    assert (foot["x"], foot["y"] + foot["height"]) == (0, 740), "at the foot of the screen"
    page.get_by_role("button", name="Close the definition of CX").tap()
    expect(sheet).to_be_hidden()


def test_a_definition_without_javascript(page_for, rosa, address):
    page = page_for(rosa, java_script_enabled=False)
    page.goto(address)
    page.get_by_role("button", name="Definition of CX", exact=True).click()
    expect(page.locator(CX)).to_be_visible()
    expect(page.locator(CX)).to_contain_text("CX Strategist")
    page.keyboard.press("Escape")
    page.locator(".codebook summary", has_text="CX").first.click()
    expect(page.locator(".codebook details[open]")).to_contain_text("Owns the experience.")


def test_words_are_marked_in_words_and_form(page_for, rosa, address):
    page = page_for(rosa)
    page.goto(address)
    expect(page.locator("#case-title")).to_have_text("Contact Center Manager")
    assert [mark.get_attribute("data-lists") for mark in page.locator("#case-title mark").all()] == [
        "1, not 2",
        "not 2",
    ]
    panel = page.locator("#cues")
    expect(panel).to_contain_text("On the include list of Contact Center")
    expect(panel).to_contain_text("On the exclude list of CX")
    expect(page.locator(".part-former")).to_contain_text("former")
    expect(page.locator(".part-aspiring")).to_contain_text("hoped for")


def test_a_title_is_split_by_key(page_for, rosa, address):
    page = page_for(rosa)
    page.goto(address)
    page.keyboard.press("s")
    expect(page.get_by_role("heading", name="Read these 3 voters one by one?")).to_be_visible()
    expect(named(page, "Split into 3 cases")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 voters are read one by one now")).to_be_visible()
    assert CaseSplit.objects.count() == 1
    expect(page.locator("#progress")).to_contain_text("0 of 4")
