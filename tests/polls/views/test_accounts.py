"""Login and logout."""

from __future__ import annotations

import pytest

from polls.models import User


def log_in(client, username, password="password"):
    return client.post("/login/", {"username": username, "password": password})


@pytest.mark.parametrize("username", ["rosa", "ROSA", "Rosa"])
def test_the_username_works_in_any_case(client, rosa, username):
    answer = log_in(client, username)
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize(("username", "password"), [("rosa", "wrong"), ("nobody", "password"), ("", "")])
def test_a_wrong_name_or_password_says_so(client, rosa, username, password):
    answer = log_in(client, username, password)
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_who_is_deactivated_cannot_enter_and_is_put_out(client, rosa):
    log_in(client, "rosa")
    assert client.get("/polls/cx-head/").status_code == 200
    User.objects.filter(pk=rosa.pk).update(is_active=False)
    assert client.get("/polls/cx-head/").status_code == 302
    assert log_in(client, "rosa").status_code == 200
    assert client.get("/polls/cx-head/").status_code == 302


def test_who_has_not_opened_the_link_cannot_enter(client, rosa):
    rosa.set_unusable_password()
    rosa.save()
    assert log_in(client, "rosa").status_code == 200
    assert log_in(client, "rosa", rosa.password).status_code == 200
    assert "_auth_user_id" not in client.session


def test_logging_out_is_a_post(client, rosa):
    log_in(client, "rosa")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert "_auth_user_id" not in client.session
