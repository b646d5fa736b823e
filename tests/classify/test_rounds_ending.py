"""Closed, reopened with a reason, archived: what changes, what stays, and what is put on record."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from classify import rounds, splitting, tagging, visibility
from classify.assignment import after_votes_changed, next_case, unread
from classify.models import Decision, Round
from classify.narrative import methods_of
from classify.reports import agreement_for, report_for
from classify.reports.methods import methods_for
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, read_some, seat_of, titles


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


@pytest.fixture
def closed(poll, ada, rosa, sam):
    """Six titles: both read three, Rosa two more; then coding was closed."""
    titles(poll, 6)
    round = make_pool(poll, [rosa, sam], ada)
    cases = list(round.cases.order_by("pk"))
    for case in cases[:3]:
        acts.say(round, case, rosa, "cx")
        acts.say(round, case, sam, "cx")
    for case in cases[3:5]:
        acts.say(round, case, rosa, "cx")
    rounds.close_coding(round=round, by=ada)
    return Round.objects.select_related("poll").get(pk=round.pk)


def own(round, case, person) -> str:
    """What the person's list of decisions shows for a case."""
    return visibility.my_decisions(person, round).get(case=case).category.code


class TestReopening:
    def test_what_was_left_can_be_read_and_the_rest_stays_sealed(self, closed, ada, rosa, sam):
        rounds.reopen_coding(round=closed, by=ada, reason="Closed by mistake")
        closed.refresh_from_db()
        assert (closed.coding_closed_at, closed.coding_closed_by) == (None, None)
        assert closed.reopened_at is not None
        assert closed.cases.filter(sealed_at=None).count() == 3
        assert not visibility.is_revealed(closed)
        assert visibility.holds_open_slot(sam, closed)
        assert unread(round=closed, seat=seat_of(closed, sam)) == 3
        assert [(event.kind, event.reason, event.by) for event in rounds.events_of(closed)] == [
            ("closed", "", ada),
            ("reopened", "Closed by mistake", ada),
        ]
        assert_no_drift(closed)

    def test_what_is_read_then_is_left_out_of_agreement_and_named(self, closed, ada, rosa, sam):
        rounds.reopen_coding(round=closed, by=ada, reason="Three titles were left")
        closed.refresh_from_db()
        acts.read_all(closed, sam)
        acts.read_all(closed, rosa)
        rounds.close_coding(round=closed, by=ada)
        closed.refresh_from_db()
        assert closed.cases.filter(after_reveal=True).count() == 3
        assert sum(map(sum, agreement_for(closed).counts)) == 3
        options = report_for(closed).readings["final"].options
        assert sum(option.classified for option in options) == 6
        said = " ".join(methods_of(methods_for(closed)))
        assert "3 cases were decided then and are left out of agreement" in said
        assert "Two reviewers read all of them" in said
        assert_no_drift(closed)

    def test_votes_that_came_meanwhile_join(self, closed, poll, ada, sam):
        from classify.assignment import after_votes_changed

        titles(poll, 2, start=6)
        after_votes_changed(poll_id=poll.pk)
        assert closed.cases.count() == 6
        rounds.reopen_coding(round=closed, by=ada, reason="Two voters came late")
        assert closed.cases.count() == 8
        assert held(closed) == {"rosa": 8, "sam": 8}
        assert_no_drift(closed)

    def test_a_decision_that_came_too_late_counts_from_then_on(self, closed, ada, sam):
        case = closed.cases.order_by("pk")[3]
        acts.say(closed, case, sam, "contact-center")
        case.refresh_from_db()
        assert (case.status, Decision.objects.latest("pk").late) == ("one_decision", True)
        rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
        case.refresh_from_db()
        assert (case.status, case.after_reveal) == ("conflict", True)
        assert unread(round=closed, seat=seat_of(closed, sam)) == 2
        assert_no_drift(closed)

    def test_a_change_of_mind_that_came_too_late_counts_from_then_on(self, closed, ada, rosa, sam):
        case = closed.cases.order_by("pk")[3]
        acts.say(closed, case, rosa, "contact-center")
        assert own(closed, case, rosa) == "contact-center"
        case.refresh_from_db()
        assert (case.decision1 or case.decision2).category.code == "cx", "not while it is closed"
        rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
        case.refresh_from_db()
        assert (case.decision1 or case.decision2).category.code == own(closed, case, rosa) == "contact-center"
        assert (case.status, case.after_reveal) == ("one_decision", True)
        said = case.decisions.order_by("seq").values_list("category__code", "late", "entered_by__username")
        assert list(said) == [
            ("cx", False, None),
            ("contact-center", True, None),
            ("contact-center", False, "ada"),
        ]
        assert_no_drift(closed)
        acts.say(closed, case, sam, "contact-center")
        case.refresh_from_db()
        assert case.status == "agreed"
        assert_no_drift(closed)

    def test_a_late_change_and_a_late_reading_of_one_title_both_count(self, closed, ada, rosa, sam):
        case = closed.cases.order_by("pk")[3]
        acts.say(closed, case, rosa, "contact-center")
        acts.say(closed, case, sam, "contact-center")
        rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
        case.refresh_from_db()
        assert (case.status, case.resolution, case.after_reveal) == ("agreed", "agreed", True)
        assert_no_drift(closed)

    def test_what_was_taken_back_too_late_is_to_be_read_again(self, closed, ada, rosa):
        case = closed.cases.order_by("pk")[3]
        acts.say(closed, case, rosa, "withdrawn")
        rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
        case.refresh_from_db()
        assert (case.status, case.decision1, case.decision2) == ("waiting", None, None)
        assert unread(round=closed, seat=seat_of(closed, rosa)) == 2
        closed.refresh_from_db()
        acts.read_all(closed, rosa)
        assert own(closed, case, rosa) == "cx"
        assert_no_drift(closed)

    def test_a_late_change_of_what_two_have_decided_stays_beside_it(self, closed, ada, rosa):
        case = closed.cases.order_by("pk")[0]
        acts.say(closed, case, rosa, "contact-center")
        rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
        case.refresh_from_db()
        assert (case.status, case.after_reveal, case.decisions.count()) == ("agreed", False, 3)
        assert_no_drift(closed)

    def test_closed_and_reopened_once_more_stores_nothing_twice(self, closed, ada, rosa):
        case = closed.cases.order_by("pk")[3]
        acts.say(closed, case, rosa, "contact-center")
        for _ in range(2):
            rounds.reopen_coding(round=closed, by=ada, reason="Closed too early")
            rounds.close_coding(round=closed, by=ada)
        assert case.decisions.count() == 3
        assert_no_drift(closed)

    def test_who_left_before_is_replaced_by_who_joins_now(self, poll, ada, rosa, sam, tim):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 1)
        rounds.leave_round(round=round, user=sam, by=sam)
        rounds.close_coding(round=round, by=ada)
        rounds.reopen_coding(round=round, by=ada, reason="Tim reads the rest")
        rounds.join_round(round=round, user=tim, by=ada)
        assert held(round) == {"rosa": 4, "sam": 1, "tim": 3}
        assert_no_drift(round)

    def test_it_needs_a_reason_an_admin_and_a_closed_round(self, closed, ada, rosa):
        with pytest.raises(ValidationError, match="Say why"):
            rounds.reopen_coding(round=closed, by=ada, reason="  ")
        with pytest.raises(PollRefused, match="Only an admin"):
            rounds.reopen_coding(round=closed, by=rosa, reason="I want to")
        rounds.archive_round(round=closed, by=ada)
        with pytest.raises(PollRefused, match="archived"):
            rounds.reopen_coding(round=closed, by=ada, reason="Once more")

    def test_a_second_time_changes_nothing(self, closed, ada):
        for _ in range(2):
            rounds.reopen_coding(round=closed, by=ada, reason="Closed by mistake")
        assert [event.kind for event in rounds.events_of(closed)] == ["closed", "reopened"]


class TestArchiving:
    def test_only_a_closed_round_and_by_an_admin(self, poll, ada, rosa, sam):
        titles(poll, 1)
        round = make_pool(poll, [rosa, sam], ada)
        with pytest.raises(PollRefused, match="Close coding first"):
            rounds.archive_round(round=round, by=ada)
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="Only an admin"):
            rounds.archive_round(round=round, by=rosa)
        with pytest.raises(PollRefused, match="Only an admin"):
            rounds.unarchive_round(round=round, by=rosa)

    def test_it_is_recorded_and_can_be_taken_back(self, closed, ada):
        for _ in range(2):
            rounds.archive_round(round=closed, by=ada)
        closed.refresh_from_db()
        assert closed.archived_by == ada
        for _ in range(2):
            rounds.unarchive_round(round=closed, by=ada)
        closed.refresh_from_db()
        assert (closed.archived_at, closed.archived_by) == (None, None)
        kinds = [event.kind for event in rounds.events_of(closed)]
        assert kinds == ["closed", "archived", "unarchived"]

    def test_the_newest_that_is_not_archived_is_meant(self, closed, poll, ada, rosa, sam):
        second = make_pool(poll, [rosa, sam], ada, version=closed.version)
        rounds.close_coding(round=second, by=ada)
        rounds.archive_round(round=second, by=ada)
        assert rounds.latest_round(poll) == closed
        assert rounds.latest_round(poll, second.number) == second
        rounds.archive_round(round=closed, by=ada)
        assert rounds.latest_round(poll) == second, "better an archived round than none"

    def test_nobody_reads_or_judges_in_it(self, poll, closed, ada, jude, rosa):
        rounds.archive_round(round=closed, by=ada)
        closed.refresh_from_db()
        with pytest.raises(PollRefused, match="archived"):
            tagging.hand_in(round=closed, by=rosa)
        with pytest.raises(PollRefused, match="archived"):
            rounds.leave_round(round=closed, user=rosa, by=rosa)
        with pytest.raises(PollRefused, match="archived"):
            rounds.join_round(round=closed, user=rosa, by=ada)
        assert next_case(round=closed, reviewer=rosa) is None


class TestDoublyCoded:
    def test_not_before_two_have_decided_everything(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        assert not rounds.is_doubly_coded(round)
        acts.read_all(round, rosa)
        assert not rounds.is_doubly_coded(round)
        read_some(round, sam, 1)
        assert not rounds.is_doubly_coded(round)
        said = " ".join(methods_of(methods_for(round)))
        assert "1 of 2 cases do not have two readings yet." in said
        assert "read all of them" not in said
        read_some(round, sam, 1)
        assert rounds.is_doubly_coded(round)

    def test_a_pool_is_not_called_read_by_two_before_it_is(self, poll, ada, rosa, sam, tim):
        titles(poll, 3)
        round = make_pool(poll, [rosa, sam, tim], ada)
        said = " ".join(methods_of(methods_for(round)))
        assert "so that two read each" not in said
        for user in (rosa, sam, tim):
            acts.read_all(round, user)
        assert "so that two read each" in " ".join(methods_of(methods_for(round)))

    def test_who_left_with_nothing_read_is_no_reviewer_of_it(self, poll, ada, rosa, sam, tim):
        titles(poll, 2)
        round = make_pool(poll, [rosa, tim], ada)
        rounds.leave_round(round=round, user=tim, by=tim)
        rounds.join_round(round=round, user=sam, by=ada)
        acts.agree_on_all(round, rosa, sam)
        assert agreement_for(round).reviewers == ("rosa", "sam")
        assert agreement_for(round).counts is not None
        assert "Two reviewers read all of them" in " ".join(methods_of(methods_for(round)))


class TestWhatIsReadOnceRevealed:
    """Everybody has handed in, and then there is something to read again."""

    @pytest.fixture
    def revealed(self, poll, ada, rosa, sam) -> Round:
        for option in (1, 2):
            factories.make_vote(poll, "Director", option=option)
        factories.make_vote(poll, "Agent")
        round = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
        acts.agree_on_all(round, rosa, sam)
        assert visibility.is_revealed(round)
        return round

    def test_the_voters_of_a_title_that_is_split(self, revealed, rosa, sam):
        case = revealed.cases.get(text="Director")
        splitting.split_case(round=revealed, case_id=case.pk, by=rosa)
        acts.agree_on_all(revealed, rosa, sam)
        assert all(part.after_reveal for part in revealed.cases.filter(split_from=case))
        assert agreement_for(revealed).coefficients.units == 1
        assert methods_for(revealed).after_reveal == 2

    def test_a_title_that_comes_later(self, revealed, poll, rosa, sam):
        factories.make_vote(poll, "Trainer")
        after_votes_changed(poll_id=poll.pk)
        assert not visibility.is_revealed(revealed)
        acts.agree_on_all(revealed, rosa, sam)
        late = revealed.cases.filter(after_reveal=True)
        assert [case.text for case in late] == ["Trainer"]
        assert agreement_for(revealed).coefficients.units == 2


class TestWhatTheMethodsSay:
    def test_a_split_headline_is_one_headline_and_was_not_read_once(self, poll, ada, rosa, sam):
        for option in (1, 2, 3):
            factories.make_vote(poll, "Director", option=option)
        factories.make_vote(poll, "Agent")
        round = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
        case = round.cases.get(text="Director")
        splitting.split_case(round=round, case_id=case.pk, by=rosa)
        said = " ".join(methods_of(methods_for(round)))
        assert "The 4 votes show 2 different headlines" in said
        assert "Only of 1 headline, which did not tell by itself, the 3 voters were read one by one." in said

    def test_nobody_took_over_what_is_not_read(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, rosa, 2)
        read_some(round, sam, 1)
        rounds.leave_round(round=round, user=sam, by=ada)
        rounds.close_coding(round=round, by=ada)
        said = " ".join(methods_of(methods_for(round)))
        assert "1 of the reviewers left before the end." in said
        assert "somebody else read" not in said
