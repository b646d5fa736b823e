"""What the methods statement says of training, practice and the bar."""

from __future__ import annotations

from decimal import Decimal

from classify import training
from classify.calibration import PracticeBatch, PracticeFacts, practice_for
from classify.models import Case, Round
from classify.narrative import practice_lines
from tests import factories
from tests.classify import acts

NOTHING = PracticeFacts(2, 0, 0, 0, 0, (), None, None, None, "")


def facts(**changes) -> PracticeFacts:
    return PracticeFacts(**{name: getattr(NOTHING, name) for name in PracticeFacts.__slots__} | changes)


def test_where_nothing_came_before_nothing_is_said():
    assert practice_lines(NOTHING) == []


def test_practice_is_told_with_its_denominators_and_the_bar_it_reached(
    crowd,
    practise,
    study_round,
    rosa,
    sam,
):
    acts.practise_all(practise(12, seed=3), rosa, sam, differ=12)
    acts.practise_all(practise(18, "0.5", seed=4), rosa, sam, differ=2)
    round = study_round()
    low = round.alpha_reached
    said = practice_lines(practice_for(round))
    assert said[0] == (
        "The codebook was practised on in 2 rounds before, kept out of every figure here; 2 of the 2 "
        "reviewers of this round read in them."
    )
    assert said[1].startswith(
        "Practice round 1, on 12 titles drawn at random, with version 1 of the codebook: both readings gave "
        "the same category to 0 of 12 (0\N{NO-BREAK SPACE}%); Krippendorff’s alpha was \N{MINUS SIGN}"
    )
    assert "to 16 of 18 (89\N{NO-BREAK SPACE}%)" in said[2]
    assert f"interval {low} to " in said[2]
    assert said[2].endswith("on the 18 titles with two categories.")
    assert said[3] == (
        "Of the titles of this round, 30 of 30 (100\N{NO-BREAK SPACE}%) had been read in this practice "
        "before, where answers are talked about; they count here like the others."
    )
    assert said[4] == (
        "Before practice round 2 was read it was set down that this round may start once the lower end of "
        f"alpha’s interval is at least 0.500. It was {low}."
    )


def test_a_round_below_its_bar_says_so_with_the_reason(
    crowd,
    practise,
    study_round,
    rosa,
    sam,
):
    acts.practise_all(practise(30, "0.95"), rosa, sam, differ=10)
    round = study_round(override_reason="The deadline is tomorrow.")
    said = practice_lines(practice_for(round))[-1]
    assert f"It was {round.alpha_reached}, below that." in said
    assert said.endswith("The round was started all the same. The reason given: “The deadline is tomorrow.”")


def test_unfinished_and_discarded_practice_is_named_without_figures():
    batch = PracticeBatch(1, 1, 12, True, 12, 12, 3, finished=False, discarded=False)
    gone = PracticeBatch(2, 1, 12, False, 12, 12, 0, finished=True, discarded=True)
    said = practice_lines(facts(batches=(batch, gone), required=Decimal("0.8"), on=1, override_reason="Why"))
    assert said[1].endswith("with version 1 of the codebook: it was not finished.")
    assert said[2] == "Practice round 2, on all 12 titles, with version 1 of the codebook: it was discarded."
    assert "Practice gave no figure that counts. The round was started all the same." in said[3]


def test_alpha_that_is_not_defined_is_said_to_be_so():
    batch = PracticeBatch(1, 1, 12, True, 12, 12, 0, finished=True, discarded=False)
    assert practice_lines(facts(batches=(batch,)))[1].endswith("Krippendorff’s alpha is not defined.")


def test_later_practice_and_practice_that_nobody_read_are_left_out(
    crowd,
    practise,
    study_round,
    rosa,
    sam,
):
    practise(12, seed=3)
    round = study_round()
    acts.practise_all(practise(12, seed=4), rosa, sam)
    assert practice_for(round).batches == ()


def test_training_counts_who_took_it_before_their_first_decision(
    crowd,
    study_round,
    codebook_version,
    rosa,
    sam,
    ada,
):
    items = [
        training.add_item(version=codebook_version, text=f"Known {n}", code="cx", explanation="", by=ada)
        for n in range(3)
    ]
    round = study_round()

    def answer(user, upto):
        for item in items[:upto]:
            run = training.run_of(user, codebook_version, 1)
            training.answer_item(run=run, item_id=item.pk, verdict="cx", by=user)

    answer(rosa, 3)
    acts.say(round, Case.objects.filter(round=round).first(), sam, "cx")
    answer(sam, 2)
    found = practice_for(Round.objects.get(pk=round.pk))
    assert (found.trained, found.readers, found.least, found.most) == (1, 2, 3, 3)
    assert practice_lines(found) == [
        "Before they read, 1 of 2 reviewers answered 3 titles whose category was known, and saw at once "
        "whether they were right."
    ]


def test_from_to_is_said_where_people_answered_different_numbers():
    assert "answered 2 to 5 titles whose" in practice_lines(facts(trained=2, least=2, most=5))[0]


def test_the_report_page_says_what_came_before(
    crowd,
    practise,
    study_round,
    rosa,
    sam,
    ada,
    client_for,
):
    pilot = practise(18, "0.5")
    acts.practise_all(pilot, rosa, sam)
    round = study_round()
    acts.practise_all(round, rosa, sam)
    for name in ("report", "agreement"):
        page = client_for(ada).get(f"/polls/cx-head/rounds/{round.number}/{name}/")
        assert b"The codebook was practised on in 1 round before" in page.content
        own = client_for(ada).get(f"/polls/cx-head/rounds/{pilot.number}/{name}/")
        assert b"was practised on" not in own.content


def test_who_only_had_a_seat_in_practice_did_not_read_in_it(crowd, practise, study_round, rosa, sam):
    acts.read_all(practise(12), rosa)
    found = practice_for(study_round())
    assert (found.practised, found.readers) == (1, 2)


def test_titles_read_in_practice_before_are_counted_once_and_among_those_read_here(
    crowd, practise, study_round, poll, rosa, sam
):
    """Of practice on twelve titles two were read, one of them by both; later a third loses its vote."""
    pilot = practise(12)
    first, second, third = pilot.cases.order_by("pk")[:3]
    for case, person in ((first, rosa), (first, sam), (second, rosa), (third, sam)):
        acts.say(pilot, case, person, "cx")
    round = study_round()
    assert (practice_for(round).titles, practice_for(round).seen) == (30, 3)
    Case.objects.filter(round=round, headline=third.headline).update(n_votes=0)
    found = practice_for(round)
    assert (found.titles, found.seen) == (29, 2)
    (said,) = (line for line in practice_lines(found) if line.startswith("Of the titles"))
    assert "2 of 29 (7\N{NO-BREAK SPACE}%) had been read in this practice before" in said


def test_voters_read_one_by_one_count_by_their_titles(crowd, practise, study_round, rosa):
    """Two voters show the first title: it is one title here, too."""
    pilot = practise(None)
    case = pilot.cases.get(headline=crowd[0].headline)
    acts.say(pilot, case, rosa, "cx")
    found = practice_for(study_round(unit="voter"))
    assert (found.titles, found.seen) == (30, 1)


def test_nothing_is_said_where_no_title_had_been_read_in_practice(crowd, practise, study_round, poll, rosa):
    """Practice with another codebook, and practice that nobody read in."""
    practise(12)
    other = practise(None, version=factories.make_codebook("topics"))
    acts.read_all(other, rosa)
    found = practice_for(study_round())
    assert found.seen == 0
    assert practice_lines(found) == []
