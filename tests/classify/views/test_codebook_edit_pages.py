"""The editor: the draft as a whole, one category, a merge, a split, a trap rule; without JavaScript."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from classify import codebook_editing as editing
from classify import codebooks
from classify.codebook_files import MAX_ITEMS, MAX_LABEL, MAX_TEXT, Rule
from classify.models import Codebook
from tests import factories
from tests.classify.test_codebook_editing import act, category, change, codes, draft_of, seen
from tests.doors import check_door

EDIT = "/codebooks/role/edit/"
SENTENCE = "Only who may create polls, or is an admin of a poll, may edit codebooks."


@pytest.fixture
def book(db) -> Codebook:
    return factories.make_codebook().codebook


@pytest.fixture
def browser(ada, client_for):
    return client_for(ada)


def of(book: Codebook, code: str, more: str = "") -> str:
    return f"{EDIT}categories/{category(book, code).identity}/{more}"


def form_of(book: Codebook, code: str, **fields: Any) -> dict[str, Any]:
    """What the page of a category sends back, with changes."""
    row = category(book, code)
    sent = {name: getattr(row, name) for name in ("label", "code", "group", "definition", "key", "color")}
    sent |= {name: "\r\n".join(getattr(row, name)) for name in ("include", "exclude", "examples")}
    return {**sent, "place": row.position, "seen": editing.mark_of_category(row), **fields}


def button(book: Codebook, action: str, code: str = "", **more: Any) -> dict[str, Any]:
    """What a button of the draft's page sends."""
    identity = {"identity": category(book, code).identity} if code else {}
    return {"action": action, "seen": seen(book), **identity, **more}


@pytest.mark.parametrize(
    "url", ["", "categories/new/", "rules/new/", "publish/", "discard/"], ids=lambda url: url or "edit"
)
def test_the_editor_is_for_who_may_edit_codebooks(url, book, rosa, ada):
    check_door(EDIT + url, refused=rosa, sentence=SENTENCE, wrong_method="put", allowed=ada)


def test_who_may_create_polls_edits_without_any_poll(book, client_for):
    host = factories.make_user("host", is_staff=True)
    assert client_for(host).get(EDIT).status_code == 200


def test_an_admin_who_was_deactivated_edits_nothing(book, ada, client_for):
    browser = client_for(ada)
    ada.is_active = False
    ada.save()
    assert browser.get(EDIT).status_code == 302


def test_looking_at_the_editor_begins_no_draft(book, browser):
    for url in (EDIT, of(book, "cx"), of(book, "cx", "merge/"), of(book, "cx", "split/")):
        assert browser.get(url).status_code == 200
    assert codebooks.draft_of(book) is None


# --- the page of the draft -------------------------------------------


def test_a_button_moves_a_category(book, browser):
    answer = browser.post(EDIT, button(book, "move", "cx", place=1))
    assert answer["Location"] == EDIT
    assert codes(book)[:2] == ["cx", "contact-center"]


def test_the_second_click_on_a_button_is_told_that_the_first_was_done(book, browser):
    sent = button(book, "move", "cx", place=1)
    browser.post(EDIT, sent)
    page = browser.post(EDIT, sent, follow=True).content.decode()
    assert "after you opened the page" in page
    assert codes(book)[:2] == ["cx", "contact-center"]


def test_a_category_is_archived_and_taken_back(book, browser):
    sent = button(book, "archive", "cx")
    page = browser.post(EDIT, sent, follow=True).content.decode()
    assert "is left out of the next version" in page
    assert "Last in version 1." in page
    page = browser.post(EDIT, {**sent, "action": "restore", "seen": seen(book)}, follow=True).content.decode()
    assert "is back, at the end of the list, with the key 2." in page
    assert codes(book)[-1] == "cx"


def test_a_category_that_is_gone_is_gone(book, browser, ada):
    sent = button(book, "archive", "cx")
    act("archive", book, ada, "cx")
    page = browser.post(EDIT, {**sent, "seen": seen(book)}, follow=True).content.decode()
    assert "not in the draft any more" in page


@pytest.mark.parametrize(
    "sent",
    [
        {"action": "explode"},
        {"action": "move", "identity": "x", "place": "1"},
        {"action": "archive"},
        {"action": "move-rule", "number": "x"},
    ],
)
def test_a_button_that_is_not_ours_is_not_found(book, browser, sent):
    assert browser.post(EDIT, sent).status_code == 404
    assert codebooks.draft_of(book) is None


def test_the_title_is_changed_for_the_next_version(book, browser):
    mark = editing.mark_of_title(book.versions.get())
    assert browser.post(EDIT, {"action": "title", "title": "Roles", "seen": mark}).status_code == 302
    assert draft_of(book).title == "Roles"
    answer = browser.post(EDIT, {"action": "title", "title": "Jobs", "seen": mark})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It is called “Roles” now." in page
    assert 'value="Jobs"' in page
    assert browser.post(EDIT, {"action": "title", "title": "", "seen": ""}).status_code == 422


def test_a_rule_is_moved_and_left_out(book, ada, browser):
    for word in ("board", "ex-"):
        editing.save_rule(codebook=book, number=None, rule=Rule((word,), "Careful.", None), by=ada)
    browser.post(EDIT, button(book, "move-rule", number=2, place=1))
    assert [rule.words for rule in codebooks.rules_of(draft_of(book))] == [("ex-",), ("board",)]
    browser.post(EDIT, button(book, "move-rule", number=1))
    assert [rule.words for rule in codebooks.rules_of(draft_of(book))] == [("board",)]
    page = browser.post(EDIT, button(book, "move-rule", number=9), follow=True).content.decode()
    assert "not in the draft any more" in page


# --- one category ------------------------------------------------------


def test_a_category_says_what_was_written(book, browser):
    sent = form_of(book, "cx", label="Customers", include="head of care\r\n\r\n  agent ", definition="A\r\nB")
    assert browser.post(of(book, "cx"), sent).status_code == 302
    row = category(book, "cx")
    assert (row.label, row.include, row.definition) == ("Customers", ["head of care", "agent"], "A\nB")
    assert (row.color, row.position) == ("#E69F00", 2)


def test_saving_what_is_there_changes_nothing_of_it(book, browser):
    before = codebooks.text_of(book.versions.get())
    browser.post(of(book, "cx"), form_of(book, "cx", color="#e69f00"))
    assert codebooks.text_of(draft_of(book)) == before


LONG_LINES = "\n".join("line" for _ in range(MAX_ITEMS + 1))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("label", "", "This field is required."),
        ("label", "x" * (MAX_LABEL + 1), "at most 100 characters"),
        ("definition", "x" * (MAX_TEXT + 1), "at most 4000 characters"),
        ("group", "x" * (MAX_LABEL + 1), "at most 100 characters"),
        ("group", "夜", "A group needs letters"),
        ("code", "Bad Code", "A code has small letters"),
        ("code", "x" * 51, "at most 50 characters"),
        ("code", "unsure", "is reserved"),
        ("code", "other", "The category “Other” has this code."),
        ("key", "s", "is taken by the reading page"),
        ("key", "12", "at most 1 character"),
        ("key", "4", "The category “Other” has this key."),
        ("color", "blue", "A color is written as #rrggbb."),
        ("include", LONG_LINES, "At most 50 lines; these are 51."),
        ("exclude", "x" * (MAX_TEXT + 1), "Line 1 is longer than 4000 characters."),
        ("examples", LONG_LINES, "At most 50 lines; these are 51."),
        ("place", "0", "greater than or equal to 1"),
    ],
)
def test_every_limit_is_told_at_its_field_and_nothing_typed_is_lost(book, browser, field, value, sentence):
    sent = form_of(book, "cx", definition="Typed with care.") | {field: value}
    answer = browser.post(of(book, "cx"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'id="error_1_id_{field}"' in page or f'id="id_{field}_error"' in page
    assert escape(value) in page
    assert field == "definition" or "Typed with care." in page
    assert codebooks.draft_of(book) is None


def test_a_nul_in_a_text_is_refused(book, browser):
    assert browser.post(of(book, "cx"), form_of(book, "cx", definition="a\0b")).status_code == 422


def test_who_saves_second_is_shown_both_and_saving_again_decides(book, ada, browser):
    sent = form_of(book, "cx", definition="Mine is better.")
    change(
        book, factories.make_member("bea", ada.memberships.get().poll, "admin"), "cx", definition="Of Bea."
    )
    answer = browser.post(of(book, "cx"), sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "bea changed this codebook" in page
    assert "Mine is better.</textarea>" in page
    assert '<del><span class="visually-hidden">removed: </span>Of Bea.</del>' in page
    assert category(book, "cx").definition == "Of Bea."
    again = {**sent, "seen": editing.mark_of_category(category(book, "cx"))}
    assert again["seen"] in page
    assert browser.post(of(book, "cx"), again).status_code == 302
    assert category(book, "cx").definition == "Mine is better."


def test_what_was_typed_into_a_category_that_is_gone_can_be_added_as_a_new_one(book, ada, browser):
    url, sent = of(book, "cx"), form_of(book, "cx", definition="Mine is better.")
    act("archive", book, ada, "cx")
    answer = browser.post(url, sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Mine is better.</textarea>" in page
    assert f'action="{EDIT}categories/new/"' in page
    assert browser.get(url).status_code == 404
    assert browser.post(f"{EDIT}categories/new/", sent).status_code == 302
    assert codes(book)[-1] == "cx"


def test_a_new_category_needs_no_more_than_a_label(book, browser):
    assert browser.post(f"{EDIT}categories/new/", {"label": "Back office"}).status_code == 302
    row = category(book, "back-office")
    assert (row.label, row.key, row.position) == ("Back office", "6", 6)


def test_a_label_that_gives_no_code_asks_for_one(book, browser):
    answer = browser.post(f"{EDIT}categories/new/", {"label": "夜"})
    assert answer.status_code == 422
    assert "A code has small letters" in answer.content.decode()


def test_an_entry_of_several_lines_is_shown_as_one(book, ada, browser):
    change(book, ada, "cx", include=("head\nof care",))
    assert "head of care</textarea>" in browser.get(of(book, "cx")).content.decode()


# --- merge, split, rules -------------------------------------------------


def test_a_merge_is_asked_for_and_shown(book, browser):
    url = of(book, "consultant", "merge/")
    page = browser.get(url).content.decode()
    assert "keep the category they were made with" in page
    into = category(book, "cx").identity
    page = browser.post(url, {"into": into, "seen": seen(book)}, follow=True).content.decode()
    assert "“Consultant” is now part of “CX”" in page
    assert "Definition of Consultant" in page
    assert "consultant" not in codes(book)


@pytest.mark.parametrize("into", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_a_merge_into_nothing_is_refused(book, browser, into):
    answer = browser.post(of(book, "consultant", "merge/"), {"into": into, "seen": seen(book)})
    assert answer.status_code == 422
    assert codebooks.draft_of(book) is None


def test_a_stale_merge_is_told(book, ada, browser):
    sent = {"into": category(book, "cx").identity, "seen": seen(book)}
    change(book, ada, "cx", label="Customers")
    answer = browser.post(of(book, "consultant", "merge/"), sent)
    assert answer.status_code == 422
    assert "after you opened the page" in answer.content.decode()


def test_a_split_is_asked_for_and_shown(book, browser):
    url = of(book, "cx", "split/")
    sent = {"labels": "Service\nMarketing", "seen": seen(book)}
    page = browser.post(url, sent, follow=True).content.decode()
    assert "became 2 new categories" in page
    assert codes(book)[1:3] == ["service", "marketing"]
    assert browser.post(url, sent).status_code == 404


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ("Service", "Write two to 6 labels; these are 1."),
        ("A\nB\nC\nD\nE\nF\nG", "Write two to 6 labels; these are 7."),
        ("Service\nservice", "Two of the labels are the same."),
        ("Service\n夜", "needs letters a to z or digits"),
        ("Service\n" + "x" * 101, "longer than 100 characters"),
        ("Service\nOther", "The category “Other” has this code."),
    ],
)
def test_a_split_that_cannot_be_is_refused_at_the_field(book, browser, labels, sentence):
    answer = browser.post(of(book, "cx", "split/"), {"labels": labels, "seen": seen(book)})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert labels in page
    assert codebooks.draft_of(book) is None


def test_a_rule_is_written(book, browser):
    sent = {"words": "board\nchair", "text": "A seat is no job.", "category": "other"}
    assert browser.post(f"{EDIT}rules/new/", sent)["Location"] == f"{EDIT}#rules"
    assert codebooks.rules_of(draft_of(book)) == (Rule(("board", "chair"), "A seat is no job.", "other"),)


@pytest.mark.parametrize("field", ["words", "text"])
def test_a_rule_without_words_or_text_is_none(book, browser, field):
    sent = {"words": "board", "text": "A seat is no job.", field: " "}
    assert browser.post(f"{EDIT}rules/new/", sent).status_code == 422


def test_a_rule_that_somebody_else_changed_is_shown_beside(book, ada, browser):
    first, theirs = Rule(("board",), "Mine.", None), Rule(("board",), "Theirs.", None)
    editing.save_rule(codebook=book, number=None, rule=first, by=ada)
    mark = editing.mark_of_rule(first)
    editing.save_rule(codebook=book, number=1, rule=theirs, by=ada, seen=mark)
    sent = {"words": "board", "text": "Typed.", "category": "", "seen": mark}
    answer = browser.post(f"{EDIT}rules/1/", sent)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "board: Theirs." in page
    assert "Typed.</textarea>" in page
    assert browser.post(f"{EDIT}rules/1/", {**sent, "seen": editing.mark_of_rule(theirs)}).status_code == 302
    assert browser.get(f"{EDIT}rules/2/").status_code == 404
