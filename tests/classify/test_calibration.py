"""Practice before the round that counts: which titles are drawn, how they are counted, and the bar."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from classify import calibration, rounds, tagging
from classify.importing_tags import import_tags
from classify.models import Case, CaseVote, Round, RoundEvent
from classify.verify import verify
from polls import votes
from polls.importing.readers import open_upload
from polls.models import VoterKey
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts

LEAST = calibration.MIN_UNITS


def texts(round: Round) -> set[str]:
    return set(Case.objects.filter(round=round).values_list("text", flat=True))


@pytest.mark.usefixtures("crowd")
class TestTheSample:
    def test_so_many_titles_with_all_their_votes_are_read(self, poll, practise):
        round = practise(12)
        cases = Case.objects.filter(round=round)
        assert cases.count() == round.case_count == 12
        for case in cases:
            inside = CaseVote.objects.filter(case=case, left_at__isnull=True).count()
            assert inside == case.n_votes == poll.votes.filter(headline=case.headline_id).count()

    def test_the_same_seed_draws_the_same_titles_and_another_seed_others(self, practise, poll):
        first = practise(12, seed=7)
        drawn = texts(first)
        CaseVote.objects.filter(round=first).delete()
        Case.objects.filter(round=first).delete()
        assert texts(practise(12, seed=7)) == drawn
        assert texts(practise(12, seed=8)) != drawn

    def test_titles_of_earlier_practice_are_left_out_while_others_remain(self, practise):
        one, two, three = practise(12, seed=1), practise(12, seed=2), practise(12, seed=3)
        assert not texts(one) & texts(two)
        assert len(texts(three) - texts(one) - texts(two)) == 6
        assert len(texts(three)) == 12

    def test_titles_come_from_the_whole_poll(self, practise, poll):
        drawn: set[str] = set()
        for seed in range(6):
            round = practise(5, seed=seed)
            drawn |= texts(round)
        assert len(drawn) == 30

    def test_who_shows_no_title_can_be_drawn_as_a_case_of_their_own(self, practise, poll):
        for _ in range(4):
            factories.make_vote(poll, "")
        round = practise(34)
        assert Case.objects.filter(round=round, origin="blank").count() == 4
        assert not verify(poll).drift

    def test_voters_read_on_their_own_are_drawn_too(self, practise, poll):
        round = practise(12, unit="voter")
        assert list(Case.objects.filter(round=round).values_list("origin", "n_votes")) == [("voter", 1)] * 12
        assert not verify(poll).drift

    def test_votes_outside_the_sample_stay_outside(self, practise, poll, ada):
        round = practise(12)
        factories.make_vote(poll, "A title nobody drew")
        from classify.assignment import after_votes_changed

        after_votes_changed(poll_id=poll.pk)
        round.refresh_from_db()
        assert round.case_count == 12
        assert "A title nobody drew" not in texts(round)
        assert not verify(poll).drift

    def test_a_new_voter_with_a_title_of_the_sample_joins_it(self, practise, poll):
        from classify.assignment import after_votes_changed

        round = practise(12)
        case = Case.objects.filter(round=round).first()
        factories.make_vote(poll, case.text)
        after_votes_changed(poll_id=poll.pk)
        before, case = case.n_votes, Case.objects.get(pk=case.pk)
        assert case.n_votes == before + 1
        assert not verify(poll).drift

    def test_a_vote_left_out_of_its_own_title_is_drift(self, practise, poll):
        round = practise(12)
        case = Case.objects.filter(round=round).first()
        CaseVote.objects.filter(case=case).delete()
        assert "votes in cases" in {drift.kind for drift in verify(poll).drift}

    def test_a_voter_excluded_and_taken_back_is_where_they_were(self, practise, poll, ada):
        round = practise(12)
        vote = CaseVote.objects.filter(round=round).first().vote
        votes.exclude_vote(vote=vote, reason="test", by=ada)
        assert not verify(poll).drift
        vote.refresh_from_db()
        votes.take_back_exclusion(vote=vote, by=ada)
        assert CaseVote.objects.filter(round=round, vote=vote, left_at__isnull=True).exists()
        assert not verify(poll).drift

    @pytest.mark.parametrize(
        ("size", "said"),
        [(0, "at least one title"), (31, "only 30 titles to draw from"), (9_999, "at most 5000 titles")],
    )
    def test_a_sample_has_bounds(self, practise, size, said):
        with pytest.raises(ValidationError, match=said):
            practise(size)

    def test_only_practice_is_sampled(self, study_round):
        with pytest.raises(ValidationError, match="Only a practice round reads a sample"):
            study_round(sample_size=5)


@pytest.mark.usefixtures("crowd")
class TestABatch:
    def test_it_counts_equal_differing_unsure_and_unread(self, practise, rosa, sam):
        round = practise(12)
        cases = list(Case.objects.filter(round=round).order_by("pk"))
        for case in cases[:6]:
            acts.say(round, case, rosa, "cx")
            acts.say(round, case, sam, "cx")
        acts.disagree(round, cases[6], rosa, sam)
        acts.disagree(round, cases[7], sam, rosa)
        acts.say(round, cases[8], rosa, "unsure")
        acts.say(round, cases[8], sam, "cx")
        acts.say(round, cases[9], rosa, "cx")
        batch = calibration.batch_of(round)
        assert (batch.titles, batch.equal, batch.differing, batch.unsure, batch.unread) == (12, 6, 3, 1, 3)
        assert batch.coefficients.units == 8
        codes = dict(round.version.categories.values_list("pk", "code")) | {0: "unsure"}
        assert [(codes[m.one], codes[m.other], m.n) for m in batch.mixed] == [
            ("contact-center", "cx", 2),
            ("cx", "unsure", 1),
        ]
        assert not batch.finished

    def test_it_is_finished_when_both_handed_in_with_nothing_left(self, practise, rosa, sam):
        round = practise(12)
        acts.practise_all(round, rosa, sam)
        assert calibration.batch_of(round).finished

    def test_closed_with_titles_left_is_not_finished(self, practise, rosa, sam, ada):
        round = practise(12)
        case = Case.objects.filter(round=round).first()
        acts.say(round, case, rosa, "cx")
        acts.say(round, case, sam, "cx")
        rounds.close_coding(round=round, by=ada)
        assert not calibration.batch_of(Round.objects.get(pk=round.pk)).finished

    def test_the_lower_end_is_cut_and_never_rounded_up(self, practise, rosa, sam):
        round = practise(30)
        acts.practise_all(round, rosa, sam, differ=3)
        batch = calibration.batch_of(round)
        low = batch.coefficients.krippendorffs_alpha.ci[0]
        assert Decimal(low) - Decimal("0.001") < batch.lower <= Decimal(low)


@pytest.mark.usefixtures("crowd")
class TestTheBar:
    def test_without_one_a_round_just_starts(self, study_round, practise, poll, codebook_version):
        practise(12)
        assert calibration.gate_of(poll, codebook_version.codebook) is None
        round = study_round()
        assert (round.alpha_required, round.calibrated_on, round.override_reason) == (None, None, "")

    def test_reached_it_is_copied_with_what_was_reached(self, study_round, practise, rosa, sam, poll):
        pilot = practise(30, "0.6")
        acts.practise_all(pilot, rosa, sam, differ=2)
        round = study_round()
        low = calibration.batch_of(pilot).lower
        assert (round.alpha_required, round.alpha_reached) == (Decimal("0.600"), low)
        assert round.calibrated_on == pilot
        assert round.override_reason == ""
        assert not RoundEvent.objects.filter(round=round).exists()

    def test_below_it_a_reason_is_needed_and_kept(self, study_round, practise, rosa, sam, ada):
        pilot = practise(30, "0.95")
        acts.practise_all(pilot, rosa, sam, differ=10)
        with pytest.raises(ValidationError, match="say why"):
            study_round()
        with pytest.raises(ValidationError, match="say why"):
            study_round(override_reason=" \n ")
        round = study_round(override_reason="The field is small.")
        assert round.override_reason == "The field is small."
        assert round.alpha_reached < round.alpha_required
        event = RoundEvent.objects.get(round=round, kind="overridden")
        assert (event.reason, event.by) == ("The field is small.", ada)

    def test_a_reason_that_is_not_needed_is_not_kept(self, study_round, practise, rosa, sam):
        acts.practise_all(practise(30, "0.5"), rosa, sam)
        assert study_round(override_reason="Just in case").override_reason == ""

    @pytest.mark.parametrize("stage", ["not read", "half read", "one handed in", "closed early"])
    def test_unfinished_practice_is_below_any_bar(self, study_round, practise, rosa, sam, ada, stage):
        pilot = practise(12, "0")
        if stage == "half read":
            acts.read_all(pilot, rosa)
        if stage == "one handed in":
            acts.read_all(pilot, rosa)
            tagging.hand_in(round=pilot, by=rosa)
        if stage == "closed early":
            rounds.close_coding(round=pilot, by=ada)
        with pytest.raises(ValidationError, match="say why"):
            study_round()
        assert study_round(override_reason="No time").alpha_reached is None

    def test_alpha_that_is_not_defined_is_below_any_bar(
        self, study_round, practise, rosa, sam, poll, codebook_version
    ):
        pilot = practise(12, "0")
        acts.agree_on_all(pilot, rosa, sam)
        gate = calibration.gate_of(poll, codebook_version.codebook)
        assert (gate.passed, gate.reached) == (False, None)
        assert "not defined" in gate.why
        with pytest.raises(ValidationError, match="say why"):
            study_round()

    def test_too_few_titles_with_two_categories_are_below_any_bar(
        self, practise, rosa, sam, poll, codebook_version
    ):
        pilot = practise(12, "0.5")
        for n, case in enumerate(Case.objects.filter(round=pilot).order_by("pk")):
            acts.say(pilot, case, rosa, "cx" if n % 2 else "other")
            acts.say(pilot, case, sam, "unsure" if n > 4 else "cx" if n % 2 else "other")
        for person in (rosa, sam):
            tagging.hand_in(round=pilot, by=person)
        gate = calibration.gate_of(poll, codebook_version.codebook)
        assert not gate.passed
        assert gate.why == ("In practice round 1 only 5 titles have two categories; an interval needs 10.")

    def test_decisions_brought_in_from_a_file_are_no_way_around_it(
        self, study_round, practise, rosa, sam, poll, codebook_version
    ):
        practise(None, "0.5")
        rows = [
            f"{key.value},{code},{code}"
            for n, key in enumerate(VoterKey.objects.filter(scope=poll).order_by("pk")[:30])
            for code in ["cx" if n % 2 else "other"]
        ]
        with open_upload("\n".join(["voter_id,tag:rosa,tag:sam", *rows]), name="tags.csv") as source:
            report = import_tags(source=source, poll=poll.slug, round_number=1)
        assert report.status["agreed"] == 30
        for person in (rosa, sam):
            tagging.hand_in(round=Round.objects.get(), by=person)
        gate = calibration.gate_of(poll, codebook_version.codebook)
        assert (gate.passed, gate.reached) == (False, None)
        assert "brought in from a file" in gate.why

    def test_discarding_what_was_read_is_no_way_around_it(self, study_round, practise, rosa, sam, ada):
        pilot = practise(12, "0.9")
        acts.say(pilot, Case.objects.filter(round=pilot).first(), rosa, "cx")
        rounds.discard_round(round=pilot, by=ada)
        with pytest.raises(ValidationError, match="say why"):
            study_round()

    def test_practice_that_nobody_read_can_be_discarded_with_its_bar(self, study_round, practise, ada):
        rounds.discard_round(round=practise(12, "0.9"), by=ada)
        assert study_round().alpha_required is None

    def test_the_newest_practice_with_a_bar_decides(self, study_round, practise, rosa, sam):
        acts.practise_all(practise(12, "0.5", seed=1), rosa, sam)
        later = practise(12, "0.9", seed=2)
        practise(6, seed=3)
        assert study_round(override_reason="Short of time").calibrated_on == later

    def test_practice_with_another_codebook_sets_no_bar(self, study_round, practise, codebook_version):
        practise(12, "0.9", version=factories.make_codebook("vertical"))
        assert study_round().alpha_required is None

    def test_a_later_version_of_the_codebook_is_held_to_it(self, study_round, practise, codebook_version):
        practise(12, "0.9")
        later = factories.make_codebook(number=2)
        with pytest.raises(ValidationError, match="say why"):
            study_round(version=later)

    @pytest.mark.parametrize("bar", ["-0.1", "1.001", "0.8005"])
    def test_a_bar_is_a_number_from_0_to_1(self, practise, bar):
        with pytest.raises(ValidationError, match="from 0 to 1"):
            practise(12, bar)

    def test_a_bar_needs_titles_to_be_measured_on(self, practise):
        with pytest.raises(ValidationError, match="at least 10 titles"):
            practise(LEAST - 1, "0.8")

    def test_only_practice_sets_a_bar(self, study_round):
        with pytest.raises(ValidationError, match="Only a practice round"):
            study_round(alpha_required=Decimal("0.1"))

    def test_only_an_admin_sets_practice_up(self, practise, rosa):
        with pytest.raises(PollRefused):
            practise(12, by=rosa)


@pytest.mark.usefixtures("crowd")
class TestTheBarStays:
    """In the database too: a trigger, and the constraint on what a round for the study says."""

    CHANGES = [
        {"alpha_required": Decimal("0.1")},
        {"alpha_required": None},
        {"purpose": "main", "sample_size": None},
        {"sample_size": 99},
        {"alpha_reached": Decimal("0.99")},
        {"override_reason": "Another"},
    ]

    @pytest.mark.parametrize("change", CHANGES, ids=str)
    def test_nothing_of_it_moves_once_somebody_decided(self, practise, rosa, change):
        pilot = practise(12, "0.9")
        acts.say(pilot, Case.objects.filter(round=pilot).first(), rosa, "cx")
        with pytest.raises(IntegrityError, match="stay as they were set"), transaction.atomic():
            Round.objects.filter(pk=pilot.pk).update(**change)

    def test_before_that_it_can(self, practise):
        pilot = practise(12, "0.9")
        Round.objects.filter(pk=pilot.pk).update(alpha_required=Decimal("0.8"))
        pilot.refresh_from_db()
        assert pilot.alpha_required == Decimal("0.8")

    def test_everything_else_of_the_round_goes_on(self, practise, rosa, ada):
        pilot = practise(12, "0.9")
        acts.say(pilot, Case.objects.filter(round=pilot).first(), rosa, "cx")
        rounds.close_coding(round=pilot, by=ada)

    @pytest.mark.parametrize(
        "instead",
        [
            {"alpha_required": Decimal("0.8"), "alpha_reached": None, "override_reason": ""},
            {"alpha_required": Decimal("0.8"), "alpha_reached": Decimal("0.799"), "override_reason": ""},
            {"alpha_required": Decimal("1.001"), "alpha_reached": Decimal("1.5"), "override_reason": ""},
        ],
        ids=str,
    )
    def test_a_round_below_its_bar_without_a_reason_is_refused(self, study_round, instead):
        round = study_round()
        with (
            pytest.raises(IntegrityError, match="classify_round_threshold_met_or_overridden"),
            transaction.atomic(),
        ):
            Round.objects.filter(pk=round.pk).update(**instead)

    @pytest.mark.parametrize(
        "instead",
        [
            {"alpha_required": Decimal("0.8"), "alpha_reached": Decimal("0.8"), "override_reason": ""},
            {"alpha_required": Decimal("0.8"), "alpha_reached": None, "override_reason": "No time"},
        ],
        ids=str,
    )
    def test_a_round_that_reached_it_or_says_why_not_is_kept(self, study_round, instead):
        assert Round.objects.filter(pk=study_round().pk).update(**instead) == 1
