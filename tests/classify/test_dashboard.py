"""How a round goes, in figures: pace from recorded decisions, what waits, and who may know which of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from classify import dashboard, rounds
from classify.dashboard import Many
from classify.models import Case, Decision, Round, RoundReviewer
from classify.visibility.pace import LONGEST_MINUTES, Pace, paces_of
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts

MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for n in range(12):
        factories.make_vote(poll, f"Title {n}")
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


def decided(round: Round, user, **more) -> None:
    """One more title read by that person now, straight into the table."""
    seat = RoundReviewer.objects.get(round=round, user=user)
    taken = Decision.objects.filter(round=round, reviewer=user).values("case")
    case = Case.objects.filter(round=round).exclude(pk__in=taken).earliest("pk")
    Decision.objects.bulk_create(
        [
            Decision(
                round=round,
                version=round.version,
                case=more.pop("case", case),
                slot=seat.ordinal,
                reviewer=user,
                seq=more.pop("seq", 1),
                verdict=more.pop("verdict", "unsure"),
                **more,
            )
        ]
    )


@pytest.fixture
def at(monkeypatch):
    """Decisions are made at the time that a test says."""

    def say_when(moment: datetime):
        monkeypatch.setattr("django.utils.timezone.now", lambda: moment)

    return say_when


def pace_of(round: Round, user) -> Pace:
    seat = RoundReviewer.objects.get(round=round, user=user)
    return paces_of([seat])[seat.pk]


class TestPace:
    def test_by_the_time_on_screen(self, round, rosa, at):
        for n in range(6):
            at(MORNING + timedelta(minutes=n))
            decided(round, rosa, milliseconds=30_000)
        found = pace_of(round, rosa)
        assert (found.titles, found.minutes) == (6, 3.0)
        assert found.per_hour == pytest.approx(120)
        assert found.per_day == 6

    def test_where_no_time_was_taken_by_the_gaps_but_for_pauses(self, round, rosa, at):
        for minutes in (0, 1, 2, 3, 63, 64, 65):
            at(MORNING + timedelta(minutes=minutes))
            decided(round, rosa)
        found = pace_of(round, rosa)
        assert (found.titles, found.minutes) == (5, 5.0), "neither the first nor the one after an hour"
        assert found.per_hour == pytest.approx(60)

    def test_a_title_counts_for_a_few_minutes_at_most(self, round, rosa, at):
        for n in range(5):
            at(MORNING + timedelta(hours=n))
            decided(round, rosa, milliseconds=4 * 3600 * 1000)
        assert pace_of(round, rosa).minutes == 5 * LONGEST_MINUTES

    def test_days_are_those_on_which_somebody_read(self, round, rosa, at):
        for n in range(10):
            at(MORNING + timedelta(days=9 * (n % 2), minutes=n))
            decided(round, rosa, milliseconds=1000)
        assert pace_of(round, rosa).per_day == 5

    def test_a_change_of_mind_takes_time_and_reads_nothing_new(self, round, rosa, at):
        for n in range(5):
            at(MORNING + timedelta(minutes=n))
            decided(round, rosa, milliseconds=30_000)
        first = Decision.objects.earliest("pk").case
        at(MORNING + timedelta(minutes=6))
        decided(round, rosa, case=first, seq=2, milliseconds=30_000)
        found = pace_of(round, rosa)
        assert (found.titles, found.minutes, found.per_day) == (5, 3.0, 5)

    def test_of_a_few_titles_and_of_imported_ones_no_pace_is_told(self, round, rosa, sam, at):
        for n in range(8):
            at(MORNING + timedelta(minutes=n))
            decided(round, rosa, source="import", milliseconds=1000)
        for _ in range(4):
            decided(round, sam, milliseconds=1000)
        assert (pace_of(round, rosa).per_hour, pace_of(round, sam).per_hour) == (None, None)

    @given(st.integers(0, 10**6), st.floats(0.1, 10_000))
    def test_what_is_left_is_left_over_pace(self, left, hourly):
        pace = Pace(hourly, None, 5, 1.0)
        assert pace.hours_for(left) == pytest.approx(left / hourly)
        assert pace.days_for(left) is None


class TestWhoKnowsWhat:
    def test_an_admin_who_reads_nowhere_sees_everything_but_agreement(self, round, ada, rosa, sam):
        one, two, three, *_ = Case.objects.filter(round=round).order_by("pk")
        acts.disagree(round, one, rosa, sam)
        acts.say(round, two, rosa, "cx")
        acts.say(round, three, sam, "cx")
        board = dashboard.board_for(user=ada, round=round)
        assert [reading.seat.decided_count for reading in board.readings] == [2, 2]
        assert [reading.left for reading in board.readings] == [10, 10]
        assert (board.awaiting, board.conflicts) == (Many(2), Many(1))
        assert board.oldest == Case.objects.get(pk=one.pk).conflict_since
        assert (board.mine, board.shows_agreement, board.sees_pace) == (None, False, True)
        with pytest.raises(PollRefused):
            dashboard.agreement_figure(user=ada, round=round)

    def test_a_reviewer_sees_their_own_and_nothing_else(self, round, rosa, sam):
        acts.read_all(round, sam)
        board = dashboard.board_for(user=rosa, round=round)
        assert (board.mine.seat.user, board.mine.left) == (rosa, 12)
        assert (board.readings, board.awaiting, board.conflicts, board.oldest) == (None, None, None, None)

    def test_an_admin_who_reads_is_as_blind(self, poll, ada, sam):
        factories.make_vote(poll, "One")
        made = acts.open_round(poll, reviewers=[ada, sam], by=ada)
        acts.read_all(made, sam)
        board = dashboard.board_for(user=ada, round=made)
        assert (board.readings, board.awaiting, board.conflicts) == (None, None, None)

    def test_an_adjudicator_sees_conflicts_and_no_progress(self, round, jude, rosa, sam):
        acts.disagree(round, Case.objects.filter(round=round).earliest("pk"), rosa, sam)
        board = dashboard.board_for(user=jude, round=round)
        assert (board.conflicts, board.readings, board.awaiting) == (Many(1), None, None)

    def test_a_viewer_sees_nothing_before_the_reveal(self, round, vera):
        board = dashboard.board_for(user=vera, round=round)
        assert (board.mine, board.readings, board.awaiting, board.conflicts) == (None, None, None, None)
        assert not board.sees_results

    def test_after_the_reveal_members_see_agreement_and_only_admins_a_pace(self, round, ada, vera, rosa, sam):
        acts.agree_on_all(round, rosa, sam)
        for user, sees_pace in ((vera, False), (rosa, False), (ada, True)):
            board = dashboard.board_for(user=user, round=round)
            assert (board.shows_agreement, board.sees_pace) == (True, sees_pace)
            assert dashboard.agreement_figure(user=user, round=round).coefficients.units == 12
        assert dashboard.board_for(user=rosa, round=round).mine is not None


def test_counting_stops(round, ada, monkeypatch):
    monkeypatch.setattr(dashboard, "MOST", 3)
    assert dashboard.count_up(Case.objects.filter(round=round)) == Many(3, more=True)
    three = list(Case.objects.filter(round=round).values_list("pk", flat=True)[:3])
    assert dashboard.count_up(Case.objects.filter(pk__in=three)) == Many(3)


def test_discarded_rounds_are_left_out_and_the_newest_come_first(poll, round, ada, rosa, sam):
    practice = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version, purpose="pilot")
    assert [board.round.number for board in dashboard.boards_for(user=ada, poll=poll)] == [2, 1]
    rounds.discard_round(round=practice, by=ada)
    assert [board.round.number for board in dashboard.boards_for(user=ada, poll=poll)] == [1]
    assert dashboard.has_more_rounds(poll)


def test_a_conflict_that_was_imported_has_no_age(round, ada, rosa, sam):
    case = acts.disagree(round, Case.objects.filter(round=round).earliest("pk"), rosa, sam)
    Case.objects.filter(pk=case.pk).update(conflict_since=None)
    board = dashboard.board_for(user=ada, round=round)
    assert (board.conflicts, board.oldest) == (Many(1), None)


def test_agreement_that_takes_too_long_is_left_to_its_own_page(round, ada, rosa, sam, monkeypatch):
    acts.agree_on_all(round, rosa, sam)
    monkeypatch.setattr(dashboard, "agreement_for", _too_long)
    monkeypatch.setattr(dashboard, "AGREEMENT_SECONDS", 0.01)
    assert dashboard.agreement_figure(user=ada, round=round) is None
    assert Case.objects.filter(round=round).exists(), "the connection goes on"


def _too_long(_):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
