"""Where decisions that wait in a browser are sent from: only rounds in which the person reads are named."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classify import rounds
from polls.models import Membership
from tests.classify.acts import open_round, read_all

pytestmark = pytest.mark.django_db

HERE = "/reading-places/"


def named(client, *ids: object) -> list[int]:
    reply = client.get(HERE, {"rounds": ",".join(map(str, ids))})
    assert reply.status_code == 200
    return [round["id"] for round in reply.json()["rounds"]]


def test_a_reader_is_told_what_the_round_is_called_and_where_to_read(client_for, rosa, titles):
    reply = client_for(rosa).get(HERE, {"rounds": str(titles.pk)})
    assert reply.json() == {
        "rounds": [
            {
                "id": titles.pk,
                "name": "cx-head, round 1",
                "url": f"/polls/cx-head/rounds/{titles.number}/read/",
            }
        ]
    }
    assert "no-store" in reply["Cache-Control"]


def test_rounds_that_somebody_does_not_read_are_as_if_there_were_none(
    client_for, poll, ada, rosa, sam, vera, nina, titles
):
    other = open_round(poll, reviewers=[sam], by=ada, version=titles.version, purpose="pilot")
    assert named(client_for(rosa), titles.pk, other.pk, 2**60) == [titles.pk]
    for person in (ada, vera, nina):
        assert named(client_for(person), titles.pk, other.pk) == []


def test_who_left_or_is_no_reviewer_any_more_is_told_nothing(client_for, poll, ada, rosa, sam, titles):
    rounds.leave_round(round=titles, user=rosa, by=rosa)
    assert named(client_for(rosa), titles.pk) == []
    Membership.objects.filter(user=sam, role="reviewer").update(role="viewer")
    assert named(client_for(sam), titles.pk) == []


def test_a_closed_round_is_named_since_what_waits_is_still_kept_on_record(client_for, ada, rosa, titles):
    rounds.close_coding(round=titles, by=ada)
    assert named(client_for(rosa), titles.pk) == [titles.pk]


@pytest.mark.parametrize("asked", ["", "nonsense", "-1", "1;2", "9" * 40, "\x00", ",,", "１"])
def test_what_is_no_list_of_rounds_names_none(client_for, rosa, titles, asked):
    assert named(client_for(rosa), asked) == []


def test_what_the_other_did_shows_in_nothing(client_for, rosa, sam, titles):
    client = client_for(rosa)

    def told() -> tuple[bytes, int]:
        with CaptureQueriesContext(connection) as queries:
            reply = client.get(HERE, {"rounds": str(titles.pk)})
        return reply.content, len(queries)

    before = told()
    read_all(titles, sam)
    assert told() == before


def test_who_is_logged_out_gets_the_address_of_the_login(client, titles):
    reply = client.get(HERE, {"rounds": str(titles.pk)})
    assert (reply.status_code, reply.json()["login"]) == (401, "/login/")
    assert client.post(HERE).status_code == 405
