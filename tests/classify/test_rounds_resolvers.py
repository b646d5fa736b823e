"""Who may be let resolve conflicts of a round under way: nobody who could see what they must not."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from classify import adjudication, rounds, tagging, visibility
from classify.models import RoundAdjudicator
from classify.rounds import parts, roles
from classify.verify import verify
from polls import people
from polls.models import Membership
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, make_pool, seat_of, titles
from tests.classify.test_lock_order import Doing, problems, wait_until_waiting


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "viewer")


@pytest.fixture
def judged(poll, ada, rosa, sam, jude):
    """Rosa and Sam read, Jude resolves; two titles."""
    titles(poll, 2)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def looks_first(poll, ada, rosa, sam, jude):
    """The same, but Jude decides before the readings are shown."""
    titles(poll, 2)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, adjudicator_first=True)


class TestWhoReadsInAnotherRound:
    def test_an_admin_who_reads_in_one_round_does_not_name_themselves_in_another(
        self, poll, ada, judged, tim
    ):
        """They would see what others read of the titles that lie before them."""
        sibling = make_pool(poll, [ada, tim], ada, version=judged.version)
        acts.disagree(judged, judged.cases.first(), *(seat.user for seat in judged.reviewers.all()))
        for user in (ada, tim):
            with pytest.raises(ValidationError, match="reads in another round of this poll"):
                rounds.add_adjudicator(round=judged, user=user, by=ada)
            assert not visibility.can_see_conflicts(user, judged)
        assert not RoundAdjudicator.objects.filter(round=judged, user__in=[ada, tim]).exists()
        rounds.leave_round(round=sibling, user=tim, by=ada)
        with pytest.raises(ValidationError, match="reads in another round"):
            rounds.add_adjudicator(round=judged, user=tim, by=ada)

    def test_once_the_other_round_is_closed_they_may(self, poll, ada, judged, tim):
        sibling = make_pool(poll, [ada, tim], ada, version=judged.version)
        rounds.close_coding(round=sibling, by=ada)
        rounds.add_adjudicator(round=judged, user=tim, by=ada)
        assert visibility.can_see_conflicts(tim, judged)

    def test_a_round_of_another_poll_is_nobodys_concern(self, ada, judged, tim):
        elsewhere = factories.make_poll("elsewhere")
        for user in (ada, tim):
            Membership.objects.create(poll=elsewhere, user=user, role="admin")
        titles(elsewhere, 1)
        make_pool(elsewhere, [ada, tim], ada, version=judged.version)
        rounds.add_adjudicator(round=judged, user=tim, by=ada)

    def test_who_was_named_before_is_refused_too_when_they_read_elsewhere_now(
        self, poll, ada, judged, jude, tim
    ):
        kim = factories.make_member("kim", poll, "viewer")
        rounds.add_adjudicator(round=judged, user=kim, by=ada)
        people.change_roles(poll=poll, user=jude, roles=["reviewer"], by=ada)
        make_pool(poll, [jude, tim], ada, version=judged.version)
        with pytest.raises(ValidationError, match="reads in another round"):
            rounds.add_adjudicator(round=judged, user=jude, by=ada)


class TestConsensus:
    @pytest.fixture
    def agreeing(self, poll, ada, rosa, sam):
        titles(poll, 2)
        return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[ada], rule="consensus", by=ada)

    def test_an_admin_takes_no_conflict_up_before_the_two_could_try_to_agree(self, agreeing, ada, rosa, sam):
        case = acts.disagree(agreeing, agreeing.cases.first(), rosa, sam)
        assert visibility.can_see_conflicts(ada, agreeing)
        assert not adjudication.can_decide(ada, agreeing, case)
        with pytest.raises(PollRefused, match="try to agree first"):
            adjudication.claim(case=case, by=ada)
        with pytest.raises(PollRefused, match="try to agree first"):
            adjudication.claim_together(round=agreeing, cases=[case.pk], by=ada)
        case.refresh_from_db()
        assert case.sealed_at is None
        acts.say(agreeing, case, sam, "cx")
        case.refresh_from_db()
        assert case.status == "agreed"

    def test_an_admin_who_names_themselves_waits_too(self, poll, ada, rosa, sam):
        titles(poll, 1)
        round = acts.open_round(poll, reviewers=[rosa, sam], rule="consensus", by=ada)
        case = acts.disagree(round, round.cases.get(), rosa, sam)
        rounds.add_adjudicator(round=round, user=ada, by=ada)
        with pytest.raises(PollRefused, match="try to agree first"):
            adjudication.claim(case=case, by=ada)
        for user in (rosa, sam):
            tagging.hand_in(round=round, by=user)
        assert adjudication.claim(case=case, by=ada).claimed_by == ada


class TestFirstLooks:
    def test_once_results_could_be_seen_nobody_new_decides_before_seeing(
        self, poll, looks_first, ada, rosa, sam, tim
    ):
        acts.disagree(looks_first, looks_first.cases.first(), rosa, sam)
        rounds.close_coding(round=looks_first, by=ada)
        assert visibility.can_see_results(tim, looks_first)
        with pytest.raises(ValidationError, match="may have seen results of this round"):
            rounds.add_adjudicator(round=looks_first, user=tim, by=ada)
        rounds.reopen_coding(round=looks_first, by=ada, reason="One was forgotten")
        with pytest.raises(ValidationError, match="may have seen results of this round"):
            rounds.add_adjudicator(round=looks_first, user=tim, by=ada)

    def test_until_then_a_member_may_be_named(self, looks_first, ada, rosa, sam, tim):
        acts.disagree(looks_first, looks_first.cases.first(), rosa, sam)
        assert not visibility.can_see_results(tim, looks_first)
        rounds.add_adjudicator(round=looks_first, user=tim, by=ada)
        assert visibility.hides_readings(tim, looks_first)

    def test_who_was_named_before_was_shown_nothing_and_may_come_back(
        self, poll, looks_first, ada, rosa, sam, jude, tim
    ):
        rounds.add_adjudicator(round=looks_first, user=tim, by=ada)
        people.change_roles(poll=poll, user=tim, roles=["viewer"], by=ada)
        acts.disagree(looks_first, looks_first.cases.first(), rosa, sam)
        rounds.close_coding(round=looks_first, by=ada)
        assert not visibility.can_see_results(tim, looks_first)
        rounds.add_adjudicator(round=looks_first, user=tim, by=ada)


class TestComingBack:
    def test_who_gets_the_role_back_is_in_the_history(self, poll, judged, ada, tim):
        rounds.add_adjudicator(round=judged, user=tim, by=ada)
        people.change_roles(poll=poll, user=tim, roles=["viewer"], by=ada)
        for _click in range(2):
            rounds.add_adjudicator(round=judged, user=tim, by=ada)
        assert [(event.kind, event.user) for event in rounds.events_of(judged)] == [("joined", tim)] * 2
        assert RoundAdjudicator.objects.filter(round=judged, user=tim).count() == 1
        assert tim.pk in rounds.resolvers_of(judged)

    def test_who_lost_the_role_takes_no_place(self, poll, judged, ada, tim, vera, monkeypatch):
        monkeypatch.setattr(roles, "MAX_ADJUDICATORS", 2)
        assert parts.MAX_ADJUDICATORS > 2
        rounds.add_adjudicator(round=judged, user=tim, by=ada)
        with pytest.raises(ValidationError, match="at most 2 adjudicators"):
            rounds.add_adjudicator(round=judged, user=vera, by=ada)
        people.change_roles(poll=poll, user=tim, roles=["viewer"], by=ada)
        rounds.add_adjudicator(round=judged, user=vera, by=ada)
        with pytest.raises(ValidationError, match="at most 2 adjudicators"):
            rounds.add_adjudicator(round=judged, user=tim, by=ada)


class TestSeatsLeftBehind:
    def test_verify_says_what_to_do_and_doing_it_is_enough(self, poll, ada, rosa, sam):
        """As before roles and rounds went together: the role went, the seat stayed."""
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        Membership.objects.filter(poll=poll, user=sam).delete()
        (drift,) = verify(poll).drift
        assert drift.recomputed == "no reviewer of the poll: take them out on the page of the round"
        rounds.leave_round(round=round, user=sam, by=ada)
        assert_no_drift(round)

    def test_saving_the_roles_of_who_is_still_a_member_takes_them_out_too(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        Membership.objects.filter(poll=poll, user=sam).update(role="viewer")
        assert people.change_roles(poll=poll, user=sam, roles=["viewer"], by=ada)
        assert seat_of(round, sam).left_at is not None
        assert_no_drift(round)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_who_is_removed_while_they_are_first_let_join_is_no_reviewer_after_that(
        self, poll, ada, rosa, sam, tim
    ):
        """Tim is only a viewer: what the removal read before it waited does not hold any more."""
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        with transaction.atomic():
            rounds.join_round(round=round, user=tim, by=ada, fair_part=True)
            removing = Doing(lambda: people.change_roles(poll=poll, user=tim, roles=[], by=ada))
            wait_until_waiting(1)
        assert not problems(removing)
        assert seat_of(round, tim).left_at is not None
        assert not Membership.objects.filter(poll=poll, user=tim).exists()
        assert_no_drift(round)

    def test_who_is_removed_while_they_are_named_does_not_resolve(self, poll, judged, ada, tim):
        with transaction.atomic():
            rounds.add_adjudicator(round=judged, user=tim, by=ada)
            removing = Doing(lambda: people.change_roles(poll=poll, user=tim, roles=[], by=ada))
            wait_until_waiting(1)
        assert not problems(removing)
        assert not Membership.objects.filter(poll=poll, user=tim).exists()
        assert tim.pk not in rounds.resolvers_of(judged)
