"""Published figures against imported votes. Pure: no model, no Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

from polls.importing.report import OptionTotal, Published


@dataclass(frozen=True, slots=True)
class Tally:
    """Live votes of one option, and its published share in percent as printed, if any."""

    text: str
    position: int
    votes: int
    published_percent: Decimal | None


def half_a_step(percent: Decimal) -> Fraction:
    """Half of the last printed digit, in percentage points: 0.5 for 72, 0.05 for 72.5."""
    exponent = percent.normalize().as_tuple().exponent
    digits = max(-exponent, 0) if isinstance(exponent, int) else 0
    return Fraction(1, 2 * 10**digits)


def option_totals(tallies: Sequence[Tally], published_total: int | None) -> tuple[OptionTotal, ...]:
    """Votes, share and, with a published total and share, how many voters are missing per option."""
    total = sum(tally.votes for tally in tallies)
    totals = tuple(_total(tally, total, published_total) for tally in tallies)
    if published_total is not None and compare(tallies, published_total).consistent:
        # All that was published is here, so nobody is missing, whatever rounding would leave open.
        return tuple(replace(each, missing_least=0, missing_most=0) for each in totals)
    return totals


def compare(tallies: Sequence[Tally], published_total: int | None) -> Published:
    """Consistent when the total is equal and each published share is ours at its printed precision."""
    total = sum(tally.votes for tally in tallies)
    if published_total is None and all(tally.published_percent is None for tally in tallies):
        return Published(None, None, reason="no figures were published")
    differences = tuple(_difference(tally, total) for tally in tallies if not _fits(tally, total))
    if published_total is not None and published_total != total:
        reason = f"{published_total} votes were published, {total} are imported"
        return Published(published_total, False, differences, reason)
    return Published(published_total, not differences, differences)


def _total(tally: Tally, total: int, published_total: int | None) -> OptionTotal:
    least, most = None, None
    if published_total is not None and tally.published_percent is not None:
        low, high = _counts(tally.published_percent, published_total)
        least, most = max(low - tally.votes, 0), max(high - tally.votes, 0)
    return OptionTotal(
        text=tally.text,
        position=tally.position,
        votes=tally.votes,
        share=tally.votes / total if total else None,
        published_share=_share(tally.published_percent),
        missing_least=least,
        missing_most=most,
    )


def _counts(percent: Decimal, total: int) -> tuple[int, int]:
    """The smallest and the largest count out of `total` that prints as `percent`."""
    step = half_a_step(percent)
    low = ceil((Fraction(percent) - step) * total / 100)
    high = floor((Fraction(percent) + step) * total / 100)
    if low > high:  # no count prints so: the nearest one
        low = high = round(Fraction(percent) * total / 100)
    return max(low, 0), min(high, total)


def _fits(tally: Tally, total: int) -> bool:
    if tally.published_percent is None:
        return True
    if not total:
        return tally.published_percent == 0
    ours = Fraction(100 * tally.votes, total)
    return abs(ours - Fraction(tally.published_percent)) <= half_a_step(tally.published_percent)


def _difference(tally: Tally, total: int) -> dict[str, Any]:
    return {
        "option": tally.text,
        "votes": tally.votes,
        "share": tally.votes / total if total else None,
        "published_share": _share(tally.published_percent),
    }


def _share(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent / 100)
