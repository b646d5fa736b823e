"""Published figures against ours."""

from __future__ import annotations

from decimal import Decimal

import pytest

from polls.importing.published import Tally, compare, option_totals


def tallies(votes: list[int], percents: list[str | None]) -> list[Tally]:
    return [
        Tally(f"option {place}", place, count, None if percent is None else Decimal(percent))
        for place, (count, percent) in enumerate(zip(votes, percents, strict=True), start=1)
    ]


def test_the_study_agrees_with_what_was_printed() -> None:
    published = compare(tallies([117, 62, 56], ["50", "26", "24"]), 235)
    assert published.as_json() == {"total": 235, "consistent": True, "differences": []}


def test_a_share_that_prints_differently_is_a_difference() -> None:
    published = compare(tallies([110, 69, 56], ["50", "26", "24"]), 235)
    assert published.consistent is False
    assert [(d["option"], d["votes"]) for d in published.differences] == [("option 1", 110), ("option 2", 69)]
    assert published.differences[0]["published_share"] == 0.5
    assert published.differences[0]["share"] == pytest.approx(110 / 235)


def test_a_printed_digit_more_is_a_stricter_check() -> None:
    assert compare(tallies([72, 28], ["72", "28"]), 100).consistent
    assert compare(tallies([723, 277], ["72", "28"]), 1000).consistent
    assert compare(tallies([723, 277], ["72.1", "27.9"]), 1000).consistent is False
    assert compare(tallies([725, 275], ["72.5", None]), 1000).consistent


@pytest.mark.parametrize("printed", ["72", "73"])
def test_half_a_point_may_be_rounded_either_way(printed: str) -> None:
    assert compare(tallies([725, 275], [printed, None]), 1000).consistent


def test_another_total_is_inconsistent_and_says_so() -> None:
    published = compare(tallies([50, 50], ["50", "50"]), 101)
    assert published.consistent is False
    assert published.differences == ()
    assert published.reason == "101 votes were published, 100 are imported"


def test_nothing_published_is_null_with_a_reason() -> None:
    assert compare(tallies([1], [None]), None).as_json() == {
        "total": None,
        "consistent": None,
        "differences": [],
        "reason": "no figures were published",
    }


def test_a_total_alone_is_compared_alone() -> None:
    assert compare(tallies([1, 2], [None, None]), 3).consistent is True


def test_no_votes_fit_no_share_but_nought() -> None:
    assert compare(tallies([0, 0], ["0", "50"]), None).consistent is False
    assert len(compare(tallies([0, 0], ["0", "50"]), None).differences) == 1


def test_the_missing_are_counted_within_what_rounding_leaves_open() -> None:
    first, second, third = option_totals(tallies([110, 62, 60], ["50", "26", "24"]), 235)
    assert (first.missing_least, first.missing_most) == (7, 8)
    assert (second.missing_least, second.missing_most) == (0, 0)
    assert (third.missing_least, third.missing_most) == (0, 0)
    assert first.share == pytest.approx(110 / 232)


def test_without_a_total_nobody_is_known_to_be_missing() -> None:
    (only,) = option_totals(tallies([3], ["50"]), None)
    assert (only.missing_least, only.missing_most, only.share) == (None, None, 1.0)


def test_a_share_that_no_count_prints_takes_the_nearest() -> None:
    (only,) = option_totals(tallies([0], ["33.3"]), 10)
    assert (only.missing_least, only.missing_most) == (3, 3)


def test_a_poll_that_is_complete_lacks_nobody_however_its_shares_round():
    tallies = [
        Tally("Extremely important", 1, 117, Decimal(50)),
        Tally("Moderately important", 2, 62, Decimal(26)),
        Tally("Not very important", 3, 56, Decimal(24)),
    ]
    assert {(o.missing_least, o.missing_most) for o in option_totals(tallies, 235)} == {(0, 0)}
    one_more = option_totals(tallies, 236)
    assert [(o.missing_least, o.missing_most) for o in one_more] == [(0, 2), (0, 0), (0, 1)]
