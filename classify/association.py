"""Association between the option a voter chose and the category read from the headline.

Plain numbers in, frozen dataclasses out; nothing here knows Django or the database. A table is a list of
rows, one per option in the poll's order, each with one count of votes per category. What is not defined (a
single row, no vote) comes out as ``None`` with a reason in words, never as NaN.

``scipy`` takes seconds to import, so it is imported where it is used; ``warm_up()`` pays for it ahead of
the first page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

type Table = Sequence[Sequence[int]]
type Json = dict[str, object]

Z95 = NormalDist().inv_cdf(0.975)
RESAMPLES = 9_999
SEED = 1

NO_VOTES = "no vote is classified"
ONE_OPTION = "only one option has classified votes"
ONE_CATEGORY = "only one category is used"


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """Pearson's chi-square without Yates' correction."""

    statistic: float | None
    df: int | None
    p: float | None
    reason: str | None = None

    def as_json(self) -> Json:
        return _with_reason({"statistic": self.statistic, "df": self.df, "p": self.p}, self.reason)


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact test of independence and the words that name how it was computed."""

    method: str | None
    p: float | None
    reason: str | None = None

    def as_json(self) -> Json:
        return _with_reason({"method": self.method, "p": self.p}, self.reason)


@dataclass(frozen=True, slots=True)
class CramersV:
    """Cramer's V from 0 (no association) to 1, plain and corrected for its bias in small tables."""

    value: float | None
    bias_corrected: float | None
    reason: str | None = None

    def as_json(self) -> Json:
        return _with_reason({"value": self.value, "bias_corrected": self.bias_corrected}, self.reason)


@dataclass(frozen=True, slots=True)
class Trend:
    """Cochran-Armitage: z above 0 when the share of the category rises with the option's position."""

    statistic: float | None
    p: float | None
    reason: str | None = None

    def as_json(self) -> Json:
        return _with_reason({"statistic": self.statistic, "p": self.p}, self.reason)


@dataclass(frozen=True, slots=True)
class AssociationTests:
    """Every test of one table. ``trend`` is None when the poll's options have no order."""

    chi_square: ChiSquare
    exact: Exact
    cramers_v: CramersV
    adjusted_residuals: tuple[tuple[float | None, ...], ...]
    trend: dict[str, Trend] | None

    def as_json(self) -> Json:
        """The ``tests`` object of the report contract."""
        return {
            "chi_square": self.chi_square.as_json(),
            "exact": self.exact.as_json(),
            "cramers_v": self.cramers_v.as_json(),
            "adjusted_residuals": [list(row) for row in self.adjusted_residuals],
            "trend": None
            if self.trend is None
            else {code: trend.as_json() for code, trend in self.trend.items()},
        }


def warm_up() -> None:
    """Import the slow libraries, so that no request waits for them. Call it in a thread once the port is
    open.
    """
    import krippendorff  # noqa: F401
    import scipy.special
    import scipy.stats  # noqa: F401


def wilson(successes: float, total: float) -> tuple[float, float] | None:
    """The 95 % score interval of a share (Wilson 1927), as two fractions; None without any observation."""
    if total <= 0:
        return None
    share = successes / total
    shrink = 1 + Z95**2 / total
    centre = (share + Z95**2 / (2 * total)) / shrink
    half = Z95 * math.sqrt(share * (1 - share) / total + Z95**2 / (4 * total**2)) / shrink
    # At the ends the formula gives exactly 0 and 1; rounding must not leave them.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == total else min(1.0, centre + half)
    return low, high


def run_tests(table: Table, codes: Sequence[str], *, ordered: bool) -> AssociationTests:
    """All tests of a table of counts: ``len(table)`` options by ``len(codes)`` categories.

    Rows and columns without a vote are left out, and their residuals are None. ``ordered`` says that the
    options have an order; only then is there a trend.
    """
    rows = [i for i, row in enumerate(table) if sum(row)]
    columns = [j for j in range(len(codes)) if any(row[j] for row in table)]
    reduced = [[table[i][j] for j in columns] for i in rows]
    return AssociationTests(
        chi_square=chi_square(reduced),
        exact=exact(reduced),
        cramers_v=cramers_v(reduced),
        adjusted_residuals=_spread(adjusted_residuals(reduced), rows, columns, len(table), len(codes)),
        trend={
            code: trend([row[j] for row in table], [sum(row) for row in table])
            for j, code in enumerate(codes)
        }
        if ordered
        else None,
    )


def chi_square(table: Table) -> ChiSquare:
    """Pearson's test of independence; every row and column must hold a vote (see ``run_tests``)."""
    if reason := _undefined(table):
        return ChiSquare(None, None, None, reason)
    from scipy.special import chdtrc

    df = (len(table) - 1) * (len(table[0]) - 1)
    statistic = _chi_square_statistic(table)
    return ChiSquare(statistic, df, float(chdtrc(df, statistic)))


def exact(table: Table) -> Exact:
    """Fisher's exact test for 2 x 2; beyond, Fisher-Freeman-Halton by seeded Monte Carlo.

    ``scipy.stats.fisher_exact`` is not used beyond 2 x 2: its statistic is a probability, which underflows
    to 0 in large tables. This draws the same tables and compares their logarithms. p = (1 + as or more
    extreme) / (1 + draws).
    """
    if reason := _undefined(table):
        return Exact(None, None, reason)
    import numpy as np
    from scipy.special import gammaln
    from scipy.stats import fisher_exact, random_table

    observed = np.asarray(table, dtype=np.int64)
    if observed.shape == (2, 2):
        return Exact(
            "Fisher's exact test, two-sided",
            min(1.0, float(fisher_exact(observed).pvalue)),
        )
    draws = random_table(observed.sum(axis=1), observed.sum(axis=0)).rvs(
        RESAMPLES, random_state=np.random.default_rng(SEED)
    )
    # With the margins fixed, only the product of the cells' factorials tells one table from another.
    log_p = -gammaln(draws + 1.0).sum(axis=(1, 2))
    log_p_observed = -gammaln(observed + 1.0).sum()
    tie = 1e-12 * max(1.0, abs(log_p_observed)) + 1e-9
    extreme = int((log_p <= log_p_observed + tie).sum())
    method = f"Fisher-Freeman-Halton test, Monte Carlo with {RESAMPLES} resamples, seed {SEED}"
    return Exact(method, (1 + extreme) / (1 + RESAMPLES))


def cramers_v(table: Table) -> CramersV:
    """Cramer's V, and its bias-corrected form (Bergsma 2013, J. Korean Stat. Soc. 42, 323-328)."""
    if reason := _undefined(table):
        return CramersV(None, None, reason)
    n = sum(map(sum, table))
    rows, columns = len(table), len(table[0])
    phi2 = _chi_square_statistic(table) / n
    value = math.sqrt(min(1.0, phi2 / (min(rows, columns) - 1)))
    phi2_corrected = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    rows_corrected = rows - (rows - 1) ** 2 / (n - 1)
    columns_corrected = columns - (columns - 1) ** 2 / (n - 1)
    room = min(rows_corrected, columns_corrected) - 1
    if room <= 0:
        return CramersV(value, None, "too few votes for the bias correction")
    return CramersV(value, min(1.0, math.sqrt(phi2_corrected / room)))


def adjusted_residuals(table: Table) -> list[list[float | None]]:
    """Haberman's adjusted residuals: (observed - expected) / its standard error; beyond 2 in size is
    notable.
    """
    row_sums, column_sums, n = _margins(table)
    return [
        [_residual(cell, row_sums[i], column_sums[j], n) for j, cell in enumerate(row)]
        for i, row in enumerate(table)
    ]


def trend(successes: Sequence[int], totals: Sequence[int]) -> Trend:
    """Cochran-Armitage test for a linear trend in shares, scores 1..k by position, two-sided.

    The variance is the usual one with N (Armitage 1955; Agresti 2013, section 5.3.5; R's
    ``prop.trend.test``). An option without votes keeps its place on the scale and adds nothing.
    """
    n = sum(totals)
    if n == 0:
        return Trend(None, None, NO_VOTES)
    share = sum(successes) / n
    if share in (0.0, 1.0):
        return Trend(None, None, "no vote has this category" if share == 0 else ONE_CATEGORY)
    if sum(1 for total in totals if total) < 2:
        return Trend(None, None, ONE_OPTION)
    scores = range(1, len(totals) + 1)
    first = sum(score * total for score, total in zip(scores, totals, strict=True))
    second = sum(score**2 * total for score, total in zip(scores, totals, strict=True))
    gap = sum(s * (hit - total * share) for s, hit, total in zip(scores, successes, totals, strict=True))
    z = gap / math.sqrt(share * (1 - share) * (second - first**2 / n))
    return Trend(z, math.erfc(abs(z) / math.sqrt(2)))


def _undefined(table: Table) -> str | None:
    if not table or not table[0]:
        return NO_VOTES
    if len(table) < 2:
        return ONE_OPTION
    if len(table[0]) < 2:
        return ONE_CATEGORY
    return None


def _margins(table: Table) -> tuple[list[int], list[int], int]:
    row_sums = [sum(row) for row in table]
    return row_sums, [sum(column) for column in zip(*table, strict=True)], sum(row_sums)


def _chi_square_statistic(table: Table) -> float:
    row_sums, column_sums, n = _margins(table)
    return math.fsum(
        (cell - row_sums[i] * column_sums[j] / n) ** 2 / (row_sums[i] * column_sums[j] / n)
        for i, row in enumerate(table)
        for j, cell in enumerate(row)
    )


def _residual(cell: int, row_sum: int, column_sum: int, n: int) -> float | None:
    if n in (row_sum, column_sum):
        return None
    expected = row_sum * column_sum / n
    return (cell - expected) / math.sqrt(expected * (1 - row_sum / n) * (1 - column_sum / n))


def _spread(
    residuals: list[list[float | None]],
    rows: list[int],
    columns: list[int],
    height: int,
    width: int,
) -> tuple[tuple[float | None, ...], ...]:
    """Put the residuals of the reduced table back in their places among the options and categories left
    out.
    """
    full: list[list[float | None]] = [[None] * width for _ in range(height)]
    for i, row in zip(rows, residuals, strict=True):
        for j, value in zip(columns, row, strict=True):
            full[i][j] = value
    return tuple(tuple(row) for row in full)


def _with_reason(document: Json, reason: str | None) -> Json:
    return document if reason is None else {**document, "reason": reason}
