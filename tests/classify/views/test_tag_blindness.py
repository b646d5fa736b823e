"""What reading costs, what it never tells, and who may not."""

from __future__ import annotations

import re

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from classify.assignment import next_case
from classify.models import Decision, ProfileView
from tests.classify.acts import open_round, say
from tests.classify.views.reads import here, sent, shared_case
from tests.factories import make_member, make_poll, make_vote

pytestmark = pytest.mark.django_db


# ---------- blindness and cost ----------


def statements(client, url: str, data: dict[str, str]) -> tuple[list[str], str]:
    with CaptureQueriesContext(connection) as seen:
        body = client.post(url, data).content.decode()
    asked = [
        query["sql"] for query in seen if not re.match(r"(SAVEPOINT|RELEASE|BEGIN|COMMIT)", query["sql"])
    ]
    return asked, body


def test_a_decision_costs_at_most_eight_statements(client_for, rosa, titles):
    client = client_for(rosa)
    client.get(here(titles))
    for verdict in ["cx", "unsure"]:
        cache.clear()  # the dearest case: the number of titles has to be counted again
        case = next_case(round=titles, reviewer=rosa)
        asked, _ = statements(client, here(titles, case.pk), sent(verdict))
        assert len(asked) <= 8, "\n".join(asked)


@pytest.mark.parametrize("others", ["cx", "contact-center", "unsure"])
def test_first_and_second_decision_cost_the_same_statements_and_bytes(client_for, rosa, sam, titles, others):
    """The case that Sam has decided answers exactly like the one he has not, page and fragment."""
    case = next_case(round=titles, reviewer=rosa)
    client = client_for(rosa)
    url, data = here(titles, case.pk), sent("cx")

    def shape(text: str) -> str:
        text = re.sub(r'((?:csrf\w*|client_id)" value|X-CSRFToken": )="?[^"]*"', "", text)
        return re.sub(r'"(X-CSRFToken|csrf)": "[^"]*"', "", text)

    before = shape(client.get(here(titles)).content.decode())
    alone = _rolled_back(client, url, data)
    say(titles, case.pk, sam, others)
    client = client_for(rosa)  # with no message of the decision that was undone
    assert shape(client.get(here(titles)).content.decode()) == before
    after = _rolled_back(client, url, data)
    assert [shape(text) for text in after[1:]] == [shape(text) for text in alone[1:]]
    assert after[0] == alone[0]


def _rolled_back(client, url: str, data: dict[str, str]) -> tuple[int, str]:
    """Number of statements and reply of a decision that is then undone, so that it can be made again."""

    class _Undo(Exception):
        pass

    answer: tuple[int, str] = (0, "")
    try:
        with transaction.atomic():
            asked, body = statements(client, url, data)
            answer = (len(asked), body)
            raise _Undo
    except _Undo:
        return answer


# ---------- who may ----------


@pytest.mark.parametrize("who", ["ada", "jude", "vera"])
def test_who_holds_no_slot_is_refused_with_a_sentence(client_for, request, titles, who, vera):
    client = client_for(request.getfixturevalue(who))
    case = shared_case(titles)
    for reply in [
        client.get(here(titles)),
        client.get(here(titles, case.pk)),
        client.post(here(titles, case.pk), sent()),
        client.post(here(titles, case.pk, "profile")),
    ]:
        assert reply.status_code == 403
        assert "You are no reviewer of this round." in reply.content.decode()
    assert not Decision.objects.exists()
    assert not ProfileView.objects.exists()


def test_a_stranger_sees_no_round(client_for, nina, titles):
    client = client_for(nina)
    assert client.get(here(titles)).status_code == 404
    assert client.post(here(titles, shared_case(titles).pk), sent()).status_code == 404


def test_nobody_is_sent_to_the_login(client, titles):
    reply = client.get(here(titles))
    assert (reply.status_code, reply["Location"].split("?")[0]) == (302, "/login/")


def test_a_case_of_another_poll_is_not_found(client_for, ada, rosa, sam, titles):
    other = make_poll("other")
    for user in (ada, rosa, sam):
        make_member(user.username, other, "reviewer", "admin")
    make_vote(other, "Elsewhere", voter_id="e1")
    strange = open_round(other, reviewers=[rosa, sam], by=ada, version=titles.version).cases.get()
    client = client_for(rosa)
    assert client.get(here(titles, strange.pk)).status_code == 404
    assert client.post(here(titles, strange.pk), sent()).status_code == 404
    assert client.post(here(titles, strange.pk, "profile")).status_code == 404
    assert not Decision.objects.exists()


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client_for, rosa, titles, method):
    client = client_for(rosa)
    assert getattr(client, method)(here(titles)).status_code == 405
    assert getattr(client, method)(here(titles, shared_case(titles).pk)).status_code == 405
