"""Everybody locks in one order, so that whoever waits is served in the end; on real connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, connections, transaction

from classify import adjudication, rounds, splitting
from classify.assignment import after_votes_changed
from classify.models import Case, Round
from polls.importing.target import Target, find_or_make_poll
from polls.models import Vote
from polls.votes import exclude_vote
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, make_pool, titles

pytestmark = pytest.mark.django_db(transaction=True)
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Doing(threading.Thread):
    """A deed on a connection of its own; `problem` is what came of it, "" where all went well."""

    def __init__(self, deed: Callable[[], Any]) -> None:
        super().__init__()
        self.deed, self.problem = deed, ""
        self.start()

    def run(self) -> None:
        try:
            self.deed()
        except BaseException as problem:
            self.problem = f"{type(problem).__name__}: {problem}"
        finally:
            connections.close_all()


def wait_until_waiting(number: int) -> None:
    """Until so many sessions wait for a lock."""
    for _try in range(1200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(WAITING)
            if cursor.fetchone()[0] >= number:
                return
        threading.Event().wait(0.05)
    raise AssertionError("nobody waits")


def problems(*doing: Doing) -> list[str]:
    for one in doing:
        one.join(timeout=60)
        assert not one.is_alive(), "somebody still waits"
    return [one.problem for one in doing if one.problem]


@pytest.fixture
def shared(poll, ada, rosa, sam) -> Round:
    """A round with one title of two voters."""
    for option in (1, 2):
        factories.make_vote(poll, "Director", option=option)
    return make_pool(poll, [rosa, sam], ada)


def test_leaving_a_vote_out_beside_a_split(shared, ada, rosa):
    """The split holds the round and its new rows point at the vote; who excludes holds the vote."""
    vote = Vote.objects.earliest("pk")
    with transaction.atomic():
        splitting.split_case(round=shared, case_id=shared.cases.get().pk, by=rosa)
        excluding = Doing(lambda: exclude_vote(vote=vote, reason=Vote.VoidReason.OTHER, note="bot", by=ada))
        wait_until_waiting(1)
    assert not problems(excluding)
    assert_no_drift(shared)


def test_an_import_beside_a_split(shared, poll, ada, rosa):
    """The split holds the round and its new cases point at the poll; an import holds the poll."""

    def bring_in() -> None:
        with transaction.atomic():
            find_or_make_poll(Target(slug=poll.slug), by=ada)
            after_votes_changed(poll_id=poll.pk)

    with transaction.atomic():
        splitting.split_case(round=shared, case_id=shared.cases.get().pk, by=rosa)
        importing = Doing(bring_in)
        wait_until_waiting(1)
    assert not problems(importing)
    assert_no_drift(shared)


def test_taking_many_up_beside_closing(poll, ada, rosa, sam, jude):
    """Closing seals cases in no order, so who takes many up waits for the round first."""
    titles(poll, 6)
    round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    for case in round.cases.order_by("-pk"):
        acts.disagree(round, case, rosa, sam)
    ids = sorted(round.cases.values_list("pk", flat=True))
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=ids[0])
        taking = Doing(lambda: adjudication.claim_together(round=round, cases=ids, by=jude))
        wait_until_waiting(1)
        closing = Doing(lambda: rounds.close_coding(round=round, by=ada))
        wait_until_waiting(2)
    assert not problems(taking, closing)


def test_nobody_waits_with_a_decision_while_a_round_is_made(shared, poll, ada, rosa, sam):
    def decide() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
            acts.say(shared, shared.cases.get(), rosa, "cx")

    with transaction.atomic():
        make_pool(poll, [rosa, sam], ada, version=shared.version)
        assert not problems(Doing(decide))
    assert_no_drift(shared)
