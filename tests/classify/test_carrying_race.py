"""Carried cases and several people at the same moment, on real connections."""

from __future__ import annotations

import pytest

from classify import carrying, rounds, tagging
from classify.models import CarriedCase, Case, Round, RoundReviewer
from classify.verify import verify
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Poll
from tests import factories
from tests.classify import acts
from tests.classify.test_tagging_race import at_once, refused

pytestmark = pytest.mark.django_db(transaction=True)
TIMES = 8
HEADER = "voter_id,name,headline,option\n"


@pytest.fixture
def earlier(poll, ada, rosa, sam) -> Round:
    for n in range(TIMES):
        factories.make_vote(poll, f"Title {n}")
    made = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    acts.agree_on_all(made, rosa, sam)
    rounds.close_coding(round=made, by=ada)
    return made


def carry(poll: Poll, earlier: Round, ada, rosa, sam) -> Round:
    made = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=earlier.version)
    carrying.carry_over(round=made, by=ada)
    return made


@pytest.fixture
def made(poll, earlier, ada, rosa, sam) -> Round:
    return carry(poll, earlier, ada, rosa, sam)


def assert_true(round: Round) -> None:
    assert verify(round.poll).drift == ()


def test_two_who_reopen_one_case_reopen_it_once(made, rosa, sam):
    for case in Case.objects.filter(round=made).order_by("pk"):
        done = at_once(
            *[lambda user=user, case=case: carrying.reopen(case=case, by=user) for user in (rosa, sam)]
        )
        assert sorted(done) == [False, True]
        row = CarriedCase.objects.get(case=case)
        assert row.reopened_by == (rosa if done[0] else sam)
    assert list(RoundReviewer.objects.filter(round=made).values_list("assigned_count", flat=True)) == [8, 8]
    assert_true(made)


def test_one_case_against_all_of_them(made, rosa, ada):
    case = Case.objects.filter(round=made).earliest("pk")
    one, every = at_once(
        lambda: carrying.reopen(case=case, by=rosa), lambda: carrying.reopen_all(round=made, by=ada)
    )
    assert int(one) + every == TIMES
    assert_true(made)


def test_reopening_against_closing(made, ada, rosa):
    done = at_once(
        lambda: carrying.reopen_all(round=made, by=rosa), lambda: rounds.close_coding(round=made, by=ada)
    )
    left = CarriedCase.objects.filter(round=made, reopened_at__isnull=True).count()
    assert left == (TIMES if refused(done) else 0)
    assert Case.objects.filter(round=made, sealed_at__isnull=True).count() == 0, "closed is closed"
    assert_true(made)


def test_reopening_against_handing_in(poll, earlier, made, ada, rosa, sam):
    case = Case.objects.filter(round=made).earliest("pk")
    tagging.hand_in(round=made, by=sam)
    done = at_once(lambda: carrying.reopen(case=case, by=ada), lambda: tagging.hand_in(round=made, by=rosa))
    assert len(refused(done)) <= 1
    seats = RoundReviewer.objects.filter(round=made)
    assert set(seats.values_list("handed_in_at", flat=True)) == {None}, "somebody has a title to read"
    case.refresh_from_db()
    assert case.sealed_at is None
    assert_true(made)


def test_carrying_over_against_an_import_that_brings_somebody_new(poll, earlier, ada, rosa, sam):
    def bring():
        with open_upload(f"{HEADER}x,Xenia,Title 0,Extremely important\n", name="new.csv") as source:
            return run_import(source=source, poll=poll.slug, by=ada)

    made, _ = at_once(lambda: carry(poll, earlier, ada, rosa, sam), bring)
    case = Case.objects.get(round=made, text="Title 0")
    assert (case.n_votes, case.status, case.resolution) == (2, "waiting", "")
    assert {case.reviewer1, case.reviewer2} == {rosa, sam}
    assert Case.objects.filter(round=made, resolution="carried").count() == TIMES - 1
    assert_true(made)
