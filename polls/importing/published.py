"""Published figures against imported votes. Pure: no model, no Django.

A share is taken as it was printed: `50.0` stands for 49.95 to 50.05 per cent, `50` for 49.5 to 50.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, groupby
from math import ceil, floor
from typing import Any, Final, NamedTuple

from polls.importing.report import Admitted, OptionTotal, Published

MOST_DIGITS: Final = 4
"""Digits behind the point that a published share may have."""

COUNTED: Final = 10_000
"""Tables are counted up to here; then there are "more than" that."""

REACH: Final = 1_000
"""Where no total was published, totals are looked at so far below and above ours."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Live votes of one option, and its published share in percent, if any.

    `published_digits` are those printed behind the point; null: as many as the share needs.
    """

    text: str
    position: int
    votes: int
    published_percent: Decimal | None
    published_digits: int | None = None


class _PrintedShare(NamedTuple):
    """The least and the most an option may have of all votes, as `low` and `high` of `scale` parts."""

    low: int
    high: int
    scale: int

    def counts(self, total: int) -> tuple[int, int]:
        """The least and the most votes out of `total`; the first is the greater where there are none."""
        return -(-self.low * total // self.scale), self.high * total // self.scale


def printed_digits(percent: Decimal) -> int:
    """Digits behind the point as typed: 1 for `50.0`, 0 for `50`; at most the four that are kept."""
    exponent = percent.as_tuple().exponent
    return min(max(-exponent, 0), MOST_DIGITS) if isinstance(exponent, int) else 0


def half_a_step(percent: Decimal, digits: int | None = None) -> Fraction:
    """Half of the last printed digit, in percentage points: 0.5 for 72, 0.05 for 72.5.

    `digits` behind the point were printed; null: as many as the number needs.
    """
    needed = printed_digits(percent.normalize())
    return Fraction(1, 2 * 10 ** max(needed, digits or 0))


def option_totals(
    tallies: Sequence[Tally], published_total: int | None, voters: int | None = None
) -> tuple[OptionTotal, ...]:
    """Votes, share and, with a published total and share, how many voters are missing per option.

    `voters` are there where several choices are allowed (see `compare`).
    """
    total = _whole(tallies, published_total, voters)
    totals = tuple(_total(tally, total, published_total) for tally in tallies)
    if published_total is not None and compare(tallies, published_total, voters).consistent:
        # All that was published is here, so nobody is missing, whatever rounding would leave open.
        return tuple(replace(each, missing_least=0, missing_most=0) for each in totals)
    return totals


def compare(tallies: Sequence[Tally], published_total: int | None, voters: int | None = None) -> Published:
    """Consistent when the total is equal and each published share is ours at its printed precision.

    Where several choices are allowed, `voters` says how many people voted, and shares are of them, as such
    polls are printed; unless the published total is that of the votes.
    """
    total = _whole(tallies, published_total, voters)
    if published_total is None and all(tally.published_percent is None for tally in tallies):
        return Published(None, None, reason="no figures were published")
    differences = tuple(_difference(tally, total) for tally in tallies if not _fits(tally, total))
    if published_total is not None and published_total != total:
        what = "vote" if voters is None else "voter"
        published = f"1 {what} was" if published_total == 1 else f"{published_total} {what}s were"
        reason = f"{published} published, {total} {'is' if total == 1 else 'are'} imported"
        return Published(published_total, False, differences, reason)
    return Published(published_total, not differences, differences)


def admitted_tables(tallies: Sequence[Tally], published_total: int | None) -> Admitted | None:
    """What the published shares of a single-choice poll say about its votes; null where there are none.

    An option without a published share may have any number of votes. Half a step may be rounded either way.
    """
    if all(tally.published_percent is None for tally in tallies):
        return None
    shares = [_printed_share(tally) for tally in tallies]
    votes = [tally.votes for tally in tallies]
    ours = sum(votes)
    looked_at = (max(ours - REACH, 0), ours + REACH)
    if published_total is not None:
        looked_at = (published_total, published_total)
    totals = [total for total in range(looked_at[0], looked_at[1] + 1) if _spans(shares, total)]
    total = min(totals, key=lambda each: (abs(each - ours), each), default=None)
    spans = [] if total is None else _spans(shares, total)
    tables = 0 if total is None else _count([high - low for low, high in spans], total - _lows(spans))
    return Admitted(
        total=total,
        totals=_runs(totals),
        looked_at=looked_at,
        tables=min(tables, COUNTED),
        more=tables > COUNTED,
        least=tuple(low for low, _ in spans),
        most=tuple(high for _, high in spans),
        nearest=() if total is None else _nearest(spans, votes, total),
        ours=total == ours
        and all(low <= count <= high for (low, high), count in zip(spans, votes, strict=True)),
    )


def _whole(tallies: Sequence[Tally], published_total: int | None, voters: int | None) -> int:
    """Of what the shares are shares."""
    votes = sum(tally.votes for tally in tallies)
    return votes if voters is None or published_total == votes else voters


def _total(tally: Tally, total: int, published_total: int | None) -> OptionTotal:
    least, most = None, None
    if published_total is not None and tally.published_percent is not None:
        low, high = _counts(tally, tally.published_percent, published_total)
        least, most = max(low - tally.votes, 0), max(high - tally.votes, 0)
    return OptionTotal(
        text=tally.text,
        position=tally.position,
        votes=tally.votes,
        share=tally.votes / total if total else None,
        published_share=_share(tally.published_percent),
        missing_least=least,
        missing_most=most,
        published_digits=tally.published_digits,
    )


def _counts(tally: Tally, percent: Decimal, total: int) -> tuple[int, int]:
    """The smallest and the largest count out of `total` that prints as `percent`."""
    step = half_a_step(percent, tally.published_digits)
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
    step = half_a_step(tally.published_percent, tally.published_digits)
    return abs(ours - Fraction(tally.published_percent)) <= step


def _difference(tally: Tally, total: int) -> dict[str, Any]:
    return {
        "option": tally.text,
        "votes": tally.votes,
        "share": tally.votes / total if total else None,
        "published_share": _share(tally.published_percent),
    }


def _share(percent: Decimal | None) -> float | None:
    return None if percent is None else float(percent / 100)


def _printed_share(tally: Tally) -> _PrintedShare:
    if tally.published_percent is None:
        return _PrintedShare(0, 1, 1)
    step = half_a_step(tally.published_percent, tally.published_digits)
    low = max((Fraction(tally.published_percent) - step) / 100, Fraction(0))
    high = min((Fraction(tally.published_percent) + step) / 100, Fraction(1))
    scale = low.denominator * high.denominator
    return _PrintedShare(int(low * scale), int(high * scale), scale)


def _spans(shares: Sequence[_PrintedShare], total: int) -> list[tuple[int, int]]:
    """The least and the most votes of each option in any table of that total; empty when there is none.

    For each option the counts that print as its share are a span of whole numbers; together they must have
    the total, which cuts what is left of the others' spans off each.
    """
    spans = [share.counts(total) for share in shares]
    below, above = total - _lows(spans), sum(high for _, high in spans) - total
    if below < 0 or above < 0 or any(low > high for low, high in spans):
        return []
    if not total and any(share.low for share in shares):
        return []  # of no votes at all, every share is nought
    return [(max(low, high - above), min(high, low + below)) for low, high in spans]


def _lows(spans: Sequence[tuple[int, int]]) -> int:
    return sum(low for low, _ in spans)


def _count(widths: Sequence[int], rest: int) -> int:
    """In how many ways numbers from 0 to each width sum to `rest`; beyond COUNTED just any number above.

    The ways, as a function of the sum, rise up to half of all widths and fall again in the same way. So the
    ways with only some of the numbers, at any sum from there to the middle, are a lower bound.
    """
    rest = min(rest, sum(widths) - rest)
    first, *others = sorted((min(width, rest) for width in widths), reverse=True)
    ways, reached = [1], first
    for width in others:
        if width >= COUNTED:
            return COUNTED + 1
        sums = list(accumulate(ways + [0] * width))
        ways = [high - low for high, low in zip(sums, [0] * (width + 1) + sums, strict=False)][: rest + 1]
        reached += width
        middle = min(rest, reached // 2)
        if sum(ways[max(middle - first, 0) : middle + 1]) > COUNTED:
            return COUNTED + 1
    return sum(ways[max(rest - first, 0) : rest + 1])


def _nearest(spans: Sequence[tuple[int, int]], votes: Sequence[int], total: int) -> tuple[int, ...]:
    """The table that takes the fewest votes added or taken away; of several the one that leaves more options
    as they are."""
    table = [min(max(count, low), high) for (low, high), count in zip(spans, votes, strict=True)]
    rest = total - sum(table)
    room = [
        (high - count if rest > 0 else count - low) for (low, high), count in zip(spans, table, strict=True)
    ]
    for place in sorted(range(len(table)), key=lambda place: (table[place] == votes[place], -room[place])):
        step = min(room[place], abs(rest))
        table[place] += step if rest > 0 else -step
        rest -= step if rest > 0 else -step
    return tuple(table)


def _runs(totals: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Ascending numbers as runs from first to last."""
    runs = []
    for _, run in groupby(enumerate(totals), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        runs.append((numbers[0], numbers[-1]))
    return tuple(runs)
