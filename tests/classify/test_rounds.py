"""Setting a round up, the second reviewer, closing, discarding, finding the latest."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from classify import rounds, tagging
from classify.models import Case, CaseVote, Codebook, Round, RoundReviewer
from polls.models import Membership
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts


@pytest.fixture
def votes(poll):
    """Five live votes with two headlines and two without, and one excluded."""
    made = [
        factories.make_vote(poll, text, option=n % 3 + 1)
        for n, text in enumerate(["CX Lead", "cx  LEAD", "Agent", "", " "])
    ]
    excluded = factories.make_vote(poll, "Test account")
    excluded.voided_at, excluded.voided_by, excluded.void_reason = (
        timezone.now(),
        factories.make_user("x"),
        "test",
    )
    excluded.save()
    return made


@pytest.fixture
def version(db):
    return factories.make_codebook()


def create(poll, version, by, **changes):
    given = {
        "unit": "headline",
        "rule": "consensus",
        "purpose": "main",
        "reviewers": [by],
        "adjudicators": [],
    } | changes
    return rounds.create_round(poll=poll, version=version, by=by, **given)


class TestCases:
    def test_one_case_per_headline_and_one_per_vote_without(self, poll, votes, version, ada, rosa, sam):
        round = create(poll, version, ada, reviewers=[rosa, sam])
        cases = list(Case.objects.filter(round=round).order_by("-n_votes", "origin", "-option_counts"))
        assert [(c.origin, c.text, c.n_votes, c.option_counts) for c in cases] == [
            ("headline", "CX Lead", 2, [1, 1, 0]),
            ("blank", "", 1, [1, 0, 0]),
            ("blank", "", 1, [0, 1, 0]),
            ("headline", "Agent", 1, [0, 0, 1]),
        ]
        assert {(c.reviewer1_id, c.reviewer2_id, c.status) for c in cases} == {(rosa.pk, sam.pk, "waiting")}

    def test_one_case_per_voter(self, poll, votes, version, ada, rosa):
        round = create(poll, version, ada, unit="voter", reviewers=[rosa])
        # Not in the order of the file, which the number of a case must not tell.
        cases = Case.objects.filter(round=round).order_by("case_votes__vote")
        assert [(c.origin, c.text, c.n_votes) for c in cases] == [
            ("voter", vote.headline_raw if vote.headline_id else "", 1) for vote in votes
        ]

    def test_every_live_vote_stands_behind_one_case(self, poll, votes, version, ada):
        round = create(poll, version, ada)
        joined = CaseVote.objects.filter(round=round, left_at__isnull=True)
        assert sorted(joined.values_list("vote_id", flat=True)) == [vote.pk for vote in votes]

    @pytest.mark.parametrize("unit", ["headline", "voter"])
    def test_the_preview_says_what_is_made(self, unit, poll, votes, version, ada, rosa, sam):
        preview = rounds.preview_round(poll=poll, version=version, unit=unit)
        round = create(poll, version, ada, unit=unit, reviewers=[rosa, sam])
        made = Case.objects.filter(round=round)
        assert (preview.cases, preview.votes, preview.decisions) == (
            made.count(),
            sum(case.n_votes for case in made),
            2 * made.count(),
        )

    def test_two_orders_that_have_nothing_to_do_with_each_other(self, poll, version, ada, rosa, sam):
        for n in range(60):
            factories.make_vote(poll, f"Title {n}")
        round = create(poll, version, ada, reviewers=[rosa, sam], seed=7)
        cases = Case.objects.filter(round=round)
        by_first = list(cases.order_by("order1").values_list("pk", flat=True))
        by_second = list(cases.order_by("order2").values_list("pk", flat=True))
        assert by_first != by_second
        assert sorted(by_first) not in (by_first, by_second)
        places = [abs(by_first.index(pk) - by_second.index(pk)) for pk in by_first]
        assert sum(places) / len(places) > 10, "two random orders of 60 are 20 apart on average"

    def test_the_same_seed_reads_in_the_same_order(self, poll, votes, version, ada):
        one, two = (create(poll, version, ada, seed=seed) for seed in (5, 6))
        row = Case.objects.filter(round=one).first()
        assert row.order1 != Case.objects.filter(round=two).first().order1
        with connection.cursor() as cursor:
            cursor.execute("SELECT hashint8extended(%s, 5)", [row.pk])
            assert cursor.fetchone()[0] == row.order1

    def test_a_seed_is_drawn_and_kept(self, poll, votes, version, ada):
        assert len({create(poll, version, ada).seed for _ in range(3)}) == 3


class TestRefusals:
    @pytest.mark.parametrize("name", ["rosa", "jude", "vera", "nina"])
    def test_only_an_admin_sets_up(self, name, poll, votes, version, request):
        with pytest.raises(PollRefused):
            create(poll, version, request.getfixturevalue(name))
        assert not Round.objects.exists()

    def test_a_poll_without_votes(self, poll, version, ada):
        with pytest.raises(ValidationError, match="no votes yet"):
            create(poll, version, ada)
        assert not Round.objects.exists()
        version.refresh_from_db()
        assert version.frozen_at is None

    def test_a_codebook_that_is_read_on_comments(self, poll, votes, version, ada):
        Codebook.objects.update(subject="comment")
        with pytest.raises(ValidationError, match="not built yet"):
            create(poll, version, ada)

    def test_a_round_of_comments(self, poll, votes, version, ada):
        with pytest.raises(ValidationError, match="not built yet"):
            create(poll, version, ada, unit="comment")

    def test_an_unknown_unit(self, poll, votes, version, ada):
        with pytest.raises(ValidationError, match="unit of coding"):
            create(poll, version, ada, unit="paragraph")

    def test_a_codebook_without_categories(self, poll, votes, version, ada):
        version.categories.all().delete()
        with pytest.raises(ValidationError, match="no categories"):
            create(poll, version, ada)

    @pytest.mark.parametrize(("field", "value"), [("rule", "dice"), ("purpose", "fun")])
    def test_a_choice_that_is_none(self, field, value, poll, votes, version, ada):
        with pytest.raises(ValidationError):
            create(poll, version, ada, **{field: value})

    def test_nobody_reads(self, poll, votes, version, ada):
        with pytest.raises(ValidationError, match="Choose who reads"):
            create(poll, version, ada, reviewers=[])

    def test_the_same_person_twice(self, poll, votes, version, ada, rosa):
        with pytest.raises(ValidationError, match="two different people"):
            create(poll, version, ada, reviewers=[rosa, rosa])

    def test_one_of_a_pool_named_twice(self, poll, votes, version, ada, rosa, sam):
        with pytest.raises(ValidationError, match="every reviewer once"):
            create(poll, version, ada, reviewers=[ada, rosa, rosa])

    def test_a_share_of_nothing_and_one_of_a_stranger(self, poll, votes, version, ada, rosa, sam):
        with pytest.raises(ValidationError, match="whole number from 1 to 100"):
            create(poll, version, ada, reviewers=[rosa, sam], shares={rosa.pk: 0})
        with pytest.raises(ValidationError, match="somebody who does not read"):
            create(poll, version, ada, reviewers=[rosa, sam], shares={ada.pk: 2})

    def test_a_third_person_who_reads(self, poll, votes, version, ada, rosa, sam):
        with pytest.raises(ValidationError, match="cannot resolve its conflicts"):
            create(poll, version, ada, rule="third_person", reviewers=[rosa, sam], adjudicators=[sam])

    def test_a_third_person_who_is_nobody(self, poll, votes, version, ada, rosa, sam):
        with pytest.raises(ValidationError, match="Choose who resolves"):
            create(poll, version, ada, rule="third_person", reviewers=[rosa, sam])

    def test_an_adjudicator_named_twice_or_too_many(self, poll, votes, version, ada, rosa, jude):
        with pytest.raises(ValidationError, match="once"):
            create(poll, version, ada, reviewers=[rosa], adjudicators=[jude, jude])
        crowd = [factories.make_member(f"judge{n}", poll, "adjudicator") for n in range(21)]
        with pytest.raises(ValidationError, match="at most 20"):
            create(poll, version, ada, reviewers=[rosa], adjudicators=crowd)

    def test_a_reviewer_who_is_no_member(self, poll, votes, version, ada, nina):
        with pytest.raises(ValidationError, match="nina is no member"):
            create(poll, version, ada, reviewers=[nina])

    def test_a_reviewer_who_cannot_log_in(self, poll, votes, version, ada, rosa):
        rosa.is_active = False
        rosa.save()
        with pytest.raises(ValidationError, match="cannot log in"):
            create(poll, version, ada, reviewers=[rosa])


class TestSettingUp:
    def test_the_codebook_version_is_frozen_with_it(self, poll, votes, version, ada):
        before = timezone.now()
        create(poll, version, ada)
        version.refresh_from_db()
        assert version.frozen_at >= before
        create(poll, version, ada)

    def test_rounds_are_numbered_in_their_poll(self, poll, votes, version, ada):
        assert [create(poll, version, ada).number for _ in range(3)] == [1, 2, 3]

    def test_an_admin_who_reads_gets_the_role_on_record(self, poll, votes, version, ada, vera):
        create(poll, version, ada, reviewers=[ada, vera])
        given = Membership.objects.filter(poll=poll, role="reviewer", added_by=ada)
        assert set(given.values_list("user", flat=True)) == {ada.pk, vera.pk}


class TestTheSecondReviewer:
    @pytest.fixture
    def round(self, poll, votes, version, ada, rosa, jude):
        return acts.open_round(poll, reviewers=[rosa], adjudicators=[jude], by=ada, version=version)

    def test_one_may_start_alone_and_the_second_gets_every_case(self, round, ada, rosa, sam):
        acts.read_all(round, rosa)
        rounds.add_second_reviewer(round=round, user=sam, by=ada)
        cases = Case.objects.filter(round=round)
        assert set(cases.values_list("reviewer1", "reviewer2", "status")) == {
            (rosa.pk, sam.pk, "one_decision")
        }
        acts.read_all(round, sam)
        assert set(cases.values_list("status", flat=True)) == {"agreed"}

    def test_the_second_click_changes_nothing(self, round, ada, sam):
        for _ in range(2):
            rounds.add_second_reviewer(round=round, user=sam, by=ada)
        assert RoundReviewer.objects.filter(round=round).count() == 2

    def test_who_cannot_be_it(self, poll, round, ada, rosa, sam, jude, nina):
        for user, why in ((rosa, "different people"), (jude, "cannot read in it too"), (nina, "no member")):
            with pytest.raises(ValidationError, match=why):
                rounds.add_second_reviewer(round=round, user=user, by=ada)
        rounds.add_second_reviewer(round=round, user=sam, by=ada)
        with pytest.raises(ValidationError, match="two reviewers already"):
            rounds.add_second_reviewer(round=round, user=factories.make_member("tim", poll, "viewer"), by=ada)

    def test_an_admin_who_could_have_looked_is_not_the_second(self, poll, round, ada, rosa):
        acts.read_all(round, rosa)
        with pytest.raises(ValidationError, match="could see what is decided"):
            rounds.add_second_reviewer(round=round, user=ada, by=ada)
        assert RoundReviewer.objects.filter(round=round).count() == 1

    def test_an_admin_may_join_before_anything_is_decided(self, round, ada):
        rounds.add_second_reviewer(round=round, user=ada, by=ada)
        assert RoundReviewer.objects.filter(round=round).count() == 2

    def test_a_reviewer_cannot_choose_the_other(self, round, rosa, sam):
        with pytest.raises(PollRefused):
            rounds.add_second_reviewer(round=round, user=sam, by=rosa)

    def test_a_closed_round_takes_nobody(self, round, ada, sam):
        rounds.close_coding(round=round, by=ada)
        with pytest.raises(PollRefused, match="closed"):
            rounds.add_second_reviewer(round=round, user=sam, by=ada)


class TestClosing:
    @pytest.fixture
    def round(self, poll, votes, version, ada, rosa, sam):
        return create(poll, version, ada, reviewers=[rosa, sam])

    def test_every_case_is_sealed(self, round, ada):
        rounds.close_coding(round=round, by=ada)
        round.refresh_from_db()
        assert round.coding_closed_by == ada
        assert not Case.objects.filter(round=round, sealed_at__isnull=True).exists()

    def test_the_second_click_changes_nothing(self, round, ada, rosa):
        rounds.close_coding(round=round, by=ada)
        before = Round.objects.values().get()
        rounds.close_coding(round=round, by=ada)
        assert Round.objects.values().get() == before
        with pytest.raises(PollRefused):
            rounds.close_coding(round=round, by=rosa)

    def test_a_reviewer_cannot(self, round, rosa):
        with pytest.raises(PollRefused):
            rounds.close_coding(round=round, by=rosa)
        assert not Round.objects.filter(coding_closed_at__isnull=False).exists()

    def test_practice_is_kept_but_out_of_the_way(self, poll, version, round, ada, rosa, sam):
        pilot = create(poll, version, ada, purpose="pilot", reviewers=[rosa, sam])
        acts.agree_on_all(pilot, rosa, sam)
        rounds.discard_round(round=pilot, by=ada)
        pilot.refresh_from_db()
        assert pilot.discarded_by == ada
        assert pilot.coding_closed_at is not None
        assert rounds.latest_round(poll) == round
        assert Case.objects.filter(round=pilot, status="agreed").count() == 4


class TestTheLatest:
    def test_it_is_the_newest_for_the_study(self, poll, votes, version, ada):
        create(poll, version, ada)
        second = create(poll, version, ada)
        pilot = create(poll, version, ada, purpose="pilot")
        assert rounds.latest_round(poll) == second
        assert rounds.latest_round(poll, pilot.number) == pilot

    @pytest.mark.parametrize("number", [None, 9])
    def test_there_may_be_none(self, number, poll):
        with pytest.raises(Round.DoesNotExist):
            rounds.latest_round(poll, number)

    def test_handing_in_twice_is_one_handing_in(self, poll, votes, version, ada, rosa):
        round = create(poll, version, ada, reviewers=[rosa])
        acts.read_all(round, rosa)
        tagging.hand_in(round=round, by=rosa)
        at = RoundReviewer.objects.get(round=round).handed_in_at
        tagging.hand_in(round=round, by=rosa)
        assert RoundReviewer.objects.get(round=round).handed_in_at == at
