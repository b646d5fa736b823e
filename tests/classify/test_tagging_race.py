"""Several people at the same moment, on real connections: as if one had come after the other."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connections, transaction
from django.db.models import Count

from classify import adjudication, assignment, rounds, tagging
from classify.models import Adjudication, Case, CaseVote, Decision, Round, RoundReviewer
from classify.status import status_of
from polls.models import Vote
from tests import factories
from tests.classify import acts

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 20
CODES = ["contact-center", "cx", "consultant", "unsure"]


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all at the same moment, each on a connection of its own; results and refusals in their order."""
    start = threading.Barrier(len(deeds))
    said: list[Any] = [None] * len(deeds)

    def do(place: int, deed: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=30)
            said[place] = deed()
        except (ValidationError, PermissionDenied, Case.DoesNotExist) as refusal:
            said[place] = refusal
        except BaseException as problem:
            said[place] = AssertionError(f"{type(problem).__name__}: {problem}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits"
    for result in said:
        if isinstance(result, AssertionError):
            raise result
    return said


def refused(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for n in range(TIMES):
        factories.make_vote(poll, f"Title {n}")
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def cases(round) -> list[Case]:
    return list(Case.objects.filter(round=round).order_by("pk"))


def standing(case: Case, slot: int) -> int | None:
    """What the decisions themselves say of a slot: the newest one in time."""
    row = Decision.objects.filter(case=case, slot=slot, late=False).order_by("-seq").first()
    return None if row is None or row.verdict == "withdrawn" else row.category_id or 0


def assert_true_to_its_decisions(case: Case) -> None:
    case.refresh_from_db()
    pair = standing(case, 1), standing(case, 2)
    assert (case.cat1, case.cat2) == pair
    assert case.status == status_of(*pair, resolution=case.resolution, final=case.final_id)


def test_two_reviewers_on_the_same_case_many_times_over(round, cases, rosa, sam):
    for n, case in enumerate(cases):
        one, two = CODES[n % 4], CODES[n // 4 % 4]
        replies = at_once(
            lambda case=case, one=one: acts.say(round, case, rosa, one),
            lambda case=case, two=two: acts.say(round, case, sam, two),
        )
        assert not refused(replies)
        assert_true_to_its_decisions(case)
        assert case.status == ("agreed" if one == two != "unsure" else "conflict")
        assert Decision.objects.filter(case=case).count() == 2
    assert set(RoundReviewer.objects.values_list("decided_count", flat=True)) == {len(cases)}


def test_two_reviewers_changing_their_minds_at_once(round, cases, rosa, sam):
    case = cases[0]

    def waver(user, codes):
        return [acts.say(round, case, user, code) for code in codes]

    forth, back = [*CODES, "withdrawn", "cx"], ["withdrawn", *CODES[::-1], "unsure", "cx"]
    for _ in range(5):
        assert not refused(at_once(lambda: waver(rosa, forth), lambda: waver(sam, back)))
        assert_true_to_its_decisions(case)
        assert case.status == "agreed"
    seqs = Decision.objects.filter(case=case).values("slot").annotate(n=Count("pk")).order_by("slot")
    assert [row["n"] for row in seqs] == [30, 35]


def test_a_double_click_is_one_decision(round, cases, rosa):
    for case in cases[:10]:
        sent = uuid.uuid4()
        replies = at_once(*[lambda c=case, i=sent: acts.say(round, c, rosa, "cx", client_id=i)] * 3)
        assert not refused(replies)
        assert sorted(reply.repeated for reply in replies) == [False, True, True]
        assert len({(reply.decision.pk, reply.decided, reply.next.pk) for reply in replies}) == 1
        assert Decision.objects.filter(case=case).count() == 1
        assert_true_to_its_decisions(case)


def test_two_tabs_are_two_decisions_and_one_case_read(round, cases, rosa):
    for n, case in enumerate(cases[:10], start=1):
        replies = at_once(
            lambda case=case: acts.say(round, case, rosa, "cx"),
            lambda case=case: acts.say(round, case, rosa, "other"),
        )
        assert sorted(reply.decision.seq for reply in replies) == [1, 2]
        assert RoundReviewer.objects.get(user=rosa).decided_count == n
        assert_true_to_its_decisions(case)


def test_one_client_id_on_two_cases_is_one_decision(round, cases, rosa):
    for one, two in zip(cases[:6:2], cases[1:6:2], strict=True):
        sent = uuid.uuid4()
        replies = at_once(
            *[lambda c=case, i=sent: acts.say(round, c, rosa, "cx", client_id=i) for case in (one, two)]
        )
        assert len(refused(replies)) == 1
        assert Decision.objects.filter(client_id=sent).count() == 1


def test_one_client_id_of_two_people_is_one_decision(round, cases, rosa, sam):
    for case in cases[:6]:
        sent = uuid.uuid4()
        replies = at_once(
            *[lambda u=user, c=case, i=sent: acts.say(round, c, u, "cx", client_id=i) for user in (rosa, sam)]
        )
        assert len(refused(replies)) == 1
        assert_true_to_its_decisions(case)
        assert case.status == "one_decision"


def test_closing_against_decisions(round, cases, ada, rosa, sam):
    for case in cases:
        acts.say(round, case, rosa, "cx")

    def read():
        return [acts.say(round, case, sam, "cx").decision.late for case in cases]

    late, closed = at_once(read, lambda: rounds.close_coding(round=round, by=ada))
    assert closed is None
    assert late == sorted(late), "what came after the seal stays after it"
    for case, was_late in zip(cases, late, strict=True):
        assert_true_to_its_decisions(case)
        assert case.sealed_at is not None
        assert case.status == ("one_decision" if was_late else "agreed")


def test_a_claim_against_a_change_of_mind(round, cases, rosa, sam, jude):
    for case in cases:
        acts.disagree(round, case, rosa, sam)
        reply, claimed = at_once(
            lambda case=case: acts.say(round, case, rosa, "contact-center"),
            lambda case=case: adjudication.claim(case=case, by=jude),
        )
        assert_true_to_its_decisions(case)
        if isinstance(claimed, ValidationError):
            assert (reply.decision.late, case.status, case.sealed_at) == (False, "agreed", None)
        else:
            assert (reply.decision.late, case.status, case.claimed_by) == (True, "conflict", jude)


@pytest.fixture
def judges(poll, round) -> list:
    made = [factories.make_member(f"judge{n}", poll, "adjudicator") for n in range(2)]
    for user in made:
        round.adjudicators.create(user=user)
    return made


def test_two_claims_one_stands(round, cases, rosa, sam, judges):
    for case in cases[:10]:
        acts.disagree(round, case, rosa, sam)
        results = at_once(*[lambda u=user, c=case: adjudication.claim(case=c, by=u) for user in judges])
        [lost] = refused(results)
        case.refresh_from_db()
        assert f"{case.claimed_by} has taken this conflict up" in str(lost)


def test_two_judges_one_decides(round, cases, rosa, sam, judges):
    def judge(case, user, code):
        return adjudication.decide(
            case=case, by=user, category_code=code, reason="slip", client_id=uuid.uuid4()
        )

    for case in cases[:10]:
        acts.disagree(round, case, rosa, sam)
        results = at_once(
            lambda case=case: judge(case, judges[0], "cx"), lambda case=case: judge(case, judges[1], "other")
        )
        assert len(refused(results)) == 1
        row = Adjudication.objects.get(case=case)
        case.refresh_from_db()
        assert (case.final, case.resolved_by) == (row.category, row.decided_by)


def test_a_judges_double_click_is_one_judgement(round, cases, rosa, sam, jude):
    for case in cases[:10]:
        acts.disagree(round, case, rosa, sam)
        sent = uuid.uuid4()
        results = at_once(
            *[
                lambda c=case, i=sent: adjudication.decide(
                    case=c, by=jude, category_code="cx", reason="slip", client_id=i
                )
            ]
            * 2
        )
        assert not refused(results)
        assert results[0] == results[1]


def test_one_judges_client_id_on_two_cases_is_one_judgement(round, cases, rosa, sam, jude):
    for pair in (cases[:2], cases[2:4], cases[4:6]):
        for case in pair:
            acts.disagree(round, case, rosa, sam)
        sent = uuid.uuid4()
        results = at_once(
            *[
                lambda c=case, i=sent: adjudication.decide(
                    case=c, by=jude, category_code="cx", reason="slip", client_id=i
                )
                for case in pair
            ]
        )
        assert len(refused(results)) == 1


def test_two_equal_proposals_are_one_consensus(poll, round, ada, rosa, sam):
    talk = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
    some = list(Case.objects.filter(round=talk)[:8])
    for case in some:
        acts.disagree(talk, case, rosa, sam)
    rounds.close_coding(round=talk, by=ada)
    for case in some:
        results = at_once(
            *[
                lambda u=user, c=case: adjudication.propose(
                    case=c, by=u, category_code="cx", reason="gap", client_id=uuid.uuid4()
                )
                for user in (rosa, sam)
            ]
        )
        assert not refused(results)
        case.refresh_from_db()
        assert (case.status, case.resolution) == ("resolved", "consensus")
        assert Adjudication.objects.filter(case=case, kind="final").count() == 1


def test_both_hand_in_at_once(poll, round, ada, rosa, sam):
    for _ in range(5):
        again = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
        for user in (rosa, sam):
            for case in Case.objects.filter(round=again):
                acts.say(again, case, user, "cx")
        results = at_once(*[lambda u=user, r=again: tagging.hand_in(round=r, by=u) for user in (rosa, sam)])
        assert not refused(results)
        assert not Case.objects.filter(round=again, sealed_at__isnull=True).exists()


def test_handing_in_against_taking_back(round, cases, rosa):
    acts.read_all(round, rosa)
    seat = RoundReviewer.objects.get(user=rosa)
    for case in cases[:10]:
        results = at_once(
            lambda: tagging.hand_in(round=round, by=rosa),
            lambda case=case: acts.say(round, case, rosa, "withdrawn"),
        )
        assert len(refused(results)) == 1
        seat.refresh_from_db()
        assert (seat.handed_in_at is None) == (assignment.unread(round=round, seat=seat) == 1)
        RoundReviewer.objects.filter(pk=seat.pk).update(handed_in_at=None)
        acts.read_all(round, rosa)


def test_reading_while_votes_change(poll, round, cases, rosa, sam):
    """An import renames, excludes and adds while both read: nobody waits for ever and all totals hold."""

    def change():
        for n in range(6):
            with transaction.atomic():
                factories.make_vote(poll, f"New {n}", voter_id=f"new{n}")
                Vote.objects.filter(headline_raw=f"Title {n}").update(headline=cases[-1].headline_id)
                assignment.after_votes_changed(poll_id=poll.pk)

    def read(user):
        for case in cases:
            acts.say(round, case, user, "cx")

    assert not refused(at_once(change, lambda: read(rosa), lambda: read(sam)))
    live = Vote.objects.filter(poll=poll, voided_at__isnull=True).count()
    assert CaseVote.objects.filter(round=round, left_at__isnull=True).count() == live
    assert sum(Case.objects.filter(round=round).values_list("n_votes", flat=True)) == live
    for user in (rosa, sam):
        seat = RoundReviewer.objects.get(round=round, user=user)
        assert seat.decided_count + assignment.unread(round=round, seat=seat) == assignment.total_of(
            Round.objects.get(pk=round.pk)
        )
    for case in cases:
        assert_true_to_its_decisions(case)


def test_two_rounds_set_up_at_once_get_two_numbers(poll, round, ada, rosa):
    version = round.version
    made = at_once(*[lambda: acts.open_round(poll, reviewers=[rosa], by=ada, version=version)] * 3)
    assert sorted(made_round.number for made_round in made) == [2, 3, 4]


def test_a_round_set_up_during_an_import_has_every_vote(poll, round, ada, rosa):
    def bring(n):
        with transaction.atomic():
            factories.make_vote(poll, f"During {n}", voter_id=f"during{n}")
            assignment.after_votes_changed(poll_id=poll.pk)

    for n in range(3):
        results = at_once(
            lambda n=n: bring(n),
            lambda: acts.open_round(poll, reviewers=[rosa], by=ada, version=round.version),
        )
        assert not refused(results)
    live = Vote.objects.filter(poll=poll).count()
    for each in Round.objects.filter(poll=poll):
        assert CaseVote.objects.filter(round=each, left_at__isnull=True).count() == live
