"""Carried cases and votes that come and go: who joins anew opens a case again, who comes back does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from classify import carrying, rounds
from classify.models import CarriedCase, Case, Round
from classify.verify import verify
from polls import votes
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll, Vote
from polls.undoing import undo_batch
from tests import factories
from tests.classify import acts

pytestmark = pytest.mark.django_db

HEADER = "voter_id,name,profile_url,headline,option\n"
URL = "https://www.linkedin.com/in/"
FIRST = f"""{HEADER}a,Alva,{URL}alva,CX Lead,Extremely important
b,Bela,{URL}bela,CX Lead,Moderately important
c,Caro,{URL}caro,Agent,Extremely important
"""

type Bring = Callable[[Poll, str], Batch]


@pytest.fixture
def bring(ada) -> Bring:
    """`bring(poll, text)` imports it and gives the batch; the rounds follow."""

    def bring_text(poll: Poll, text: str) -> Batch:
        with open_upload(text, name="voters.csv") as source:
            report = run_import(source=source, poll=poll.slug, by=ada)
        assert report.written, report.refused
        return Batch.objects.get(pk=report.batch_id)

    return bring_text


@pytest.fixture(params=["headline", "voter"])
def unit(request) -> str:
    return request.param


@pytest.fixture
def made(poll, ada, rosa, sam, bring, unit) -> Round:
    """Round 2 of the poll: all of its three voters were carried over from round 1."""
    bring(poll, FIRST)
    first = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    acts.agree_on_all(first, rosa, sam)
    rounds.close_coding(round=first, by=ada)
    second = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=first.version, unit=unit)
    assert carrying.carry_over(round=second, by=ada) == (2 if unit == "headline" else 3)
    return second


def carried(round: Round) -> list[str]:
    rows = Case.objects.filter(round=round, resolution="carried", n_votes__gt=0)
    return sorted(rows.values_list("text", flat=True))


def assert_true(round: Round) -> None:
    assert verify(round.poll).drift == ()


def test_a_new_voter_of_the_title_opens_it_again(poll, made, bring, unit, rosa, sam):
    bring(poll, f"{HEADER}d,Dora,{URL}dora,CX Lead,Extremely important\n")
    if unit == "voter":
        assert carried(made) == ["Agent", "CX Lead", "CX Lead"]
        case = Case.objects.get(round=made, status="waiting")
    else:
        assert carried(made) == ["Agent"]
        case = Case.objects.get(round=made, text="CX Lead")
        row = CarriedCase.objects.get(case=case)
        assert (row.reopened_at is not None, row.reopened_by) == (True, None), "nobody did it by hand"
    assert (case.status, case.final, case.reviewer1, case.reviewer2) == ("waiting", None, rosa, sam)
    assert list(made.reviewers.values_list("assigned_count", flat=True)) == [1, 1]
    assert_true(made)


def test_undoing_that_import_leaves_it_open_and_everything_true(poll, made, bring, rosa, unit):
    batch = bring(poll, f"{HEADER}d,Dora,{URL}dora,CX Lead,Extremely important\n")
    undo_batch(batch=batch, by=batch.imported_by)
    assert carried(made) == (["Agent"] if unit == "headline" else ["Agent", "CX Lead", "CX Lead"])
    assert_true(made)


def test_the_same_file_again_changes_nothing(poll, made, bring):
    before = carried(made)
    bring(poll, FIRST)
    assert carried(made) == before
    assert_true(made)


def test_a_vote_that_was_excluded_and_comes_back_opens_nothing(poll, made, ada):
    before = carried(made)
    vote = Vote.objects.get(poll=poll, headline_raw="Agent")
    votes.exclude_vote(vote=vote, reason="test", note="", by=ada)
    assert "Agent" not in carried(made)
    assert_true(made)
    vote.refresh_from_db()
    votes.take_back_exclusion(vote=vote, by=ada)
    assert carried(made) == before
    assert_true(made)


def test_a_voter_with_a_new_title_is_read_again(poll, made, bring, unit):
    bring(poll, f"{HEADER}c,Caro,{URL}caro,Head of CX,Extremely important\n")
    assert "Agent" not in carried(made)
    case = Case.objects.get(round=made, text="Head of CX")
    assert (case.status, case.resolution) == ("waiting", "")
    assert_true(made)


def test_undoing_the_import_of_everybody_leaves_nothing_untrue(poll, made, ada):
    undo_batch(batch=poll.batches.get(), by=ada)
    assert carried(made) == []
    assert_true(made)


def test_a_closed_round_keeps_what_it_carried(poll, made, bring, ada):
    before = carried(made)
    rounds.close_coding(round=made, by=ada)
    bring(poll, f"{HEADER}d,Dora,{URL}dora,CX Lead,Extremely important\n")
    assert carried(made) == before
    assert_true(made)


def test_other_polls_hear_nothing_of_it(made, bring, ada):
    before = carried(made)
    elsewhere = factories.make_poll("elsewhere")
    factories.make_member("ada", elsewhere, "admin")
    bring(elsewhere, FIRST)
    assert carried(made) == before
