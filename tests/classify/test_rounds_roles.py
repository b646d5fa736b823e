"""Somebody loses a role in the poll: no round goes on dealing to them, and no conflict is left to nobody."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from classify import adjudication, rounds, tagging, visibility
from classify.assignment import after_votes_changed
from classify.models import RoundAdjudicator, RoundReviewer
from classify.verify import verify
from polls import people
from polls.models import Membership
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, read_some, seat_of, titles
from tests.classify.test_lock_order import Doing, problems, wait_until_waiting


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


def remove(poll, user, by):
    return people.change_roles(poll=poll, user=user, roles=[], by=by)


def is_member(poll, user):
    return Membership.objects.filter(poll=poll, user=user).exists()


class TestWhoReads:
    def test_who_is_removed_leaves_the_pool_and_the_others_read_what_was_undone(
        self, poll, ada, rosa, sam, tim
    ):
        titles(poll, 12)
        round = make_pool(poll, [rosa, sam, tim], ada)
        read_some(round, tim, 3)
        said = remove(poll, tim, ada)
        assert said == ["tim reads no more in round 1: what they had not read goes to the others."]
        assert held(round)["tim"] == 3
        assert held(round)["rosa"] + held(round)["sam"] == 21
        event = round.events.get()
        assert (event.kind, event.user, event.by) == ("left", tim, ada)
        assert event.reason == "No longer a reviewer of this poll."
        assert not is_member(poll, tim)
        assert_no_drift(round)

    def test_titles_that_come_later_are_not_dealt_to_them(self, poll, ada, rosa, sam):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        remove(poll, sam, ada)
        titles(poll, 2, start=4)
        after_votes_changed(poll_id=poll.pk)
        assert held(round) == {"rosa": 6}
        assert_no_drift(round)

    def test_of_two_what_is_undone_waits_and_the_admin_is_told_what_to_do(self, poll, ada, rosa, sam, tim):
        titles(poll, 5)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 2)
        (said,) = remove(poll, sam, ada)
        assert said.endswith(
            "what they had not read waits until you let somebody join, on the page of that round."
        )
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        assert not visibility.is_revealed(round)
        rounds.join_round(round=round, user=tim, by=ada)
        assert held(round) == {"rosa": 5, "sam": 2, "tim": 3}
        assert_no_drift(round)

    def test_the_last_one_leaves_too_and_the_round_waits_unrevealed(self, poll, ada, rosa, sam):
        titles(poll, 3)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, rosa, 1)
        remove(poll, sam, ada)
        remove(poll, rosa, ada)
        assert held(round) == {"rosa": 1}
        assert not visibility.is_revealed(round)
        assert_no_drift(round)

    def test_the_role_of_a_reviewer_is_enough_to_lose(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        people.change_roles(poll=poll, user=sam, roles=["viewer"], by=ada)
        assert seat_of(round, sam).left_at is not None
        with pytest.raises(PollRefused):
            people.change_roles(poll=poll, user=rosa, roles=["viewer"], by=sam)
        assert seat_of(round, rosa).left_at is None

    def test_who_keeps_the_role_stays(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        assert people.change_roles(poll=poll, user=sam, roles=["reviewer", "viewer"], by=ada) == []
        assert seat_of(round, sam).left_at is None
        assert not round.events.exists()

    def test_every_open_round_is_left_and_no_closed_one(self, poll, ada, rosa, sam):
        titles(poll, 2)
        over = make_pool(poll, [rosa, sam], ada)
        rounds.close_coding(round=over, by=ada)
        pair = [make_pool(poll, [rosa, sam], ada, version=over.version) for _ in range(2)]
        assert len(remove(poll, sam, ada)) == 2
        assert [seat_of(round, sam).left_at is None for round in (over, *pair)] == [True, False, False]
        assert_no_drift(over)

    def test_a_second_click_changes_nothing(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        remove(poll, sam, ada)
        left = seat_of(round, sam).left_at
        assert remove(poll, sam, ada) == []
        assert seat_of(round, sam).left_at == left
        assert round.events.count() == 1

    def test_who_comes_back_may_be_let_join_again(self, poll, ada, rosa, sam):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 1)
        remove(poll, sam, ada)
        with pytest.raises(ValidationError, match="no member"):
            rounds.join_round(round=round, user=sam, by=ada)
        people.add_person(poll=poll, username="sam", name="", roles=["viewer"], by=ada)
        rounds.join_round(round=round, user=sam, by=ada)
        assert held(round) == {"rosa": 4, "sam": 4}
        assert_no_drift(round)

    def test_an_admin_who_removes_the_last_reader_in_their_way_learns_nothing(self, poll, ada, rosa, sam):
        """Ada reads herself: what she is told does not depend on how far Sam is."""
        titles(poll, 4)
        round = make_pool(poll, [ada, sam], ada)
        with transaction.atomic():
            before = remove(poll, sam, ada)
            transaction.set_rollback(True)
        acts.read_all(round, sam)
        assert remove(poll, sam, ada) == before
        assert visibility.holds_open_slot(ada, round)

    def test_a_reopened_round_is_left_by_who_was_removed_meanwhile(self, poll, ada, rosa, sam, tim):
        titles(poll, 6)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 2)
        rounds.close_coding(round=round, by=ada)
        assert remove(poll, sam, ada) == []
        rounds.reopen_coding(round=round, by=ada, reason="Sam is gone, Tim reads the rest")
        assert seat_of(round, sam).left_at is not None
        assert held(round) == {"rosa": 6, "sam": 2}
        assert [event.kind for event in rounds.events_of(round)] == ["closed", "reopened", "left"]
        rounds.join_round(round=round, user=tim, by=ada)
        assert held(round) == {"rosa": 6, "sam": 2, "tim": 4}
        assert_no_drift(round)

    def test_verify_names_a_seat_that_was_left_behind(self, poll, ada, rosa, sam):
        titles(poll, 2)
        make_pool(poll, [rosa, sam], ada)
        Membership.objects.filter(poll=poll, user=sam).delete()
        (drift,) = verify(poll).drift
        assert (drift.kind, drift.stored) == ("seat of sam", "reads")


class TestWhoResolves:
    def test_who_alone_resolves_conflicts_stays_until_somebody_else_does(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        for roles in ([], ["viewer"]):
            with pytest.raises(PollRefused, match=r"jude alone resolves the conflicts of round 1\. Let"):
                people.change_roles(poll=poll, user=jude, roles=roles, by=ada)
        assert is_member(poll, jude)
        kim = factories.make_member("kim", poll, "viewer")
        rounds.add_adjudicator(round=round, user=kim, by=ada)
        assert remove(poll, jude, ada) == []
        assert not is_member(poll, jude)
        assert_no_drift(round)

    def test_a_refusal_changes_no_round(self, poll, ada, rosa, sam, jude):
        """Jude reads in one round and alone resolves the conflicts of another."""
        titles(poll, 2)
        judged = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        read = make_pool(poll, [rosa, jude], ada, version=judged.version)
        with pytest.raises(PollRefused):
            remove(poll, jude, ada)
        assert seat_of(read, jude).left_at is None
        assert not read.events.exists()

    def test_a_closed_round_without_conflicts_needs_nobody(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        case = round.cases.first()
        acts.disagree(round, case, rosa, sam)
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="alone resolves"):
            remove(poll, jude, ada)
        adjudication.close_unresolved(
            case=case, by=ada, reason="other", rationale="Nobody can tell", client_id=uuid.uuid4()
        )
        assert remove(poll, jude, ada) == []

    def test_who_may_not_know_of_conflicts_is_not_told_that_there_are_none(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        over = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        rounds.close_coding(round=over, by=ada)
        make_pool(poll, [ada, rosa], ada, version=over.version)
        with pytest.raises(PollRefused, match="alone resolves"):
            remove(poll, jude, ada)

    def test_under_consensus_the_two_agree_without_them(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], rule="consensus", by=ada)
        assert remove(poll, jude, ada) == []

    def test_who_cannot_log_in_does_not_count(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        kim = factories.make_member("kim", poll, "adjudicator")
        acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude, kim], by=ada)
        kim.is_active = False
        kim.save()
        with pytest.raises(PollRefused, match="jude alone"):
            remove(poll, jude, ada)


class TestNamingSomebody:
    def test_it_is_recorded_gives_the_role_and_a_second_click_changes_nothing(
        self, poll, ada, rosa, sam, jude, vera
    ):
        titles(poll, 2)
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        for _ in range(2):
            rounds.add_adjudicator(round=round, user=vera, by=ada)
        assert RoundAdjudicator.objects.filter(round=round, user=vera).count() == 1
        (event,) = rounds.events_of(round)
        assert (event.kind, event.user, event.by, event.resolves) == ("joined", vera, ada, True)
        case = acts.disagree(round, round.cases.first(), rosa, sam)
        assert visibility.can_see_conflicts(vera, case.round)

    def test_who_left_reading_and_who_reads_is_refused(self, poll, ada, rosa, sam, jude):
        titles(poll, 2)
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        rounds.leave_round(round=round, user=sam, by=sam)
        for user in (rosa, sam):
            with pytest.raises(ValidationError, match="reads in this round"):
                rounds.add_adjudicator(round=round, user=user, by=ada)

    def test_only_an_admin_names_a_member_of_a_round_that_is_not_put_away(
        self, poll, ada, rosa, sam, jude, vera, nina
    ):
        titles(poll, 2)
        round = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        with pytest.raises(PollRefused, match="Only an admin"):
            rounds.add_adjudicator(round=round, user=vera, by=jude)
        with pytest.raises(ValidationError, match="no member"):
            rounds.add_adjudicator(round=round, user=nina, by=ada)
        rounds.close_coding(round=round, by=ada)
        rounds.add_adjudicator(round=round, user=vera, by=ada)
        rounds.archive_round(round=round, by=ada)
        with pytest.raises(PollRefused, match="archived"):
            rounds.add_adjudicator(round=round, user=ada, by=ada)

    def test_an_admin_who_could_look_is_no_third_where_the_third_decides_first(
        self, poll, ada, rosa, sam, jude
    ):
        titles(poll, 2)
        round = acts.open_round(
            poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, adjudicator_first=True
        )
        read_some(round, rosa, 1)
        with pytest.raises(ValidationError, match="could see the readings"):
            rounds.add_adjudicator(round=round, user=ada, by=ada)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_who_is_let_join_while_they_are_removed_does_not_read(self, poll, ada, rosa, sam, tim):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        with transaction.atomic():
            remove(poll, tim, ada)
            joining = Doing(lambda: rounds.join_round(round=round, user=tim, by=ada))
            wait_until_waiting(1)
        assert "no member of this poll" in problems(joining)[0]
        assert not RoundReviewer.objects.filter(user=tim).exists()
        assert_no_drift(round)

    def test_who_is_removed_while_they_are_let_join_leaves_again(self, poll, ada, rosa, sam, tim):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        with transaction.atomic():
            rounds.join_round(round=round, user=tim, by=ada, fair_part=True)
            removing = Doing(lambda: remove(poll, tim, ada))
            wait_until_waiting(1)
        assert not problems(removing)
        assert seat_of(round, tim).left_at is not None
        assert_no_drift(round)

    def test_a_decision_under_way_is_stored_before_its_reader_leaves(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        with transaction.atomic():
            acts.say(round, round.cases.first(), sam, "cx")
            removing = Doing(lambda: remove(poll, sam, ada))
            wait_until_waiting(1)
        assert not problems(removing)
        assert held(round) == {"rosa": 2, "sam": 1}
        assert_no_drift(round)
