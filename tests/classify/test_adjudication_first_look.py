"""A round in which who adjudicates decides first and sees the two readings after."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from classify import adjudication, rounds, visibility
from classify.models import Adjudication, Case, Round, RoundAdjudicator
from classify.verify import verify
from classify.visibility import Pair, Wanted
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.judging import close, judge, look


@pytest.fixture
def round(poll, ada, rosa, sam, jude) -> Round:
    for text in ("CX Lead", "Agent"):
        factories.make_vote(poll, text)
    return acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada, adjudicator_first=True)


@pytest.fixture
def conflict(round, rosa, sam) -> Case:
    return acts.disagree(round, Case.objects.get(round=round, text="CX Lead"), rosa, sam)


def fresh(case: Case) -> Case:
    return Case.objects.select_related("round__poll").get(pk=case.pk)


class TestLooking:
    def test_the_readings_are_shown_after_it_and_not_before(self, conflict, jude, ada):
        adjudication.claim(case=conflict, by=jude)
        assert visibility.must_look_first(jude, fresh(conflict))
        assert visibility.decisions_for_adjudicator(jude, fresh(conflict)) == []
        assert len(visibility.decisions_for_adjudicator(ada, fresh(conflict))) == 2, "an admin judges nothing"
        row = look(conflict, jude, "other")
        assert (row.kind, row.category.code, row.reason) == ("first", "other", "")
        assert not visibility.must_look_first(jude, fresh(conflict))
        assert visibility.first_look_of(jude, conflict).code == "other"
        assert len(visibility.decisions_for_adjudicator(jude, fresh(conflict))) == 2

    def test_it_takes_the_conflict_up_and_seals_it(self, conflict, jude):
        look(conflict, jude)
        assert fresh(conflict).claimed_by == jude
        assert fresh(conflict).sealed_at is not None
        assert fresh(conflict).status == "conflict"

    def test_it_is_said_once(self, conflict, jude):
        sent = uuid.uuid4()
        assert look(conflict, jude, client_id=sent) == look(conflict, jude, "other", client_id=sent)
        with pytest.raises(ValidationError, match="on record and stays"):
            look(conflict, jude, "other")
        assert Adjudication.objects.count() == 1

    def test_every_adjudicator_has_a_first_look_of_their_own(self, poll, round, conflict, jude):
        juno = factories.make_member("juno", poll, "adjudicator")
        RoundAdjudicator.objects.create(round=round, user=juno)
        look(conflict, jude)
        adjudication.give_back(round=round, cases=[conflict.pk], by=jude)
        assert visibility.must_look_first(juno, fresh(conflict))
        with pytest.raises(ValidationError, match="Decide first on your own"):
            judge(conflict, juno)
        look(conflict, juno, "other")
        judge(conflict, juno, "other")
        assert fresh(conflict).resolved_by == juno

    @pytest.mark.parametrize("name", ["ada", "rosa", "sam", "vera", "nina"])
    def test_only_an_adjudicator_looks(self, name, conflict, request):
        with pytest.raises(PollRefused):
            look(conflict, request.getfixturevalue(name))

    def test_in_another_round_there_is_nothing_to_look_at_first(self, poll, ada, rosa, sam, jude):
        factories.make_vote(poll, "Clerk")
        plain = acts.open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
        case = acts.disagree(plain, Case.objects.get(round=plain), rosa, sam)
        with pytest.raises(ValidationError, match="shown at once"):
            look(case, jude)
        assert not visibility.must_look_first(jude, fresh(case))

    def test_what_is_no_category_or_no_conflict_is_refused(self, round, conflict, sam, jude):
        with pytest.raises(ValidationError, match="no category"):
            look(conflict, jude, "nonsense")
        acts.say(round, conflict, sam, "cx")
        with pytest.raises(ValidationError, match="no conflict any more"):
            look(conflict, jude)


class TestDeciding:
    def test_nothing_is_final_without_it(self, conflict, jude):
        adjudication.claim(case=conflict, by=jude)
        for act in (judge, close):
            with pytest.raises(ValidationError, match="Decide first on your own"):
                act(conflict, jude)
        assert not Adjudication.objects.exists()

    def test_the_first_look_is_confirmed_or_changed_with_a_word_why(self, conflict, jude):
        look(conflict, jude, "other")
        with pytest.raises(ValidationError, match="otherwise than at first"):
            judge(conflict, jude, "cx", rationale=" ")
        judge(conflict, jude, "cx", rationale="Their notes convinced me")
        assert fresh(conflict).final.code == "cx"
        kinds = Adjudication.objects.order_by("seq").values_list("kind", "category__code")
        assert list(kinds) == [("first", "other"), ("final", "cx")]
        assert not verify().drift

    def test_a_confirmed_one_needs_no_rationale(self, conflict, jude):
        look(conflict, jude, "cx")
        judge(conflict, jude, "cx")
        assert fresh(conflict).status == "resolved"

    def test_the_adjudicator_leaves_unresolved_after_it_and_an_admin_without(
        self, round, conflict, rosa, sam, ada, jude
    ):
        look(conflict, jude)
        close(conflict, jude)
        second = acts.disagree(round, Case.objects.get(round=round, text="Agent"), rosa, sam)
        close(second, ada)
        assert Case.objects.filter(closed_unresolved_at__isnull=False).count() == 2


class TestTheDatabase:
    def insert(self, case: Case, by, **fields) -> None:
        row = {
            "case": case,
            "round": case.round,
            "version_id": case.round.version_id,
            "seq": 9,
            "kind": "final",
            "category": case.round.version.categories.get(code="cx"),
            "reason": "slip",
            "decided_by": by,
        }
        with transaction.atomic():
            Adjudication.objects.create(**row | fields)

    def test_it_refuses_what_is_final_before_a_first_look(self, conflict, jude, ada):
        for by in (jude, ada):
            with pytest.raises(IntegrityError, match="says first what they think"):
                self.insert(conflict, by)
        with pytest.raises(IntegrityError, match="says first what they think"):
            self.insert(conflict, jude, category=None)

    def test_somebody_elses_first_look_does_not_count(self, conflict, jude, ada):
        look(conflict, jude)
        with pytest.raises(IntegrityError, match="says first what they think"):
            self.insert(conflict, ada)

    def test_it_lets_pass_what_was_looked_at_or_came_from_a_file(self, conflict, jude):
        self.insert(conflict, None, source="import", reason="")
        look(conflict, jude)
        self.insert(conflict, jude, seq=11)

    def test_one_person_has_one_first_look(self, conflict, jude):
        look(conflict, jude)
        with pytest.raises(IntegrityError, match="classify_adjudication_first_look_once"):
            self.insert(conflict, jude, kind="first", reason="")


class TestWhatIsHidden:
    def test_the_pair_is_told_to_an_admin_and_not_to_the_adjudicator(self, round, conflict, ada, jude):
        pair = Pair(*sorted([conflict.cat1, conflict.cat2]))
        assert [one.pair for one in visibility.pairs_of(ada, round)] == [pair]
        assert visibility.pairs_of(jude, round) == []
        wanted = visibility.allowed_wish(jude, round, Wanted("pair", pair))
        assert (wanted.order, wanted.pair) == ("conflict_since", None)
        assert visibility.allowed_wish(ada, round, Wanted("pair", pair)) == Wanted("pair", pair)

    def test_results_are_told_to_the_adjudicator_when_no_conflict_is_left(
        self, poll, round, conflict, ada, jude
    ):
        acts.read_all(round, *[round.reviewers.get(ordinal=1).user])
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        with pytest.raises(PollRefused, match="decide every conflict before"):
            visibility.check_can_see_results(jude, round)
        assert visibility.can_see_results(ada, round)
        look(conflict, jude)
        judge(conflict, jude)
        assert visibility.can_see_results(jude, round)

    def test_an_admin_who_adjudicates_sees_no_results_meanwhile(self, poll, round, ada, jude):
        RoundAdjudicator.objects.create(round=round, user=ada)
        assert not visibility.can_see_results(ada, round)

    def test_comments_are_read_and_written_after_it(self, round, conflict, rosa, ada, jude):
        from classify import talk

        rounds.close_coding(round=round, by=ada)
        talk.add_comment(case=conflict, by=rosa, text="I meant the board seat", client_id=uuid.uuid4())
        assert visibility.comments_on(jude, fresh(conflict)) == []
        assert not talk.can_comment(jude, fresh(conflict))
        look(conflict, jude)
        assert [one.text for one in visibility.comments_on(jude, fresh(conflict))] == [
            "I meant the board seat"
        ]
        assert talk.can_comment(jude, fresh(conflict))
