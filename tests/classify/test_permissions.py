"""Who may act in a round."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.test import RequestFactory

from classify import permissions, rounds
from classify.views.rounds import get_round_or_404
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts

CAST = ["ada", "rosa", "sam", "jude", "vera", "nina"]


@pytest.fixture
def people(ada, rosa, sam, jude, vera, nina):
    return {"ada": ada, "rosa": rosa, "sam": sam, "jude": jude, "vera": vera, "nina": nina}


@pytest.fixture
def round(poll, people):
    factories.make_vote(poll)
    return acts.open_round(
        poll, reviewers=[people["rosa"], people["sam"]], adjudicators=[people["jude"]], by=people["ada"]
    )


RULES = {
    "can_read": {"rosa", "sam"},
    "can_hand_in": {"rosa", "sam"},
    "can_adjudicate": {"jude"},
    "can_close_coding": {"ada"},
    "can_discard": set(),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", CAST)
def test_only_those_whose_work_it_is_may(rule, name, people, round):
    assert getattr(permissions, rule)(people[name], round) == (name in RULES[rule])


@pytest.mark.parametrize("name", CAST)
def test_only_an_admin_sets_up_rounds(name, people, poll):
    assert permissions.can_set_up_rounds(people[name], poll) == (name == "ada")


@pytest.mark.parametrize("rule", ["can_read", "can_hand_in", "can_close_coding"])
@pytest.mark.parametrize("name", CAST)
def test_nobody_may_once_coding_is_closed(rule, name, people, round):
    rounds.close_coding(round=round, by=people["ada"])
    round.refresh_from_db()
    assert not getattr(permissions, rule)(people[name], round)


def test_conflicts_are_still_resolved_after_closing(people, round):
    rounds.close_coding(round=round, by=people["ada"])
    round.refresh_from_db()
    assert permissions.can_adjudicate(people["jude"], round)


def test_who_reads_never_judges_even_when_named(people, round):
    round.adjudicators.create(user=people["rosa"])
    factories.make_member("rosa", round.poll, "adjudicator")
    with pytest.raises(PollRefused, match="You read in this round yourself"):
        permissions.check_can_adjudicate(people["rosa"], round)


def test_who_reads_one_case_never_judges_it(people, round):
    case = round.cases.get()
    case.reviewer2 = people["jude"]
    assert permissions.can_adjudicate(people["jude"], round)
    assert not permissions.can_adjudicate(people["jude"], round, case)


def test_a_reviewer_whose_role_was_taken_away_reads_no_more(people, round):
    people["rosa"].memberships.all().delete()
    assert not permissions.can_read(people["rosa"], round)


def test_an_adjudicator_whose_role_was_taken_away_judges_no_more(people, round):
    people["jude"].memberships.all().delete()
    assert not permissions.can_adjudicate(people["jude"], round)


def test_a_superuser_is_no_reviewer_of_a_round_they_do_not_read_in(people, round):
    root = factories.make_user("root", is_superuser=True)
    assert not permissions.can_read(root, round)
    assert permissions.can_close_coding(root, round)


def test_practice_is_discarded_by_an_admin_once(people, poll, round):
    pilot = acts.open_round(
        poll, reviewers=[people["rosa"]], by=people["ada"], version=round.version, purpose="pilot"
    )
    assert {name for name in CAST if permissions.can_discard(people[name], pilot)} == {"ada"}
    rounds.discard_round(round=pilot, by=people["ada"])
    pilot.refresh_from_db()
    with pytest.raises(PollRefused, match="discarded already"):
        permissions.check_can_discard(people["ada"], pilot)
    with pytest.raises(PollRefused, match="was discarded"):
        permissions.check_can_read(people["rosa"], pilot)
    assert not permissions.can_adjudicate(people["jude"], pilot)


def test_a_round_for_the_study_is_never_discarded(people, round):
    with pytest.raises(PollRefused, match="Only a practice round"):
        permissions.check_can_discard(people["ada"], round)


class TestGettingTheRoundToRead:
    def test_a_reviewer_gets_round_and_poll_in_one_statement(self, people, round, django_assert_num_queries):
        with django_assert_num_queries(1):
            found = permissions.get_round_to_read(people["rosa"], "cx-head", 1)
            assert (found, found.poll, found.poll.question) == (round, round.poll, round.poll.question)
        fields = [field.attname for field in found._meta.concrete_fields]
        assert all(getattr(found, name) == getattr(round, name) for name in fields if name != "created_at")

    @pytest.mark.parametrize("name", ["ada", "jude", "vera"])
    def test_a_member_who_does_not_read_is_told(self, name, people, round):
        with pytest.raises(PollRefused, match="no reviewer of this round"):
            permissions.get_round_to_read(people[name], "cx-head", 1)

    def test_a_stranger_learns_nothing(self, people, round):
        with pytest.raises(Http404):
            permissions.get_round_to_read(people["nina"], "cx-head", 1)

    @pytest.mark.parametrize(("slug", "number"), [("cx-head", 2), ("other", 1)])
    def test_what_is_not_there_is_not_found(self, slug, number, people, round):
        with pytest.raises(Http404):
            permissions.get_round_to_read(people["rosa"], slug, number)

    def test_who_lost_the_role_is_refused(self, people, round):
        people["rosa"].memberships.update(role="viewer")
        with pytest.raises(PollRefused):
            permissions.get_round_to_read(people["rosa"], "cx-head", 1)


class TestWhatAPageFetchedWithTheRound:
    """A page that shows something keeps its person's seat; what writes asks anew."""

    def fetched(self, person, round, method):
        request = RequestFactory().generic(method, "/")
        request.user = person
        return get_round_or_404(request, round.poll.slug, round.number)

    @pytest.mark.parametrize("name", ["ada", "rosa", "jude"])
    def test_a_page_asks_for_the_seat_no_more(self, name, people, round, django_assert_num_queries):
        shown = self.fetched(people[name], round, "GET")
        with django_assert_num_queries(0):
            assert permissions.is_reviewer(people[name], shown) == (name == "rosa")
            assert permissions.is_adjudicator(people[name], shown) == (name == "jude")

    def test_it_is_kept_for_that_person_only(self, people, round):
        shown = self.fetched(people["ada"], round, "GET")
        assert permissions.is_reviewer(people["rosa"], shown)
        assert permissions.is_adjudicator(people["jude"], shown)

    def test_what_writes_asks_anew(self, people, round):
        acted_on = self.fetched(people["jude"], round, "POST")
        round.adjudicators.all().delete()
        assert not permissions.is_adjudicator(people["jude"], acted_on)
