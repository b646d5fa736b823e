"""Verify finds every stored value that does not follow from the decisions, and changes nothing."""

from __future__ import annotations

import pytest
from django.db import connection

from classify import adjudication, rounds
from classify.models import Case, CaseVote, Round, RoundReviewer
from classify.verify import verify
from polls import votes
from polls.models import Poll, User
from tests import factories
from tests.classify.acts import open_round, say
from tests.contract import run as run_command


@pytest.fixture
def read(poll: Poll, rosa: User, sam: User, jude: User, ada: User) -> Round:
    """An agreed case of two votes, a resolved one, one decision taken back, and one unread."""
    for n, headline in enumerate(["Agreed", "Agreed", "Resolved", "Taken back", "Unread"], start=1):
        factories.make_vote(poll, headline=headline, option=1 + n % 3)
    round_ = open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    cases = {case.text: case for case in round_.cases.all()}
    for user in (rosa, sam):
        say(round_, cases["Agreed"], user, "cx")
    say(round_, cases["Resolved"], rosa, "other")
    say(round_, cases["Resolved"], rosa, "cx")
    say(round_, cases["Resolved"], sam, "unsure")
    say(round_, cases["Taken back"], sam, "cx")
    say(round_, cases["Taken back"], sam, "withdrawn")
    adjudication.claim(case=cases["Resolved"], by=jude)
    adjudication.decide(
        case=cases["Resolved"],
        by=jude,
        category_code="consultant",
        reason="gap",
        client_id="6f1f6a5e-0000-4000-8000-000000000002",
    )
    return round_


def test_a_round_as_people_leave_it_has_no_drift(read, poll, ada):
    found = verify()
    assert (found.cases, found.votes, found.drift) == (4, 5, ())
    votes.exclude_vote(vote=poll.votes.earliest("pk"), reason="test", note="", by=ada)
    assert (verify().votes, verify().drift) == (4, ())
    rounds.close_coding(round=read, by=ada)
    say(read, read.cases.get(text="Agreed"), read.reviewers.get(ordinal=1).user, "other")
    assert verify(poll).drift == (), "a late decision is kept and not counted"


@pytest.mark.parametrize(
    ("text", "change", "kinds"),
    [
        ("Agreed", {"n_votes": 9}, {"n_votes"}),
        ("Agreed", {"option_counts": [5]}, {"option_counts"}),
        ("Unread", {"option_counts": [0, 0, 0, 4]}, {"option_counts"}),
        (
            "Agreed",
            {"status": "waiting", "cat1": None, "cat2": None, "decision1": None, "decision2": None}
            | {"final": None, "resolution": ""},
            {"status", "cat1", "cat2", "decision1", "decision2", "final", "resolution"},
        ),
        (
            "Resolved",
            {"status": "conflict", "final": None, "resolution": ""},
            {"status", "final", "resolution"},
        ),
    ],
)
def test_a_changed_case_is_found_with_its_number_and_both_values(text, change, kinds, read):
    case = read.cases.get(text=text)
    Case.objects.filter(pk=case.pk).update(**change)
    drift = verify().drift
    assert {one.kind for one in drift} == kinds
    assert {(one.case, one.round) for one in drift} == {(case.pk, 1)}
    assert all(one.stored != one.recomputed for one in drift)
    assert {one.kind for one in verify().drift} == kinds, "looking changes nothing"


def test_a_final_category_that_nobody_gave_is_found(read):
    category = read.version.categories.get(code="other")
    Case.objects.filter(text="Resolved").update(final=category)
    (one,) = verify().drift
    assert (one.kind, one.stored, one.recomputed) == ("final", "other", "consultant")


def test_a_standing_category_unlike_its_decision_is_found(read):
    Case.objects.filter(text="Resolved").update(cat1=read.version.categories.get(code="other").pk)
    (one,) = verify().drift
    assert (one.kind, one.stored, one.recomputed) == ("cat1", "other", "cx")


def test_a_wrong_count_of_decided_cases_is_found(read, rosa):
    RoundReviewer.objects.filter(user=rosa).update(decided_count=40)
    (one,) = verify().drift
    assert (one.kind, one.case, one.stored, one.recomputed) == ("decided_count of rosa", None, 40, 2)


def test_a_vote_that_fell_out_of_its_round_is_found(read):
    case = read.cases.get(text="Unread")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE classify_casevote SET left_at = now() WHERE case_id = %s", [case.pk])
    assert CaseVote.objects.filter(left_at=None).count() == 4
    drift = {one.kind: (one.stored, one.recomputed) for one in verify().drift}
    assert drift["votes in cases"] == (4, 5)
    assert drift["n_votes"] == (1, 0)


def test_one_poll_can_be_checked_alone(read, poll):
    Case.objects.filter(text="Agreed").update(n_votes=9)
    other = factories.make_poll("other")
    factories.make_vote(other)
    assert verify(other).drift == ()
    assert (verify(other).cases, verify(other).votes) == (0, 1)
    assert len(verify(poll).drift) == 1


def test_the_command_says_where_and_exits_1(read, monkeypatch):
    Case.objects.filter(text="Agreed").update(n_votes=9)
    ran = run_command(monkeypatch, "verify")
    assert ran.code == 1
    assert "n_votes is 9, should be 2" in ran.out
    ran.says("differs")


def test_an_unknown_poll_is_named(db, monkeypatch):
    ran = run_command(monkeypatch, "verify", "--poll", "nowhere", "--json")
    assert ran.code == 1
    assert "nowhere" in ran.json["error"]
