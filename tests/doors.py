"""The same five questions at every door: who is let in, who is refused, who finds nothing, and how."""

from __future__ import annotations

from django.test import Client

from polls.models import User


def as_person(user: User) -> Client:
    """A browser in which that person is logged in."""
    client = Client()
    client.force_login(user)
    return client


def check_door(
    url: str,
    *,
    refused: User | None = None,
    sentence: str = "",
    stranger: User | None = None,
    wrong_method: str = "",
    allowed: User | None = None,
    method: str = "get",
) -> None:
    """Anonymous is sent to the login; a member without the right gets 403 with the sentence, a stranger 404,
    and the wrong method 405."""
    answer = getattr(Client(), method)(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=")
    if refused is not None:
        answer = getattr(as_person(refused), method)(url)
        assert answer.status_code == 403
        assert sentence
        assert sentence in answer.content.decode().replace("&#x27;", "'")
    if stranger is not None:
        assert getattr(as_person(stranger), method)(url).status_code == 404
    if wrong_method:
        assert allowed is not None
        assert getattr(as_person(allowed), wrong_method)(url).status_code == 405
