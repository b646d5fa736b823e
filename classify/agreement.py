"""How far two independent readings agree, and how sure that figure is.

Plain numbers in, frozen dataclasses out; nothing here knows Django or the database. What two reviewers said
comes as a square matrix of counts (rows: first reviewer, columns: second, both in the codebook's order);
what a pool said comes as *patterns*: how often each category was given to a unit, and how many units show
that pattern. "Unsure" is missing: a unit counts once it has two categories, whatever the number of votes
behind it.

What is not defined comes out as None with a reason, never as NaN: agreement among people who only ever used
one category is not 0 and not 1 for a coefficient that corrects for chance.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from classify.association import Z95, wilson

type Matrix = Sequence[Sequence[int]]
type Patterns = Mapping[tuple[int, ...], int]
"""Ratings per category of one unit -> number of units that look like this."""
type Json = dict[str, object]

RESAMPLES = 2_000
SEED = 1

NO_UNIT = "no case has two categories yet"
ONE_CATEGORY = "all readings use one category, so chance alone would agree just as well"
POOL = "the cases were read by different pairs of reviewers; see the pairs"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient with its 95 % interval, or None and why it is not defined."""

    value: float | None
    ci: tuple[float, float] | None = None
    method: str = ""
    se: float | None = None
    reason: str | None = None

    def as_json(self) -> Json:
        if self.value is None:
            return {"value": None, "reason": self.reason}
        document: Json = {"value": self.value}
        if self.se is not None:
            document["se"] = self.se
        document |= {
            "ci": None if self.ci is None else list(self.ci),
            "method": self.method,
        }
        return document if self.reason is None else {**document, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class CategoryAgreement:
    """One category against all others. ``n`` counts the units that at least one reading put there."""

    positive_agreement: float | None
    kappa: float | None
    n: int
    reason: str | None = None

    def as_json(self) -> Json:
        document: Json = {
            "positive_agreement": self.positive_agreement,
            "kappa": self.kappa,
            "n": self.n,
        }
        return document if self.reason is None else {**document, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Everything said of one set of units. Categories are positions in the codebook's order."""

    units: int
    percent_agreement: Estimate
    cohens_kappa: Estimate
    krippendorffs_alpha: Estimate
    gwets_ac1: Estimate
    per_category: tuple[CategoryAgreement, ...]


def of_two(matrix: Matrix) -> Coefficients:
    """All coefficients of two reviewers from their k x k matrix of counts."""
    patterns = patterns_of(matrix)
    return Coefficients(
        units=sum(patterns.values()),
        percent_agreement=percent_agreement(patterns),
        cohens_kappa=cohens_kappa(matrix),
        krippendorffs_alpha=krippendorffs_alpha(patterns),
        gwets_ac1=gwets_ac1(patterns, len(matrix)),
        per_category=tuple(_category_of_two(matrix, c) for c in range(len(matrix))),
    )


def of_pool(patterns: Patterns, categories: int) -> Coefficients:
    """All coefficients of a pool of reviewers, where Cohen's kappa has no meaning."""
    rated = {pattern: units for pattern, units in patterns.items() if sum(pattern) >= 2 and units}
    return Coefficients(
        units=sum(rated.values()),
        percent_agreement=percent_agreement(rated),
        cohens_kappa=Estimate(None, reason=POOL),
        krippendorffs_alpha=krippendorffs_alpha(rated),
        gwets_ac1=gwets_ac1(rated, categories),
        per_category=tuple(_category_of_pool(rated, c) for c in range(categories)),
    )


def patterns_of(matrix: Matrix) -> dict[tuple[int, ...], int]:
    """The matrix of two reviewers as patterns, forgetting who said what."""
    patterns: Counter[tuple[int, ...]] = Counter()
    for i, row in enumerate(matrix):
        for j, units in enumerate(row):
            if units:
                ratings = [0] * len(matrix)
                ratings[i] += 1
                ratings[j] += 1
                patterns[tuple(ratings)] += units
    return dict(patterns)


def percent_agreement(patterns: Patterns) -> Estimate:
    """The share of units with equal readings (in larger sets: of agreeing pairs, averaged over units)."""
    units = _units(patterns)
    if not units:
        return Estimate(None, reason=NO_UNIT)
    agreeing = math.fsum(_agreeing_share(pattern) * count for pattern, count in patterns.items())
    return Estimate(agreeing / units, wilson(agreeing, units), "wilson")


def cohens_kappa(matrix: Matrix) -> Estimate:
    """Cohen's kappa (1960) with the large-sample standard error of Fleiss, Cohen and Everitt (1969), z
    interval.
    """
    n = sum(map(sum, matrix))
    if not n:
        return Estimate(None, reason=NO_UNIT)
    size = range(len(matrix))
    rows = [sum(row) / n for row in matrix]
    columns = [sum(row[j] for row in matrix) / n for j in size]
    expected = math.fsum(rows[c] * columns[c] for c in size)
    if any(rows[c] == columns[c] == 1 for c in size):
        return Estimate(None, reason=ONE_CATEGORY)
    kappa = (sum(matrix[c][c] for c in size) / n - expected) / (1 - expected)
    on = math.fsum(matrix[c][c] / n * (1 - (rows[c] + columns[c]) * (1 - kappa)) ** 2 for c in size)
    off = (
        math.fsum(matrix[i][j] / n * (columns[i] + rows[j]) ** 2 for i in size for j in size if i != j)
        * (1 - kappa) ** 2
    )
    variance = (on + off - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    # Rounding can leave a hair below zero where the variance is zero.
    se = math.sqrt(max(0.0, variance))
    return Estimate(
        kappa,
        (kappa - Z95 * se, kappa + Z95 * se),
        "Fleiss-Cohen-Everitt standard error",
        se,
    )


def krippendorffs_alpha(patterns: Patterns) -> Estimate:
    """Krippendorff's alpha for nominal data, with a percentile interval from 2,000 bootstrap samples of
    units.

    Resamples in which only one category occurs have no alpha; they are left out, and the method says how
    many.
    """
    rows = sorted((pattern, count) for pattern, count in patterns.items() if sum(pattern) >= 2 and count)
    if not rows:
        return Estimate(None, reason=NO_UNIT)
    if sum(1 for column in zip(*(pattern for pattern, _ in rows), strict=True) if any(column)) < 2:
        return Estimate(None, reason=ONE_CATEGORY)
    import krippendorff
    import numpy as np

    ratings = np.array([pattern for pattern, _ in rows], dtype=np.float64)
    units = np.array([count for _, count in rows], dtype=np.int64)
    value = krippendorff.alpha(value_counts=np.repeat(ratings, units, axis=0), level_of_measurement="nominal")
    # Only how often each pattern is drawn matters, so a resample of units is one multinomial draw.
    n = int(units.sum())
    drawn = np.random.default_rng(SEED).multinomial(n, units / n, size=RESAMPLES).astype(np.float64)
    per_unit = ratings.sum(axis=1)
    disagreement = (per_unit**2 - (ratings**2).sum(axis=1)) / (per_unit - 1)
    by_category = drawn @ ratings
    total = by_category.sum(axis=1)
    expected = total**2 - (by_category**2).sum(axis=1)
    defined = expected > 0
    alphas = 1 - (total[defined] - 1) * (drawn[defined] @ disagreement) / expected[defined]
    low, high = np.quantile(alphas, [0.025, 0.975])
    left_out = RESAMPLES - int(defined.sum())
    method = f"bootstrap of units, {RESAMPLES} resamples, seed {SEED}" + (
        f", {left_out} resamples with one category only left out" if left_out else ""
    )
    return Estimate(float(value), (float(low), float(high)), method)


def gwets_ac1(patterns: Patterns, categories: int) -> Estimate:
    """Gwet's AC1 with Gwet's variance (Gwet 2008; Handbook of Inter-Rater Reliability, 4th ed. 2014).

    The chance term counts all ``categories`` of the codebook, used or not. A unit with one rating informs
    the prevalences only. The interval takes t with n - 1 degrees of freedom, as Gwet's own programs do, and
    ends at 1.
    """
    n, rated = _units(patterns), _units({p: count for p, count in patterns.items() if sum(p) >= 2})
    if not rated:
        return Estimate(None, reason=NO_UNIT)
    if categories < 2:
        return Estimate(None, reason="the codebook has one category only")
    prevalence = [
        math.fsum(pattern[c] / sum(pattern) * count for pattern, count in patterns.items()) / n
        for c in range(categories)
    ]
    observed = math.fsum(_agreeing_share(pattern) * count for pattern, count in patterns.items()) / rated
    chance = math.fsum(p * (1 - p) for p in prevalence) / (categories - 1)
    ac1 = (observed - chance) / (1 - chance)
    method = "Gwet's variance, t with n - 1 degrees of freedom"
    if n < 2:
        return Estimate(ac1, None, method, reason="one case only, so there is no interval")
    from scipy.special import stdtrit

    def influence(pattern: tuple[int, ...]) -> float:
        """One unit's term in the linearised variance."""
        others = math.fsum(m * (1 - p) for m, p in zip(pattern, prevalence, strict=True))
        expected = others / (sum(pattern) * (categories - 1))
        own = n / rated * (_agreeing_share(pattern) - chance) / (1 - chance) if sum(pattern) >= 2 else 0.0
        return own - 2 * (1 - ac1) * (expected - chance) / (1 - chance)

    squares = math.fsum((influence(pattern) - ac1) ** 2 * count for pattern, count in patterns.items())
    half = float(stdtrit(n - 1, 0.975)) * math.sqrt(squares / (n * (n - 1)))
    return Estimate(ac1, (ac1 - half, min(1.0, ac1 + half)), method)


def _units(patterns: Patterns) -> int:
    return sum(patterns.values())


def _agreeing_share(pattern: tuple[int, ...]) -> float:
    """Of all pairs of readings of one unit, the share that is equal; 0 where there is no pair."""
    m = sum(pattern)
    return sum(c * (c - 1) for c in pattern) / (m * (m - 1)) if m > 1 else 0.0


def _category_of_two(matrix: Matrix, category: int) -> CategoryAgreement:
    both = matrix[category][category]
    first = sum(matrix[category])
    second = sum(row[category] for row in matrix)
    n = first + second - both
    if not n:
        return CategoryAgreement(None, None, 0, "neither reviewer used this category")
    rest = sum(map(sum, matrix)) - n
    kappa = cohens_kappa([[both, first - both], [second - both, rest]])
    return CategoryAgreement(2 * both / (first + second), kappa.value, n, kappa.reason)


def _category_of_pool(patterns: Patterns, category: int) -> CategoryAgreement:
    """Positive agreement as the chance that a second reading of the unit repeats the category (Fleiss
    1981).
    """
    n = sum(count for pattern, count in patterns.items() if pattern[category])
    if not n:
        return CategoryAgreement(None, None, 0, "no reviewer used this category")
    used = sum(pattern[category] * count for pattern, count in patterns.items())
    repeated = math.fsum(
        pattern[category] * (pattern[category] - 1) / (sum(pattern) - 1) * count
        for pattern, count in patterns.items()
    )
    return CategoryAgreement(repeated / used, None, n, POOL)
