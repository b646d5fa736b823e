"""Where a draft ends and where codebooks come from: publish, discard, a new one, a copy, a file."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from classify import codebook_editing as editing
from classify import codebooks
from classify.codebook_files import MAX_FILE_BYTES
from classify.models import Codebook, CodebookVersion
from tests import factories
from tests.classify.test_codebook_editing import act, change, codes, draft_of, seen
from tests.doors import check_door

EDIT = "/codebooks/role/edit/"
PUBLISH, DISCARD = f"{EDIT}publish/", f"{EDIT}discard/"
NEW, IMPORT = "/new-codebook/", "/import-codebook/"


@pytest.fixture
def book(db) -> Codebook:
    return factories.make_codebook().codebook


@pytest.fixture
def browser(ada, client_for):
    return client_for(ada)


def sent(book: Codebook, since: int | str = 1, **more: Any) -> dict[str, Any]:
    return {"seen": seen(book), "since": since, **more}


@pytest.mark.parametrize("url", [NEW, IMPORT])
def test_new_codebooks_are_for_who_may_edit_them(url, rosa, ada):
    check_door(url, refused=rosa, sentence="may edit codebooks", wrong_method="put", allowed=ada)


def test_the_page_shows_what_changes_before_it_is_published(book, ada, browser):
    change(book, ada, "cx", definition="Definition of customers")
    page = browser.get(PUBLISH).content.decode()
    assert "What changes from version 1" in page
    assert '<ins><span class="visually-hidden">added: </span>customers</ins>' in page
    assert codebooks.newest_version("role").number == 1


def test_publishing_leads_to_the_cases_to_look_at_again(book, ada, browser):
    change(book, ada, "cx", definition="Anew.")
    answer = browser.post(PUBLISH, sent(book))
    assert answer["Location"] == "/codebooks/role/look-again/?version=2"
    assert codebooks.newest_version("role").number == 2
    page = browser.get(answer["Location"]).content.decode()
    assert "Version 2 is published." in page


def test_without_a_draft_there_is_nothing_to_publish_or_discard(book, browser):
    assert "nothing was changed" in browser.get(PUBLISH, follow=True).content.decode()
    assert browser.post(PUBLISH, sent(book))["Location"] == "/codebooks/role/"
    assert browser.post(DISCARD, sent(book))["Location"] == "/codebooks/role/"
    assert CodebookVersion.objects.count() == 1


def test_the_second_click_publishes_nothing_more(book, ada, browser):
    change(book, ada, "cx", definition="Anew.")
    given = sent(book)
    browser.post(PUBLISH, given)
    assert browser.post(PUBLISH, given).status_code == 302
    assert CodebookVersion.objects.count() == 2


def test_who_looked_at_an_earlier_draft_is_shown_the_present_one(book, ada, browser):
    change(book, ada, "cx", definition="Anew.")
    given = sent(book)
    change(book, ada, "other", definition="Quite another.")
    answer = browser.post(PUBLISH, given)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "after you opened the page" in page
    assert "Quite another." in page
    assert draft_of(book).is_draft


def test_a_version_imported_meanwhile_is_told_before_it_is_written_over(book, ada, browser):
    change(book, ada, "cx", definition="Anew.")
    shown = codebooks.document_of(codebooks.newest_version("role"))
    shown["categories"][3]["definition"] = "Brought by a file."
    browser.post(IMPORT, {"text": json.dumps(shown), "action": "import", "since": 1})
    page = browser.get(PUBLISH).content.decode()
    assert "This draft was begun from version 1; version 2 was published since." in page
    assert "Brought by a file.</del>" in page
    assert browser.post(PUBLISH, sent(book, since=1)).status_code == 409
    assert browser.post(PUBLISH, sent(book, since=2)).status_code == 302
    assert codebooks.newest_version("role").number == 3


def test_a_draft_without_categories_says_so(ada, browser):
    book = editing.create_codebook(code="shift", title="Shift", subject="voter", by=ada)
    answer = browser.post("/codebooks/shift/edit/publish/", sent(book, since=""))
    assert answer.status_code == 409
    assert "at least one category" in answer.content.decode()


def test_discarding_is_asked_for_first(book, ada, browser):
    act("archive", book, ada, "cx")
    page = browser.get(DISCARD).content.decode()
    assert "also what others changed" in page
    given = sent(book)
    change(book, ada, "other", label="Else")
    assert "after you opened" in browser.post(DISCARD, given, follow=True).content.decode()
    assert browser.post(DISCARD, sent(book))["Location"] == "/codebooks/role/"
    assert codebooks.draft_of(book) is None


def test_discarding_the_first_draft_takes_the_codebook_along(ada, browser):
    book = editing.create_codebook(code="shift", title="Shift", subject="voter", by=ada)
    assert browser.post("/codebooks/shift/edit/discard/", sent(book))["Location"] == "/codebooks/"
    assert browser.get("/codebooks/shift/edit/").status_code == 404


# --- a new codebook ----------------------------------------------------


def test_a_codebook_from_scratch(browser):
    answer = browser.post(NEW, {"title": "Shift work", "subject": "comment"})
    assert answer["Location"] == "/codebooks/shift-work/edit/"
    book = Codebook.objects.get(code="shift-work")
    assert (book.subject, codes(book)) == ("comment", [])
    assert "No category yet" in browser.get(answer["Location"]).content.decode()


def test_a_codebook_from_a_copy(book, browser):
    version = book.versions.get()
    assert f'value="{version.pk}" selected' in browser.get(NEW, {"copy": version.pk}).content.decode()
    answer = browser.post(NEW, {"title": "Role of ours", "code": "ours", "source": version.pk})
    assert answer["Location"] == "/codebooks/ours/edit/"
    assert len(codes(Codebook.objects.get(code="ours"))) == 5


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"title": ""}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"title": "Again", "code": "role"}, "There is a codebook with this code."),
        ({"title": "夜"}, "A code has small letters"),
        ({"title": "New", "code": "Bad Code"}, "A code has small letters"),
        ({"title": "New", "subject": "poll"}, "not one of the available choices"),
        ({"title": "New", "source": "99999"}, "not one of the available choices"),
    ],
)
def test_a_codebook_that_cannot_be_begun_keeps_what_was_typed(book, browser, given, sentence):
    answer = browser.post(NEW, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert given["title"] in page
    assert Codebook.objects.count() == 1


def test_a_draft_is_no_source_for_a_copy(book, ada, browser):
    change(book, ada, "cx", label="Customers")
    answer = browser.post(NEW, {"title": "Copy", "source": draft_of(book).pk})
    assert answer.status_code == 422


# --- a file ------------------------------------------------------------


def document(book: Codebook, **fields: Any) -> dict[str, Any]:
    shown = codebooks.document_of(codebooks.newest_version(book.code))
    shown["categories"][0] |= fields
    return shown


def test_a_file_is_shown_before_anything_is_stored(book, browser):
    raw = json.dumps(document(book, label="Call center")).encode()
    answer = browser.post(IMPORT, {"file": SimpleUploadedFile("role.json", raw)})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Renamed, it was called Contact Center." in page
    assert codebooks.newest_version("role").number == 1
    answer = browser.post(IMPORT, {"text": raw.decode(), "action": "import", "since": 1})
    assert answer["Location"] == "/codebooks/role/"
    assert codebooks.newest_version("role").categories.get(position=1).label == "Call center"


def test_a_second_click_imports_nothing_more(book, browser):
    given = {"text": json.dumps(document(book, label="Call center")), "action": "import", "since": 1}
    assert browser.post(IMPORT, given).status_code == 302
    answer = browser.post(IMPORT, given)
    assert answer.status_code == 409
    assert "Nothing differs from version 2" in answer.content.decode()
    assert book.versions.count() == 2


def test_a_file_that_says_the_same_is_not_imported(book, browser):
    page = browser.post(IMPORT, {"text": json.dumps(document(book))}).content.decode()
    assert "Nothing differs from version 1" in page


def test_a_file_of_a_codebook_that_is_not_here(browser):
    text = '{"code": "x", "title": "X", "categories": [{"code": "a", "label": "A"}]}'
    assert "not here yet" in browser.post(IMPORT, {"text": text}).content.decode()
    answer = browser.post(IMPORT, {"text": text, "action": "import", "since": ""})
    assert answer["Location"] == "/codebooks/x/"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Choose a file, or paste its text."),
        ("{", "not JSON: line 1"),
        ('{"code": "x", "title": "X", "categories": [{"code": "a", "label": ""}]}', "category 1 (a), label"),
        (
            '{"code": "x", "title": "X", "categories": [{"code": "a", "label": "A", "key": "s"}]}',
            "(a): the key",
        ),
        ("x" * (MAX_FILE_BYTES + 1), "larger than 1 MB"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_codebook_is_refused_with_the_place(browser, text, sentence):
    answer = browser.post(IMPORT, {"text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert text[:40].replace('"', "&quot;") in page


def test_a_file_that_is_not_utf_8_is_refused_at_its_field(browser):
    answer = browser.post(IMPORT, {"file": SimpleUploadedFile("role.json", b"\xff\xfe{}")})
    assert answer.status_code == 422
    assert "not UTF-8" in answer.content.decode()


def test_a_file_read_on_something_else_is_refused(book, browser):
    shown = json.dumps({**document(book), "subject": "comment"})
    assert "read on something else" in browser.post(IMPORT, {"text": shown}).content.decode()
    answer = browser.post(IMPORT, {"text": shown, "action": "import", "since": 1})
    assert answer.status_code == 422
    assert book.versions.count() == 1
