"""Bringing in files of all kinds as a person does it: choosing, seeing what it changes, importing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from polls.models import User, Vote
from tests import factories
from tests.browser.conftest import Watched, whole
from tests.polls.importing import workbooks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

START = "/polls/cx-head/import/"
ASKED = re.compile(r"/import/.+/$")  # what a changed choice asks the server
YES, MAYBE, NO = factories.OPTIONS
BOOK = {
    "Read me": [["The votes are on the next sheet."]],
    "Votes": [
        ["Wer", "Job Title", "Answer", "Voted at", "Warum"],
        ["Kim", "Head of Contact Center | Speaker", YES, "03/04/2026", "because"],
        ["Lee", "CX Consultant", "Perhaps", "04/05/2026", ""],
    ],
}
COPIED = (
    "Kim Possible\nView Kim Possible’s profile\n• 2nd\nHead of Contact Center\n"
    "Lee Major\nView Lee Major’s profile\n• 3rd+\nCX Consultant | Speaker\n"
)


@pytest.fixture
def page(page_for: Callable[..., Page], ada: User) -> Page:
    """Ada at the import page."""
    page = page_for(ada)
    page.goto(START)
    return page


def assert_accessible(page: Page) -> None:
    """No rule of axe is broken on the page as it stands."""
    whole(page)
    found = Axe().run(page).response["violations"]
    assert not found, [(item["id"], [node["html"] for node in item["nodes"]]) for item in found]


def send(page: Page, folder: Path, name: str, content: bytes) -> None:
    """Choose a file and come to the second step."""
    path = folder / name
    path.write_bytes(content)
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How will this be read?")
    whole(page)


def test_a_workbook_is_read_anew_while_sheet_columns_and_dates_are_chosen(page: Page, tmp_path: Path):
    send(page, tmp_path, "votes.xlsx", workbooks.xlsx(BOOK))
    expect(page.get_by_role("button", name="Look again")).to_be_hidden()
    page.get_by_label("Sheet", exact=True).select_option("Votes")
    expect(page.get_by_role("button", name="Import 1 row")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Read again: 1 of 2 rows can be taken.")
    expect(page.get_by_text("Lee")).to_have_count(0)
    page.get_by_label("Wer", exact=True).select_option("name")
    expect(page.get_by_role("cell", name="Kim", exact=True)).to_be_visible()
    page.get_by_label("In this file 03/04/2026 means").select_option("day")
    expect(page.get_by_role("cell", name="3 Apr 2026")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 voter in this poll")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 1 rejected row").click()
    assert "Lee,CX Consultant,Perhaps" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert Vote.objects.get().voter.name == "Kim"


@pytest.mark.parametrize(
    ("first", "chosen"),
    [("Wer", "name"), ("Sheet", "Votes")],
    ids=["a column's answer puts the question in place anew", "a sheet's answer all of it"],
)
def test_a_choice_made_while_the_last_is_on_its_way_is_kept(
    page: Page, tmp_path: Path, first: str, chosen: str
):
    send(page, tmp_path, "votes.xlsx", workbooks.xlsx(BOOK))
    page.get_by_label("Sheet", exact=True).select_option("Votes")
    expect(page.locator("#live")).to_have_text("Read again: 1 of 2 rows can be taken.")
    held: list[Route] = []
    page.route(ASKED, lambda route: held.append(route), times=1)
    with page.expect_request(ASKED):
        page.get_by_label(first, exact=True).select_option(chosen)
    page.get_by_label("In this file 03/04/2026 means").select_option("day")
    held.pop().continue_()
    expect(page.get_by_role("cell", name="3 Apr 2026")).to_be_visible()
    expect(page.get_by_label("In this file 03/04/2026 means")).to_have_value("day")
    expect(page.get_by_label(first, exact=True)).to_have_value(chosen)


def test_a_box_ticked_and_words_typed_while_a_choice_is_on_its_way_are_kept(page_for, root: User):
    page = page_for(root)
    page.goto("/new-poll/")
    page.get_by_label("Question").fill("Who reads this?")
    page.get_by_label("Short name").fill("who-reads")
    page.get_by_label("Or paste rows").fill("Wer,Was\nKim,Head of Care\nLee,CX Consultant\n")
    page.get_by_role("button", name="Look at the rows").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("How will this be read?")
    whole(page)
    several = page.get_by_label("Voters could choose several options")
    everyone = page.get_by_label("Everyone here voted for")
    expect(several).not_to_be_checked()
    held: list[Route] = []
    page.route(re.compile("/new-poll/.+/$"), lambda route: held.append(route), times=1)
    with page.expect_request(re.compile("/new-poll/.+/$")):
        page.get_by_label("Wer", exact=True).select_option("name")
    several.check()
    everyone.fill("Everybody")
    held.pop().continue_()
    expect(page.get_by_role("cell", name="Kim", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="Everybody", exact=True)).to_have_count(2)
    expect(several).to_be_checked()
    expect(everyone).to_have_value("Everybody")


def test_the_next_file_with_these_columns_is_read_as_the_last(page: Page, tmp_path: Path):
    for name in ("Kim", "Lee"):
        page.goto(START)
        send(page, tmp_path, "votes.csv", f"Wer,Was,Warum\n{name},{YES},because of {name}\n".encode())
        if name == "Kim":
            page.get_by_label("Warum", exact=True).select_option("comment")
            page.get_by_label("Wer", exact=True).select_option("name")
        else:
            expect(page.get_by_text("Read as the last file with these columns.")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Comment")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Name")).to_be_visible()
        page.get_by_role("button", name="Import 1 row").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("in this poll")
    assert sorted(Vote.objects.values_list("comment", flat=True)) == ["because of Kim", "because of Lee"]


def test_who_is_logged_out_comes_to_the_login_and_not_into_the_table(page: Page, tmp_path: Path):
    send(page, tmp_path, "votes.xlsx", workbooks.xlsx(BOOK))
    Session.objects.all().delete()
    page.get_by_label("Sheet", exact=True).select_option("Votes")
    expect(page).to_have_url(re.compile("/login/"))


def test_with_the_keyboard_alone_a_copied_list_becomes_votes_of_one_option(page: Page):
    page.get_by_label("Or paste rows").focus()
    page.keyboard.insert_text(COPIED)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("one voter over several lines")).to_be_visible()
    whole(page)
    everyone = page.get_by_label("Everyone here voted for")
    everyone.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    button = page.get_by_role("button", name="Import 2 rows")
    expect(button).to_be_visible()
    expect(everyone).to_be_focused()
    expect(everyone).to_have_value(MAYBE)
    expect(page.get_by_role("cell", name=MAYBE)).to_have_count(2)
    for _ in range(20):
        if button.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 voters in this poll")
    assert {*Vote.objects.values_list("option__text", flat=True)} == {MAYBE}


def test_how_the_letters_are_written_is_asked_with_the_cells_in_question(page: Page, tmp_path: Path):
    content = f"id,name,option\nv1,Jürgen Müller,{YES}\n".encode("cp1252")
    send(page, tmp_path, "votes.csv", content)
    expect(page.get_by_role("group", name="Which of these reads right?")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("radio", name="Cyrillic").check()
    page.get_by_role("button", name="Read it this way").click()
    expect(page.get_by_role("cell", name="Jьrgen Mьller")).to_be_visible()
    page.get_by_label("Letters are written as").select_option("cp1252")
    expect(page.get_by_role("cell", name="Jürgen Müller")).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 voter in this poll")


def test_it_works_without_scripts_on_a_phone(watched: Watched, ada: User, tmp_path: Path):
    page = watched.open_for(ada, java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(START)
    send(page, tmp_path, "votes.xlsx", workbooks.xlsx(BOOK))
    page.get_by_label("Sheet", exact=True).select_option("Votes")
    page.get_by_role("button", name="Look again").click()
    page.get_by_label("Wer", exact=True).select_option("name")
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_role("cell", name="Kim", exact=True)).to_be_visible()
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 voter in this poll")


def test_no_step_is_wider_than_a_phone(watched: Watched, ada: User, tmp_path: Path):
    page = watched.open_for(ada, viewport={"width": 360, "height": 740}, color_scheme="dark")
    page.goto(START)
    fits = "document.documentElement.scrollWidth <= 360"
    assert page.evaluate(fits)
    send(page, tmp_path, "votes.xlsx", workbooks.xlsx(BOOK))
    assert page.evaluate(fits)
    page.get_by_label("Sheet", exact=True).select_option("Votes")
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 voter in this poll")
    whole(page)
    assert page.evaluate(fits)
    assert_accessible(page)
