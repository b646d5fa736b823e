"""Conflicts through HTTP: the queue, taking one up, judging, agreeing in consensus."""

from __future__ import annotations

import re
import uuid

import pytest

from classify import adjudication, rounds
from classify.models import Adjudication, Case, Decision
from tests.classify.acts import disagree, open_round, say
from tests.factories import make_member, make_poll, make_vote

pytestmark = pytest.mark.django_db


def url(round_, *rest: object) -> str:
    start = f"/polls/{round_.poll.slug}/rounds/{round_.number}/conflicts"
    return "/".join([start, *map(str, rest), ""])


def judgement(category: str = "consultant", **more: str) -> dict[str, str]:
    said = {"reason": "ambiguous", "rationale": "By the rule on consultants."}
    return {"client_id": str(uuid.uuid4()), "category": category} | said | more


@pytest.fixture
def third(poll, ada, rosa, sam, jude):
    """A round that a third person resolves, with two conflicts and one title in agreement."""
    for title in ["CX Consultant", "Call Center Coach", "Contact Center Manager"]:
        make_vote(poll, title)
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    for case in round_.cases.exclude(text="Contact Center Manager"):
        say(round_, case.pk, rosa, "cx", note="Rosa's note")
        say(round_, case.pk, sam, "consultant")
    agreed = round_.cases.get(text="Contact Center Manager")
    say(round_, agreed.pk, rosa, "contact-center")
    say(round_, agreed.pk, sam, "contact-center")
    return round_


@pytest.fixture
def together(poll, ada, rosa, sam):
    """A round under the consensus rule, one conflict, closed and so revealed."""
    make_vote(poll, "CX Consultant")
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    disagree(round_, round_.cases.get(), rosa, sam)
    rounds.close_coding(round=round_, by=ada)
    round_.refresh_from_db()
    return round_


def conflict(round_) -> Case:
    return round_.cases.filter(status="conflict").order_by("pk").first()


# ---------- the queue ----------


def test_the_queue_lists_conflicts_without_who_said_what(client_for, jude, third):
    body = client_for(jude).get(url(third)).content.decode()
    assert "2 conflicts to resolve" in body
    assert "CX Consultant" in body
    assert "Contact Center Manager" not in body
    for name in ["rosa", "sam", "Rosa"]:
        assert not re.search(rf"\b{name}\b", body)


def test_an_empty_queue_says_what_to_do(client_for, poll, ada, rosa, sam, jude):
    make_vote(poll)
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
    body = client_for(jude).get(url(round_)).content.decode()
    assert "No conflict is open yet" in body
    assert "Come back when more titles have been read by both." in body


# ---------- a third person decides ----------


def test_the_readings_are_shown_only_once_they_are_sealed(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    before = client.get(url(third, case.pk)).content.decode()
    assert "Take it up" in before
    assert "Rosa's note" not in before
    assert "reading-verdict" not in before
    assert client.post(url(third, case.pk, "take"))["Location"] == url(third, case.pk)
    after = client.get(url(third, case.pk)).content.decode()
    assert after.count("reading-verdict") == 2
    assert "Rosa&#x27;s note" in after
    case.refresh_from_db()
    assert case.sealed_at is not None


def test_the_page_shows_two_readings_and_no_name(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    client.post(url(third, case.pk, "take"))
    body = client.get(url(third, case.pk)).content.decode()
    assert body.count("reading-verdict") == 2
    for name in ["rosa", "sam", "Extremely", "Voter 1"]:
        assert not re.search(rf"\b{name}\b", body)


def test_a_judgement_resolves_the_case_and_takes_the_next_one_up(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    client.post(url(third, case.pk, "take"))
    reply = client.post(url(third, case.pk), judgement("consultant"))
    other = conflict(third)
    assert reply["Location"] == url(third, other.pk)
    case.refresh_from_db()
    assert (case.status, case.final.code, case.resolution, case.resolved_by) == (
        "resolved",
        "consultant",
        "adjudicated",
        jude,
    )
    other.refresh_from_db()
    assert other.claimed_by == jude
    assert Decision.objects.filter(case=case).count() == 2
    assert client.post(url(third, other.pk), judgement("cx"))["Location"] == url(third)


def test_a_second_click_changes_nothing(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    data = judgement()
    client.post(url(third, case.pk), data)
    client.post(url(third, case.pk), data)
    assert Adjudication.objects.filter(case=case).count() == 1


def test_a_conflict_can_be_left_unresolved(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    client.post(url(third, case.pk, "take"))
    client.post(url(third, case.pk), judgement("_unresolved"))
    case.refresh_from_db()
    assert case.final is None
    assert case.closed_unresolved_at is not None
    assert "Closed as unresolved" in client.get(url(third, case.pk)).content.decode()
    assert "Unresolved" in client.get(url(third), {"done": "1"}).content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"category": ""}, "Choose what this title is."),
        ({"category": "barista"}, "That is no category of this codebook."),
        ({"reason": ""}, "Choose why the readings differed."),
        ({"rationale": " "}, "Write in a sentence why you decide so."),
    ],
)
def test_an_incomplete_judgement_gets_a_sentence(client_for, jude, third, data, sentence):
    case = conflict(third)
    client = client_for(jude)
    client.post(url(third, case.pk, "take"))
    reply = client.post(url(third, case.pk), judgement() | data)
    assert reply.status_code == 422
    assert sentence in reply.content.decode()
    case.refresh_from_db()
    assert case.status == "conflict"


def test_what_somebody_else_has_taken_up_is_not_judged_twice(client_for, poll, jude, third):
    case = conflict(third)
    judy = make_member("judy", poll, "adjudicator")
    third.adjudicators.create(user=judy)
    adjudication.claim(case=case, by=judy)
    client = client_for(jude)
    assert "judy has taken this conflict up" in client.get(url(third, case.pk)).content.decode()
    client.post(url(third, case.pk, "take"))
    client.post(url(third, case.pk), judgement())
    case.refresh_from_db()
    assert (case.status, case.claimed_by) == ("conflict", judy)


def test_a_done_conflict_stays_to_be_read_and_cannot_be_judged_again(client_for, jude, third):
    case = conflict(third)
    client = client_for(jude)
    client.post(url(third, case.pk), judgement("consultant"))
    body = client.get(url(third, case.pk)).content.decode()
    assert "Resolved: Consultant" in body
    assert "By the rule on consultants." in body
    assert "Resolve and go to the next" not in body
    assert client.post(url(third, case.pk), judgement("cx")).status_code == 422


# ---------- consensus ----------


def test_the_two_propose_and_the_second_equal_proposal_is_final(client_for, rosa, sam, together):
    case = conflict(together)
    reply = client_for(rosa).post(url(together, case.pk), judgement("consultant"), follow=True)
    assert "It is final when the other proposes the same." in reply.content.decode()
    case.refresh_from_db()
    assert case.status == "conflict"
    body = client_for(sam).get(url(together, case.pk)).content.decode()
    assert "Confirm “Consultant”" in body
    client_for(sam).post(
        url(together, case.pk, "confirm"), {"client_id": str(uuid.uuid4()), "category": "consultant"}
    )
    case.refresh_from_db()
    assert (case.status, case.final.code, case.resolution) == ("resolved", "consultant", "consensus")
    assert Decision.objects.filter(case=case).count() == 2


def test_only_what_was_seen_can_be_confirmed(client_for, rosa, sam, together):
    case = conflict(together)
    client_for(rosa).post(url(together, case.pk), judgement("consultant"))
    reply = client_for(sam).post(
        url(together, case.pk, "confirm"), {"client_id": str(uuid.uuid4()), "category": "cx"}, follow=True
    )
    assert "The other proposal has changed meanwhile." in reply.content.decode()
    broken = client_for(sam).post(
        url(together, case.pk, "confirm"), {"client_id": "7", "category": "consultant"}
    )
    assert broken["Location"] == url(together, case.pk)
    case.refresh_from_db()
    assert case.status == "conflict"


def test_a_deadlock_can_be_closed_once_both_have_proposed(client_for, rosa, sam, together):
    case = conflict(together)
    offer = 'value="_unresolved"'
    client_for(rosa).post(url(together, case.pk), judgement("consultant"))
    assert offer not in client_for(rosa).get(url(together, case.pk)).content.decode()
    client_for(sam).post(url(together, case.pk), judgement("cx"))
    assert offer in client_for(rosa).get(url(together, case.pk)).content.decode()
    client_for(rosa).post(url(together, case.pk), judgement("_unresolved"))
    case.refresh_from_db()
    assert case.closed_unresolved_at is not None


def test_nothing_of_a_conflict_is_seen_before_the_reveal(client_for, poll, ada, rosa, sam):
    make_vote(poll, "CX Consultant")
    round_ = open_round(poll, reviewers=[rosa, sam], by=ada)
    case = disagree(round_, round_.cases.get(), rosa, sam)
    for address in [url(round_), url(round_, case.pk)]:
        reply = client_for(rosa).get(address)
        assert reply.status_code == 403
        assert "You read in a round of this poll that is still open." in reply.content.decode()
    assert client_for(rosa).post(url(round_, case.pk), judgement()).status_code == 403
    assert not Adjudication.objects.exists()


# ---------- who may ----------


@pytest.mark.parametrize("who", ["rosa", "vera"])
def test_who_may_not_see_conflicts_is_refused_with_a_sentence(client_for, request, vera, third, who):
    client = client_for(request.getfixturevalue(who))
    case = conflict(third)
    for reply in [
        client.get(url(third)),
        client.get(url(third, case.pk)),
        client.post(url(third, case.pk), judgement()),
        client.post(url(third, case.pk, "take")),
        client.post(url(third, case.pk, "confirm"), {}),
    ]:
        assert reply.status_code == 403
    assert not Adjudication.objects.exists()


def test_an_admin_looks_at_conflicts_and_judges_none(client_for, ada, third):
    case = conflict(third)
    client = client_for(ada)
    assert client.get(url(third)).status_code == 200
    body = client.get(url(third, case.pk)).content.decode()
    assert "This conflict waits for the people who resolve conflicts of this round." in body
    assert client.post(url(third, case.pk), judgement()).status_code == 403
    assert client.post(url(third, case.pk, "take")).status_code == 403


def test_a_stranger_sees_no_conflict(client_for, nina, third):
    assert client_for(nina).get(url(third)).status_code == 404
    assert client_for(nina).get(url(third, conflict(third).pk)).status_code == 404


def test_a_case_in_agreement_or_of_another_poll_is_no_conflict(client_for, ada, rosa, sam, jude, third):
    agreed = third.cases.get(status="agreed")
    other = make_poll("other")
    for user in (ada, rosa, sam, jude):
        make_member(user.username, other, "admin", "reviewer", "adjudicator")
    make_vote(other, "Elsewhere", voter_id="e1")
    strange = open_round(other, reviewers=[rosa, sam], by=ada, adjudicators=[jude], version=third.version)
    disagree(strange, strange.cases.get(), rosa, sam)
    for pk in (agreed.pk, conflict(strange).pk):
        assert client_for(jude).get(url(third, pk)).status_code == 404
        assert client_for(jude).post(url(third, pk), judgement()).status_code == 404


def test_taking_up_and_confirming_are_posts(client_for, jude, third):
    case = conflict(third)
    for action in ("take", "confirm"):
        assert client_for(jude).get(url(third, case.pk, action)).status_code == 405
