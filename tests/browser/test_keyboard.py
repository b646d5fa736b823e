"""Without a mouse: log in, read three titles, hand in, resolve a conflict."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from classify.models import Case
from tests.browser.conftest import Watched, whole
from tests.study import Study, build_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study(live_server) -> Study:
    """The study; Rosa has two titles to read."""
    return build_study()


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until the thing of that name has the focus; it must be visible where it is."""
    for _ in range(most):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const one = document.activeElement, label = one.labels && one.labels[0];
              const heard = label && label.cloneNode(true);
              if (heard) for (const part of heard.querySelectorAll('[aria-hidden=true]')) part.remove();
              const text = one.getAttribute('aria-label') || (heard && heard.textContent) || one.innerText;
              const styles = [one, label].filter((each) => each).map((each) => getComputedStyle(each));
              return {
                name: (text || '').trim(),
                shown: styles.some((style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none'),
              };
            }"""
        )
        if found["name"].startswith(name):
            assert found["shown"], f"{name!r} has the focus and does not show it"
            return
    raise AssertionError(f"Tab never came to {name!r}")


def log_in(page: Page, username: str) -> None:
    page.goto("/")
    tab_to(page, "Username")
    page.keyboard.type(username)
    tab_to(page, "Password")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Log in")


def test_log_in_read_and_hand_in_without_a_mouse(watched: Watched, study: Study):
    page = watched.open()
    log_in(page, "sam")
    page.goto(f"/polls/cx-head/rounds/{study.round.number}/read/")
    total = Case.objects.filter(round=study.round).count()
    for done, key in zip(range(3, total + 1), ["1", "u", "5", "4"], strict=False):
        page.keyboard.press(key)
        expect(page.locator("#progress")).to_contain_text(f"{done} of {total}")
    expect(page.locator("#case-title")).to_have_text(f"You have read all {total} titles")
    tab_to(page, "Hand in my readings")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand in my readings")
    whole(page)
    tab_to(page, "Hand in")
    page.keyboard.press("Enter")
    expect(page.get_by_text("are handed in.")).to_be_visible()
    assert study.round.reviewers.get(user=study.people["sam"]).handed_in_at is not None


def test_the_first_tab_offers_to_skip_to_the_content(watched: Watched, study: Study):
    page = watched.open_for(study.people["rosa"])
    page.goto("/")
    tab_to(page, "Skip to the content", most=1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_resolve_a_conflict_without_a_mouse(watched: Watched, study: Study):
    page = watched.open()
    log_in(page, "jude")
    page.goto(f"/polls/cx-head/rounds/{study.round.number}/conflicts/")
    tab_to(page, "Take up the first")
    page.keyboard.press("Enter")
    expect(page.locator(".reading-verdict")).to_have_count(2)
    whole(page)
    tab_to(page, "Contact Center")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Why did the readings differ?")
    page.keyboard.press("A")
    expect(page.get_by_label("Why did the readings differ?").locator("option:checked")).to_have_text(
        "Ambiguous title"
    )
    tab_to(page, "Your rationale")
    page.keyboard.type("The board seat is not the job.")
    tab_to(page, "Resolve and go to the next")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Resolved:")).to_be_visible()
    case = study.conflict
    assert (case.status, case.final.code, case.resolved_by.username) == ("resolved", "cx", "jude")
