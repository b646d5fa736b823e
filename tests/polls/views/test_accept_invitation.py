"""The one-time link that lets a new person in."""

from __future__ import annotations

import pytest
from django.test import Client

from polls import people
from polls.models import User

DATA = {"name": "Kim Newcomer", "password1": "a long enough one", "password2": "a long enough one"}


@pytest.fixture
def link(poll, ada):
    """The link of somebody just added."""
    return people.add_person(poll=poll, username="kim", name="Kim", roles=["viewer"], by=ada).path


def test_the_page_asks_for_name_and_password_and_is_never_stored(client, link):
    answer = client.get(link)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="Kim"' in page
    assert "Choose a password" in page
    assert "no-store" in answer["Cache-Control"]


def test_who_accepts_is_logged_in(client, link):
    answer = client.post(link, DATA)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    kim = User.objects.get(username="kim")
    assert kim.get_full_name() == "Kim Newcomer"
    assert kim.check_password(DATA["password1"])
    assert client.session["_auth_user_id"] == str(kim.pk)


def test_a_second_click_finds_the_link_used(client, link):
    client.post(link, DATA)
    for answer in (client.post(link, DATA | {"password1": "another long one"}), Client().get(link)):
        assert answer.status_code == 410
        assert "was used already or has expired" in answer.content.decode()
    assert User.objects.get(username="kim").check_password(DATA["password1"])


def test_an_expired_link_says_so(client, link, settings):
    settings.PASSWORD_RESET_TIMEOUT = -1
    answer = client.get(link)
    assert answer.status_code == 410
    assert "has expired" in answer.content.decode()


@pytest.mark.parametrize("path", ["/welcome/MQ/abc-def/", "/welcome/!/-/", "/welcome/%00/x/"])
def test_a_made_up_link_says_the_same(client, db, path):
    assert client.get(path).status_code == 410
    assert client.post(path, DATA).status_code == 410


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password2": "something else"}, "The two passwords are not the same."),
        ({"password1": "short", "password2": "short"}, "This password is too short"),
        ({"password1": "1234567890123", "password2": "1234567890123"}, "entirely numeric"),
        ({"password1": "Kim Newcomer", "password2": "Kim Newcomer"}, "too similar to"),
        ({"name": ""}, "This field is required."),
        ({"password1": "x" * 501, "password2": "x" * 501}, "at most 500 characters"),
    ],
)
def test_what_will_not_do_is_said_and_the_link_stays_good(client, link, fields, sentence):
    answer = client.post(link, DATA | fields)
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert client.post(link, DATA).status_code == 302


def test_who_is_logged_in_as_somebody_else_becomes_the_invited(ada, client_for, link):
    browser = client_for(ada)
    browser.post(link, DATA)
    assert browser.session["_auth_user_id"] == str(User.objects.get(username="kim").pk)


def test_the_wrong_method_is_refused(client, link):
    assert client.put(link).status_code == 405
