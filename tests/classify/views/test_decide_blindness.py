"""What a decision costs and says is the same, whatever the other did and wherever the case stands."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classify import adjudication, assignment, rounds
from classify.models import Case, Round, RoundReviewer
from classify.views.reading import book_of
from tests.classify.acts import open_round, say
from tests.classify.views.reads import here, sent
from tests.factories import make_member, make_vote

pytestmark = pytest.mark.django_db


class _Undo(Exception):
    pass


def asked(
    client, url: str, data: dict[str, str] | None = None
) -> tuple[list[str], int, bytes, dict[str, str]]:
    """Statements, status, bytes and headers of a request that is then undone."""
    found = None
    try:
        with transaction.atomic():
            with CaptureQueriesContext(connection) as queries:
                reply = client.get(url) if data is None else client.post(url, data)
            texts = [query["sql"] for query in queries if not re.match("SAVEPOINT|RELEASE", query["sql"])]
            headers = {name: value for name, value in reply.headers.items() if name != "Expires"}
            found = texts, reply.status_code, reply.content, headers
            raise _Undo
    except _Undo:
        assert found is not None
    return found


def shape(sql: str) -> str:
    """A statement without its values, which hold times; the log tells a kept plan in other words."""
    return "one statement of a decision" if "WITH seat" in sql else re.sub(r"'[^']*'|\d+", "?", sql)


def answers(client, round_: Round, case: Case) -> list:
    """All that the reviewer may send and ask about a case."""
    data = {"client_id": "7f3f8c8e-9c1e-4c55-8f1b-0d5f4d0f5a11", "note": "why"}
    found = [
        asked(client, here(round_, case.pk, "decide"), {"verdict": verdict, **data})
        for verdict in ("cx", "other", "unsure", "_withdrawn", "nonsense")
    ]
    found += [asked(client, here(round_, case.pk, "card")), asked(client, here(round_, "upcoming"))]
    return [([shape(sql) for sql in texts], *rest) for texts, *rest in found]


def first_of(round_: Round, user) -> Case:
    return Case.objects.get(pk=assignment.next_case(round=round_, reviewer=user).pk)


@pytest.mark.parametrize("others", ["cx", "other", "unsure", "withdrawn"])
@pytest.mark.parametrize("mine", [None, "cx"])
def test_nothing_depends_on_what_the_other_said(client_for, rosa, sam, titles, others, mine):
    case, client = first_of(titles, rosa), client_for(rosa)
    if mine:
        say(titles, case, rosa, mine)
    answers(client, titles, case)  # whatever is kept in memory is there
    before = answers(client, titles, case)
    say(titles, case, sam, others)
    assert answers(client, titles, case) == before


@pytest.mark.parametrize("undecided", [True, False])
def test_a_seal_shows_in_nothing(client_for, rosa, sam, titles, undecided):
    case, client = first_of(titles, rosa), client_for(rosa)
    if not undecided:
        say(titles, case, rosa, "cx")
    answers(client, titles, case)
    before = answers(client, titles, case)
    Case.objects.filter(pk=case.pk).update(sealed_at=timezone.now())
    assert answers(client, titles, case) == before


def test_a_claim_and_a_judgement_show_in_nothing(client_for, rosa, sam, jude, titles):
    case, client = first_of(titles, rosa), client_for(rosa)
    say(titles, case, rosa, "cx")
    say(titles, case, sam, "other")
    answers(client, titles, case)
    before = answers(client, titles, case)
    adjudication.claim(case=case, by=jude)
    assert answers(client, titles, case) == before
    adjudication.decide(
        case=case,
        by=jude,
        category_code="other",
        reason="slip",
        rationale="Because.",
        client_id="7f3f8c8e-9c1e-4c55-8f1b-0d5f4d0f5a12",
    )
    assert answers(client, titles, case) == before


def test_the_other_handing_in_shows_in_nothing(client_for, rosa, sam, titles):
    case, client = first_of(titles, rosa), client_for(rosa)
    answers(client, titles, case)
    before = answers(client, titles, case)
    RoundReviewer.objects.filter(user=sam).update(handed_in_at=timezone.now())
    assert answers(client, titles, case) == before


@pytest.fixture
def pool(poll, ada, rosa, sam) -> Round:
    """Three read: each has the first slot of some cases and the second of others."""
    for n in range(12):
        make_vote(poll, f"Title {n:02}")
    tim = make_member("tim", poll, "reviewer")
    return open_round(poll, reviewers=[rosa, sam, tim], by=ada)


def test_in_a_pool_both_slots_are_answered_alike(client_for, rosa, pool):
    """Rosa's cases of the first slot and of the second, decided by the other or not, cost the same."""
    client, seen = client_for(rosa), set()
    client.get(here(pool, "upcoming"))  # so that the codebook is in memory
    for case in pool.cases.filter(reviewer1=rosa) | pool.cases.filter(reviewer2=rosa):
        other = case.reviewer2 if case.reviewer1 == rosa else case.reviewer1
        for decided in (False, True):
            if decided:
                say(pool, case, other, "other")
            RoundReviewer.objects.filter(user=rosa).update(cursor_order=-(2**63), cursor_case=0)
            data = sent("cx") | {"after": f"{-(2**63)}:0"}
            texts, status, content, headers = asked(client, here(pool, case.pk, "decide"), data)
            card = re.search(rb'"upcoming": \[.+\]', content)
            assert card
            rest = re.sub(rb'"(client_id|case)": ("[^"]*"|\d+)', b"", content.replace(card[0], b""))
            seen.add((tuple(map(shape, texts)), status, rest, headers["Content-Type"]))
    assert len(seen) == 1
    assert pool.cases.filter(reviewer1=rosa).exists()
    assert pool.cases.filter(reviewer2=rosa).exists()


def test_a_decision_is_three_statements(client_for, rosa, titles):
    case, client = first_of(titles, rosa), client_for(rosa)
    book_of(titles.version_id)
    texts, *_ = asked(client, here(titles, case.pk, "decide"), sent("cx"))
    assert len(texts) == 3, texts


def test_a_card_says_nothing_of_the_other_nor_of_the_votes(client_for, rosa, sam, titles):
    for case in titles.cases.all():
        say(titles, case, sam, "other", note="NOTE-OF-SAM")
    client = client_for(rosa)
    said = client.get(here(titles, "upcoming"), {"n": "20"}).content.decode()
    said += "".join(client.get(here(titles, case.pk, "card")).content.decode() for case in titles.cases.all())
    for secret in ["Extremely", "Moderately", "Not very", "Voter ", "social.example", "sam", "NOTE-OF-SAM"]:
        assert secret not in said


# ---------- after the reveal ----------


@pytest.mark.parametrize("reopened", [True, False])
def test_a_decision_after_a_reopening_is_marked(poll, ada, rosa, sam, titles, reopened):
    case = first_of(titles, rosa)
    say(titles, case, rosa, "cx")
    if reopened:
        rounds.close_coding(round=titles, by=ada)
        titles.refresh_from_db()
        rounds.reopen_coding(round=titles, by=ada, reason="Sam was ill")
        titles.refresh_from_db()
    reply = say(titles, case, sam, "cx")
    case.refresh_from_db()
    assert (reply.decision.late, case.status, case.after_reveal) == (False, "agreed", reopened)
