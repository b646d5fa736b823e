"""A shared headline taken apart, so that its voters are read one by one, and put together again."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError

from classify import adjudication, rounds, splitting, tagging
from classify.assignment import next_case
from classify.models import Case, CaseSplit, CaseVote, Decision, Round, RoundReviewer
from classify.verify import verify
from polls.models import Vote
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts

VOTERS = 5


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    """Five voters called Director, and two titles of one voter each."""
    for n in range(VOTERS):
        factories.make_vote(poll, "Director", option=n % 3 + 1, profile_url=f"https://example.org/in/v{n}")
    for title in ("Agent", "CX Lead"):
        factories.make_vote(poll, title)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)


@pytest.fixture
def shared(round) -> Case:
    return Case.objects.get(round=round, text="Director")


def split(round, shared, by) -> splitting.Split:
    return splitting.split_case(round=round, case_id=shared.pk, by=by)


def parts_of(shared: Case) -> list[Case]:
    return list(Case.objects.filter(split_from=shared, n_votes__gt=0).order_by("pk"))


def seat_of(user) -> RoundReviewer:
    return RoundReviewer.objects.get(user=user)


def no_drift() -> bool:
    return verify().drift == ()


def test_each_voter_of_a_split_title_is_a_case_for_both(round, shared, rosa, sam):
    assert split(round, shared, rosa) == splitting.Split(shared.pk, VOTERS, repeated=False)
    parts = parts_of(shared)
    assert len(parts) == VOTERS
    for part in parts:
        assert (part.origin, part.n_votes, part.text) == ("split", 1, "Director")
        assert (part.reviewer1, part.reviewer2, part.sealed_at) == (rosa, sam, None)
    shared.refresh_from_db()
    assert (shared.n_votes, sum(shared.option_counts)) == (0, 0)
    row = CaseSplit.objects.get()
    assert (row.round, row.case, row.split_by, row.merged_at) == (round, shared, rosa, None)
    assert no_drift()


def test_totals_move_with_the_split(round, shared, rosa, sam):
    split(round, shared, sam)
    round.refresh_from_db()
    assert round.case_count == VOTERS + 2
    assert {seat_of(user).assigned_count for user in (rosa, sam)} == {VOTERS + 2}
    options = [part.option_counts for part in parts_of(shared)]
    assert [sum(column) for column in zip(*options, strict=True)] == [2, 2, 1]


def test_a_vote_leaves_and_joins_with_a_reason(round, shared, rosa):
    split(round, shared, rosa)
    left = CaseVote.objects.filter(case=shared)
    assert {(row.reason, row.left_at is None) for row in left} == {("split", False)}
    here = CaseVote.objects.filter(case__split_from=shared)
    assert {(row.reason, row.left_at) for row in here} == {("split", None)}
    assert here.count() == left.count() == VOTERS


def test_the_parts_are_read_in_seeded_orders_that_differ(round, shared, rosa):
    split(round, shared, rosa)
    parts = parts_of(shared)
    first = sorted(parts, key=lambda part: part.order1)
    second = sorted(parts, key=lambda part: part.order2)
    assert first != second


def test_the_ids_of_the_parts_do_not_follow_the_file(round, shared, rosa):
    split(round, shared, rosa)
    votes = [part.case_votes.get().vote_id for part in parts_of(shared)]
    assert votes != sorted(votes)


def test_a_second_click_changes_nothing(round, shared, rosa, sam):
    split(round, shared, rosa)
    before = list(Case.objects.order_by("pk").values())
    for user in (rosa, sam):
        assert split(round, shared, user) == splitting.Split(shared.pk, VOTERS, repeated=True)
    assert list(Case.objects.order_by("pk").values()) == before
    assert CaseSplit.objects.count() == 1


@pytest.mark.parametrize("other", ["nothing", "decided", "disagreed", "sealed", "unsure"])
def test_the_reply_does_not_depend_on_the_other(round, shared, rosa, sam, jude, other):
    if other in ("decided", "unsure"):
        acts.say(round, shared, sam, "cx" if other == "decided" else "unsure")
    if other in ("disagreed", "sealed"):
        acts.disagree(round, shared, rosa, sam)
    if other == "sealed":
        adjudication.claim(case=shared, by=jude)
    assert split(round, shared, rosa) == splitting.Split(shared.pk, VOTERS, repeated=False)
    assert no_drift()


def test_what_was_decided_stays_on_record_and_counts_no_more(round, shared, rosa, sam):
    acts.disagree(round, shared, rosa, sam)
    split(round, shared, rosa)
    shared.refresh_from_db()
    assert Decision.objects.filter(case=shared).count() == 2
    assert (shared.status, shared.n_votes) == ("conflict", 0)
    assert seat_of(rosa).decided_count == seat_of(sam).decided_count == 0
    assert no_drift()


def test_a_decision_taken_back_is_not_counted_down_again(round, shared, rosa):
    acts.say(round, shared, rosa, "cx")
    acts.say(round, shared, rosa, "withdrawn")
    split(round, shared, rosa)
    assert seat_of(rosa).decided_count == 0
    assert no_drift()


def test_a_decision_that_arrives_after_the_split_is_kept_and_not_counted(round, shared, rosa):
    split(round, shared, rosa)
    assert acts.say(round, shared, rosa, "cx").decided == 0
    assert no_drift()


def test_a_hand_in_is_taken_back_from_who_has_something_to_read(round, shared, rosa, sam):
    acts.read_all(round, sam)
    tagging.hand_in(round=round, by=sam)
    split(round, shared, rosa)
    assert seat_of(sam).handed_in_at is None
    assert next_case(round=round, reviewer=sam).case.split_from == shared


def test_the_profile_of_one_voter_can_be_asked_for(round, shared, rosa):
    split(round, shared, rosa)
    part = parts_of(shared)[0]
    assert len(tagging.record_profile_view(round=round, case_id=part.pk, by=rosa)) == 1


def test_several_choices_of_one_voter_stay_together(ada, rosa, sam, poll):
    many = factories.make_poll("many", single_choice=False)
    for user, role in ((ada, "admin"), (rosa, "reviewer"), (sam, "reviewer")):
        factories.make_member(user.username, many, role)
    first = factories.make_vote(many, "Director", option=1)
    Vote.objects.create(
        poll=many, voter=first.voter, option=many.options.get(position=2), headline=first.headline,
        headline_raw="Director", single_choice=False,
    )  # fmt: skip
    factories.make_vote(many, "Director", option=1)
    round = acts.open_round(many, reviewers=[rosa, sam], by=ada)
    shared = Case.objects.get(round=round)
    assert split(round, shared, rosa).cases == 2
    assert sorted(part.n_votes for part in parts_of(shared)) == [1, 2]
    assert no_drift()


class TestRefusals:
    def test_a_title_of_one_voter(self, round, rosa):
        case = Case.objects.get(round=round, text="Agent")
        with pytest.raises(ValidationError, match="two voters or more"):
            split(round, case, rosa)

    def test_a_voter_who_is_read_on_their_own_already(self, round, shared, rosa):
        split(round, shared, rosa)
        with pytest.raises(ValidationError, match="one voter already"):
            split(round, parts_of(shared)[0], rosa)

    def test_a_title_of_too_many(self, round, shared, rosa, monkeypatch):
        monkeypatch.setattr(splitting, "MAX_VOTERS", 4)
        with pytest.raises(ValidationError, match="5 voters show this title, and at most 4"):
            split(round, shared, rosa)

    def test_who_does_not_read(self, round, shared, ada, jude, vera):
        for user in (ada, jude, vera):
            with pytest.raises(PollRefused, match="no reviewer"):
                split(round, shared, user)

    def test_a_closed_round(self, round, shared, ada, rosa):
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="closed"):
            split(round, shared, rosa)

    def test_what_was_resolved_stays_one_case_once_revealed(self, round, shared, jude, rosa, sam):
        acts.disagree(round, shared, rosa, sam)
        adjudication.claim(case=shared, by=jude)
        said = {"category_code": "cx", "reason": "slip", "client_id": uuid.uuid4()}
        adjudication.decide(case=shared, by=jude, **said)
        for user in (rosa, sam):
            acts.read_all(round, user)
            tagging.hand_in(round=round, by=user)
        with pytest.raises(ValidationError, match="is resolved"):
            split(round, shared, rosa)
        assert Case.objects.get(pk=shared.pk).status == "resolved"

    def test_a_case_of_another_round(self, poll, round, shared, ada, rosa, sam):
        other = acts.open_round(poll, reviewers=[rosa, sam], by=ada, version=round.version)
        with pytest.raises(Case.DoesNotExist):
            split(other, shared, rosa)

    def test_a_case_of_others_in_a_pool(self, poll, round, ada, rosa, sam):
        third = factories.make_member("tove", poll, "reviewer")
        for n in range(6):
            factories.make_vote(poll, f"Shared {n}")
            factories.make_vote(poll, f"Shared {n}")
        pool = acts.open_round(poll, reviewers=[rosa, sam, third], by=ada, version=round.version)
        not_mine = Case.objects.filter(round=pool).exclude(reviewer1=rosa).exclude(reviewer2=rosa)
        with pytest.raises(Case.DoesNotExist):
            split(pool, not_mine[0], rosa)


class TestMergingBack:
    def test_the_decisions_of_the_shared_title_stand_again(self, round, shared, ada, rosa, sam):
        acts.say(round, shared, rosa, "cx")
        before = Case.objects.filter(pk=shared.pk).values().get()
        split(round, shared, sam)
        splitting.merge_back(case=shared, by=ada)
        assert Case.objects.filter(pk=shared.pk).values().get() == before
        assert parts_of(shared) == []
        assert (seat_of(rosa).decided_count, seat_of(sam).decided_count) == (1, 0)
        assert {seat_of(user).assigned_count for user in (rosa, sam)} == {3}
        row = CaseSplit.objects.get()
        assert (row.merged_by, row.merged_at is None) == (ada, False)
        reasons = CaseVote.objects.filter(case=shared, left_at__isnull=True).values_list("reason", flat=True)
        assert set(reasons) == {"put together again"}
        assert no_drift()

    def test_a_second_click_changes_nothing(self, round, shared, ada, rosa):
        split(round, shared, rosa)
        splitting.merge_back(case=shared, by=ada)
        merged = CaseSplit.objects.get().merged_at
        splitting.merge_back(case=shared, by=ada)
        assert CaseSplit.objects.get().merged_at == merged
        assert no_drift()

    def test_it_can_be_split_again(self, round, shared, ada, rosa, sam):
        split(round, shared, rosa)
        splitting.merge_back(case=shared, by=ada)
        assert split(round, shared, sam) == splitting.Split(shared.pk, VOTERS, repeated=False)
        assert CaseSplit.objects.count() == 2
        assert no_drift()

    @pytest.mark.parametrize("verdict", ["cx", "unsure", "withdrawn"])
    def test_not_once_somebody_decided_on_a_part(self, round, shared, ada, rosa, verdict):
        split(round, shared, rosa)
        part = parts_of(shared)[0]
        acts.say(round, part, rosa, "cx")
        if verdict != "cx":
            acts.say(round, part, rosa, verdict)
        with pytest.raises(ValidationError, match="decided on one of these voters"):
            splitting.merge_back(case=shared, by=ada)

    def test_not_by_who_reads(self, poll, round, shared, rosa):
        split(round, shared, rosa)
        factories.make_member("rosa", poll, "admin")
        with pytest.raises(PollRefused, match="still open"):
            splitting.merge_back(case=shared, by=rosa)

    def test_not_by_who_is_no_admin(self, round, shared, rosa, jude, vera):
        split(round, shared, rosa)
        for user in (jude, vera):
            with pytest.raises(PollRefused):
                splitting.merge_back(case=shared, by=user)

    def test_not_in_a_closed_round(self, round, shared, ada, rosa):
        split(round, shared, rosa)
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="closed"):
            splitting.merge_back(case=shared, by=ada)


def test_a_slot_of_who_left_waits_for_somebody(poll, round, shared, ada, rosa, sam):
    acts.say(round, shared, rosa, "cx")
    rounds.leave_round(round=round, user=rosa, by=ada)
    split(round, shared, sam)
    assert {(part.reviewer1, part.reviewer2) for part in parts_of(shared)} == {(None, sam)}
    assert no_drift()
