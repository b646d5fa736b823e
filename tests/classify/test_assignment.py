"""Votes join, leave and rejoin cases; and which case a reviewer reads next."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from classify import rounds
from classify.assignment import after_votes_changed, next_case, seal_cases, total_of
from classify.models import Case, CaseVote, Decision, Round, RoundReviewer
from polls.models import Headline, Option, Vote
from tests import factories
from tests.classify import acts
from tests.classify.moving import case_of, exclude, follow, retitle, take_back


def picture(round: Round) -> tuple[list, list]:
    """Everything the hook may touch."""
    cases = Case.objects.filter(round=round).order_by("pk").values()
    return list(cases), list(CaseVote.objects.filter(round=round).order_by("pk").values())


def assert_reconciles(round: Round) -> None:
    """Counts of cases equal the live votes that stand behind them, option by option."""
    positions = list(Option.objects.filter(poll=round.poll).order_by("position").values_list("pk", flat=True))
    for case in Case.objects.filter(round=round):
        live = Vote.objects.filter(
            case_votes__case=case, case_votes__left_at__isnull=True, voided_at__isnull=True
        )
        assert case.option_counts == [live.filter(option=option).count() for option in positions]
        assert case.n_votes == sum(case.option_counts)


class TestJoining:
    def test_nothing_changed_changes_nothing(self, poll, round):
        before = picture(round)
        follow(poll)
        assert picture(round) == before

    def test_a_poll_without_rounds_is_left_in_peace(self, poll, votes):
        follow(poll)
        assert not Case.objects.exists()

    def test_a_new_voter_with_a_known_title_joins_its_case(self, poll, round, rosa):
        case = case_of(round, Vote.objects.get(headline_raw="Agent"))
        acts.say(round, case, rosa, "other")
        new = factories.make_vote(poll, "AGENT", option=2)
        follow(poll)
        case.refresh_from_db()
        assert case_of(round, new) == case
        assert (case.n_votes, case.option_counts, case.review_again) == (2, [1, 1, 0], False)

    def test_a_new_title_opens_a_case_for_both(self, poll, round, rosa, sam):
        new = factories.make_vote(poll, "Trainer")
        follow(poll)
        case = case_of(round, new)
        assert (case.reviewer1, case.reviewer2, case.n_votes, case.text) == (rosa, sam, 1, "Trainer")

    def test_a_new_blank_vote_opens_its_own(self, poll, round):
        new = factories.make_vote(poll, "")
        follow(poll)
        assert case_of(round, new).origin == "blank"
        assert_reconciles(round)

    def test_a_changed_title_leaves_one_case_and_opens_another(self, poll, round, votes, rosa):
        old = case_of(round, votes["c"])
        acts.say(round, old, rosa, "other")
        retitle(votes["c"], "Head of CX")
        follow(poll)
        old.refresh_from_db()
        assert (old.n_votes, old.cat1) != (0, None)
        assert old.n_votes == 0
        assert Decision.objects.filter(case=old).count() == 1
        assert case_of(round, votes["c"]).text == "Head of CX"
        left = CaseVote.objects.get(case=old)
        assert left.reason == "headline changed"
        assert_reconciles(round)

    def test_a_title_that_joins_another_marks_it_for_another_look(self, poll, round, votes, rosa, sam):
        case = case_of(round, votes["a"])
        acts.say(round, case, rosa, "cx")
        retitle(votes["c"], "CX lead")
        follow(poll)
        case.refresh_from_db()
        assert (case.review_again, case.n_votes) == (True, 3)

    def test_the_mark_does_not_tell_whether_somebody_has_decided(self, poll, round, votes):
        case = case_of(round, votes["a"])
        retitle(votes["c"], "CX lead")
        follow(poll)
        case.refresh_from_db()
        assert case.review_again

    def test_an_old_spelling_that_returns_rejoins_its_case(self, poll, round, votes, rosa):
        case = case_of(round, votes["c"])
        acts.say(round, case, rosa, "other")
        for text in ("Head of CX", "agent"):
            retitle(votes["c"], text)
            follow(poll)
        assert case_of(round, votes["c"]) == case
        case.refresh_from_db()
        assert (case.n_votes, case.cat1 is not None) == (1, True)
        assert_reconciles(round)

    def test_a_title_that_is_gone_becomes_a_blank_case_and_comes_back(self, poll, round, votes):
        case = case_of(round, votes["c"])
        retitle(votes["c"], "")
        follow(poll)
        blank = case_of(round, votes["c"])
        assert blank.origin == "blank"
        retitle(votes["c"], "Agent")
        follow(poll)
        assert case_of(round, votes["c"]) == case
        retitle(votes["c"], " ")
        follow(poll)
        assert case_of(round, votes["c"]) == blank

    def test_an_excluded_vote_leaves_and_comes_back_to_its_case(self, poll, round, votes, ada):
        for name in ("a", "d"):
            case = case_of(round, votes[name])
            exclude(votes[name], ada)
            follow(poll)
            assert case_of(round, votes[name]) is None
            assert_reconciles(round)
            take_back(votes[name])
            follow(poll)
            assert case_of(round, votes[name]) == case
        assert_reconciles(round)
        assert not Case.objects.filter(round=round, review_again=True).exists()

    def test_another_option_moves_the_counts(self, poll, round, votes):
        Vote.objects.filter(pk=votes["a"].pk).update(option=poll.options.get(position=3))
        follow(poll)
        assert case_of(round, votes["a"]).option_counts == [0, 1, 1]

    def test_an_option_that_was_appended_lengthens_the_counts(self, poll, round):
        Option.objects.create(poll=poll, text="No idea", key="no idea", position=4)
        follow(poll)
        assert {len(case.option_counts) for case in Case.objects.all()} == {4}
        assert_reconciles(round)

    def test_a_split_vote_stays_split_whatever_happens(self, poll, round, votes, ada):
        shared = case_of(round, votes["a"])
        split = Case.objects.create(
            round=round,
            poll=poll,
            headline=shared.headline,
            origin="split",
            text="CX Lead",
            reviewer1=shared.reviewer1,
            reviewer2=shared.reviewer2,
            order1=1,
            order2=2,
        )
        CaseVote.objects.filter(vote=votes["a"]).update(left_at=timezone.now(), reason="split")
        CaseVote.objects.create(round=round, vote=votes["a"], case=split)
        follow(poll)
        split.refresh_from_db()
        assert (case_of(round, votes["a"]), split.n_votes) == (split, 1)
        retitle(votes["a"], "Something else")
        follow(poll)
        split.refresh_from_db()
        assert case_of(round, votes["a"]) == split
        assert (split.text, split.review_again) == ("CX Lead", False)
        exclude(votes["a"], ada)
        follow(poll)
        take_back(votes["a"])
        follow(poll)
        assert case_of(round, votes["a"]) == split
        assert_reconciles(round)

    def test_votes_that_somebody_put_into_one_case_stay_together(self, poll, round, votes):
        """Imported decisions may group voters with different titles; that is no change of title."""
        group = case_of(round, votes["a"])
        Case.objects.filter(pk=group.pk).update(origin="split")
        CaseVote.objects.filter(vote=votes["c"]).update(case=group)
        follow(poll)
        before = picture(round)
        follow(poll)
        assert picture(round) == before
        group.refresh_from_db()
        assert (group.n_votes, group.review_again) == (3, False)

    def test_a_voter_stays_one_case_and_shows_the_new_title(self, poll, votes, ada, rosa, sam):
        round = acts.open_round(poll, reviewers=[rosa, sam], by=ada, unit="voter")
        case = case_of(round, votes["a"])
        acts.say(round, case, rosa, "cx")
        retitle(votes["a"], "Agent")
        factories.make_vote(poll, "Agent")
        follow(poll)
        case.refresh_from_db()
        assert case_of(round, votes["a"]) == case
        assert (case.text, case.headline, case.review_again) == (
            "Agent",
            Headline.objects.get(text="Agent"),
            True,
        )
        assert Case.objects.filter(round=round).count() == 6
        before = picture(round)
        follow(poll)
        assert picture(round) == before

    def test_many_votes_take_no_more_statements_than_one(self, poll, round, votes):
        counts = []
        for texts in (["Trainer"], [f"Title {n}" for n in range(60)]):
            for text in texts:
                factories.make_vote(poll, text)
            retitle(votes["c"], texts[0])
            with CaptureQueriesContext(connection) as queries:
                follow(poll)
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_another_poll_is_not_touched(self, poll, round):
        other = factories.make_poll("other")
        factories.make_vote(other, "CX Lead")
        before = picture(round)
        after_votes_changed(poll_id=other.pk)
        assert picture(round) == before

    def test_every_round_of_the_poll_follows(self, poll, votes, round, ada, rosa):
        second = acts.open_round(poll, reviewers=[rosa], by=ada, version=round.version, unit="voter")
        new = factories.make_vote(poll, "Trainer")
        follow(poll)
        assert case_of(round, new).text == case_of(second, new).text == "Trainer"

    def test_an_import_is_named_as_the_reason(self, poll, round):
        new = factories.make_vote(poll, "Trainer")
        after_votes_changed(poll_id=poll.pk, batch_id=12)
        assert CaseVote.objects.get(vote=new).reason == "import 12"


class TestClosedRounds:
    @pytest.fixture
    def closed(self, round, ada, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        return round

    def test_a_changed_title_only_flags(self, poll, closed, votes):
        case = case_of(closed, votes["c"])
        retitle(votes["c"], "Head of CX")
        follow(poll)
        case.refresh_from_db()
        assert case_of(closed, votes["c"]) == case
        assert (case.review_again, case.n_votes, case.text) == (True, 1, "Agent")

    def test_a_new_vote_stays_without_a_case(self, poll, closed):
        new = factories.make_vote(poll, "Agent")
        follow(poll)
        assert case_of(closed, new) is None
        assert_reconciles(closed)

    def test_an_excluded_vote_leaves_and_comes_back(self, poll, closed, votes, ada):
        case = case_of(closed, votes["c"])
        exclude(votes["c"], ada)
        follow(poll)
        assert case_of(closed, votes["c"]) is None
        assert_reconciles(closed)
        retitle(votes["c"], "Head of CX")
        take_back(votes["c"])
        follow(poll)
        assert case_of(closed, votes["c"]) == case
        assert_reconciles(closed)


class TestHandingInAgain:
    def test_who_handed_in_gets_what_is_new_to_read(self, poll, round, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        sealed = set(Case.objects.values_list("pk", "cat1", "cat2", "sealed_at"))
        factories.make_vote(poll, "Trainer")
        follow(poll)
        assert not RoundReviewer.objects.filter(handed_in_at__isnull=False).exists()
        assert next_case(round=round, reviewer=rosa).text == "Trainer"
        assert sealed < set(Case.objects.values_list("pk", "cat1", "cat2", "sealed_at"))
        acts.agree_on_all(round, rosa, sam)
        assert not Case.objects.filter(sealed_at__isnull=True).exists()

    def test_nothing_new_takes_nothing_back(self, poll, round, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        factories.make_vote(poll, "Agent")
        follow(poll)
        assert RoundReviewer.objects.filter(handed_in_at__isnull=False).count() == 2

    def test_decided_counts_leave_out_what_has_no_vote(self, poll, round, votes, rosa):
        acts.read_all(round, rosa)
        retitle(votes["c"], "CX Lead")
        follow(poll)
        assert RoundReviewer.objects.get(user=rosa).decided_count == 3
        round.refresh_from_db()
        assert total_of(round) == 3


def test_sealing_again_seals_nothing_more(round):
    assert seal_cases(round) == 4
    assert seal_cases(round) == 0
