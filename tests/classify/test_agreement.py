"""The coefficients, against published figures, against other programs, and by their properties."""

from __future__ import annotations

import math
from collections import Counter

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa as oracle_kappa
from statsmodels.stats.proportion import proportion_confint

from classify.agreement import (
    cohens_kappa,
    gwets_ac1,
    krippendorffs_alpha,
    of_pool,
    of_two,
    patterns_of,
    percent_agreement,
)

SKEWED = [[130, 56], [9, 5]]
"""PMC7222679: percent agreement 0.675, kappa 0.022; a table on which the coefficients disagree."""

ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]
"""100 pregnancies by two abstractors (Gwet 2014, data set cont3x3abstractors)."""

N = None
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
"""Krippendorff 2011, section C: twelve units, four observers, missing values; also Gwet's cac.raw4raters."""

matrices = st.integers(2, 5).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)


def matrix_of(first: str, second: str) -> list[list[int]]:
    """Two strings of one-letter categories as a matrix."""
    letters = sorted(set(first + second))
    seen = Counter(zip(first, second, strict=True))
    return [[seen[row, column] for column in letters] for row in letters]


def patterns_of_observers(observers: list[list[int | None]], categories: int) -> Counter[tuple[int, ...]]:
    """One row per observer, categories numbered from 1."""
    return Counter(
        tuple(unit.count(category) for category in range(1, categories + 1))
        for unit in zip(*observers, strict=True)
    )


def test_one_table_five_answers():
    found = of_two(SKEWED)
    assert found.units == 200
    assert found.percent_agreement.value == pytest.approx(0.675)
    assert found.cohens_kappa.value == pytest.approx(0.0220, abs=5e-5)
    assert found.krippendorffs_alpha.value == pytest.approx(-0.0640, abs=5e-5)
    assert found.gwets_ac1.value == pytest.approx(0.5326, abs=5e-5)


def test_gwets_abstractors_as_published():
    found = of_two(ABSTRACTORS)
    assert found.percent_agreement.value == pytest.approx(0.89)
    assert found.cohens_kappa.value == pytest.approx(0.7964094, abs=5e-8)
    assert found.cohens_kappa.se == pytest.approx(0.05891072, abs=5e-9)
    assert found.krippendorffs_alpha.value == pytest.approx(0.7972585, abs=5e-8)
    assert found.gwets_ac1.value == pytest.approx(0.8493305, abs=5e-8)
    # Published for a two-way table with n in the variance; ours, for any number of raters, has n - 1.
    low, high = found.gwets_ac1.ci
    assert (high - low) / 2 * math.sqrt(99 / 100) == pytest.approx(1.9842170 * 0.04321747, abs=5e-8)
    assert (low, high) == pytest.approx((0.76358, 0.93508), abs=1e-3)


def test_krippendorffs_two_observers_nominal_as_published():
    ben, gerry = "aabbdcccedda", "babbbcccedDd".lower()
    assert krippendorffs_alpha(patterns_of(matrix_of(ben, gerry))).value == pytest.approx(0.692, abs=5e-4)


def test_krippendorffs_two_observers_binary_as_published():
    matrix = matrix_of("0100000010", "1110010000")
    assert krippendorffs_alpha(patterns_of(matrix)).value == pytest.approx(0.095, abs=5e-4)


def test_four_observers_with_missing_values_as_published():
    patterns = patterns_of_observers(FOUR_OBSERVERS, 5)
    assert krippendorffs_alpha(patterns).value == pytest.approx(0.743, abs=5e-4)
    ac1 = gwets_ac1(patterns, 5)
    assert ac1.value == pytest.approx(0.77544, abs=5e-6)
    assert ac1.ci == pytest.approx((0.46081, 1.0), abs=5e-6)


def test_a_pool_leaves_out_units_with_one_reading():
    found = of_pool(patterns_of_observers(FOUR_OBSERVERS, 5), 5)
    assert found.units == 11
    assert found.percent_agreement.value == pytest.approx(0.8181818)
    assert found.cohens_kappa.value is None
    assert found.per_category[0].n == 4


@given(matrices)
@settings(max_examples=80, deadline=None)
def test_kappa_and_its_whole_interval_are_those_of_statsmodels(matrix):
    found = cohens_kappa(matrix)
    if found.value is None:
        return
    with np.errstate(all="ignore"):  # its variance can come out a hair below zero
        oracle = oracle_kappa(matrix)
    assert found.value == pytest.approx(oracle.kappa, abs=1e-9)
    variance = max(0.0, oracle.var_kappa)
    assert found.se == pytest.approx(math.sqrt(variance), abs=1e-7)
    if variance > 1e-12:
        assert found.ci == pytest.approx((oracle.kappa_low, oracle.kappa_upp), abs=1e-7)


@given(matrices)
@settings(max_examples=60, deadline=None)
def test_the_bootstrap_and_the_library_mean_the_same_alpha(matrix):
    """The library gives the value; the interval comes from our own closed form, so it has to agree."""
    patterns = patterns_of(matrix)
    found = krippendorffs_alpha(patterns)
    if found.value is None:
        return
    n_by_category = np.sum([np.array(pattern) * count for pattern, count in patterns.items()], axis=0)
    total = n_by_category.sum()
    disagreeing = sum(2 * count for pattern, count in patterns.items() if max(pattern) == 1)
    closed = 1 - (total - 1) * disagreeing / (total**2 - (n_by_category**2).sum())
    assert found.value == pytest.approx(closed, abs=1e-9)
    low, high = found.ci
    assert low <= high <= 1


def test_the_interval_of_alpha_is_that_of_a_plain_bootstrap_of_units():
    """Drawing units one by one and asking the library each time gives the same quantiles."""
    patterns = patterns_of(ABSTRACTORS)
    units = np.array([pattern for pattern, count in patterns.items() for _ in range(count)], dtype=float)
    rng = np.random.default_rng(7)
    plain = [
        krippendorff.alpha(
            value_counts=units[rng.integers(0, len(units), len(units))], level_of_measurement="nominal"
        )
        for _ in range(1_500)
    ]
    assert krippendorffs_alpha(patterns).ci == pytest.approx(np.quantile(plain, [0.025, 0.975]), abs=0.015)


def test_the_interval_of_alpha_is_the_same_every_time_and_names_its_seed():
    first, second = krippendorffs_alpha(patterns_of(SKEWED)), krippendorffs_alpha(patterns_of(SKEWED))
    assert first == second
    assert "2000 resamples, seed 1" in first.method


def test_percent_agreement_has_a_wilson_interval():
    found = percent_agreement(patterns_of(ABSTRACTORS))
    assert found.ci == pytest.approx(proportion_confint(89, 100, method="wilson"))
    assert found.as_json()["method"] == "wilson"


@given(matrices)
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_who_is_first(matrix):
    turned = [list(column) for column in zip(*matrix, strict=True)]
    a, b = of_two(matrix), of_two(turned)
    assert a.percent_agreement == b.percent_agreement
    assert a.krippendorffs_alpha == b.krippendorffs_alpha
    assert a.gwets_ac1 == b.gwets_ac1
    assert a.cohens_kappa.value == pytest.approx(b.cohens_kappa.value) or a.cohens_kappa.value is None
    assert [c.n for c in a.per_category] == [c.n for c in b.per_category]


@given(matrices, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_categories_does_not_matter(matrix, random):
    order = list(range(len(matrix)))
    random.shuffle(order)
    shuffled = [[matrix[i][j] for j in order] for i in order]
    a, b = of_two(matrix), of_two(shuffled)
    for name in ("percent_agreement", "cohens_kappa", "krippendorffs_alpha", "gwets_ac1"):
        one, other = getattr(a, name), getattr(b, name)
        assert one.reason == other.reason
        assert (one.value is None) or one.value == pytest.approx(other.value, abs=1e-9)
    assert [b.per_category[k].n for k in range(len(order))] == [a.per_category[i].n for i in order]


@given(matrices)
@settings(max_examples=60, deadline=None)
def test_every_figure_is_finite_and_within_its_bounds(matrix):
    found = of_two(matrix)
    for estimate in (found.percent_agreement, found.cohens_kappa, found.krippendorffs_alpha, found.gwets_ac1):
        assert (estimate.value is None) == (estimate.as_json()["value"] is None)
        if estimate.value is None:
            assert estimate.reason
        else:
            assert -1 - 1e-9 <= estimate.value <= 1 + 1e-9
            if estimate.ci:
                assert estimate.ci[0] - 1e-9 <= estimate.value
                assert all(math.isfinite(end) for end in estimate.ci)
    for category in found.per_category:
        assert category.positive_agreement is None or 0 <= category.positive_agreement <= 1


@given(st.lists(st.integers(1, 40), min_size=2, max_size=5))
@settings(max_examples=30, deadline=None)
def test_full_agreement_on_several_categories_is_one_everywhere(diagonal):
    matrix = [[n if i == j else 0 for j in range(len(diagonal))] for i, n in enumerate(diagonal)]
    found = of_two(matrix)
    for estimate in (found.percent_agreement, found.cohens_kappa, found.krippendorffs_alpha, found.gwets_ac1):
        assert estimate.value == pytest.approx(1.0)
    assert found.cohens_kappa.ci == pytest.approx((1.0, 1.0))
    assert found.gwets_ac1.ci == pytest.approx((1.0, 1.0))


def test_no_unit_is_undefined_with_a_reason():
    found = of_two([[0, 0], [0, 0]])
    undefined = {"value": None, "reason": "no case has two categories yet"}
    assert found.units == 0
    for estimate in (found.percent_agreement, found.cohens_kappa, found.krippendorffs_alpha, found.gwets_ac1):
        assert estimate.as_json() == undefined


def test_one_category_only_leaves_kappa_and_alpha_undefined_but_not_ac1():
    found = of_two([[12, 0], [0, 0]])
    assert found.percent_agreement.value == 1
    assert found.cohens_kappa.value is None
    assert "one category" in found.cohens_kappa.reason
    assert found.krippendorffs_alpha.as_json() == {"value": None, "reason": found.krippendorffs_alpha.reason}
    assert found.gwets_ac1.value == 1
    assert found.per_category[1].as_json() == {
        "positive_agreement": None,
        "kappa": None,
        "n": 0,
        "reason": "neither reviewer used this category",
    }


def test_one_disagreement_among_equal_readings_has_an_alpha_at_zero():
    found = of_two([[99, 1], [0, 0]])
    assert found.krippendorffs_alpha.value == pytest.approx(0, abs=1e-9)
    assert found.cohens_kappa.value == pytest.approx(0)
    assert "left out" in found.krippendorffs_alpha.method
    assert found.gwets_ac1.value > 0.98


def test_two_who_never_agree():
    found = of_two([[0, 7], [0, 0]])
    assert found.percent_agreement.value == 0
    assert found.cohens_kappa.value == 0
    assert found.krippendorffs_alpha.value < 0


def test_unused_categories_of_the_codebook_count_in_the_chance_term_of_ac1_only():
    two, five = of_two([[40, 5], [5, 40]]), of_two([[40, 5, 0], [5, 40, 0], [0, 0, 0]])
    assert five.gwets_ac1.value > two.gwets_ac1.value
    assert (
        five.krippendorffs_alpha == two.krippendorffs_alpha
        or five.krippendorffs_alpha.value == pytest.approx(two.krippendorffs_alpha.value)
    )
    assert five.cohens_kappa.value == pytest.approx(two.cohens_kappa.value)


def test_a_codebook_of_one_category_has_no_ac1():
    assert gwets_ac1({(2,): 9}, 1).as_json() == {
        "value": None,
        "reason": "the codebook has one category only",
    }


def test_one_case_has_an_ac1_without_interval():
    document = gwets_ac1({(2, 0): 1}, 2).as_json()
    assert (document["value"], document["ci"]) == (1.0, None)
    assert document["reason"]


def test_a_category_is_measured_against_all_others():
    found = of_two([[10, 2, 0], [3, 20, 1], [0, 0, 5]]).per_category[0]
    assert found.positive_agreement == pytest.approx(20 / 25)
    assert found.n == 15
    assert found.kappa == pytest.approx(oracle_kappa([[10, 2], [3, 26]]).kappa)


def test_a_hundred_thousand_units_take_no_time():
    """2,000 resamples go through distinct patterns, never through single units."""
    patterns = patterns_of([[60_000, 5_000], [4_000, 31_000]])
    found = krippendorffs_alpha(patterns)
    assert found.ci[1] - found.ci[0] < 0.02
