"""The pages of the codebooks for who reads them: the list, one version, its file, two versions compared."""

from __future__ import annotations

import json

import pytest

from classify import codebook_editing as editing
from classify import codebooks
from classify.codebook_files import parse_codebook
from classify.models import CodebookVersion
from tests import factories
from tests.classify import acts
from tests.classify.test_codebook_editing import act, category, change, publish
from tests.doors import check_door


@pytest.fixture
def books(db) -> list[CodebookVersion]:
    """One codebook in two versions, another in one."""
    return [factories.make_codebook(), factories.make_codebook(number=2), factories.make_codebook("other")]


@pytest.fixture
def edited(db, ada):
    """A codebook whose version 2 says something else of CX and leaves Other out."""
    book = factories.make_codebook().codebook
    change(book, ada, "cx", definition="Definition of customer experience", label="Customers")
    act("archive", book, ada, "other")
    publish(book, ada)
    return book


PAGES = (
    "/codebooks/",
    "/codebooks/role/",
    "/codebooks/role/compare/",
    "/codebooks/role/look-again/",
    "/codebooks/role/version-1.json",
)


@pytest.mark.parametrize("url", PAGES)
def test_whoever_is_logged_in_may_read_codebooks(url, books, nina, client_for):
    check_door(url, allowed=nina, wrong_method="post")
    assert client_for(nina).get(url).status_code == 200


def test_the_list_shows_each_in_its_newest_version(books, nina, client_for):
    page = client_for(nina).get("/codebooks/").content.decode()
    assert page.count("<section") == 2
    assert "version 2" in page
    assert "Contact Center" in page


def test_no_codebook_says_where_they_come_from(nina, ada, client_for):
    assert "import_codebook" in client_for(nina).get("/codebooks/").content.decode()
    assert "/new-codebook/" in client_for(ada).get("/codebooks/").content.decode()


def test_drafts_are_shown_to_who_may_edit_them_alone(books, nina, ada, client_for):
    editing.create_codebook(code="shift", title="Shift work", subject="voter", by=ada)
    change(books[0].codebook, ada, "cx", label="Customers")
    page = client_for(ada).get("/codebooks/").content.decode()
    assert "Shift work" in page
    assert "Draft of version 3" in page
    page = client_for(nina).get("/codebooks/").content.decode()
    assert "Shift work" not in page
    assert "Draft" not in page
    assert "Customers" not in client_for(nina).get("/codebooks/role/").content.decode()
    assert "Draft" not in client_for(nina).get("/codebooks/role/").content.decode()


def test_who_may_edit_is_taken_to_a_codebook_that_is_only_a_draft_and_nobody_else(nina, ada, client_for):
    editing.create_codebook(code="shift", title="Shift work", subject="voter", by=ada)
    answer = client_for(ada).get("/codebooks/shift/")
    assert answer["Location"] == "/codebooks/shift/edit/"
    for url in ("/codebooks/shift/", "/codebooks/shift/compare/", "/codebooks/shift/look-again/"):
        assert client_for(nina).get(url).status_code == 404


def test_where_it_is_used_names_polls_of_the_person_alone(poll, ada, rosa, nina, client_for):
    factories.make_vote(poll)
    acts.open_round(poll, reviewers=[rosa], by=ada)
    far = factories.make_poll("far-away")
    factories.make_vote(far)
    ola = factories.make_member("ola", far, "admin", "reviewer")
    acts.open_round(far, reviewers=[ola], by=ola, version=CodebookVersion.objects.get())
    for url in ("/codebooks/", "/codebooks/role/"):
        seen = {user: client_for(user).get(url).content.decode() for user in (rosa, ola, nina)}
        assert ("cx-head" in seen[rosa], "far-away" in seen[rosa]) == (True, False)
        assert ("cx-head" in seen[ola], "far-away" in seen[ola]) == (False, True)
        assert ("cx-head" in seen[nina], "far-away" in seen[nina]) == (False, False)


def test_a_page_shows_the_definitions_of_the_version_asked_for(books, nina, client_for):
    browser = client_for(nina)
    assert "version 2" in browser.get("/codebooks/role/").content.decode()
    page = browser.get("/codebooks/role/", {"version": 1}).content.decode()
    assert "version 1" in page
    assert "Definition of Consultant" in page
    assert "part of CX side" in page


def test_a_version_tells_what_became_of_categories(edited, nina, client_for):
    page = client_for(nina).get("/codebooks/role/").content.decode()
    assert "Other: archived" in page
    assert "Other: archived" not in client_for(nina).get("/codebooks/role/?version=1").content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "/codebooks/none/",
        "/codebooks/role/?version=9",
        "/codebooks/role/?version=x",
        "/codebooks/role/?version=٣",
        "/codebooks/role/compare/?old=9",
        "/codebooks/role/compare/?new=x",
        "/codebooks/role/look-again/?version=9",
        "/codebooks/role/version-9.json",
        "/codebooks/none/compare/",
    ],
)
def test_what_is_not_there_is_not_found(url, books, nina, client_for):
    assert client_for(nina).get(url).status_code == 404


def test_a_version_comes_as_a_file_that_reads_as_itself(edited, nina, client_for):
    answer = client_for(nina).get("/codebooks/role/version-2.json")
    assert answer["Content-Type"] == "application/json"
    assert 'filename="codebook-role-v2.json"' in answer["Content-Disposition"]
    newest = codebooks.newest_version("role")
    assert newest is not None
    assert parse_codebook(answer.content) == codebooks.text_of(newest)


def test_the_file_of_a_draft_is_for_who_may_edit_it(edited, ada, nina, client_for):
    change(edited, ada, "cx", label="Once more")
    url = "/codebooks/role/version-3.json"
    assert json.loads(client_for(ada).get(url).content)["categories"][1]["label"] == "Once more"
    assert client_for(nina).get(url).status_code == 403


def test_two_versions_are_compared_word_by_word(edited, nina, client_for):
    page = client_for(nina).get("/codebooks/role/compare/").content.decode()
    assert "from version 1 to version 2" in page
    assert '<del><span class="visually-hidden">removed: </span>CX</del>' in page
    assert '<ins><span class="visually-hidden">added: </span>customer experience</ins>' in page
    assert "Renamed, it was called CX." in page
    assert "Archived." in page
    assert "3 categories are the same in both." in page


def test_the_earlier_of_the_two_is_always_the_old_one(edited, nina, client_for):
    page = client_for(nina).get("/codebooks/role/compare/?old=2&new=1").content.decode()
    assert "from version 1 to version 2" in page


def test_equal_versions_say_so(books, nina, client_for):
    page = client_for(nina).get("/codebooks/other/compare/").content.decode()
    assert "The two say the same." in page


def test_a_fixed_number_of_statements(books, nina, ada, client_for, django_assert_num_queries):
    for person, cost in ((nina, 8), (ada, 12)):
        browser = client_for(person)
        with django_assert_num_queries(cost):
            browser.get("/codebooks/")
        factories.make_codebook(f"more-{person}")
        with django_assert_num_queries(cost):
            browser.get("/codebooks/")


def test_a_reviewer_reads_by_the_old_version_undisturbed(poll, ada, rosa, edited, client_for):
    factories.make_vote(poll)
    old = edited.versions.get(number=1)
    acts.open_round(poll, reviewers=[rosa], by=ada, version=old)
    change(edited, ada, "cx", label="Once more")
    browser = client_for(rosa)
    page = browser.get("/polls/cx-head/rounds/1/read/").content.decode()
    assert "Definition of CX" in page
    assert "Once more" not in page
    assert "Customers" not in page
    assert category(edited, "cx").label == "Once more"
