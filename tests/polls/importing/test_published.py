"""Published figures against ours."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.published import (
    COUNTED,
    REACH,
    Tally,
    admitted_tables,
    compare,
    option_totals,
    printed_digits,
)


def tallies(votes: list[int], percents: list[str | None]) -> list[Tally]:
    """As from the poll: the share as a number, its printed digits beside it."""
    found = []
    for place, (count, percent) in enumerate(zip(votes, percents, strict=True), start=1):
        share = None if percent is None else Decimal(percent)
        digits = None if share is None else printed_digits(share)
        found.append(Tally(f"option {place}", place, count, share, digits))
    return found


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
    assert compare(tallies([1], [None]), 2).reason == "2 votes were published, 1 is imported"
    assert compare(tallies([2], [None]), 1).reason == "1 vote was published, 2 are imported"


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


@pytest.mark.parametrize(
    ("typed", "digits"), [("50", 0), ("50.0", 1), ("26.50", 2), ("1E+1", 0), ("0.00000", 4), ("100.0000", 4)]
)
def test_the_digits_of_a_share_are_those_typed(typed: str, digits: int) -> None:
    assert printed_digits(Decimal(typed)) == digits


def test_a_nought_behind_the_point_was_printed_too() -> None:
    assert compare(tallies([117, 118], ["50", "50"]), 235).consistent
    assert compare(tallies([117, 118], ["50.0", "50.0"]), 235).consistent is False
    assert compare(tallies([500, 500], ["50.0", "50.0"]), 1000).consistent
    half = option_totals(tallies([117, 118], ["50.0", "50.0"]), 235)
    assert [option.published_digits for option in half] == [1, 1]


def test_a_share_of_before_the_digits_were_kept_is_read_as_it_was() -> None:
    old = [Tally("Yes", 1, 117, Decimal("50.0000"), None), Tally("No", 2, 118, Decimal("50.0000"), None)]
    assert compare(old, 235).consistent


def test_the_tables_that_print_as_the_study() -> None:
    admitted = admitted_tables(tallies([110, 62, 60], ["50", "26", "24"]), 235)
    assert admitted is not None
    assert (admitted.total, admitted.totals, admitted.looked_at) == (235, ((235, 235),), (235, 235))
    # 117 or 118 print as 50, 60 to 62 as 26, 56 or 57 as 24; four of the twelve have the total.
    assert (admitted.tables, admitted.more) == (4, False)
    assert (admitted.least, admitted.most) == ((117, 60, 56), (118, 62, 57))
    assert admitted.nearest == (117, 62, 56)
    assert admitted.ours is False


def test_a_table_that_prints_so_is_one_of_them() -> None:
    admitted = admitted_tables(tallies([117, 62, 56], ["50", "26", "24"]), 235)
    assert admitted is not None
    assert admitted.ours
    assert admitted.nearest == (117, 62, 56)


def test_shares_that_no_table_gives_admit_none() -> None:
    admitted = admitted_tables(tallies([5, 5], ["50", "30"]), 10)
    assert admitted is not None
    assert (admitted.total, admitted.totals, admitted.tables, admitted.ours) == (None, (), 0, False)
    assert (admitted.least, admitted.most, admitted.nearest) == ((), (), ())


def test_without_a_published_total_the_possible_totals_are_told() -> None:
    admitted = admitted_tables(tallies([3, 1], ["66.7", "33.3"]), None)
    assert admitted is not None
    assert admitted.looked_at == (0, 4 + REACH)
    assert admitted.totals[:4] == ((3, 3), (6, 6), (9, 9), (12, 12))
    assert admitted.totals[-1][1] == 4 + REACH
    assert (admitted.total, admitted.nearest, admitted.ours) == (3, (2, 1), False)


def test_an_option_without_a_share_takes_what_is_left() -> None:
    admitted = admitted_tables(tallies([1, 2, 7], ["10", None, "70"]), 10)
    assert admitted is not None
    assert (admitted.tables, admitted.least, admitted.most, admitted.ours) == (1, (1, 2, 7), (1, 2, 7), True)


def test_too_many_tables_to_count_are_more_than_that() -> None:
    admitted = admitted_tables(tallies([0] * 100, [None] * 99 + ["0"]), 2_000_000_000)
    assert admitted is not None
    assert (admitted.tables, admitted.more) == (COUNTED, True)
    assert sum(admitted.nearest) == 2_000_000_000
    wide = admitted_tables(tallies([10**9, 10**9], ["50", "50"]), 2 * 10**9)
    assert wide is not None
    assert (wide.tables, wide.more, wide.ours) == (COUNTED, True, True)


def test_nothing_published_per_option_admits_whatever_there_is() -> None:
    assert admitted_tables(tallies([1, 2], [None, None]), 3) is None
    assert admitted_tables([], None) is None


@st.composite
def published_polls(draw: st.DrawFn) -> tuple[list[Tally], int | None]:
    """Few options and votes, whose shares are often those of a real table and sometimes not."""
    size = draw(st.integers(1, 4))
    real = draw(st.lists(st.integers(0, 14), min_size=size, max_size=size))
    votes = draw(st.one_of(st.just(real), st.lists(st.integers(0, 14), min_size=size, max_size=size)))
    step = Decimal(1).scaleb(-draw(st.integers(0, 2)))
    percents = [
        (Decimal(100 * count) / (sum(real) or 1)).quantize(step, rounding=ROUND_HALF_EVEN) for count in real
    ]
    shown = [draw(st.sampled_from([str(percent)] * 5 + [None, "33"])) for percent in percents]
    total = draw(st.sampled_from([None, sum(real), sum(votes)]))
    return tallies(votes, shown), total


def brute_force(found: list[Tally], total: int) -> list[tuple[int, ...]]:
    """Every table of that total that is consistent with the shares, tried one by one."""
    tables = []
    for table in product(range(total + 1), repeat=len(found)):
        if sum(table) == total:
            tried = [
                Tally(t.text, t.position, count, t.published_percent, t.published_digits)
                for t, count in zip(found, table, strict=True)
            ]
            if not any(compare(tried, None).differences):
                tables.append(table)
    return tables


def changed(table: tuple[int, ...], votes: list[int]) -> int:
    return sum(abs(a - b) for a, b in zip(table, votes, strict=True))


@given(published_polls(), st.integers(0, 14))
def test_what_is_admitted_is_what_trying_every_table_finds(
    poll: tuple[list[Tally], int | None], other_total: int
) -> None:
    found, total = poll
    total = other_total if total is None or total > 14 else total
    admitted = admitted_tables(found, total)
    if all(tally.published_percent is None for tally in found):
        assert admitted is None
        return
    assert admitted is not None
    tables, votes = brute_force(found, total), [tally.votes for tally in found]
    assert (admitted.tables, admitted.more) == (len(tables), False)
    assert admitted.ours == (tuple(votes) in tables)
    assert admitted.total == (total if tables else None)
    if tables:
        assert admitted.least == tuple(map(min, zip(*tables, strict=True)))
        assert admitted.most == tuple(map(max, zip(*tables, strict=True)))
        assert admitted.nearest in tables
        assert changed(admitted.nearest, votes) == min(changed(table, votes) for table in tables)


@given(published_polls())
def test_ours_is_admitted_exactly_when_the_figures_are_consistent(
    poll: tuple[list[Tally], int | None],
) -> None:
    found, total = poll
    admitted = admitted_tables(found, total)
    if admitted is not None:
        assert admitted.ours == compare(found, total).consistent
        for first, last in admitted.totals:
            assert admitted.looked_at[0] <= first <= last <= admitted.looked_at[1]
