"""The list of one's own decisions, and the codebook as a handout."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from classify import adjudication, rounds
from tests.classify.acts import open_round, say
from tests.factories import make_vote

pytestmark = pytest.mark.django_db

COLUMNS = ["text", "n_votes", "category", "decided_at"]


@pytest.fixture
def round_(poll, ada, rosa, sam, jude):
    for title in ["CX Consultant", "Call Center Coach", "Contact Center Manager"]:
        make_vote(poll, title)
    cache.clear()
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    cases = {case.text: case.pk for case in round_.cases.all()}
    say(round_, cases["CX Consultant"], rosa, "consultant", note="By the rule")
    say(round_, cases["Call Center Coach"], rosa, "unsure")
    for pk in cases.values():
        say(round_, pk, sam, "other", note="Sam's note")
    return round_


def url(round_, page: str = "decisions") -> str:
    return f"/polls/{round_.poll.slug}/rounds/{round_.number}/{page}/"


def test_the_list_shows_ones_own_decisions_and_nobody_elses(client_for, rosa, round_):
    body = client_for(rosa).get(url(round_)).content.decode()
    assert "2 of 3 titles read." in body
    for shown in ["CX Consultant", "Call Center Coach", "By the rule", "Unsure"]:
        assert shown in body
    for hidden in ["Contact Center Manager", "Sam", "sam"]:
        assert hidden not in body


@pytest.mark.parametrize("column", [*COLUMNS, *(f"-{column}" for column in COLUMNS), "nonsense"])
def test_the_list_sorts_by_every_column(client_for, rosa, round_, column):
    reply = client_for(rosa).get(url(round_), {"sort": column, "page": "99"})
    assert reply.status_code == 200
    assert b"CX Consultant" in reply.content


@pytest.mark.parametrize(
    ("wanted", "shown", "hidden"),
    [
        ({"verdict": "consultant"}, "CX Consultant", "Call Center Coach"),
        ({"verdict": "unsure"}, "Call Center Coach", "CX Consultant"),
        ({"q": "coach"}, "Call Center Coach", "CX Consultant"),
        ({"q": "c\x00oach"}, "Call Center Coach", "CX Consultant"),
    ],
)
def test_the_list_can_be_narrowed(client_for, rosa, round_, wanted, shown, hidden):
    body = client_for(rosa).get(url(round_), wanted).content.decode()
    assert shown in body
    assert hidden not in body


def test_a_list_narrowed_to_nothing_says_so(client_for, rosa, round_):
    body = client_for(rosa).get(url(round_), {"q": "astronaut" * 50, "verdict": "cx"}).content.decode()
    assert "No decision of yours is like that." in body
    assert "Show all" in body


def test_a_reviewer_without_a_decision_is_told_how_to_begin(client_for, poll, ada, rosa, sam):
    make_vote(poll)
    cache.clear()
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    body = client_for(rosa).get(url(round_)).content.decode()
    assert "You have not decided anything yet" in body
    assert "Start reading" in body


def test_a_decision_that_reopening_stored_once_more_has_the_time_of_its_reviewer(
    client_for, poll, ada, rosa, sam
):
    """Nobody decided anything at the reopening; where one changes it thereafter, that is the time."""
    for title in ["CX Consultant", "Call Center Coach"]:
        make_vote(poll, title)
    cache.clear()
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    one, two = round_.cases.order_by("pk")
    rounds.close_coding(round=round_, by=ada)
    for case in (one, two):
        say(round_, case, rosa, "other")
        say(round_, case, sam, "consultant")
    acts = {case: case.decisions.get(reviewer=rosa).decided_at for case in (one, two)}
    rounds.reopen_coding(round=round_, by=ada, reason="Closed too early")
    renewed = one.decisions.filter(reviewer=rosa).latest("seq")
    assert renewed.entered_by == ada
    assert renewed.decided_at > acts[one]
    shown = client_for(rosa).get(url(round_)).context["table"].rows
    assert {row.record.case_id: row.get_cell_value("decided_at") for row in shown} == {
        case.pk: str(at) for case, at in acts.items()
    }
    changed = say(round_, two, rosa, "consultant").decision
    shown = client_for(rosa).get(url(round_)).context["table"].rows
    assert [row.get_cell_value("decided_at") for row in shown] == [
        str(at) for at in (changed.decided_at, acts[one])
    ]


def test_what_came_too_late_says_so_once_coding_is_closed(client_for, ada, rosa, sam, jude, round_):
    late = "came too late"
    case = round_.cases.get(text="CX Consultant")
    adjudication.claim(case=case, by=jude)
    assert say(round_, case, rosa, "cx").decision.late, "the claim sealed it"
    assert late not in client_for(rosa).get(url(round_)).content.decode(), "that would tell of the seal"
    rounds.close_coding(round=round_, by=ada)
    reply = client_for(rosa).get(url(round_))
    assert "Coding is closed: a decision that is changed now is kept" in reply.content.decode()
    rows = reply.context["table"].rows
    assert {row.record.text: late in row.get_cell("category") for row in rows} == {
        "CX Consultant": True,
        "Call Center Coach": False,
    }
    assert late not in client_for(sam).get(url(round_)).content.decode()


def test_the_number_of_statements_does_not_grow_with_the_list(
    client_for, rosa, round_, django_assert_max_num_queries
):
    client = client_for(rosa)
    client.get(url(round_))
    with django_assert_max_num_queries(9):
        client.get(url(round_))


def test_the_handout_prints_every_definition_for_every_member(client_for, vera, round_):
    body = client_for(vera).get(url(round_, "codebook")).content.decode()
    for label in ["Contact Center", "CX", "Consultant", "Other", "Cannot tell"]:
        assert f"Definition of {label}" in body
    assert "Unsure" in body


def test_who_may_not_read_is_refused_and_a_stranger_finds_nothing(client_for, ada, nina, round_):
    refused = client_for(ada).get(url(round_))
    assert refused.status_code == 403
    assert "You are no reviewer of this round." in refused.content.decode()
    assert client_for(nina).get(url(round_)).status_code == 404
    assert client_for(nina).get(url(round_, "codebook")).status_code == 404


def test_both_pages_are_for_reading_only(client_for, rosa, round_):
    assert client_for(rosa).post(url(round_)).status_code == 405
    assert client_for(rosa).post(url(round_, "codebook")).status_code == 405
