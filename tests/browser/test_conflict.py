"""A conflict in a browser: definitions where one chooses, profiles without leaving the form, all by key."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from classify import adjudication
from classify.models import Case, ProfileView, Round
from polls.models import Membership
from tests import factories
from tests.browser.conftest import whole
from tests.classify import acts
from tests.classify.test_adjudication_together import split_titles

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CX, CONSULTANT = "#definition-cx", "#definition-consultant"


@pytest.fixture
def round(live_server, poll, ada, rosa, sam, jude) -> Round:
    """Two conflicts that share a job title; the first stands for two voters with profiles."""
    for n in (1, 2):
        factories.make_vote(poll, "CX Consultant", option=n, profile_url=f"https://social.example/in/{n}")
    factories.make_vote(poll, "CX Consultant | Speaker")
    split_titles()
    made = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    for case in made.cases.order_by("pk"):
        acts.disagree(made, case, rosa, sam)
    return made


@pytest.fixture
def address(round, jude) -> str:
    shared = Case.objects.get(round=round, n_votes=2)
    adjudication.claim(case=shared, by=jude)
    return reverse("classify:conflict", args=[round.poll.slug, round.number, shared.pk])


def focused(page: Page) -> str:
    """What the keyboard is on: its name in the form, else its words."""
    return page.evaluate("document.activeElement.name || document.activeElement.innerText.split('\\n')[0]")


def judge_by_keys(page: Page) -> None:
    """The third category, a reason and a rationale, sent."""
    page.keyboard.press("3")
    page.keyboard.press("Tab")
    page.keyboard.type("Slip")
    page.keyboard.press("Tab")
    page.keyboard.type("By the book.")
    page.keyboard.press("Control+Enter")


def test_a_definition_by_pointer_covers_no_choice(page_for, jude, address):
    page = page_for(jude)
    page.goto(address)
    expect(page.locator(CX)).to_be_hidden()
    page.locator("label.choice", has_text="CX side").first.hover()
    expect(page.locator(CX)).to_be_visible()
    assert page.locator(CX).bounding_box()["x"] > page.locator(".pick").bounding_box()["x"] + 300
    page.keyboard.press("Escape")
    expect(page.locator(CX)).to_be_hidden()


def test_a_definition_by_keyboard_is_no_stop_on_the_way_to_the_reason(page_for, jude, address):
    page = page_for(jude)
    page.goto(address)
    page.keyboard.press("2")
    radio = page.get_by_role("radio", name="CX CX side", exact=True)
    expect(radio).to_be_checked()
    expect(radio).to_be_focused()
    expect(radio).to_have_accessible_description("Definition of CX")
    expect(page.locator(CX)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator(CONSULTANT)).to_be_visible()
    expect(page.locator(CX)).to_be_hidden()
    faults = Axe().run(page).response["violations"]
    assert not faults, [fault["id"] for fault in faults]
    page.keyboard.press("Tab")
    assert focused(page) == "reason"
    expect(page.locator(CONSULTANT)).to_be_hidden()


def test_a_definition_by_tap_picks_nothing(page_for, jude, address):
    page = page_for(jude, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    page.get_by_role("button", name="Definition of CX", exact=True).tap()
    expect(page.locator(CX)).to_be_visible()
    expect(page.locator("input:checked[type=radio]")).to_have_count(0)
    page.get_by_role("button", name="Close the definition of CX").tap()
    expect(page.locator(CX)).to_be_hidden()


def test_definitions_and_the_profile_without_javascript(page_for, jude, address):
    page = page_for(jude, java_script_enabled=False)
    page.goto(address)
    more = page.get_by_role("button", name="Definition of CX", exact=True)
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator(CX)).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Other").check()
    page.get_by_label("Your rationale, for whoever asks later").fill("Half a sentence")
    page.get_by_role("button", name="Show profiles").click()
    expect(page.get_by_role("link", name="Profile 2")).to_be_visible()
    expect(page.get_by_role("radio", name="Other")).to_be_checked()
    expect(page.get_by_label("Your rationale, for whoever asks later")).to_have_value("Half a sentence")


def test_the_profile_comes_by_key_and_what_was_typed_stays(page_for, jude, address):
    page = page_for(jude)
    page.goto(address)
    page.get_by_label("Your rationale, for whoever asks later").fill("Half a sentence")
    page.keyboard.press("p")
    expect(page.get_by_label("Your rationale, for whoever asks later")).to_have_value("Half a sentencep")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("4")
    assert not ProfileView.objects.exists()
    page.get_by_role("radio", name="Other").focus()
    page.keyboard.press("p")
    expect(page.get_by_role("link", name="Profile 1")).to_be_focused()
    expect(page.get_by_label("Your rationale, for whoever asks later")).to_have_value("Half a sentencep")
    assert ProfileView.objects.filter(viewer=jude).count() == 2


def test_enter_in_the_form_sends_the_judgement_and_asks_for_no_profile(page_for, jude, address):
    page = page_for(jude)
    page.goto(address)
    page.keyboard.press("4")
    page.get_by_label("Why did the readings differ?").select_option("slip")
    page.get_by_label("Your rationale, for whoever asks later").fill("By the book.")
    page.get_by_role("radio", name="Other").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Resolved: Other.")).to_be_visible()
    assert not ProfileView.objects.exists()


def test_a_profile_that_cannot_be_shown_says_so(watched, jude, address):
    page = watched.open_for(jude)
    watched.tolerate("ERR_INTERNET_DISCONNECTED")
    watched.tolerate("htmx:sendError")
    watched.tolerate("htmx:afterRequest")
    page.goto(address)
    page.context.set_offline(True)
    page.keyboard.press("p")
    expect(page.locator("#profiles")).to_contain_text("The profile could not be shown.")
    page.context.set_offline(False)
    page.keyboard.press("p")
    expect(page.get_by_role("link", name="Profile 1")).to_be_visible()


RATIONALE = "Your rationale, for whoever asks later"


def test_the_login_never_lands_in_the_form_of_who_is_logged_out(watched, jude, address):
    page = watched.open_for(jude)
    page.goto(address)
    page.get_by_label(RATIONALE).fill("Half a sentence")
    Session.objects.all().delete()
    page.get_by_role("button", name="Show profiles").click()
    expect(page.locator("#profiles")).to_have_text(
        "The profile could not be shown: you are logged out. Copy what you typed, then log in again."
    )
    expect(page.locator("#live")).to_contain_text("you are logged out")
    expect(page.locator("main")).to_have_count(1)
    expect(page.get_by_label(RATIONALE)).to_have_value("Half a sentence")
    assert not ProfileView.objects.exists()


def test_who_may_not_see_the_profile_any_more_is_not_told_to_wait(watched, jude, poll, round, address):
    page = watched.open_for(jude)
    watched.tolerate("Failed to load resource")
    watched.tolerate("Response Status Error Code 404")
    page.goto(address)
    page.get_by_label(RATIONALE).fill("Half a sentence")
    Membership.objects.filter(user=jude, poll=poll).delete()
    page.get_by_role("button", name="Show profiles").click()
    expect(page.locator("#profiles")).to_have_text(
        "You may no longer see this profile, or this page is out of date. "
        "Copy what you typed, then reload the page."
    )
    expect(page.get_by_label(RATIONALE)).to_have_value("Half a sentence")
    assert not ProfileView.objects.exists()


def test_from_the_list_to_the_last_of_a_pair_by_keyboard_alone(page_for, jude, round):
    page = page_for(jude)
    page.goto(reverse("classify:conflicts", args=[round.poll.slug, round.number]) + "?pair=contact-center~cx")
    page.get_by_role("button", name="Take up the first").press("Enter")
    for _ in range(2):
        before = page.url
        page.get_by_role("heading", name="The two readings").wait_for()
        whole(page)
        judge_by_keys(page)
        page.wait_for_function("(url) => location.href !== url", arg=before)
    expect(page.get_by_role("heading", name="All conflicts are resolved")).to_be_visible()
    assert [case.final.code for case in Case.objects.filter(round=round)] == ["consultant"] * 2


def test_several_together_have_the_definitions_too(page_for, jude, round, address):
    page = page_for(jude)
    page.goto(address)
    page.get_by_role("button", name="Take them up together").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conflicts that share")
    whole(page)
    page.locator("label.choice", has_text="Other").hover()
    expect(page.locator("#definition-other")).to_be_visible()
    picks, shown = page.locator(".pick").bounding_box(), page.locator("#definition-other").bounding_box()
    assert shown["x"] + shown["width"] <= picks["x"] or shown["x"] >= picks["x"] + picks["width"]
    page.keyboard.press("3")
    expect(page.get_by_role("radio", name="Consultant CX side")).to_be_checked()


def test_several_together_by_keyboard_alone_with_a_look_at_who_is_behind_one(page_for, jude, round, address):
    page = page_for(jude)
    page.goto(address)
    page.get_by_role("button", name="Take them up together").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Conflicts that share")
    whole(page)
    page.get_by_role("checkbox", name="CX Consultant | Speaker").focus()
    page.keyboard.press("Space")
    page.get_by_role("checkbox", name="CX Consultant 2 voters").focus()
    page.keyboard.press("Tab")
    assert focused(page).startswith("Show profiles")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Profile 1")).to_be_focused()
    assert {view.case_id for view in ProfileView.objects.all()} == {round.cases.get(n_votes=2).pk}
    assert not Axe().run(page).response["violations"]
    judge_by_keys(page)
    expect(page.get_by_text("1 conflict was resolved.")).to_be_visible()
    finals = {case.text: case.final and case.final.code for case in Case.objects.filter(round=round)}
    assert finals == {"CX Consultant": "consultant", "CX Consultant | Speaker": None}


def test_a_profile_among_several_that_cannot_be_shown_says_so_in_its_row(watched, jude, round, address):
    page = watched.open_for(jude)
    watched.tolerate("ERR_INTERNET_DISCONNECTED")
    watched.tolerate("htmx:sendError")
    watched.tolerate("htmx:afterRequest")
    page.goto(address)
    page.get_by_role("button", name="Take them up together").click()
    row = page.locator(".alike-case", has_text="CX Consultant | Speaker")
    button = row.get_by_role("button", name="Show profile")
    button.wait_for()
    whole(page)
    page.context.set_offline(True)
    button.click()
    expect(row).to_contain_text("The profile could not be shown.")
    expect(page.locator(".alike-case").first).not_to_contain_text("could not be shown")
    page.context.set_offline(False)
    button.click()
    expect(row).to_contain_text("No profile address came with the import.")
    expect(page.get_by_role("checkbox", name="CX Consultant | Speaker")).to_be_checked()
