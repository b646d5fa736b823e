"""People come and go: pools and their shares, who leaves, who joins, what they give back and get."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q

from classify import rounds, tagging, visibility
from classify.assignment import next_case, unread
from classify.models import Case, Decision, RoundEvent
from polls.models import Vote
from polls.permissions import PollRefused
from polls.votes import exclude_vote
from tests import factories
from tests.classify import acts
from tests.classify.pools import assert_no_drift, held, make_pool, read_some, seat_of, titles
from tests.refusals import undone


@pytest.fixture
def tim(poll):
    return factories.make_member("tim", poll, "reviewer")


@pytest.fixture
def uma(poll):
    return factories.make_member("uma", poll, "reviewer")


class TestPools:
    def test_every_case_is_read_by_two_different_people(self, poll, ada, rosa, sam, tim):
        titles(poll, 30)
        round = make_pool(poll, [rosa, sam, tim], ada)
        pairs = {frozenset(pair) for pair in round.cases.values_list("reviewer1", "reviewer2")}
        assert pairs == {
            frozenset({rosa.pk, sam.pk}),
            frozenset({rosa.pk, tim.pk}),
            frozenset({sam.pk, tim.pk}),
        }
        assert held(round) == {"rosa": 20, "sam": 20, "tim": 20}
        assert set(round.reviewers.values_list("assigned_count", flat=True)) == {20}
        assert_no_drift(round)

    def test_shares_say_how_many_cases_each_reads(self, poll, ada, rosa, sam, tim):
        titles(poll, 10)
        round = make_pool(poll, [rosa, sam, tim], ada, {rosa: 2})
        assert held(round) == {"rosa": 10, "sam": 5, "tim": 5}

    def test_a_person_holds_the_first_slot_of_one_case_and_the_second_of_another(
        self, poll, ada, rosa, sam, tim
    ):
        titles(poll, 12)
        round = make_pool(poll, [rosa, sam, tim], ada)
        for user in (rosa, sam, tim):
            assert round.cases.filter(reviewer1=user).exists()
            assert round.cases.filter(reviewer2=user).exists()

    def test_everybody_reads_what_is_theirs_and_the_round_is_revealed(self, poll, ada, rosa, sam, tim):
        titles(poll, 6)
        round = make_pool(poll, [rosa, sam, tim], ada)
        for n, user in enumerate((rosa, sam, tim)):
            assert not visibility.is_revealed(round), n
            acts.read_all(round, user)
            tagging.hand_in(round=round, by=user)
        assert visibility.is_revealed(round)
        assert rounds.is_doubly_coded(round)
        assert not round.cases.filter(sealed_at__isnull=True).exists()
        assert Decision.objects.filter(round=round).count() == 12

    def test_titles_of_one_family_do_not_come_in_a_row(self, poll, ada, rosa, sam):
        for family in ("Agent", "Director", "Trainer", "Analyst"):
            for n in range(10):
                factories.make_vote(poll, f"{family} of team {n}")
        round = make_pool(poll, [rosa, sam], ada)
        orders = {}
        for user, field in ((rosa, "order1"), (sam, "order2")):
            seen = [case.text.split()[0] for case in round.cases.order_by(field)]
            orders[user] = list(round.cases.order_by(field).values_list("pk", flat=True))
            in_a_row = sum(one == two for one, two in pairwise(seen))
            assert in_a_row < 20, "sorted by title there would be 36"
        assert orders[rosa] != orders[sam]

    def test_new_titles_are_dealt_to_who_has_least(self, poll, ada, rosa, sam, tim):
        titles(poll, 6)
        round = make_pool(poll, [rosa, sam, tim], ada)
        titles(poll, 3, start=6)
        from classify.assignment import after_votes_changed

        after_votes_changed(poll_id=poll.pk)
        assert held(round) == {"rosa": 6, "sam": 6, "tim": 6}
        assert_no_drift(round)


class TestLeaving:
    def test_in_a_pool_what_is_undone_goes_to_the_others_at_once(self, poll, ada, rosa, sam, tim):
        titles(poll, 12)
        round = make_pool(poll, [rosa, sam, tim], ada)
        done = read_some(round, tim, 3)
        rounds.leave_round(round=round, user=tim, by=tim, reason="A new job")
        assert sorted(Decision.objects.filter(reviewer=tim).values_list("case", flat=True)) == sorted(done)
        assert held(round)["tim"] == 3
        assert held(round)["rosa"] + held(round)["sam"] == 21
        assert not round.cases.filter(reviewer1=None).exists()
        assert not round.cases.filter(reviewer2=None).exists()
        event = round.events.get()
        assert (event.kind, event.user, event.by, event.reason) == ("left", tim, tim, "A new job")
        assert_no_drift(round)

    def test_in_a_round_of_two_it_waits_until_somebody_joins(self, poll, ada, rosa, sam, tim):
        titles(poll, 5)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 2)
        rounds.leave_round(round=round, user=sam, by=ada)
        assert round.cases.filter(reviewer2=None).count() == 3
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        assert not visibility.is_revealed(round), "three titles have yet to be read by somebody"
        rounds.join_round(round=round, user=tim, by=ada)
        assert held(round) == {"rosa": 5, "sam": 2, "tim": 3}
        acts.read_all(round, tim)
        tagging.hand_in(round=round, by=tim)
        assert visibility.is_revealed(round)
        assert rounds.is_doubly_coded(round)
        assert_no_drift(round)

    def test_who_left_reads_no_more_and_stays_blind(self, poll, ada, rosa, sam, tim):
        titles(poll, 6)
        round = make_pool(poll, [rosa, sam, tim], ada)
        case = next_case(round=round, reviewer=tim)
        rounds.leave_round(round=round, user=tim, by=tim)
        assert next_case(round=round, reviewer=tim) is None
        with pytest.raises((PollRefused, Case.DoesNotExist)):
            acts.say(round, case.pk, tim, "cx")
        assert visibility.holds_open_slot(tim, round)
        with pytest.raises(PollRefused, match="You left this round"):
            tagging.hand_in(round=round, by=tim)

    def test_a_decision_that_was_taken_back_is_given_back_and_can_be_made_by_another(
        self, poll, ada, rosa, sam, tim
    ):
        titles(poll, 1)
        round = make_pool(poll, [rosa, sam], ada)
        (case,) = round.cases.all()
        acts.say(round, case, sam, "cx")
        acts.say(round, case, sam, "withdrawn")
        rounds.leave_round(round=round, user=sam, by=sam)
        rounds.join_round(round=round, user=tim, by=ada)
        assert next_case(round=round, reviewer=tim).pk == case.pk
        assert unread(round=round, seat=seat_of(round, tim)) == 1
        acts.say(round, case, tim, "cx")
        assert seat_of(round, tim).decided_count == 1
        assert_no_drift(round)

    def test_who_had_handed_in_gets_what_is_new_to_read(self, poll, ada, rosa, sam, tim):
        titles(poll, 9)
        round = make_pool(poll, [rosa, sam, tim], ada)
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        rounds.leave_round(round=round, user=tim, by=ada)
        assert seat_of(round, rosa).handed_in_at is None

    def test_the_last_who_had_not_handed_in_reveals_and_seals_by_leaving(self, poll, ada, rosa, sam, tim):
        titles(poll, 3)
        round = make_pool(poll, [rosa, sam, tim], ada)
        for user in (rosa, sam):
            acts.read_all(round, user)
            tagging.hand_in(round=round, by=user)
        acts.read_all(round, tim)
        rounds.leave_round(round=round, user=tim, by=tim)
        assert visibility.is_revealed(round)
        assert not round.cases.filter(sealed_at=None).exists()

    def test_a_second_time_changes_nothing(self, poll, ada, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        rounds.leave_round(round=round, user=sam, by=sam)
        left = seat_of(round, sam).left_at
        rounds.leave_round(round=round, user=sam, by=ada)
        assert seat_of(round, sam).left_at == left
        assert round.events.count() == 1

    def test_nobody_takes_another_out_but_an_admin(self, poll, ada, rosa, sam, tim):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        with pytest.raises(PollRefused):
            rounds.leave_round(round=round, user=sam, by=rosa)
        with pytest.raises(ValidationError, match="does not read"):
            rounds.leave_round(round=round, user=tim, by=ada)
        with pytest.raises(PollRefused, match="no reviewer"):
            rounds.leave_round(round=round, user=tim, by=tim)
        with pytest.raises(ValidationError, match="at most 500"):
            rounds.leave_round(round=round, user=sam, by=ada, reason="x" * 501)
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        with pytest.raises(PollRefused, match="closed"):
            rounds.leave_round(round=round, user=sam, by=ada)


class TestJoining:
    def test_a_fair_part_comes_from_what_its_reader_has_not_begun(self, poll, ada, rosa, sam, tim):
        titles(poll, 30)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, rosa, 4)
        rounds.join_round(round=round, user=tim, by=ada, fair_part=True)
        assert held(round) == {"rosa": 20, "sam": 20, "tim": 20}
        for case in round.cases.exclude(decision1=None, decision2=None):
            assert rosa.pk in (case.reviewer1_id, case.reviewer2_id)
        assert_no_drift(round)

    @pytest.mark.parametrize("read", [1, 15, 30])
    def test_what_one_gives_up_does_not_tell_how_far_the_other_is(self, poll, ada, rosa, sam, tim, read):
        titles(poll, 30)
        round = make_pool(poll, [rosa, sam], ada)
        offered = []
        for much in (0, read):
            with undone():
                read_some(round, sam, much)
                rounds.join_round(round=round, user=tim, by=ada, fair_part=True)
                mine = round.cases.filter(Q(reviewer1=rosa) | Q(reviewer2=rosa))
                offered.append(sorted(mine.values_list("pk", flat=True)))
        assert offered[0] == offered[1]
        assert len(offered[0]) == 20

    def test_without_it_only_what_waits(self, poll, ada, rosa, sam, tim):
        titles(poll, 6)
        round = make_pool(poll, [rosa, sam], ada)
        rounds.join_round(round=round, user=tim, by=ada)
        assert held(round) == {"rosa": 6, "sam": 6}
        assert seat_of(round, tim).ordinal == 3

    def test_who_left_may_come_back(self, poll, ada, rosa, sam):
        titles(poll, 4)
        round = make_pool(poll, [rosa, sam], ada)
        read_some(round, sam, 1)
        rounds.leave_round(round=round, user=sam, by=sam)
        rounds.join_round(round=round, user=sam, by=ada)
        assert held(round) == {"rosa": 4, "sam": 4}
        assert [event.kind for event in rounds.events_of(round)] == ["left", "joined"]
        assert unread(round=round, seat=seat_of(round, sam)) == 3
        assert_no_drift(round)

    def test_a_second_time_changes_nothing(self, poll, ada, rosa, sam, tim):
        titles(poll, 4)
        round = make_pool(poll, [rosa], ada)
        for _ in range(2):
            rounds.join_round(round=round, user=tim, by=ada)
        assert round.reviewers.count() == 2
        assert round.events.count() == 1

    def test_not_who_judges_nor_an_admin_who_could_look(self, poll, ada, jude, rosa, sam):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada, rule="third_person", adjudicators=[jude])
        with pytest.raises(ValidationError, match="resolves the conflicts"):
            rounds.join_round(round=round, user=jude, by=ada)
        read_some(round, rosa, 1)
        with pytest.raises(ValidationError, match="is an admin and could see"):
            rounds.join_round(round=round, user=ada, by=ada)
        with pytest.raises(PollRefused):
            rounds.join_round(round=round, user=sam, by=rosa)

    def test_not_once_the_decisions_can_be_seen(self, poll, ada, rosa, sam, tim):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        acts.agree_on_all(round, rosa, sam)
        with pytest.raises(ValidationError, match="can be seen"):
            rounds.join_round(round=round, user=tim, by=ada)

    def test_a_share_out_of_bounds(self, poll, ada, rosa, sam, tim):
        titles(poll, 2)
        round = make_pool(poll, [rosa, sam], ada)
        with pytest.raises(ValidationError, match="from 1 to 100"):
            rounds.join_round(round=round, user=tim, by=ada, share=101)


class TestWhatNobodyReadsAnyMore:
    def test_the_last_title_that_waited_loses_its_vote(self, poll, ada, rosa, sam):
        """Nothing waits any more, so the round is revealed: what was read is sealed as by a hand-in."""
        titles(poll, 3)
        round = make_pool(poll, [rosa, sam], ada)
        acts.read_all(round, rosa)
        *read, last = round.cases.order_by("pk")
        for case in read:
            acts.say(round, case, sam, "contact-center")
        tagging.hand_in(round=round, by=rosa)
        rounds.leave_round(round=round, user=sam, by=ada)
        assert not visibility.is_revealed(round)
        vote = Vote.objects.get(case_votes__case=last)
        exclude_vote(vote=vote, reason=Vote.VoidReason.OTHER, note="a bot", by=ada)
        assert visibility.is_revealed(round)
        assert acts.say(round, read[0], rosa, "contact-center").decision.late
        assert round.cases.get(pk=read[0].pk).status == "conflict"
        assert_no_drift(round)

    def test_the_other_slot_of_a_title_one_had_before(self, poll, ada, rosa, sam, tim):
        """What was taken back in the first slot is older than what is said in the second."""
        titles(poll, 1)
        round = make_pool(poll, [rosa, sam], ada)
        case = round.cases.get()
        acts.say(round, case, rosa, "cx")
        acts.say(round, case, rosa, "withdrawn")
        rounds.leave_round(round=round, user=rosa, by=ada)
        rounds.join_round(round=round, user=tim, by=ada)
        rounds.leave_round(round=round, user=sam, by=ada)
        rounds.join_round(round=round, user=rosa, by=ada)
        case.refresh_from_db()
        assert (case.reviewer1, case.reviewer2) == (tim, rosa)
        acts.say(round, case, rosa, "consultant")
        assert seat_of(round, rosa).decided_count == 1
        assert [row.category.code for row in visibility.my_decisions(rosa, round)] == ["consultant"]
        assert visibility.last_decision(rosa, round, case.pk).category.code == "consultant"
        assert_no_drift(round)


def test_events_cannot_be_changed(poll, ada, rosa, sam):
    from django.db import IntegrityError

    titles(poll, 1)
    round = make_pool(poll, [rosa, sam], ada)
    rounds.leave_round(round=round, user=sam, by=sam)
    with pytest.raises(IntegrityError, match="append-only"):
        RoundEvent.objects.update(reason="something else")


class TestBlindAdmins:
    def test_who_reads_learns_nothing_from_whom_they_may_let_join(self, poll, ada, rosa, sam):
        """Ada reads herself: whether another admin may join does not tell her that Sam has begun."""
        titles(poll, 4)
        other = factories.make_member("orla", poll, "admin")
        round = make_pool(poll, [ada, sam], ada)
        said = []
        for much in (0, 2):
            read_some(round, sam, much)
            with pytest.raises(ValidationError) as refused:
                rounds.join_round(round=round, user=other, by=ada)
            said.append(refused.value.messages)
        assert said[0] == said[1]

    def test_who_reads_one_round_sees_no_conflict_and_no_list_of_another(self, poll, ada, rosa, sam):
        titles(poll, 2)
        first = make_pool(poll, [rosa, sam], ada)
        for case in first.cases.all():
            acts.disagree(first, case, rosa, sam)
        assert visibility.can_see_conflicts(ada, first)
        assert visibility.can_see_awaiting(ada, first)
        make_pool(poll, [ada, sam], ada, version=first.version)
        assert not visibility.can_see_conflicts(ada, first)
        assert not visibility.can_see_awaiting(ada, first)
