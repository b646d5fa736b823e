"""Sessions and accounts by written-out statements: the same answers as Django's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.sessions import Accounts, SessionStore
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def stored(**content: str) -> str:
    store = SessionStore()
    store.update(content)
    store.save()
    return str(store.session_key)


def test_what_was_stored_comes_back():
    assert SessionStore(stored(colour="blue")).load() == {"colour": "blue"}


def test_a_session_that_has_run_out_is_none_and_its_key_forgotten():
    key = stored(colour="blue")
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert store.load() == {}
    assert store.session_key is None


@pytest.mark.parametrize("key", ["nobody-has-this-one", "with\x00nothing", "' OR 1=1 --"])
def test_a_key_of_nobody_is_no_session(key):
    stored(colour="blue")
    assert SessionStore(key).load() == {}


def test_an_account_is_what_the_model_says():
    user = make_user("rosa", first_name="Rosa", email="rosa@example.org")
    found, plain = Accounts().get_user(user.pk), ModelBackend().get_user(user.pk)
    for field in get_user_model()._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(plain, field.attname)
    assert not found._state.adding


def test_no_account_and_one_that_may_not_log_in_are_nobody():
    assert Accounts().get_user(10**9) is None
    assert Accounts().get_user(make_user("gone", is_active=False).pk) is None


def test_a_password_is_checked_once():
    make_user("rosa")
    assert authenticate(username="rosa", password="password") is not None
    assert authenticate(username="rosa", password="wrong") is None


def test_a_request_costs_one_statement_for_each(client_for, nina):
    client = client_for(nina)
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/").status_code == 200
    asked = " ".join(query["sql"] for query in queries)
    assert (asked.count("FROM django_session"), asked.count("FROM polls_user WHERE")) == (1, 1)


def test_who_is_deactivated_is_out_with_the_next_request(client_for, nina):
    client = client_for(nina)
    assert client.get("/").status_code == 200
    nina.is_active = False
    nina.save()
    assert client.get("/").status_code == 302


def test_a_changed_password_ends_the_other_sessions(client_for, nina):
    client = client_for(nina)
    nina.set_password("another one, long")
    nina.save()
    assert client.get("/").status_code == 302
