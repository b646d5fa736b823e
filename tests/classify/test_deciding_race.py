"""A decision that has to wait for somebody, on real connections: it sees what they did, and all sums up."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction

from classify import adjudication, rounds, tagging
from classify.assignment import next_case
from classify.models import Case, Decision, Round, RoundReviewer
from classify.status import STATUSES, totals
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, make_pool, titles
from tests.classify.test_lock_order import WAITING
from tests.classify.test_tagging_race import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)
TITLES = 6


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    titles(poll, TITLES)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def case(round) -> Case:
    return Case.objects.filter(round=round).order_by("order1")[0]


def waiting(others: Callable[[], Any], deed: Callable[[], Any]) -> Any:
    """What comes of a deed that begins while the others' is under way, and has to wait for its end."""
    said: list[Any] = []

    def do() -> None:
        try:
            said.append(deed())
        except (ValidationError, PermissionDenied, Case.DoesNotExist) as refusal:
            said.append(refusal)
        finally:
            connections.close_all()

    thread = threading.Thread(target=do)
    with transaction.atomic():
        others()
        thread.start()
        while thread.is_alive() and not _somebody_waits():
            pass
    thread.join(timeout=60)
    assert not thread.is_alive(), "it still waits"
    [result] = said
    return result


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        return bool(cursor.fetchone()[0])


def assert_sums_up(round: Round) -> None:
    """The totals of the status function are those of the cases, and nothing drifts."""
    rows = list(Case.objects.filter(round=round).values_list("status", "n_votes"))
    sums = totals(rows)
    assert set(sums) == set(STATUSES)
    assert sum(sums.values()) == sum(n for _, n in rows) == TITLES
    assert_no_drift(round)


@pytest.mark.parametrize(
    ("theirs", "status"), [("cx", "agreed"), ("other", "conflict"), ("unsure", "conflict")]
)
def test_the_others_decision_is_seen(round, case, rosa, sam, theirs, status):
    reply = waiting(lambda: acts.say(round, case, sam, theirs), lambda: acts.say(round, case, rosa, "cx"))
    case.refresh_from_db()
    assert (reply.repeated, reply.decision.seq, reply.decided, case.status) == (False, 1, 1, status)
    assert reply.next.pk == next_case(round=round, reviewer=rosa).pk
    assert_sums_up(round)


def test_the_others_taking_back_is_seen(round, case, rosa, sam):
    acts.say(round, case, sam, "cx")
    waiting(lambda: acts.say(round, case, sam, "withdrawn"), lambda: acts.say(round, case, rosa, "cx"))
    case.refresh_from_db()
    assert (case.status, case.cat2) == ("one_decision", None)
    assert_sums_up(round)


def test_a_second_tab_waits_for_the_first_and_is_handed_another_case(round, rosa):
    one, two, three, *_ = Case.objects.filter(round=round).order_by("order1")
    reply = waiting(lambda: acts.say(round, two, rosa, "cx"), lambda: acts.say(round, one, rosa, "cx"))
    assert (reply.decided, reply.next.pk) == (2, three.pk)
    assert_sums_up(round)


def test_a_second_click_waits_for_the_first_and_hears_the_same(round, case, rosa):
    sent, first = uuid.uuid4(), []
    again = waiting(
        lambda: first.append(acts.say(round, case, rosa, "cx", client_id=sent)),
        lambda: acts.say(round, case, rosa, "cx", client_id=sent),
    )
    assert again.repeated
    assert (again.decision, again.decided, again.next) == (
        first[0].decision,
        first[0].decided,
        first[0].next,
    )
    assert Decision.objects.count() == 1
    assert_sums_up(round)


def test_a_change_of_mind_in_a_second_tab_is_the_second_row(round, case, rosa):
    reply = waiting(lambda: acts.say(round, case, rosa, "cx"), lambda: acts.say(round, case, rosa, "other"))
    assert (reply.decision.seq, reply.decided) == (2, 1)
    assert_sums_up(round)


def test_a_seal_that_comes_first_makes_it_late(round, case, rosa, sam, jude):
    acts.disagree(round, case, rosa, sam)
    reply = waiting(
        lambda: adjudication.claim(case=case, by=jude), lambda: acts.say(round, case, rosa, "contact-center")
    )
    case.refresh_from_db()
    assert (reply.decision.late, case.status) == (True, "conflict")
    assert_sums_up(round)


def test_coding_that_closes_first_makes_it_late_and_brings_no_next(round, case, ada, rosa):
    reply = waiting(
        lambda: rounds.close_coding(round=round, by=ada), lambda: acts.say(round, case, rosa, "cx")
    )
    case.refresh_from_db()
    assert (reply.decision.late, reply.next, case.status) == (True, None, "waiting")
    assert_sums_up(round)


def test_coding_that_reopens_first_lets_it_count_and_marks_it(round, case, ada, rosa):
    rounds.close_coding(round=round, by=ada)
    round.refresh_from_db()
    reply = waiting(
        lambda: rounds.reopen_coding(round=round, by=ada, reason="Closed too early"),
        lambda: acts.say(round, case, rosa, "cx"),
    )
    case.refresh_from_db()
    assert (reply.decision.late, case.status, case.after_reveal) == (False, "one_decision", True)
    assert_sums_up(round)


def test_who_left_meanwhile_stores_nothing(poll, ada, rosa, sam):
    titles(poll, TITLES)
    tim = factories.make_member("tim", poll, "reviewer")
    pool = make_pool(poll, [rosa, sam, tim], ada)
    case = next_case(round=pool, reviewer=tim)
    refusal = waiting(
        lambda: rounds.leave_round(round=pool, user=tim, by=tim), lambda: acts.say(pool, case.pk, tim, "cx")
    )
    assert isinstance(refusal, PollRefused)
    assert str(refusal) == "You left this round."
    assert not Decision.objects.exists()
    assert_sums_up(pool)


def test_handing_in_that_comes_first_forbids_taking_back(round, rosa):
    acts.read_all(round, rosa)
    case = Case.objects.filter(round=round).first()
    refusal = waiting(
        lambda: tagging.hand_in(round=round, by=rosa), lambda: acts.say(round, case, rosa, "withdrawn")
    )
    assert "cannot be taken back" in str(refusal)
    assert_sums_up(round)


def test_undo_against_the_second_decision_many_times(round, rosa, sam):
    for case in Case.objects.filter(round=round):
        acts.say(round, case, rosa, "cx")
        results = at_once(
            lambda case=case: acts.say(round, case, rosa, "withdrawn"),
            lambda case=case: acts.say(round, case, sam, "cx"),
        )
        assert not refused(results)
        case.refresh_from_db()
        assert (case.status, case.cat1) == ("one_decision", None)
    counts = Counter(RoundReviewer.objects.values_list("user__username", "decided_count"))
    assert counts == {("rosa", 0): 1, ("sam", TITLES): 1}
    assert_sums_up(round)


def test_a_whole_pool_in_any_order_loses_nothing(poll, ada, rosa, sam):
    """Four read everything they have, each with a second tab that sends every decision again."""
    titles(poll, TITLES)
    more = [factories.make_member(name, poll, "reviewer") for name in ("tim", "uma")]
    pool = make_pool(poll, [rosa, sam, *more], ada)
    sent: list[tuple[uuid.UUID, int, int]] = []

    def read(user):
        while (case := next_case(round=pool, reviewer=user)) is not None:
            client_id = uuid.uuid4()
            sent.append((client_id, case.pk, user.pk))
            for _ in range(2):
                acts.say(pool, case.pk, user, "cx", client_id=client_id)

    assert not refused(at_once(*[lambda user=user: read(user) for user in (rosa, sam, *more)]))
    stored = list(Decision.objects.values_list("client_id", "case_id", "reviewer_id"))
    assert sorted(stored, key=str) == sorted(sent, key=str)
    assert set(Case.objects.values_list("status", flat=True)) == {"agreed"}
    assert len(stored) == 2 * TITLES
    assert_sums_up(pool)
