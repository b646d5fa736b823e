"""Files to take away: who gets them, with names or without, and what is in them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.urls import reverse

from classify import rounds
from classify.models import Round
from polls.models import Poll, User
from tests import factories
from tests.classify.acts import open_round, say

FILES = [(what, form) for what in ("classified", "tags", "wide") for form in ("csv", "json")]


@pytest.fixture
def round_(poll: Poll, ada: User, rosa: User, sam: User, jude: User) -> Round:
    """One vote, read alike by both; still open."""
    factories.make_vote(poll, name="Secret-Name", voter_id="secret-id", comment="Secret-Comment")
    made = open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    for user in (rosa, sam):
        say(made, made.cases.get(), user, "cx")
    return made


def page(round_: Round) -> str:
    return reverse("classify:exports", args=[round_.poll.slug, round_.number])


def file(round_: Round, what: str = "classified", form: str = "csv", names: bool = True) -> str:
    url = reverse("classify:export-file", args=[round_.poll.slug, round_.number, what, form])
    return url if names else f"{url}?names=no"


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode("utf-8-sig")


def test_an_admin_takes_every_file_with_names(round_, ada, client_for):
    client = client_for(ada)
    for what, form in FILES:
        answer = client.get(file(round_, what, form))
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == f'attachment; filename="cx-head-round-1-{what}.{form}"'
        text = body(answer)
        rows = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text, newline="")))
        assert {row["voter_id"] for row in rows} == {"secret-id"}


def test_pseudonymised_files_name_nobody(round_, ada, vera, client_for):
    rounds.close_coding(round=round_, by=ada)
    for user in (ada, vera):
        for what, form in FILES:
            text = body(client_for(user).get(file(round_, what, form, names=False)))
            assert "ecret" not in text
            assert "cx" in text


@pytest.mark.parametrize("username", ["vera", "jude", "rosa"])
def test_who_may_not_see_votes_gets_no_names_after_the_reveal(username, round_, ada, vera, client_for):
    rounds.close_coding(round=round_, by=ada)
    client = client_for(User.objects.get(username=username))
    answer = client.get(file(round_))
    assert answer.status_code == 403
    assert "who voted for what" in answer.content.decode()
    assert client.get(file(round_, names=False)).status_code == 200
    shown = client.get(page(round_)).content.decode()
    assert "under pseudonyms as CSV" in shown
    assert "with names as CSV" not in shown


@pytest.mark.parametrize("username", ["vera", "jude", "rosa", "sam"])
@pytest.mark.parametrize("names", [True, False])
def test_nobody_but_an_admin_gets_anything_before_the_reveal(username, names, round_, vera, client_for):
    client = client_for(User.objects.get(username=username))
    assert client.get(page(round_)).status_code == 403
    for what, form in [*FILES, ("codebook", "csv")]:
        assert client.get(file(round_, what, form, names=names)).status_code == 403


def test_an_admin_who_reads_in_the_round_gets_nothing_while_it_is_open(round_, rosa, client_for):
    factories.make_member("rosa", round_.poll, "admin")
    assert client_for(rosa).get(file(round_)).status_code == 403
    assert client_for(rosa).get(file(round_, names=False)).status_code == 403


def test_strangers_find_nothing(round_, nina, client, client_for):
    assert client_for(nina).get(page(round_)).status_code == 404
    assert client_for(nina).get(file(round_)).status_code == 404
    assert client.get(file(round_)).status_code == 302


@pytest.mark.parametrize(("what", "form"), [("bundle", "csv"), ("classified", "xlsx"), ("conflicts", "csv")])
def test_what_is_no_file_is_not_found(what, form, round_, ada, client_for):
    assert client_for(ada).get(file(round_, what, form)).status_code == 404


def test_files_are_read_and_not_posted_to(round_, ada, client_for):
    assert client_for(ada).post(file(round_)).status_code == 405
    assert client_for(ada).post(page(round_)).status_code == 405


def test_the_codebook_can_be_taken_in_both_formats(round_, ada, client_for):
    document = json.loads(body(client_for(ada).get(file(round_, "codebook", "json"))))
    assert document["code"] == "role"
    assert "contact-center" in body(client_for(ada).get(file(round_, "codebook", "csv")))


def test_the_page_leads_to_every_file(round_, ada, client_for):
    client = client_for(ada)
    shown = client.get(page(round_)).content.decode()
    assert "is not closed" in shown
    for what, form in FILES:
        assert f'"{file(round_, what, form)}"' in shown
        assert f'"{file(round_, what, form, names=False)}"' in shown
