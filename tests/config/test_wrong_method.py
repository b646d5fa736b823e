"""An address that only takes what a form sends, opened as a link: a page that says so, and the way back."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.doors import as_person

BROWSER = {"HTTP_ACCEPT": "text/html,application/xhtml+xml,*/*;q=0.8"}
OPENED = "This address only takes what a form sends. Opening it changes nothing."
SECOND = "/polls/cx-head/rounds/1/second-reviewer/"


def body(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("url", "way"),
    [
        (SECOND, "/polls/cx-head/rounds/1/"),
        ("/polls/cx-head/rounds/1/conflicts/7/take/", "/polls/cx-head/rounds/1/"),
        ("/polls/cx-head/people/7/roles/", "/polls/cx-head/"),
        ("/codebooks/role/flags/7/aside/", "/codebooks/role/"),
        ("/people/7/", "/"),
    ],
)
def test_who_opens_it_is_told_and_led_back(url, way, ada):
    response = as_person(ada).get(url, **BROWSER)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "no-store" in response["Cache-Control"]
    assert OPENED in body(response)
    assert "was not stored: go back to the page and send it once more" in body(response)
    assert f'<a class="btn btn-primary" href="{way}">' in body(response)


def test_it_says_the_same_of_what_there_is_and_of_what_there_is_not(poll, ada, nina):
    """A stranger opens an address of a poll, and of none: the answer is told from the address alone."""
    client = as_person(nina)
    there, nowhere = (
        body(client.get(SECOND.replace("cx-head", slug), **BROWSER)).split("<main")[1].replace(slug, "…")
        for slug in ("cx-head", "no-such")
    )
    assert there == nowhere


def test_who_is_not_logged_in_is_sent_to_the_login_as_before(db):
    response = Client().get(SECOND, **BROWSER)
    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


def test_a_page_that_is_only_looked_at_says_so_to_a_form(poll, ada):
    response = as_person(ada).post("/polls/cx-head/dashboard/", **BROWSER)
    assert response.status_code == 405
    assert "This page can only be looked at. Nothing was changed." in body(response)
    assert OPENED not in body(response)


@pytest.mark.parametrize(
    "headers", [{}, {"HTTP_ACCEPT": "application/json"}, {**BROWSER, "HTTP_HX_REQUEST": "true"}]
)
def test_a_script_gets_no_page(headers, ada):
    response = as_person(ada).get(SECOND, **headers)
    assert response.status_code == 405
    assert response.content == b""


def test_logging_out_by_a_link_says_so(ada):
    response = as_person(ada).get("/logout/", **BROWSER)
    assert response.status_code == 405
    assert OPENED in body(response)
