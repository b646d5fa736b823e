"""How precise alpha will be on so many titles: reckoned before anybody reads, so roughly.

Cohen (1960, Educational and Psychological Measurement 20, p. 37-46) gives the standard error of a
chance-corrected agreement as sqrt(po (1 - po) / n) / (1 - pe), with po the share of equal readings and pe
what chance alone would give. Krippendorff's alpha of two readers differs from Cohen's kappa by a term of
1 / 2n only. What is not known beforehand is assumed: alpha itself, and that half of the titles fall in one
category while the rest spread evenly over the others. Against the bootstrap that the page shows afterwards,
the figure is right to within about a sixth from 50 titles on, and to within a third at 20 (a test holds it
to that); where one category has far more than half, intervals are wider.
"""

from __future__ import annotations

import math

from classify.association import Z95

ASSUMED_ALPHA = 0.8


def half_width(titles: int, categories: int, alpha: float = ASSUMED_ALPHA) -> float | None:
    """Half of the expected 95 % interval of alpha; None where there can be no alpha."""
    if titles < 2 or categories < 2:
        return None
    chance = 0.25 + 0.25 / (categories - 1)
    observed = alpha * (1 - chance) + chance
    return Z95 * math.sqrt(observed * (1 - observed) / titles) / (1 - chance)


def alpha_needed(titles: int, categories: int, required: float) -> float | None:
    """The least alpha, to two decimals, whose interval is expected to reach down no further than `required`;
    None where there can be no alpha. Never more than 1: readings that all agree have no width."""
    if half_width(titles, categories) is None:
        return None
    for hundredths in range(math.ceil(required * 100), 100):
        alpha = hundredths / 100
        half = half_width(titles, categories, alpha)
        if half is not None and alpha - half >= required:
            return alpha
    return 1.0
