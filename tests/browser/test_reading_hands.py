"""Reading by thumb, by ear and by search, and going back: what is done beside pressing a category's key."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Page, expect

from classify.models import Decision, Round
from tests.browser.conftest import Watched
from tests.classify.acts import open_round, say
from tests.factories import make_codebook, make_vote

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

READ = "/polls/cx-head/rounds/1/read/"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def few(live_server, poll, ada, rosa, sam) -> Round:
    """Eight titles; the codebook has eleven categories."""
    for n in range(8):
        make_vote(poll, f"Title {n}", profile_url=f"https://social.example/{n}")
    cache.clear()
    version = make_codebook()
    for n, label in enumerate(["Farming", "Mining", "Teaching", "Überwachung", "Retail", "Law"]):
        version.categories.create(
            code=f"more-{n}", label=label, key="abcdef"[n], position=10 + n, color="#3366aa"
        )
    return open_round(poll, reviewers=[rosa, sam], by=ada, version=version, seed=3)


def ready(page: Page) -> Page:
    page.goto(READ)
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    return page


def title(page: Page) -> str:
    return page.locator("#case-title").inner_text()


def all_saved(page: Page, done: int) -> None:
    expect(page.locator("#progress")).to_contain_text(f"{done} of 8")
    expect(page.locator("#save-state")).to_have_text("All saved")


def test_on_a_phone_every_case_is_decided_by_a_tap_within_reach(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa, **PHONE))
    for done, label in enumerate(["CX", "Other"] * 2, start=1):
        button = page.locator("[data-choice]").filter(has_text=label).first
        box = button.bounding_box()
        assert box
        assert box["y"] > 300, "the choices are in the lower half"
        assert box["height"] >= 44
        button.tap()
        expect(page.locator("#progress")).to_contain_text(f"{done} of 8")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
    all_saved(page, 4)
    assert sorted(Decision.objects.values_list("category__code", flat=True)) == ["cx", "cx", "other", "other"]


# Judged once the page has come to rest: what a change of sizes asks for is done within two frames.
COVERED = """async () => {
  for (let n = 0; n < 3; n += 1) await new Promise((next) => requestAnimationFrame(next));
  const desk = document.querySelector(".desk").getBoundingClientRect();
  return ["#case-title", "#case-head", "#note"].filter((name) => {
    const one = document.querySelector(name);
    const box = one.getBoundingClientRect();
    return one.checkVisibility() && box.bottom > desk.top + 1 && box.top < desk.bottom - 1;
  });
}"""
LONG = " and ".join(["Head of the Department of Customer Contact and Workforce Planning"] * 6)


def nothing_is_covered(page: Page) -> None:
    """Wherever somebody scrolls, the answers cover neither the title nor the note."""
    for y in (0, 60, 150, 400, 5000, 0):
        page.evaluate(f"window.scrollTo(0, {y})")
        assert page.evaluate(COVERED) == [], y


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_answers_never_cover_the_title_nor_the_note(
    watched: Watched, few: Round, poll, rosa, scheme: str
):
    few.cases.filter(text__in=["Title 1", "Title 2", "Title 3"]).update(text=LONG)
    watched.tolerate("Failed to load resource")
    page = ready(watched.open_for(rosa, **PHONE, color_scheme=scheme))
    page.route("**/decide/", lambda route: route.fulfill(status=422, json={"error": "No such category."}))
    seen = set()
    for n in range(7):
        seen.add(title(page))
        nothing_is_covered(page)
        page.get_by_text("Add a note").click()
        nothing_is_covered(page)
        page.locator("#note").scroll_into_view_if_needed()
        assert page.evaluate(COVERED) == []
        page.locator("#note").fill("why")
        page.locator("[data-choice]").nth(n % 3).tap()
        expect(page.locator("#refused > li")).to_have_count(n + 1)
    nothing_is_covered(page)
    assert LONG in seen
    page.keyboard.press("z")
    expect(page.locator(".choice-now")).to_have_text("Your decision so far")
    now, label = (
        page.locator(".choice-now").bounding_box(),
        page.locator(".is-current .choice-label").bounding_box(),
    )
    assert now
    assert label
    assert label["width"] > 60
    assert now["y"] >= label["y"] + label["height"] - 1, "one below the other"
    nothing_is_covered(page)


def test_a_short_title_on_a_phone_keeps_the_answers_within_reach(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa, **PHONE))
    expect(page.locator(".desk.is-afloat")).to_be_visible()
    page.get_by_text("Add a note").click()
    expect(page.locator(".desk")).to_have_css("position", "static")


def test_the_message_of_an_earlier_page_goes_with_the_next_decision(
    watched: Watched, live_server, poll, ada, rosa, sam
):
    for _ in range(2):
        make_vote(poll, "Title")
    cache.clear()
    open_round(poll, reviewers=[rosa, sam], by=ada, seed=3)
    page = ready(watched.open_for(rosa))
    page.keyboard.press("s")
    page.get_by_role("button", name="Split into 2 cases").click()
    expect(page.locator(".messages .notice-good")).to_contain_text("2 voters are read one by one now")
    expect(page.locator("html[data-reading=ready]")).to_be_attached()
    page.keyboard.press("1")
    expect(page.locator("#progress")).to_contain_text("1 of 2")
    expect(page.locator(".messages .notice-good")).to_have_count(0)


def test_the_second_half_of_a_double_click_does_not_decide_the_next_case(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa))
    page.get_by_role("button", name="Unsure").dblclick()
    all_saved(page, 1)
    assert Decision.objects.count() == 1


def test_a_screen_reader_finds_names_for_all_of_it(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa))
    expect(page.locator("#case")).to_match_aria_snapshot(f"""
      - article "{title(page)}":
        - heading "{title(page)}" [level=1]
        - button "Show profile"
        - searchbox "Find a category"
        - group "What does this title say?":
          - button /Contact Center/
          - button "Definition of Contact Center"
        - button /Unsure/
    """)
    page.keyboard.press("1")
    expect(page.locator("#live")).to_have_text("Contact Center. Next title, 1 voter.")
    expect(page.locator("#case-title")).to_be_focused()
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"] for node in item["nodes"]]) for item in found]


def test_a_category_is_found_by_its_name_and_chosen_with_enter(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa))
    page.keyboard.press("/")
    page.keyboard.type("uber")
    expect(page.locator(".choices [data-choice]:visible")).to_have_count(1)
    expect(page.locator("#live")).to_contain_text("1 of 11 categories. Enter chooses Überwachung.")
    page.keyboard.press("Enter")
    all_saved(page, 1)
    assert Decision.objects.get().category.label == "Überwachung"
    page.keyboard.press("/")
    page.keyboard.type("nowhere")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("No category is called that.")
    page.keyboard.press("Escape")
    expect(page.locator(".choices [data-choice]:visible")).to_have_count(11)
    expect(page.locator("#case-title")).to_be_focused()
    all_saved(page, 1)


def test_going_back_twice_without_a_network_and_deciding_anew(watched: Watched, few: Round, rosa):
    watched.tolerate("Failed to load resource")
    page = ready(watched.open_for(rosa))
    page.context.set_offline(True)
    first = title(page)
    page.keyboard.press("1")
    page.keyboard.press("2")
    third = title(page)
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(page.locator("#case-title")).to_have_text(first)
    expect(page.locator(".choice.is-current .choice-label")).to_have_text("Contact Center")
    page.keyboard.press("Escape")
    expect(page.locator("#case-title")).to_have_text(third)
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.keyboard.press("n")
    page.keyboard.type("on second thoughts")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("#case-title")).to_have_text(third)
    expect(page.locator("#progress")).to_contain_text("2 of 8")
    page.keyboard.press("p")
    expect(page.get_by_text("Showing a profile needs the server")).to_be_visible()
    page.context.set_offline(False)
    all_saved(page, 2)
    said = Decision.objects.filter(case__text=first).order_by("seq")
    assert list(said.values_list("category__code", "note")) == [
        ("contact-center", ""),
        ("more-0", "on second thoughts"),
    ]
    assert Decision.objects.count() == 3


def test_a_decision_of_an_earlier_day_is_opened_from_the_list_and_taken_back(
    watched: Watched, few: Round, rosa
):
    case = few.cases.get(text="Title 5")
    say(few, case, rosa, "cx", note="by the rule")
    page = ready(watched.open_for(rosa))
    page.keyboard.press("z")
    expect(page.locator("#case-title")).to_have_text("Title 5")
    expect(page.locator("#note")).to_have_value("by the rule")
    page.get_by_role("button", name="Take my decision back").click()
    all_saved(page, 0)
    assert Decision.objects.filter(case=case).order_by("seq").last().verdict == "withdrawn"


def test_every_key_stands_in_the_list_of_keys(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa))
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    shown = dialog.locator("kbd").all_inner_texts()
    assert set(shown) == {*"12345abcdef", *"unpsz/?", "Esc"}


CLOCK = """async () => {
  const { Clock, IDLE } = await import("/static/js/reading/clock.js");
  const run = (steps, already = 0) => {
    const clock = new Clock();
    clock.start(0, already);
    let total = null;
    for (const [what, at] of steps) total = clock[what](at);
    return total;
  };
  return {
    plain: run([["stop", 4200]]),
    again: run([["stop", 4200]], 1000),
    idle: run([["input", 1000], ["stop", 1000 + IDLE * 30]]),
    hidden: run([["hidden", 1000], ["shown", 900000], ["stop", 902000]]),
    network: run([["pause", 1000], ["input", 3000], ["resume", 9000], ["stop", 9500]]),
    both: run([["pause", 500], ["hidden", 600], ["resume", 700], ["shown", 800], ["stop", 1000]]),
    backwards: run([["input", 1000], ["stop", 10]]),
    IDLE,
  };
}"""


def test_the_clock_counts_looking_and_neither_pauses_nor_waiting(watched: Watched, few: Round, rosa):
    page = ready(watched.open_for(rosa))
    told = page.evaluate(CLOCK)
    assert told.pop("IDLE") == 60_000
    assert told == {
        "plain": 4200,
        "again": 5200,
        "idle": 61_000,
        "hidden": 3000,
        "network": 1500,
        "both": 700,
        "backwards": 1000,
    }
    page.keyboard.press("1")
    all_saved(page, 1)
    assert 0 < Decision.objects.get().milliseconds < 60_000
