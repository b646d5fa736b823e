"""Reading through HTTP: one case at a time, one request per decision."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from classify import assignment
from classify.assignment import next_case
from classify.models import Decision, Round
from tests.classify.acts import open_round, say
from tests.classify.views.reads import here, sent, shared_case
from tests.factories import make_codebook, make_vote

pytestmark = pytest.mark.django_db


def held(reply) -> dict[str, Any]:
    """What the page holds for its script."""
    found = re.search(r'<script id="reading-data"[^>]*>(.*?)</script>', reply.content.decode(), re.S)
    assert found
    return json.loads(found[1])


# ---------- what is shown ----------


def test_the_page_shows_the_headline_in_parts_with_how_many_share_it(client_for, rosa, titles):
    body = client_for(rosa).get(here(titles, shared_case(titles).pk)).content.decode()
    assert "2 voters show this title" in body
    title = re.search(r"<h1[^>]*>(.*?)</h1>", body, re.S)
    assert title
    assert re.sub(r"<[^>]+>", "", title[1]).strip() == "CX Consultant"
    assert re.search(r"<s>ex-Head of Care</s>", body)


def test_the_page_says_nothing_of_votes_or_voters(client_for, rosa, titles):
    for case in titles.cases.all():
        body = client_for(rosa).get(here(titles, case.pk)).content.decode()
        for secret in ["Extremely", "Moderately", "Not very", "Voter 1", "Voter 2", "social.example", "sam"]:
            assert not re.search(rf"\b{secret}\b", body)


def test_no_category_is_preselected_or_marked(client_for, rosa, titles):
    body = client_for(rosa).get(here(titles)).content.decode()
    assert body.count(" data-choice ") == 6
    assert "is-current" not in body
    assert "choice-now" not in body


def test_the_definitions_stand_beside_the_case(client_for, rosa, titles):
    body = client_for(rosa).get(here(titles)).content.decode()
    for label in ["Contact Center", "CX", "Consultant", "Other", "Cannot tell"]:
        assert f"Definition of {label}" in body


def test_a_round_without_titles_says_what_to_do(client_for, poll, ada, rosa, sam):
    vote = make_vote(poll)
    titles = open_round(poll, reviewers=[rosa, sam], by=ada)
    titles.cases.update(n_votes=0)
    Round.objects.update(case_count=0)
    titles.reviewers.update(assigned_count=0)
    assert vote.pk
    assert b"There is nothing to read yet" in client_for(rosa).get(here(titles)).content


# ---------- one decision ----------


def test_a_decision_is_stored_and_the_plain_form_leads_to_the_next_case(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    reply = client_for(rosa).post(here(titles, case.pk), sent("consultant", note="why", milliseconds="1500"))
    assert (reply.status_code, reply["Location"]) == (302, here(titles))
    stored = Decision.objects.get()
    assert (stored.case_id, stored.reviewer, stored.category.code) == (case.pk, rosa, "consultant")
    assert (stored.note, stored.milliseconds, stored.evidence) == ("why", 1500, "headline")
    assert next_case(round=titles, reviewer=rosa).pk != case.pk


def test_unsure_is_stored_as_a_state_of_its_own(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    client_for(rosa).post(here(titles, case.pk), sent("unsure"))
    stored = Decision.objects.get()
    assert (stored.verdict, stored.category) == ("unsure", None)


def test_the_page_brings_the_cases_to_come_in_the_persons_own_order(client_for, rosa, titles):
    reading = held(client_for(rosa).get(here(titles)))
    own = assignment.upcoming(round=titles, reviewer_id=rosa.pk, after=None, limit=9)
    assert [card["case"] for card in reading["cards"]] == [case.pk for case in own]
    assert (reading["user"], reading["round"]) == (rosa.pk, titles.pk)
    assert (reading["decided"], reading["total"], reading["opened"]) == (0, 3, None)


def test_the_page_of_a_case_brings_it_with_ones_own_decision(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    say(titles, case.pk, rosa, "cx", note="by the rule")
    opened = held(client_for(rosa).get(here(titles, case.pk)))["opened"]
    assert (opened["case"], opened["verdict"], opened["note"]) == (case.pk, "cx", "by the rule")


def test_the_page_takes_no_script_from_a_headline(client_for, poll, ada, rosa, sam):
    make_vote(poll, "</script><script>alert(1)</script>")
    titles = open_round(poll, reviewers=[rosa, sam], by=ada)
    body = client_for(rosa).get(here(titles)).content.decode()
    assert "<script>alert" not in body


def test_a_long_codebook_has_a_search_in_sight_and_a_short_one_keeps_it_folded(
    client_for, poll, ada, rosa, sam, titles
):
    client = client_for(rosa)
    assert '<div id="search" class="search js-only" hidden>' in client.get(here(titles)).content.decode()
    long = make_codebook("long")
    for n in range(8):
        long.categories.create(
            code=f"more-{n}", label=f"More {n}", key="abcdefgh"[n], position=10 + n, color="#000000"
        )
    other = open_round(poll, reviewers=[rosa, sam], by=ada, version=long)
    assert '<div id="search" class="search js-only">' in client.get(here(other)).content.decode()


def test_the_last_decision_brings_the_hand_in(client_for, rosa, titles):
    client = client_for(rosa)
    for _ in range(3):
        case = next_case(round=titles, reviewer=rosa)
        reply = client.post(here(titles, case.pk), sent(), follow=True)
    assert "You have read all 3 titles" in reply.content.decode()
    assert "Hand in my readings" in client.get(here(titles)).content.decode()


def test_a_repeat_changes_nothing_and_gets_the_same_reply(client_for, rosa, titles):
    client = client_for(rosa)
    case = next_case(round=titles, reviewer=rosa)
    data = sent("other")
    first, second = (client.post(here(titles, case.pk), data) for _ in range(2))
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"verdict": "barista"}, "That is no category of this codebook. Reload the page."),
        ({"verdict": ""}, "Choose a category, or “Unsure”."),
        ({"client_id": "7"}, "Enter a valid UUID."),
        ({"note": "x" * 2001}, "Keep the note under 2000 characters; it is not stored."),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_stores_nothing(client_for, rosa, titles, data, sentence):
    case = next_case(round=titles, reviewer=rosa)
    reply = client_for(rosa).post(here(titles, case.pk), sent() | data)
    assert reply.status_code == 422
    assert sentence in reply.content.decode()
    assert not Decision.objects.exists()


def test_a_note_survives_a_refusal(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    reply = client_for(rosa).post(here(titles, case.pk), sent("barista", note="keep me"))
    assert ">keep me</textarea>" in reply.content.decode()


# ---------- going back ----------


def test_a_decision_can_be_gone_back_to_and_changed(client_for, rosa, titles):
    client = client_for(rosa)
    case = next_case(round=titles, reviewer=rosa)
    client.post(here(titles, case.pk), sent("cx", note="first thought"))
    body = client.get(here(titles, case.pk)).content.decode()
    assert body.count("choice-now") == 1
    assert ">first thought</textarea>" in body
    client.post(here(titles, case.pk), sent("consultant"))
    assert list(Decision.objects.order_by("seq").values_list("category__code", flat=True)) == [
        "cx",
        "consultant",
    ]


def test_a_decision_can_be_taken_back(client_for, rosa, titles):
    client = client_for(rosa)
    case = next_case(round=titles, reviewer=rosa)
    client.post(here(titles, case.pk), sent("cx"))
    client.post(here(titles, case.pk), sent("_withdrawn"))
    assert list(Decision.objects.order_by("seq").values_list("verdict", flat=True)) == [
        "category",
        "withdrawn",
    ]
    assert "choice-now" not in client.get(here(titles, case.pk)).content.decode()


def test_the_last_decisions_stand_beside_the_case(client_for, rosa, sam, titles):
    case = next_case(round=titles, reviewer=rosa)
    say(titles, case.pk, rosa, "consultant")
    for other in titles.cases.exclude(pk=case.pk):
        say(titles, other.pk, sam, "other")
    body = client_for(rosa).get(here(titles)).content.decode()
    assert re.findall(r'data-case="(\d+)"', body) == [str(case.pk)]
