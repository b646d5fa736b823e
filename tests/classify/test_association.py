"""The tests of the report, against published figures, against other programs, and by their properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.proportion import proportion_confint

from classify.association import (
    adjusted_residuals,
    chi_square,
    cramers_v,
    exact,
    run_tests,
    trend,
    warm_up,
    wilson,
)

STUDY = [[84, 22, 11, 0, 0], [29, 20, 13, 0, 0], [17, 25, 14, 0, 0]]
CODES = ["contact-center", "cx", "consultant", "other", "cannot-tell"]

tables = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 40), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    )
)
full_tables = tables.filter(
    lambda table: all(map(sum, table)) and all(sum(column) for column in zip(*table, strict=True))
)


def test_the_study():
    found = run_tests(STUDY, CODES, ordered=True)
    assert found.chi_square.statistic == pytest.approx(29.0486, abs=1e-4)
    assert found.chi_square.df == 4
    assert found.cramers_v.value == pytest.approx(0.2486, abs=1e-4)
    assert found.exact.p == pytest.approx(1e-4)
    assert found.adjusted_residuals[0][0] == pytest.approx(5.0586, abs=1e-4)
    assert [row[3] for row in found.adjusted_residuals] == [None, None, None]
    assert found.trend["contact-center"].statistic == pytest.approx(-5.3356, abs=1e-4)
    assert found.trend["other"].as_json() == {
        "statistic": None,
        "p": None,
        "reason": "no vote has this category",
    }


@pytest.mark.parametrize(
    ("n", "total", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (score without continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(n, total, low, high):
    assert wilson(n, total) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=150)
def test_wilson_holds_the_share_and_is_that_of_statsmodels(case):
    n, total = case
    low, high = wilson(n, total)
    assert 0 <= low <= n / total <= high <= 1
    assert (low, high) == pytest.approx(proportion_confint(n, total, method="wilson"), abs=1e-9)


def test_wilson_of_nothing_is_none():
    assert wilson(0, 0) is None


@given(full_tables)
@settings(max_examples=80, deadline=None)
def test_chi_square_and_v_are_those_of_scipy(table):
    oracle = stats.chi2_contingency(table, correction=False)
    found = chi_square(table)
    assert found.statistic == pytest.approx(oracle.statistic, abs=1e-9)
    assert found.df == oracle.dof
    assert found.p == pytest.approx(oracle.pvalue, abs=1e-9)
    assert cramers_v(table).value == pytest.approx(
        stats.contingency.association(np.array(table), method="cramer", correction=False), abs=1e-9
    )


@given(full_tables)
@settings(max_examples=60, deadline=None)
def test_adjusted_residuals_are_those_of_statsmodels(table):
    oracle = Table(np.array(table, dtype=float), shift_zeros=False).standardized_resids
    assert np.array(adjusted_residuals(table), dtype=float) == pytest.approx(oracle, abs=1e-8)


def test_cramers_v_corrected_for_bias():
    """By hand from Bergsma (2013): chi-square 8, n 40, 3 x 3."""
    table = [[8, 2, 4], [2, 8, 3], [4, 3, 6]]
    n, phi2 = 40, chi_square(table).statistic / 40
    corrected = max(0.0, phi2 - 4 / (n - 1))
    side = 3 - 4 / (n - 1)
    assert cramers_v(table).bias_corrected == pytest.approx(math.sqrt(corrected / (side - 1)))
    assert cramers_v(table).bias_corrected < cramers_v(table).value


@given(full_tables)
@settings(max_examples=60)
def test_cramers_v_is_between_0_and_1(table):
    found = cramers_v(table)
    assert 0 <= found.value <= 1
    assert found.bias_corrected is None or 0 <= found.bias_corrected <= 1


def test_independence_has_no_association():
    found = cramers_v([[10, 20], [20, 40]])
    assert found.value == pytest.approx(0)
    assert found.bias_corrected == 0


def test_two_votes_are_too_few_for_the_bias_correction():
    document = cramers_v([[1, 0], [0, 1]]).as_json()
    assert document["value"] == 1
    assert document["bias_corrected"] is None
    assert document["reason"]


def test_fisher_for_two_by_two():
    """Fisher's lady tasting tea: 34 / 70 two-sided."""
    found = exact([[3, 1], [1, 3]])
    assert found.p == pytest.approx(34 / 70)
    assert found.method == "Fisher's exact test, two-sided"


def test_beyond_two_by_two_the_method_names_resamples_and_seed_and_repeats():
    table = [[3, 0, 2], [1, 4, 1], [0, 2, 5]]
    found = exact(table)
    assert found == exact(table)
    assert "9999 resamples, seed 1" in found.method


def test_fisher_freeman_halton_is_near_the_exact_value():
    """Job satisfaction (Agresti 2002, table 2.8); the exact p, 0.7827, is that of SAS and R."""
    table = [[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]]
    assert exact(table).p == pytest.approx(0.7827, abs=0.015)


@given(full_tables.filter(lambda table: (len(table), len(table[0])) != (2, 2)))
@settings(max_examples=25, deadline=None)
def test_the_monte_carlo_test_is_that_of_scipy(table):
    method = stats.MonteCarloMethod(n_resamples=9_999, rng=np.random.default_rng(1))
    assert exact(table).p == pytest.approx(
        stats.fisher_exact(np.array(table), method=method).pvalue, abs=1e-3
    )


def test_the_exact_test_survives_tables_whose_probability_underflows():
    assert exact([[420_000, 110_000, 55_000], [145_000, 100_000, 65_000]]).p == pytest.approx(1e-4)


def test_cochran_armitage_as_published():
    """SAS, FREQ procedure, data set Pain: Z = -4.7918 for "no adverse effect"."""
    found = trend([26, 26, 23, 18, 9], [32, 33, 32, 32, 32])
    assert found.statistic == pytest.approx(-4.7918, abs=5e-5)
    assert found.p < 0.0001


def test_cochran_armitage_is_rs_prop_trend_test():
    """R, help page of prop.trend.test: smokers 83 90 129 70 of patients 86 93 136 82: X-squared 8.2249."""
    found = trend([83, 90, 129, 70], [86, 93, 136, 82])
    assert found.statistic**2 == pytest.approx(8.2249, abs=5e-5)
    assert found.p == pytest.approx(0.004132, abs=5e-7)
    assert found.statistic < 0


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=2, max_size=6))
@settings(max_examples=80)
def test_a_trend_turns_its_sign_with_the_options_and_with_the_category(rows):
    hits, totals = [hit for hit, _ in rows], [hit + miss for hit, miss in rows]
    found = trend(hits, totals)
    turned = trend(hits[::-1], totals[::-1])
    others = trend([total - hit for hit, total in zip(hits, totals, strict=True)], totals)
    if found.statistic is None:
        assert turned.statistic is None
        assert found.reason
    else:
        assert turned.statistic == pytest.approx(-found.statistic, abs=1e-8)
        assert others.statistic == pytest.approx(-found.statistic, abs=1e-8)
        assert 0 <= found.p <= 1


def test_an_option_without_votes_keeps_its_place_on_the_scale():
    assert trend([8, 0, 2], [10, 0, 10]).statistic == pytest.approx(trend([8, 2], [10, 10]).statistic)
    assert trend([8, 0, 5, 2], [10, 0, 10, 10]).statistic != pytest.approx(
        trend([8, 5, 2], [10, 10, 10]).statistic
    )


def test_rows_and_columns_without_a_vote_are_left_out():
    found = run_tests([[5, 0, 7], [0, 0, 0], [6, 0, 2]], ["a", "b", "c"], ordered=True)
    assert found.chi_square.df == 1
    assert found.exact.method.startswith("Fisher's exact")
    assert [[cell is None for cell in row] for row in found.adjusted_residuals] == [
        [False, True, False],
        [True, True, True],
        [False, True, False],
    ]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([], "no vote is classified"),
        ([[0, 0], [0, 0]], "no vote is classified"),
        ([[4, 5], [0, 0]], "only one option has classified votes"),
        ([[4, 0], [5, 0]], "only one category is used"),
        ([[4, 0], [0, 0]], "only one option has classified votes"),
    ],
)
def test_what_is_not_defined_is_null_with_a_reason(table, reason):
    document = run_tests(table, ["a", "b"], ordered=True).as_json()
    assert document["chi_square"] == {"statistic": None, "df": None, "p": None, "reason": reason}
    assert document["exact"] == {"method": None, "p": None, "reason": reason}
    assert document["cramers_v"] == {"value": None, "bias_corrected": None, "reason": reason}
    assert all(cell is None for row in document["adjusted_residuals"] for cell in row)
    assert all(each["statistic"] is None and each["reason"] for each in document["trend"].values())


def test_options_without_an_order_have_no_trend():
    assert run_tests(STUDY, CODES, ordered=False).as_json()["trend"] is None


def test_warming_up_loads_what_the_first_report_needs():
    import sys

    warm_up()
    assert {"scipy.stats", "scipy.special", "krippendorff"} <= set(sys.modules)
