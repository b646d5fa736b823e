"""Reading in a real browser: by keys, without a network, without JavaScript, on a phone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from classify.models import Case, Decision, ProfileView
from tests.browser.conftest import whole
from tests.classify.acts import open_round, read_all, say
from tests.factories import make_vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ = "/polls/cx-head/rounds/1/read/"


@pytest.fixture
def round_(live_server, poll, ada, rosa, sam, jude):
    """Four titles, two reviewers, an adjudicator."""
    for title in [
        "CX Consultant | ex-Head of Care",
        "Call Center Coach",
        "Helping leaders win",
        "Care Manager",
    ]:
        make_vote(poll, title, profile_url=f"https://social.example/{title[:2]}")
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude], seed=3)


def title(page: Page) -> str:
    return page.locator("#case-title").inner_text()


def shows_done(page: Page, done: int) -> None:
    """So many are decided, and all of them are stored."""
    expect(page.locator("#progress")).to_contain_text(f"{done} of 4")
    expect(page.locator("#save-state")).to_have_text("All saved")


def no_violation(page: Page) -> None:
    whole(page)
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"] for node in item["nodes"]]) for item in found]


# ---------- keys ----------


def test_one_key_decides_and_the_next_case_comes_with_one_request(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()  # it has asked for the cases to come
    first = title(page)
    asked: list[str] = []
    # The browser fetches its icon and fonts when it likes; only what the page asks for is counted.
    page.on(
        "request",
        lambda request: (
            request.resource_type in {"document", "xhr", "fetch"} and asked.append(request.method)
        ),
    )
    page.keyboard.press("1")
    shows_done(page, 1)
    assert asked == ["POST"]
    assert title(page) != first
    assert Decision.objects.get().category.code == "contact-center"
    expect(page.locator("#recent")).to_contain_text("Contact Center")
    expect(page.locator("#save-state")).to_have_text("All saved")


def test_the_next_case_is_announced_and_its_title_has_the_focus(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    page.keyboard.press("2")
    expect(page.locator("#live")).to_have_text(re.compile(r"^CX\. Next title, 1 voter\."))
    assert page.evaluate("document.activeElement.id") == "case-title"


def test_all_is_read_and_handed_in_by_keys_alone(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    for done, key in enumerate(["1", "u", "3", "5"], start=1):
        page.keyboard.press(key)
        shows_done(page, done)
    expect(page.locator("#case-title")).to_have_text("You have read all 4 titles")
    no_violation(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand in my readings")
    page.get_by_role("button", name="Hand in", exact=True).press("Enter")
    expect(page.get_by_text("Your readings of round 1 are handed in.")).to_be_visible()
    assert round_.reviewers.get(user=rosa).handed_in_at is not None
    assert Decision.objects.filter(verdict="unsure").count() == 1


def test_keys_do_nothing_in_a_note_nor_with_a_modifier(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("1 u z?")
    assert page.locator("#note").input_value() == "1 u z?"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "case-title"
    page.keyboard.press("Alt+1")
    page.keyboard.press("Control+u")
    shows_done(page, 0)
    page.keyboard.press("4")
    shows_done(page, 1)
    assert Decision.objects.get().note == "1 u z?"


def test_z_goes_back_to_the_last_decision_and_it_can_be_changed(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    first = title(page)
    page.keyboard.press("1")
    shows_done(page, 1)
    page.keyboard.press("z")
    expect(page.get_by_text("Your decision so far")).to_be_visible()
    assert title(page) == first
    no_violation(page)
    page.keyboard.press("2")
    expect(page.locator("#live")).to_contain_text("CX. Next title")
    shows_done(page, 1)
    expect(page.locator("#recent li")).to_have_count(1)
    assert list(Decision.objects.order_by("seq").values_list("category__code", flat=True)) == [
        "contact-center",
        "cx",
    ]


def test_the_question_mark_shows_the_keys_and_they_rest_while_it_is_open(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    no_violation(page)
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    shows_done(page, 0)
    assert not Decision.objects.exists()


def test_p_records_that_the_profile_was_asked_for_and_the_decision_rests_on_it(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    page.keyboard.press("p")
    link = page.get_by_role("link", name="Profile")
    expect(link).to_be_focused()
    assert ProfileView.objects.get().viewer == rosa
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert link.get_attribute("referrerpolicy") == "no-referrer"
    no_violation(page)
    page.keyboard.press("2")
    shows_done(page, 1)
    assert Decision.objects.get().evidence == "profile"
    expect(page.get_by_role("link", name="Profile")).to_have_count(0)


def test_a_key_held_down_or_pressed_twice_decides_once(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto(READ)
    case = re.search(r"read/(\d+)/", page.locator("form[data-decision]").get_attribute("action"))
    assert case
    page.evaluate("""() => {
      const press = (repeat) => document.dispatchEvent(
        new KeyboardEvent("keydown", { key: "1", repeat, bubbles: true }));
      press(false); press(true); press(true);
    }""")
    shows_done(page, 1)
    assert Decision.objects.filter(case=case[1]).count() == 1
    assert Decision.objects.count() == 1


# ---------- without JavaScript, on a phone, in the dark ----------


def test_without_javascript_the_page_is_a_plain_form(page_for, rosa, round_):
    page = page_for(rosa, java_script_enabled=False)
    page.goto(READ)
    page.get_by_role("button", name=re.compile("^Show profile")).click()
    expect(page.get_by_role("link", name="Profile")).to_be_visible()
    page.get_by_role("button", name=re.compile("^CX")).click()
    expect(page.get_by_text("Stored: CX.")).to_be_visible()
    for done in (1, 2, 3):
        expect(page.locator("#progress")).to_contain_text(f"{done} of 4")
        page.get_by_role("button", name=re.compile("^Unsure")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have read all 4 titles")
    page.get_by_role("link", name="Hand in my readings").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.get_by_text("Your readings of round 1 are handed in.")).to_be_visible()
    assert round_.reviewers.get(user=rosa).handed_in_at is not None


def test_on_a_phone_everything_that_is_pressed_is_large_enough(page_for, rosa, round_):
    page = page_for(rosa, viewport={"width": 360, "height": 740}, has_touch=True)
    say(round_, round_.cases.first().pk, rosa, "cx")
    for address in ["/", READ, "/polls/cx-head/rounds/1/decisions/", "/polls/cx-head/rounds/1/hand-in/"]:
        page.goto(address)
        small = page.evaluate("""() => [...document.querySelectorAll(
            "main button, main summary, main .btn, main select, main input:not([type=hidden]), .recent a")]
          .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
          .map((e) => e.outerHTML.slice(0, 80))""")
        assert not small, address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_320_pixels_nothing_is_cut_off_in_either_theme(page_for, rosa, round_, scheme):
    page = page_for(rosa, viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for address in ["/", READ, "/polls/cx-head/rounds/1/decisions/", "/polls/cx-head/rounds/1/codebook/"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        no_violation(page)


def test_a_chosen_theme_is_kept(page_for, rosa, round_):
    page = page_for(rosa, color_scheme="light")
    page.goto("/")
    page.get_by_text("Menu of").locator("..").click()
    page.get_by_role("button", name="Dark theme").click()
    page.goto(READ)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_the_handout_prints_without_menus(page_for, rosa, round_):
    page = page_for(rosa)
    page.goto("/polls/cx-head/rounds/1/codebook/")
    page.emulate_media(media="print")
    expect(page.locator(".masthead")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


# ---------- conflicts ----------


def test_a_conflict_is_taken_up_and_resolved(page_for, rosa, sam, jude, round_):
    read_all(round_, rosa, "cx")
    case = Case.objects.get(text="Call Center Coach")
    say(round_, case.pk, sam, "contact-center", note="A coach in a center")
    page = page_for(jude)
    page.goto("/")
    page.get_by_role("link", name=re.compile("Resolve conflicts")).click()
    page.get_by_role("button", name="Take up the first").click()
    expect(page.get_by_text("A coach in a center")).to_be_visible()
    expect(page.get_by_text("rosa")).to_have_count(0)
    no_violation(page)
    page.get_by_role("radio", name=re.compile("^Contact Center")).check()
    page.get_by_label("Why did the readings differ?").select_option("slip")
    page.get_by_label("Your rationale, for whoever asks later").fill("Coaches in a center are its staff.")
    page.get_by_role("button", name="Resolve and go to the next").click()
    expect(page.get_by_text("Resolved: Contact Center.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("0 conflicts to resolve")
    case.refresh_from_db()
    assert (case.status, case.final.code) == ("resolved", "contact-center")
