"""An import is undone after coding began: cases keep their decisions, and a re-import finds them again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from classify import rounds, undoing
from classify.models import Case, CaseVote, Decision, Round, RoundReviewer
from classify.verify import verify
from polls import votes
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll, Vote
from polls.undoing import undo_batch
from tests.classify import acts

pytestmark = pytest.mark.django_db

HEADER = "voter_id,name,headline,option\n"
A = f"""{HEADER}a,Alva,CX Lead,Extremely important
b,Bela,cx lead,Moderately important
c,Caro,Agent,Extremely important
d,Dana,,Not very important
"""
B = f"""{HEADER}c,Caro,Head of CX,Extremely important
e,Egon,CX Lead,Not very important
f,Fred,Trainer,Not very important
"""

type Bring = Callable[[str], Batch]


@pytest.fixture
def bring(poll: Poll, ada) -> Bring:
    """`bring(text)` imports it and gives the batch; the rounds follow."""

    def bring_text(text: str) -> Batch:
        with open_upload(text, name="voters.csv") as source:
            report = run_import(source=source, poll=poll.slug, by=ada)
        assert report.written, report.refused
        return Batch.objects.get(pk=report.batch_id)

    return bring_text


@pytest.fixture
def first(bring: Bring) -> Batch:
    """The first import."""
    return bring(A)


@pytest.fixture
def round(first: Batch, poll, ada, rosa, sam) -> Round:
    """A round over the first import."""
    return acts.open_round(poll, reviewers=[rosa, sam], by=ada)


def vote_of(voter_id: str) -> Vote:
    return Vote.objects.get(voter__keys__value=voter_id)


def case_of(round: Round, voter_id: str) -> Case | None:
    places = {"case_votes__vote": vote_of(voter_id), "case_votes__left_at__isnull": True}
    return Case.objects.filter(round=round, **places).first()


def standing(round: Round) -> list[tuple]:
    """Every case with a vote, where it stands and who is behind it."""
    return [
        (case.pk, case.text, case.n_votes, case.option_counts, case.cat1, case.cat2, case.status)
        for case in Case.objects.filter(round=round, n_votes__gt=0).order_by("pk")
    ]


def assert_true(poll: Poll) -> None:
    """Nothing stored differs from what the decisions and votes say, and totals reconcile."""
    assert verify(poll).drift == ()
    live = Vote.objects.filter(poll=poll, voided_at__isnull=True).count()
    for round in Round.objects.filter(poll=poll, coding_closed_at__isnull=True):
        assert sum(Case.objects.filter(round=round).values_list("n_votes", flat=True)) == live


class TestComingBack:
    @pytest.mark.parametrize("unit", ["headline", "voter"])
    def test_every_voter_is_back_in_the_same_case_with_its_decisions(
        self, unit, poll, first, bring: Bring, ada, rosa, sam
    ):
        """Cases of headlines, of voters and of a vote without a title."""
        round = acts.open_round(poll, reviewers=[rosa, sam], by=ada, unit=unit)
        acts.agree_on_all(round, rosa, sam)
        before = standing(round)
        places = {voter: case_of(round, voter).pk for voter in "abcd"}
        said = Decision.objects.count()
        undo_batch(batch=first, by=ada)
        assert standing(round) == []
        assert Decision.objects.count() == said
        assert_true(poll)
        bring(A)
        assert standing(round) == before
        assert {voter: case_of(round, voter).pk for voter in "abcd"} == places
        assert not Case.objects.filter(review_again=True).exists()
        assert_true(poll)

    def test_a_vote_that_was_split_out_is_back_on_its_own(self, poll, round, first, bring: Bring, ada, rosa):
        shared, vote = case_of(round, "a"), vote_of("a")
        slots = {"reviewer1": shared.reviewer1, "reviewer2": shared.reviewer2, "order1": 1, "order2": 2}
        split = Case.objects.create(
            round=round, poll=poll, headline=shared.headline, origin="split", text="CX Lead", **slots
        )
        CaseVote.objects.filter(vote=vote).update(left_at=timezone.now(), reason="split")
        CaseVote.objects.create(round=round, vote=vote, case=split)
        bring(A)
        acts.say(round, split, rosa, "cx")
        undo_batch(batch=first, by=ada)
        second = Batch.objects.latest("pk")
        undo_batch(batch=second, by=ada)
        assert case_of(round, "a") is None
        bring(A)
        split.refresh_from_db()
        assert (case_of(round, "a"), split.n_votes, split.cat1 is None) == (split, 1, False)
        assert_true(poll)

    def test_what_was_handed_in_stays_so(self, poll, round, first, bring: Bring, ada, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        undo_batch(batch=first, by=ada)
        bring(A)
        assert RoundReviewer.objects.filter(handed_in_at__isnull=False).count() == 2

    def test_another_title_on_the_way_back_is_flagged(self, poll, round, first, bring: Bring, ada, rosa):
        case = case_of(round, "a")
        acts.say(round, case, rosa, "cx")
        undo_batch(batch=first, by=ada)
        bring(A.replace("Agent", "CX Lead"))
        case.refresh_from_db()
        assert (case_of(round, "c"), case.n_votes, case.review_again) == (case, 3, True)
        assert Case.objects.get(round=round, text="Agent").n_votes == 0
        assert_true(poll)

    def test_a_voter_of_their_own_with_another_title_is_flagged(self, poll, first, bring: Bring, ada, rosa):
        round = acts.open_round(poll, reviewers=[rosa], by=ada, unit="voter")
        case = case_of(round, "c")
        undo_batch(batch=first, by=ada)
        bring(A.replace("Agent", "Coach"))
        case.refresh_from_db()
        assert (case_of(round, "c"), case.text, case.review_again) == (case, "Coach", True)
        assert not Case.objects.filter(round=round, review_again=True).exclude(pk=case.pk).exists()

    def test_the_history_says_why(self, round, first, bring: Bring, ada):
        second = bring(B)
        undo_batch(batch=second, by=ada)
        left = CaseVote.objects.get(vote=vote_of("e"))
        assert left.reason == "import undone"
        back = CaseVote.objects.get(vote=vote_of("c"), left_at__isnull=True)
        assert (back.reason, back.case.text) == (f"import {second.pk} undone", "Agent")


class TestLaterImports:
    def test_titles_go_back_and_the_cases_follow(self, poll, round, bring: Bring, ada, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        before = standing(round)
        second = bring(B)
        assert case_of(round, "c").text == "Head of CX"
        assert_true(poll)
        undo_batch(batch=second, by=ada)
        assert standing(round) == before
        assert_true(poll)

    def test_the_first_then_the_second(self, poll, round, first, bring: Bring, ada):
        second = bring(B)
        undo_batch(batch=first, by=ada)
        assert_true(poll)
        assert Vote.objects.filter(voided_at__isnull=True).count() == 3
        undo_batch(batch=second, by=ada)
        assert_true(poll)
        assert standing(round) == []


class TestClosedRounds:
    @pytest.fixture
    def closed(self, round, ada, rosa, sam) -> Round:
        acts.agree_on_all(round, rosa, sam)
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        return round

    def test_votes_leave_and_come_back_with_the_totals(self, poll, closed, first, bring: Bring, ada):
        before = standing(closed)
        undo_batch(batch=first, by=ada)
        assert standing(closed) == []
        assert_true(poll)
        bring(A)
        assert standing(closed) == before
        assert_true(poll)

    def test_a_title_that_goes_back_is_only_flagged(self, poll, bring: Bring, first, ada, rosa, sam):
        second = bring(B)
        closed = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
        rounds.close_coding(round=closed, by=ada)
        effect = undoing.look(batch=second, user=ada).rounds[0]
        assert (effect.leaving, effect.moving, effect.flagged, effect.closed) == (2, 0, 1, True)
        undo_batch(batch=second, by=ada)
        case = case_of(closed, "c")
        assert (case.text, case.review_again) == ("Head of CX", True)
        assert_true(poll)


class TestWhatItMeans:
    def test_the_picture_is_what_happens(self, poll, round, first, bring: Bring, ada, rosa, sam):
        second = bring(B)
        for name in "cf":
            acts.say(round, case_of(round, name), rosa, "cx")
            acts.say(round, case_of(round, name), sam, "other")
        acts.say(round, case_of(round, "f"), sam, "withdrawn")
        look = undoing.look(batch=second, user=ada)
        assert (look.goes.votes, look.goes.changed) == (2, 1)
        (effect,) = look.rounds
        assert (effect.leaving, effect.moving, effect.emptied, effect.flagged) == (2, 1, 2, 0)
        assert (effect.decisions, effect.own) == (3, 0)
        with_votes = Case.objects.filter(round=round, n_votes__gt=0).count()
        undo_batch(batch=second, by=ada)
        # Two are empty now, and that of the title that came back is not.
        assert Case.objects.filter(round=round, n_votes__gt=0).count() == with_votes - 2 + 1

    def test_a_case_that_gets_a_vote_back_is_not_empty(self, poll, round, first, bring: Bring, ada):
        second = bring(f"{HEADER}c,Caro,Clerk,Extremely important\ng,Gita,Agent,Not very important\n")
        (effect,) = undoing.look(batch=second, user=ada).rounds
        assert (effect.leaving, effect.moving, effect.emptied) == (1, 1, 1)
        undo_batch(batch=second, by=ada)
        assert case_of(round, "c").text == "Agent"

    def test_who_still_reads_hears_of_their_own_decisions_alone(self, poll, first, ada, rosa, sam):
        """Whatever the other does."""
        poll.memberships.create(user=ada, role="reviewer")
        round = acts.open_round(poll, reviewers=[ada, sam], by=ada)
        acts.say(round, case_of(round, "c"), ada, "cx")
        before = undoing.look(batch=first, user=ada)
        assert [(effect.decisions, effect.own) for effect in before.rounds] == [(None, 1)]
        acts.read_all(round, sam)
        assert undoing.look(batch=first, user=ada) == before

    def test_rounds_that_nothing_happens_to_are_not_named(self, poll, round, first, bring: Bring, ada):
        assert undoing.look(batch=bring(A), user=ada).rounds == ()

    def test_an_excluded_vote_leaves_nothing_a_second_time(self, poll, round, first, ada):
        votes.exclude_vote(vote=vote_of("a"), reason="own", by=ada)
        (effect,) = undoing.look(batch=first, user=ada).rounds
        assert (effect.leaving, effect.emptied) == (3, 3)
