"""The pages of the codebooks."""

from __future__ import annotations

import pytest

from tests import factories
from tests.doors import check_door


@pytest.fixture
def books(db):
    """One codebook in two versions, another in one."""
    return [factories.make_codebook(), factories.make_codebook(number=2), factories.make_codebook("other")]


def test_whoever_is_logged_in_may_read_codebooks(books, nina, client_for):
    for url in ("/codebooks/", "/codebooks/role/"):
        check_door(url, allowed=nina, wrong_method="post")
        assert client_for(nina).get(url).status_code == 200


def test_the_list_shows_each_in_its_newest_version(books, nina, client_for):
    page = client_for(nina).get("/codebooks/").content.decode()
    assert page.count("<section") == 2
    assert "version 2" in page
    assert "Contact Center" in page


def test_no_codebook_says_where_they_come_from(nina, client_for):
    assert "import_codebook" in client_for(nina).get("/codebooks/").content.decode()


def test_a_page_shows_the_definitions_of_the_version_asked_for(books, nina, client_for):
    browser = client_for(nina)
    assert "version 2" in browser.get("/codebooks/role/").content.decode()
    page = browser.get("/codebooks/role/", {"version": 1}).content.decode()
    assert "version 1" in page
    assert "Definition of Consultant" in page
    assert "part of CX side" in page


@pytest.mark.parametrize(
    "url", ["/codebooks/none/", "/codebooks/role/?version=9", "/codebooks/role/?version=x"]
)
def test_what_is_not_there_is_not_found(url, books, nina, client_for):
    assert client_for(nina).get(url).status_code == 404


def test_a_fixed_number_of_statements(books, nina, client_for, django_assert_num_queries):
    browser = client_for(nina)
    with django_assert_num_queries(4):
        browser.get("/codebooks/")
    factories.make_codebook("third")
    with django_assert_num_queries(4):
        browser.get("/codebooks/")
