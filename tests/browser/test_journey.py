"""The whole study in the browser, from the file of voters to the classified file."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from classify.codebooks import ensure_ready_made
from classify.models import Case, Decision
from tests import factories
from tests.browser.conftest import Watched, whole

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "a long and quiet password"
VOTERS = """\
who;Name;What they show;Choice;Said
v1;Robin Example;Contact Center Manager;Very;It depends.
v2;Kim Example;contact center manager;Not;
v3;Lou Example;CX Consultant | Speaker;Very;
v4;Max Example;Helping leaders win;Maybe;
"""
KEYS = {
    "rosa": {"Contact Center Manager": "1", "CX Consultant": "3"},
    "sam": {"Contact Center Manager": "1", "CX Consultant": "2"},
}


@pytest.fixture
def ada(live_server):
    """Somebody who may create polls, on an empty installation."""
    ensure_ready_made()
    return factories.make_user("ada", is_staff=True)


def import_the_voters(page: Page, folder: Path) -> None:
    """Upload, correct the mapping, look, import."""
    path = folder / "voters.csv"
    path.write_text(VOTERS, encoding="utf-8")
    page.goto("/")
    page.get_by_role("link", name="Import a poll").first.click()
    page.get_by_label("Question").fill("How important is it?")
    page.get_by_label("Short name").fill("cx-head")
    page.get_by_label("Options, one per line").fill("Very, 67 %\nNot, 33 %")
    page.get_by_label("Published number of votes").fill("3")
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How will this be read?")
    whole(page)
    for header, field in [
        ("who", "voter_id"),
        ("Name", "name"),
        ("What they show", "headline"),
        ("Choice", "option"),
        ("Said", "comment"),
    ]:
        page.get_by_label(header, exact=True).select_option(field)
    # Read anew by itself while choosing.
    expect(page.get_by_role("columnheader", name="Comment")).to_be_visible()
    expect(page.get_by_text("not an option of this poll").first).to_be_visible()
    expect(page.get_by_text("Every published figure agrees.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Create the poll and import 3 rows")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 voters in this poll")
    page.get_by_role("link", name="Go to the poll").click()


def invite(page: Page, username: str, role: str) -> str:
    """Add a person on the page of people; gives the one-time link."""
    page.goto("/polls/cx-head/people/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Name", exact=True).fill(username.title())
    page.get_by_role("checkbox", name=re.compile(f"^{role}:")).check()
    page.get_by_role("button", name="Add person").click()
    return page.get_by_label("One-time link").input_value()


def accept(watched: Watched, link: str) -> Page:
    """Open the link in a browser of one's own and choose a password."""
    page = watched.open()
    page.goto(link)
    page.get_by_label("Password", exact=True).or_(page.locator("#id_password1")).first.fill(PASSWORD)
    page.locator("#id_password2").fill(PASSWORD)
    page.get_by_role("button", name="Set password and start").click()
    expect(page).not_to_have_url(link)
    return page


def set_up_the_round(page: Page) -> None:
    """The suggested codebook, the two readers and the adjudicator, as suggested."""
    page.goto("/polls/cx-head/rounds/new/")
    for label, name in [("First reviewer", "Rosa"), ("Second reviewer", "Sam")]:
        seat = page.get_by_label(label)
        seat.select_option(seat.locator("option", has_text=name).get_attribute("value"))
    page.get_by_role("checkbox", name=re.compile("Jude")).check()
    expect(page.locator("#preview")).to_contain_text("4")
    page.get_by_role("button", name="Set up this round").click()
    expect(page.get_by_text("Round 1 is set up.")).to_be_visible()


def read_all(page: Page, username: str) -> None:
    """By keys alone, from the home page to the hand-in that stays open."""
    page.goto("/")
    page.get_by_role("link", name=re.compile("reading", re.IGNORECASE)).first.click()
    page.wait_for_url("**/read/")
    for done in (1, 2):
        title = page.locator("#case-title").inner_text()
        page.keyboard.press(KEYS[username][title])
        expect(page.locator("#progress")).to_contain_text(f"{done} of 2")
    expect(page.locator("#case-title")).to_have_text("You have read all 2 titles")


def resolve(page: Page) -> None:
    """Take the one conflict up, see both readings, decide."""
    page.goto("/polls/cx-head/rounds/1/conflicts/")
    page.get_by_role("button", name="Take up the first").click()
    readings = page.locator(".reading-verdict")
    expect(readings).to_have_count(2)
    assert sorted(text.strip() for text in readings.all_inner_texts()) == ["CX", "Consultant"]
    page.get_by_role("radio", name=re.compile("^Consultant")).check()
    page.get_by_label("Why did the readings differ?").select_option(label="Ambiguous title")
    page.get_by_label("Your rationale").fill("Advises others; the speaking is on the side.")
    page.get_by_role("button", name="Resolve and go to the next").click()
    expect(page.get_by_text("Resolved: Consultant.")).to_be_visible()


def close_coding(page: Page) -> None:
    page.goto("/polls/cx-head/rounds/1/")
    page.get_by_role("link", name="Close coding").click()
    page.get_by_role("button", name="Close coding", exact=True).click()
    expect(page.get_by_text("Coding is closed.").first).to_be_visible()


def take_the_file_away(page: Page) -> list[dict[str, str]]:
    """From the report to the classified file, opened as a spreadsheet would."""
    page.goto("/polls/cx-head/rounds/1/report/")
    expect(page.locator("svg[role=img]").first).to_be_visible()
    expect(page.get_by_text("3 votes").or_(page.get_by_text("of 3")).first).to_be_visible()
    page.goto("/polls/cx-head/rounds/1/export/")
    with page.expect_download() as download:
        page.locator("a[href$='classified.csv']").first.click()
    text = Path(download.value.path()).read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_from_the_file_of_voters_to_the_classified_file(watched: Watched, ada, tmp_path: Path):
    admin = watched.open_for(ada)
    import_the_voters(admin, tmp_path)
    people = {}
    for username, role in [("rosa", "Reviewer"), ("sam", "Reviewer"), ("jude", "Adjudicator")]:
        people[username] = accept(watched, invite(admin, username, role))
    set_up_the_round(admin)
    for username in ("rosa", "sam"):
        read_all(people[username], username)
    assert Decision.objects.count() == 4
    assert Case.objects.filter(status="conflict").count() == 1
    resolve(people["jude"])
    close_coding(admin)
    rows = {row["voter_id"]: row for row in take_the_file_away(admin)}
    assert {who: (row["category"], row["status"]) for who, row in rows.items()} == {
        "v1": ("contact-center", "agreed"),
        "v2": ("contact-center", "agreed"),
        "v3": ("consultant", "resolved"),
    }
    assert rows["v3"]["resolved_by"] == "jude"
    assert rows["v1"]["comment"] == "It depends."
