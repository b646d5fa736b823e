"""How precise alpha will be, reckoned beforehand, against what the bootstrap says afterwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.agreement import krippendorffs_alpha, patterns_of
from classify.calibration import alpha_needed, half_width


def expected_matrix(n: int, categories: int, alpha: float) -> list[list[int]]:
    """What two readers would give on average: half of the titles in the first category."""
    shares = [0.5, *[0.5 / (categories - 1)] * (categories - 1)]
    return [
        [
            round(n * ((1 - alpha) * one * other + (alpha * one if i == j else 0)))
            for j, other in enumerate(shares)
        ]
        for i, one in enumerate(shares)
    ]


@pytest.mark.parametrize("categories", [3, 5])
@pytest.mark.parametrize("alpha", [0.6, 0.8])
@pytest.mark.parametrize(("n", "off"), [(200, 0.17), (100, 0.17), (50, 0.2)])
def test_the_width_is_about_what_the_bootstrap_finds(n, off, categories, alpha):
    matrix = expected_matrix(n, categories, alpha)
    found = krippendorffs_alpha(patterns_of(matrix))
    titles = sum(map(sum, matrix))
    expected = half_width(titles, categories, found.value)
    assert expected == pytest.approx((found.ci[1] - found.ci[0]) / 2, rel=off)


def test_a_figure_worked_by_hand():
    # pe = 0.25 + 0.25 / 4 = 0.3125, po = 0.8 * 0.6875 + 0.3125 = 0.8625;
    # 1.95996 * sqrt(0.8625 * 0.1375 / 100) / 0.6875
    assert half_width(100, 5) == pytest.approx(0.09818, abs=0.00001)


@given(st.integers(2, 5_000), st.integers(2, 40))
def test_more_titles_are_never_less_precise(titles, categories):
    assert half_width(titles + 1, categories) < half_width(titles, categories)


@given(st.integers(2, 2_000), st.integers(2, 40), st.sampled_from([0.0, 0.5, 0.667, 0.8, 0.95, 1.0]))
def test_the_alpha_that_is_needed_reaches_the_bar_and_less_would_not(titles, categories, bar):
    needed = alpha_needed(titles, categories, bar)
    assert bar <= needed <= 1
    below = round(needed - 0.01, 2)
    if below >= bar:
        assert below - half_width(titles, categories, below) < bar
    if needed < 1:
        assert needed - half_width(titles, categories, needed) >= bar


@pytest.mark.parametrize(("titles", "categories"), [(0, 5), (1, 5), (50, 1), (50, 0)])
def test_where_there_can_be_no_alpha_there_is_no_figure(titles, categories):
    assert half_width(titles, categories) is None
    assert alpha_needed(titles, categories, 0.8) is None
