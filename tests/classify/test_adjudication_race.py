"""Several people at one conflict at the same moment, on real connections: as if one came after the other."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Count

from classify import adjudication, rounds, splitting, talk
from classify.models import Adjudication, Case, CaseComment, Round
from classify.verify import verify
from tests import factories
from tests.classify import acts
from tests.classify.judging import judge, look
from tests.classify.test_adjudication_together import split_titles, together_by
from tests.classify.test_tagging_race import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 6


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    """Every title is of two voters and holds the same job title."""
    for n in range(TIMES):
        for _voter in range(2):
            factories.make_vote(poll, f"CX Consultant | Team {n}")
    split_titles()
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def cases(round, rosa, sam) -> list[Case]:
    return [acts.disagree(round, case, rosa, sam) for case in Case.objects.filter(round=round).order_by("pk")]


@pytest.fixture
def judges(poll, round) -> list:
    made = [factories.make_member(f"judge{n}", poll, "adjudicator") for n in range(2)]
    for user in made:
        round.adjudicators.create(user=user)
    return made


@pytest.fixture(autouse=True)
def _true_afterwards(db):
    """Whatever met whatever: nothing that is stored differs from what was said."""
    yield
    assert not verify().drift


def assert_totals_sum_up(round: Round) -> None:
    by_status = Case.objects.filter(round=round, n_votes__gt=0).values("status").annotate(n=Count("pk"))
    assert sum(row["n"] for row in by_status) == Round.objects.get(pk=round.pk).case_count


def test_claim_against_claim(round, cases, judges):
    for case in cases:
        [lost] = refused(
            at_once(*[lambda u=user, c=case: adjudication.claim(case=c, by=u) for user in judges])
        )
        case.refresh_from_db()
        assert f"{case.claimed_by} has taken this conflict up" in str(lost)


def test_giving_back_against_a_claim(round, cases, judges):
    one, two = judges
    for case in cases:
        adjudication.claim(case=case, by=one)
        given, taken = at_once(
            lambda c=case: adjudication.give_back(round=round, cases=[c.pk], by=one),
            lambda c=case: adjudication.claim(case=c, by=two),
        )
        case.refresh_from_db()
        assert given == 1
        assert case.claimed_by == (None if isinstance(taken, ValidationError) else two)


def test_claim_against_a_change_of_mind(round, cases, rosa, jude):
    for case in cases:
        reply, claimed = at_once(
            lambda c=case: acts.say(round, c, rosa, "contact-center"),
            lambda c=case: adjudication.claim(case=c, by=jude),
        )
        case.refresh_from_db()
        if isinstance(claimed, ValidationError):
            assert (reply.decision.late, case.status, case.sealed_at) == (False, "agreed", None)
        else:
            assert (reply.decision.late, case.status, case.claimed_by) == (True, "conflict", jude)
    assert_totals_sum_up(round)


def test_decide_against_decide_of_two_people(round, cases, judges):
    for case in cases:
        results = at_once(
            lambda c=case: judge(c, judges[0], "cx"), lambda c=case: judge(c, judges[1], "other")
        )
        assert len(refused(results)) == 1
        row = Adjudication.objects.get(case=case)
        case.refresh_from_db()
        assert (case.final, case.resolved_by) == (row.category, row.decided_by)
    assert_totals_sum_up(round)


def test_decide_against_decide_with_one_id_and_with_two(round, cases, jude):
    for case in cases[:3]:
        sent = uuid.uuid4()
        results = at_once(*[lambda c=case, i=sent: judge(c, jude, client_id=i)] * 2)
        assert not refused(results)
        assert results[0] == results[1]
    for case in cases[3:]:
        assert len(refused(at_once(*[lambda c=case: judge(c, jude)] * 2))) == 1
    assert Adjudication.objects.count() == TIMES


def test_two_first_looks_of_one_person_are_one(round, cases, jude):
    Round.objects.filter(pk=round.pk).update(adjudicator_first=True)
    for case in cases:
        results = at_once(lambda c=case: look(c, jude, "cx"), lambda c=case: look(c, jude, "other"))
        assert len(refused(results)) == 1
        assert Adjudication.objects.filter(case=case, kind="first").count() == 1


def test_a_claim_against_a_split(round, cases, rosa, jude):
    for case in cases:
        claimed, split = at_once(
            lambda c=case: adjudication.claim(case=c, by=jude),
            lambda c=case: splitting.split_case(round=round, case_id=c.pk, by=rosa),
        )
        assert not isinstance(split, Exception), "a refusal would tell Rosa that somebody has the case"
        case.refresh_from_db()
        assert case.n_votes == 0
        if isinstance(claimed, ValidationError):
            assert "Nobody shows this title any more" in str(claimed)
    assert not adjudication.queue(jude, round)
    assert_totals_sum_up(round)


def test_a_judgement_against_a_split(round, cases, rosa, jude):
    for case in cases:
        decided, split = at_once(
            lambda c=case: judge(c, jude),
            lambda c=case: splitting.split_case(round=round, case_id=c.pk, by=rosa),
        )
        assert not isinstance(split, Exception)
        case.refresh_from_db()
        assert (case.status, case.n_votes) == (
            "conflict" if isinstance(decided, ValidationError) else "resolved",
            0,
        )
    assert_totals_sum_up(round)


def test_together_against_one(round, cases, judges):
    title = cases[0].headline.parts.get(position=1).job_title
    done, *single = at_once(
        lambda: together_by(round, title, cases, judges[0]),
        *[lambda c=case: judge(c, judges[1], "other") for case in cases[::2]],
    )
    alone = {
        case.pk for case, result in zip(cases[::2], single, strict=True) if not isinstance(result, Exception)
    }
    at_last = {row.case_id for row in done.rows}
    assert at_last | alone == {case.pk for case in cases}
    assert not at_last & alone
    assert {left.case.pk for left in done.left_out} == alone
    assert Adjudication.objects.filter(kind="final").count() == TIMES


def test_together_against_together_in_another_order(round, cases, judges):
    title = cases[0].headline.parts.get(position=1).job_title
    results = at_once(
        lambda: together_by(round, title, cases, judges[0]),
        lambda: together_by(round, title, cases[::-1], judges[1], "other"),
    )
    assert not refused(results), "nobody waits for ever"
    assert sorted(len(done.rows) for done in results) == [0, TIMES]


def test_together_clicked_twice_is_one_act(round, cases, jude):
    title = cases[0].headline.parts.get(position=1).job_title
    sent = uuid.uuid4()
    results = at_once(*[lambda: together_by(round, title, cases, jude, client_id=sent)] * 2)
    assert [row.pk for row in results[0].rows] == [row.pk for row in results[1].rows]
    assert Adjudication.objects.count() == TIMES


def test_together_against_closing(round, cases, ada, jude):
    title = cases[0].headline.parts.get(position=1).job_title
    results = at_once(
        lambda: together_by(round, title, cases, jude), lambda: rounds.close_coding(round=round, by=ada)
    )
    assert not refused(results)
    assert not Case.objects.filter(round=round, sealed_at__isnull=True).exists()


def test_a_comment_clicked_twice_is_one(round, cases, ada, rosa):
    rounds.close_coding(round=round, by=ada)
    for case in cases[:3]:
        sent = uuid.uuid4()
        results = at_once(
            *[lambda c=case, i=sent: talk.add_comment(case=c, by=rosa, text="Hm", client_id=i)] * 2
        )
        assert not refused(results)
        assert CaseComment.objects.filter(case=case).count() == 1
