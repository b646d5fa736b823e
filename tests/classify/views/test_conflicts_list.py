"""The list of conflicts through HTTP: orders, pairs, pieces, what the address keeps, and what comes next."""

from __future__ import annotations

import re
import uuid

import pytest
from django.utils import timezone

from classify import adjudication, rounds
from classify.models import Case, Category, Round
from classify.visibility import queue as waiting
from tests.classify.acts import disagree, open_round, say
from tests.classify.judging import judge, propose
from tests.factories import make_member, make_vote

pytestmark = pytest.mark.django_db

PROPOSED = "You have proposed for all of these that you read."
TITLES = ["Agent", "Baker", "Clerk", "Dean"]


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    """Four conflicts: Baker has three voters, Clerk and Dean were read as CX and Consultant."""
    for title in TITLES:
        for _n in range(3 if title == "Baker" else 1):
            make_vote(poll, title)
    made = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    for title in TITLES:
        case = made.cases.get(text=title)
        say(made, case.pk, rosa, "cx")
        say(made, case.pk, sam, "consultant" if title in ("Clerk", "Dean") else "unsure")
    return made


def url(round_: Round, *rest: object) -> str:
    start = f"/polls/{round_.poll.slug}/rounds/{round_.number}/conflicts"
    return "/".join([start, *map(str, rest), ""])


def titles(response) -> list[str]:
    return [title for title in re.findall(r">(\w+)</a>", response.content.decode()) if title in TITLES]


def judgement(**more: str) -> dict[str, str]:
    said = {"category": "cx", "reason": "slip", "rationale": "So says the book."}
    return {"client_id": str(uuid.uuid4())} | said | more


@pytest.mark.parametrize(
    ("query", "first"),
    [("", "Agent"), ("sort=-conflict_since", "Dean"), ("sort=-n_votes", "Baker"), ("sort=nonsense", "Agent")],
)
def test_it_is_ordered_as_the_address_says(client_for, jude, round, query, first):
    assert titles(client_for(jude).get(f"{url(round)}?{query}"))[0] == first


def test_it_is_narrowed_to_a_pair_which_is_counted(client_for, jude, round):
    client = client_for(jude)
    body = client.get(url(round)).content.decode()
    assert "CX / Consultant (2)" in body
    assert "CX / Unsure (2)" in body
    assert titles(client.get(url(round), {"pair": "cx~consultant"})) == ["Clerk", "Dean"]
    assert titles(client.get(url(round), {"pair": "consultant~cx"})) == ["Clerk", "Dean"]
    assert len(titles(client.get(url(round), {"pair": "cx~nonsense"}))) == 4


def test_the_choice_is_remembered_until_it_is_cleared(client_for, jude, round):
    client = client_for(jude)
    client.get(url(round), {"pair": "cx~consultant", "sort": "-n_votes"})
    again = client.get(url(round))
    assert again.status_code == 302
    assert sorted(titles(client.get(again["Location"]))) == ["Clerk", "Dean"]
    client.get(url(round), {"clear": "1"})
    assert client.get(url(round)).status_code == 200


def test_when_the_last_of_a_pair_is_resolved_the_others_are_shown_and_it_says_so(client_for, jude, round):
    client = client_for(jude)
    query = "?pair=cx~consultant"
    client.get(url(round) + query)
    for title in ("Clerk", "Dean"):
        case = round.cases.get(text=title)
        adjudication.claim(case=case, by=jude)
        reply = client.post(url(round, case.pk) + query, judgement(), follow=True)
    body = reply.content.decode()
    assert "Resolved: CX." in body
    assert "No conflict read as “CX / Consultant” waits any more. All 2 that wait are shown." in body
    assert titles(reply) == ["Agent", "Baker"]
    assert f'action="{url(round, round.cases.get(text="Agent").pk, "take")}"' in body
    again = client.get(url(round))
    assert again.status_code == 200, "the choice is forgotten"
    assert "waits any more" not in again.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"whose": "mine"}, "You have taken up no conflict at the moment."),
        ({"pair": "cx~other"}, "No conflict read as “CX / Other” waits any more."),
        ({"pair": "cx~consultant", "whose": "mine"}, "“CX / Consultant” waits in that choice."),
    ],
)
def test_a_choice_without_conflicts_shows_the_others_in_the_same_order(
    client_for, jude, round, query, sentence
):
    client = client_for(jude)
    reply = client.get(url(round), query | {"sort": "-conflict_since"}, follow=True)
    assert f"{sentence}" in reply.content.decode()
    assert "All 4 that wait are shown." in reply.content.decode()
    assert titles(reply) == ["Dean", "Clerk", "Baker", "Agent"]
    assert client.get(url(round))["Location"].endswith("?sort=-conflict_since")


def test_where_others_hold_all_that_wait_it_says_so(client_for, poll, jude, round):
    juno = make_member("juno", poll, "adjudicator")
    round.adjudicators.create(user=juno)
    for case in round.cases.all():
        adjudication.claim(case=case, by=juno)
    body = client_for(jude).get(url(round), {"whose": "free"}, follow=True).content.decode()
    assert "No conflict is free at the moment: others have taken up all of them." in body
    assert "Others have taken up all of these." in body
    assert "Others have taken up all of these." not in client_for(juno).get(url(round)).content.decode()


def test_a_remembered_choice_claims_nothing_once_all_are_resolved(client_for, jude, round):
    client = client_for(jude)
    client.get(url(round), {"pair": "cx~consultant"})
    for case in round.cases.all():
        judge(case, jude)
    body = client.get(url(round), follow=True).content.decode()
    assert "All conflicts are resolved" in body
    assert "that wait" not in body


def test_when_all_are_resolved_it_says_so(client_for, jude, round):
    client = client_for(jude)
    assert "No conflict is resolved yet" in client.get(url(round), {"done": "1"}).content.decode()
    for case in Case.objects.filter(round=round):
        judge(case, jude)
    assert "All conflicts are resolved" in client.get(url(round)).content.decode()
    assert titles(client.get(url(round), {"done": "1"})) == [
        case.text for case in Case.objects.filter(round=round).order_by("-resolved_at")
    ]


def test_it_goes_on_in_pieces(client_for, jude, round, monkeypatch):
    monkeypatch.setattr(waiting.stretch, "__kwdefaults__", {**waiting.stretch.__kwdefaults__, "take": 3})
    client = client_for(jude)
    body = client.get(url(round)).content.decode()
    assert "Previous" not in body
    following = re.search(r'rel="next" href="([^"]+)"', body)[1].replace("&amp;", "&")
    second = client.get(url(round) + following)
    assert titles(second) == ["Dean"]
    assert 'rel="prev"' in second.content.decode()
    assert titles(client.get(url(round), {"last": "1"})) == ["Baker", "Clerk", "Dean"]
    assert titles(client.get(url(round), {"after": "nonsense"}))[0] == "Agent"


def test_a_number_that_is_not_counted_to_its_end_says_so(client_for, jude, round, monkeypatch):
    monkeypatch.setattr(waiting, "COUNTED_UP_TO", 3)
    monkeypatch.setattr("classify.views.conflicts.COUNTED_UP_TO", 3)
    assert "More than 3 conflicts to resolve" in client_for(jude).get(url(round)).content.decode()


def test_next_follows_the_order_and_the_pair(client_for, jude, round):
    client = client_for(jude)
    query = "?sort=-conflict_since&pair=cx~consultant"
    first = round.cases.get(text="Dean")
    adjudication.claim(case=first, by=jude)
    body = client.get(url(round, first.pk) + query).content.decode()
    assert f'action="{url(round, first.pk)}{query.replace("&", "&amp;")}"' in body
    reply = client.post(url(round, first.pk) + query, judgement())
    second = round.cases.get(text="Clerk")
    assert reply["Location"] == url(round, second.pk) + query
    assert Case.objects.get(pk=second.pk).claimed_by == jude
    assert client.post(url(round, second.pk) + query, judgement())["Location"] == url(round) + query


def test_the_first_to_take_up_is_the_first_that_is_free(client_for, poll, jude, round):
    juno = make_member("juno", poll, "adjudicator")
    round.adjudicators.create(user=juno)
    adjudication.claim(case=round.cases.get(text="Agent"), by=juno)
    body = client_for(jude).get(url(round)).content.decode()
    assert f'action="{url(round, round.cases.get(text="Baker").pk, "take")}"' in body
    assert "juno" in body


def test_who_holds_what_is_said_and_an_ended_claim_is_not(client_for, jude, round):
    case = round.cases.get(text="Agent")
    adjudication.claim(case=case, by=jude)
    client = client_for(jude)
    assert "You</td>" in client.get(url(round)).content.decode()
    ended = timezone.now() - adjudication.CLAIM_STANDS
    Case.objects.filter(pk=case.pk).update(claimed_at=ended)
    assert "You</td>" not in client.get(url(round)).content.decode()


def test_who_decides_first_is_not_told_the_pair(client_for, ada, jude, round):
    Round.objects.filter(pk=round.pk).update(adjudicator_first=True)
    for query in ({}, {"sort": "pair"}, {"pair": "cx~consultant"}, {"sort": "-pair", "pair": "cx~unsure"}):
        body = client_for(jude).get(url(round), query).content.decode()
        for told in ("Consultant", "Unsure", 'name="pair"', "pair="):
            assert told not in body, f"{query} tells {told}"
        assert len(titles(client_for(jude).get(url(round), query))) == 4
    assert "CX / Consultant (2)" in client_for(ada).get(url(round)).content.decode()


def test_under_the_consensus_rule_the_list_is_for_the_two(client_for, poll, ada, rosa, sam, round):
    talk = open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
    for case in talk.cases.all():
        disagree(talk, case, rosa, sam)
    rounds.close_coding(round=talk, by=ada)
    body = client_for(rosa).get(url(talk)).content.decode()
    assert "Look at the first" in body
    assert "Taken up by" not in body
    case = talk.cases.order_by("conflict_since", "pk").first()
    reply = client_for(rosa).post(url(talk, case.pk), judgement())
    assert reply["Location"] != url(talk, case.pk)
    assert PROPOSED not in client_for(rosa).get(url(talk)).content.decode()
    for left in talk.cases.exclude(pk=case.pk):
        propose(left, rosa)
    body = client_for(rosa).get(url(talk)).content.decode()
    assert "Look at the first" not in body
    assert PROPOSED in body
    assert PROPOSED not in client_for(sam).get(url(talk)).content.decode()
    assert PROPOSED not in client_for(ada).get(url(talk)).content.decode()


def test_under_the_consensus_rule_it_says_who_has_proposed(client_for, poll, ada, rosa, sam, round):
    talk = open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
    agent, baker, clerk, dean = (disagree(talk, talk.cases.get(text=text), rosa, sam) for text in TITLES)
    rounds.close_coding(round=talk, by=ada)
    for case, by, category in [
        (agent, rosa, "cx"),
        (agent, rosa, "consultant"),  # who changes their mind has proposed once
        (baker, sam, "cx"),
        (clerk, rosa, "cx"),
        (clerk, sam, "consultant"),
    ]:
        propose(case, by, category)
    for person, said in [
        (rosa, ["You", "The other", "Both, not the same", ""]),
        (sam, ["The other", "You", "Both, not the same", ""]),
        (ada, ["One of the two", "One of the two", "Both, not the same", ""]),
    ]:
        rows = {
            row["text"]: row["proposed"] for row in client_for(person).get(url(talk)).context["table"].data
        }
        assert [rows[text] for text in TITLES] == said
    assert dean.adjudications.count() == 0
    assert "Proposed by" in client_for(rosa).get(url(talk)).content.decode()
    propose(baker, rosa, "cx")
    assert "Proposed by" not in client_for(rosa).get(url(talk), {"done": "1"}).content.decode()


def test_only_under_the_consensus_rule_does_it_speak_of_proposals(client_for, jude, round):
    body = client_for(jude).get(url(round)).content.decode()
    assert "Taken up by" in body
    assert "Proposed by" not in body


def test_a_carried_case_is_no_conflict_of_this_round(client_for, jude, round):
    case = round.cases.get(text="Agent")
    Case.objects.filter(pk=case.pk).update(
        status="resolved",
        resolution="carried",
        **dict.fromkeys(["reviewer1", "reviewer2", "decision1", "decision2", "cat1", "cat2"]),
        final=Category.objects.get(version=round.version, code="cx"),
        conflict_since=None,
    )
    client = client_for(jude)
    assert client.get(url(round, case.pk)).status_code == 404
    assert titles(client.get(url(round), {"done": "1"})) == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_list_is_only_read(client_for, jude, round, method):
    assert getattr(client_for(jude), method)(url(round)).status_code == 405


def test_the_list_asks_thirteen_statements_and_none_for_a_row(
    client_for, jude, round, django_assert_num_queries
):
    client = client_for(jude)
    client.get(url(round))
    with django_assert_num_queries(13):
        client.get(f"{url(round)}?sort=-n_votes")
