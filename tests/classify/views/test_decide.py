"""Deciding through the JSON door: what is stored, what comes back, a repeat, a refusal."""

from __future__ import annotations

import pytest
from django.test import Client

from classify import adjudication, rounds, tagging
from classify.assignment import next_case
from classify.models import Case, Decision, RoundReviewer
from tests.classify.acts import disagree, open_round, read_all
from tests.classify.views.reads import here, sent, shared_case
from tests.factories import make_codebook, make_member

pytestmark = pytest.mark.django_db


def decide(client, round_, case, verdict="cx", **more):
    return client.post(here(round_, getattr(case, "pk", case), "decide"), sent(verdict, **more))


def test_a_decision_is_stored_and_the_reply_says_so(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    data = sent("consultant", note=" why\x00 ", milliseconds="1500", evidence="profile")
    reply = client_for(rosa).post(here(titles, case.pk, "decide"), data)
    following = next_case(round=titles, reviewer=rosa)
    said = reply.json()
    [card] = said.pop("upcoming")
    assert (reply.status_code, said) == (
        200,
        {
            "case": case.pk,
            "client_id": data["client_id"],
            "verdict": "consultant",
            "label": "Consultant",
            "color": "#009E73",
            "decided": 1,
            "total": 3,
            "closed": False,
            "late": False,
        },
    )
    assert (card["case"], card["place"]) == (following.pk, f"{following.reading_order}:{following.pk}")
    assert "no-store" in reply["Cache-Control"]
    row = Decision.objects.get()
    assert (row.case_id, row.reviewer, row.category.code, row.note) == (case.pk, rosa, "consultant", "why")
    assert (row.milliseconds, row.evidence, str(row.client_id)) == (1500, "profile", data["client_id"])
    seat = RoundReviewer.objects.get(user=rosa)
    assert (seat.last_decided_at, seat.decided_count) == (row.decided_at, 1)


@pytest.mark.parametrize(("verdict", "label"), [("unsure", "Unsure"), ("_withdrawn", "Taken back")])
def test_unsure_and_taken_back_have_names_of_their_own(client_for, rosa, titles, verdict, label):
    case = next_case(round=titles, reviewer=rosa)
    client = client_for(rosa)
    decide(client, titles, case)
    said = decide(client, titles, case, verdict).json()
    assert (said["verdict"], said["label"], said["color"]) == (verdict, label, "")


def test_the_card_that_comes_is_the_one_behind_the_last_the_page_holds(client_for, rosa, titles):
    one, two, three = titles.cases.order_by("order1")
    reply = decide(client_for(rosa), titles, one, after=f"{two.order1}:{two.pk}")
    assert [card["case"] for card in reply.json()["upcoming"]] == [three.pk]
    reply = decide(client_for(rosa), titles, two, after=f"{three.order1}:{three.pk}")
    assert [card["case"] for card in reply.json()["upcoming"]] == [three.pk], "once around: what is left"
    assert decide(client_for(rosa), titles, three, after="").json()["upcoming"] == []


@pytest.mark.parametrize("after", ["nonsense", "1:", "1:2:3", f"{2**70}:1", "1:" + "9" * 30, "１:２", "\x00"])
def test_a_place_that_is_none_counts_as_none(client_for, rosa, titles, after):
    case = next_case(round=titles, reviewer=rosa)
    reply = decide(client_for(rosa), titles, case, after=after)
    assert reply.status_code == 200
    assert [card["case"] for card in reply.json()["upcoming"]] == [next_case(round=titles, reviewer=rosa).pk]


def test_a_repeat_is_answered_alike_and_changes_nothing(client_for, rosa, titles):
    client = client_for(rosa)
    case = next_case(round=titles, reviewer=rosa)
    data = sent("other")
    first = client.post(here(titles, case.pk, "decide"), data)
    before = list(Case.objects.values()), list(RoundReviewer.objects.values())
    again = client.post(here(titles, case.pk, "decide"), data)
    assert (again.status_code, again.content) == (200, first.content)
    assert (list(Case.objects.values()), list(RoundReviewer.objects.values())) == before
    assert Decision.objects.count() == 1


def test_a_repeat_that_says_otherwise_hears_what_is_stored(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    data = sent("other")
    client = client_for(rosa)
    client.post(here(titles, case.pk, "decide"), data)
    said = client.post(here(titles, case.pk, "decide"), data | {"verdict": "cx"}).json()
    assert said["verdict"] == "other"


def test_somebody_elses_id_is_refused_like_ones_own_of_another_case(client_for, rosa, sam, titles):
    """The sentence is the same, so that it does not tell whose decision it was."""
    one, two, _ = titles.cases.order_by("order1")
    data = sent("other", note="mine alone")
    client_for(rosa).post(here(titles, one.pk, "decide"), data)
    replies = [
        client_for(sam).post(here(titles, one.pk, "decide"), data),
        client_for(rosa).post(here(titles, two.pk, "decide"), data),
        client_for(sam).post(here(titles, two.pk, "decide"), data),
    ]
    assert {reply.status_code for reply in replies} == {422}
    assert {reply.content for reply in replies} == {replies[0].content}
    assert "used for another decision" in replies[0].json()["error"]
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"verdict": "barista"}, "“barista” is no category of this codebook."),
        ({"verdict": "cx\x00"}, "is no category of this codebook."),
        ({"verdict": "x" * 5000}, "is no category of this codebook."),
        ({"verdict": ""}, "Choose a category, or “Unsure”."),
        ({"client_id": "7"}, "The page was incomplete. Reload it and decide once more."),
        ({"client_id": ""}, "The page was incomplete. Reload it and decide once more."),
        ({"note": "x" * 2001}, "Keep the note under 2000 characters; it is not stored."),
        ({"evidence": "rumour"}, "A decision rests on the headline or on the profile."),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_stores_nothing(client_for, rosa, titles, data, sentence):
    case = next_case(round=titles, reviewer=rosa)
    reply = client_for(rosa).post(here(titles, case.pk, "decide"), sent() | data)
    assert (reply.status_code, list(reply.json())) == (422, ["error"])
    assert sentence in reply.json()["error"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize("time", ["", "-5", "0", "abc", "9" * 30, "3600001", "²"])
def test_a_time_that_cannot_be_loses_no_decision(client_for, rosa, titles, time):
    case = next_case(round=titles, reviewer=rosa)
    assert decide(client_for(rosa), titles, case, milliseconds=time).status_code == 200
    assert Decision.objects.get().milliseconds is None


# ---------- not one's own, not any more ----------


def gone(reply) -> tuple[int, bool]:
    return reply.status_code, reply.json()["gone"]


@pytest.mark.parametrize("who", ["ada", "jude", "vera"])
def test_who_holds_no_seat_is_told_so(client_for, request, titles, who, vera):
    reply = decide(client_for(request.getfixturevalue(who)), titles, shared_case(titles))
    assert gone(reply) == (403, True)
    assert reply.json()["error"] == "You are no reviewer of this round."


def test_a_stranger_finds_nothing(client_for, nina, titles):
    assert gone(decide(client_for(nina), titles, shared_case(titles))) == (404, True)


def test_who_is_no_reviewer_of_the_poll_any_more_is_refused(client_for, rosa, titles):
    rosa.memberships.update(role="viewer")
    reply = decide(client_for(rosa), titles, shared_case(titles))
    assert (gone(reply), reply.json()["error"]) == ((403, True), "You are no reviewer of this round.")


@pytest.mark.parametrize("address", ["decide", "card"])
def test_a_case_of_another_round_or_of_none_is_gone(client_for, poll, ada, rosa, titles, address):
    strange = open_round(poll, reviewers=[rosa], by=ada, version=make_codebook("other")).cases.first()
    client = client_for(rosa)
    for case in (strange.pk, 10**9, 10**18):
        url = here(titles, case, address)
        assert gone(client.post(url, sent()) if address == "decide" else client.get(url)) == (404, True)
    assert not Decision.objects.exists()


def test_a_case_in_somebody_elses_slot_is_gone(client_for, poll, rosa, titles):
    case = shared_case(titles)
    Case.objects.filter(pk=case.pk).update(reviewer1=make_member("tim", poll, "reviewer"))
    assert gone(decide(client_for(rosa), titles, case)) == (404, True)


def test_who_left_is_told_so_and_stores_nothing(client_for, poll, ada, rosa, sam, titles):
    rounds.join_round(round=titles, user=make_member("tim", poll, "reviewer"), by=ada)
    case = next_case(round=titles, reviewer=rosa)
    rounds.leave_round(round=titles, user=rosa, by=rosa, reason="ill")
    client = client_for(rosa)
    RoundReviewer.objects.filter(user=rosa).update(handed_in_at=None)
    replies = [
        decide(client, titles, case),
        client.get(here(titles, "upcoming")),
        client.get(here(titles, case.pk, "card")),
    ]
    assert [reply.status_code for reply in replies[1:]] == [403, 403]
    assert replies[0].status_code in (403, 404)
    assert {reply.json()["error"] for reply in replies} == {"You left this round."}
    assert not Decision.objects.exists()


def test_a_discarded_practice_round_is_gone(client_for, poll, ada, rosa, titles):
    pilot = open_round(poll, reviewers=[rosa], by=ada, version=titles.version, purpose="pilot")
    case = next_case(round=pilot, reviewer=rosa)
    rounds.discard_round(round=pilot, by=ada)
    assert gone(decide(client_for(rosa), pilot, case)) == (403, True)


def test_what_arrives_after_closing_is_kept_and_brings_no_next(client_for, ada, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    rounds.close_coding(round=titles, by=ada)
    reply = decide(client_for(rosa), titles, case)
    said = reply.json()
    assert (reply.status_code, said["upcoming"], said["closed"], said["late"]) == (200, [], True, True)
    assert Decision.objects.get().late


def test_a_repeat_after_the_close_says_whether_that_decision_itself_was_late(client_for, ada, rosa, titles):
    one, two, _ = titles.cases.order_by("order1")
    client, in_time, too_late = client_for(rosa), sent("other"), sent("cx")
    client.post(here(titles, one.pk, "decide"), in_time)
    rounds.close_coding(round=titles, by=ada)
    client.post(here(titles, two.pk, "decide"), too_late)
    again = [
        client.post(here(titles, case.pk, "decide"), data).json()
        for case, data in [(one, in_time), (two, too_late)]
    ]
    assert [(said["closed"], said["late"]) for said in again] == [(True, False), (True, True)]
    rounds.reopen_coding(round=titles, by=ada, reason="Closed by mistake")
    said = client.post(here(titles, two.pk, "decide"), too_late).json()
    assert (said["closed"], said["late"]) == (False, False)


def test_a_seal_that_came_before_the_close_is_not_told(client_for, ada, rosa, sam, jude, poll, titles):
    """A claimed conflict is sealed: what its readers send from then on is late, and nobody hears of it."""
    round = open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude], version=titles.version)
    conflict = disagree(round, round.cases.first(), rosa, sam)
    adjudication.claim(case=conflict, by=jude)
    client, data = client_for(rosa), sent("other")
    for _ in range(2):
        said = client.post(here(round, conflict.pk, "decide"), data).json()
        assert (said["closed"], said["late"]) == (False, False)
    assert Decision.objects.get(client_id=data["client_id"]).late


def test_that_coding_is_closed_is_said_alike_to_the_first_and_the_second(client_for, ada, rosa, sam, titles):
    case = shared_case(titles)
    rounds.close_coding(round=titles, by=ada)
    first, second = (decide(client_for(person), titles, case).json() for person in (rosa, sam))
    assert first.pop("client_id") != second.pop("client_id")
    assert (first, first["closed"]) == (second, True)


def test_nothing_is_taken_back_after_handing_in(client_for, rosa, titles):
    case = next_case(round=titles, reviewer=rosa)
    read_all(titles, rosa)
    tagging.hand_in(round=titles, by=rosa)
    reply = decide(client_for(rosa), titles, case, "_withdrawn")
    assert reply.status_code == 422
    assert "You can still change it." in reply.json()["error"]


def test_who_is_logged_out_hears_where_to_log_in(client, titles):
    for reply in (
        decide(client, titles, shared_case(titles)),
        client.get(here(titles, "upcoming")),
        client.get(here(titles, shared_case(titles).pk, "card")),
    ):
        assert (reply.status_code, reply.json()["login"]) == (401, "/login/")


def test_a_page_that_is_too_old_is_told_to_reload(rosa, titles):
    client = Client(enforce_csrf_checks=True)
    client.force_login(rosa)
    client.cookies["csrftoken"] = "a" * 32
    url = here(titles, shared_case(titles).pk, "decide")
    for headers in ({}, {"X-CSRFToken": "b" * 32}):
        reply = client.post(url, sent(), headers=headers)
        assert (reply.status_code, reply.json()["reload"]) == (403, True)
    assert not Decision.objects.exists()
    assert client.post(url, sent(), headers={"X-CSRFToken": "a" * 32}).status_code == 200


def test_other_methods_are_refused(client_for, rosa, titles):
    client, case = client_for(rosa), shared_case(titles).pk
    for method, url in [
        ("get", here(titles, case, "decide")),
        ("put", here(titles, case, "decide")),
        ("post", here(titles, "upcoming")),
        ("delete", here(titles, case, "card")),
    ]:
        assert getattr(client, method)(url).status_code == 405


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30])
def test_a_number_that_no_case_can_have(client_for, rosa, titles, number):
    client = client_for(rosa)
    url = here(titles, number, "decide")
    assert gone(client.post(url, sent())) == (404, True)
    assert client.post(here(titles, number), sent()).status_code == 404


def test_who_left_since_still_hears_that_it_was_stored(client_for, ada, rosa, titles):
    """A lost answer is asked for again: to say that nothing was stored would be untrue."""
    case, client = next_case(round=titles, reviewer=rosa), client_for(rosa)
    data = sent("cx")
    first = client.post(here(titles, case.pk, "decide"), data)
    rounds.leave_round(round=titles, user=rosa, by=rosa)
    again = client.post(here(titles, case.pk, "decide"), data)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["verdict"] == "cx"
    assert Decision.objects.count() == 1
