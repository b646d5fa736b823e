"""How free slots are dealt by shares: plain numbers in, plain numbers out. Knows no table.

Cases come in kinds: both slots free, or one free beside somebody who holds the other. Everybody gets as many
slots as brings them nearest to their share of all, never two of one case; and who reads with whom is mixed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

NOBODY = 0
"""The holder of a case whose two slots are both free."""
_STEPS = 20_000
"""How finely readers are mixed: so many times a part of what is left is given to a pair drawn by lot."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who takes slots: a weight of at least 1, and how many cases they hold already."""

    id: int
    share: int
    held: int = 0


@dataclass(frozen=True, slots=True)
class Hand:
    """`count` cases beside `holder` go to `first`; where both slots are free, also to `second`."""

    holder: int
    first: int
    second: int | None
    count: int


def deal_hands(free: Mapping[int, int], readers: Sequence[Reader], seed: str) -> list[Hand]:
    """Deal cases, given as holder -> number of cases, to readers in their order.

    Balanced by largest remainder: who holds less than their share of all gets more. With fewer than two
    readers some slots stay free. The same input gives the same hands.
    """
    free = {holder: count for holder, count in sorted(free.items()) if count > 0}
    if not readers or not free:
        return []
    if len(readers) == 1:
        one = readers[0].id
        return [Hand(holder, one, None, n) for holder, n in sorted(free.items()) if holder != one]
    lot = random.Random(seed)  # noqa: S311 - reproducible on purpose; nothing is kept secret by it
    wanted = portions(free, readers)
    beside = {holder: n for holder, n in free.items() if holder != NOBODY}
    both = free.get(NOBODY, 0)
    hands = [
        Hand(holder, reader, None, n) for (holder, reader), n in _beside(beside, wanted, both, lot).items()
    ]
    for hand in hands:
        wanted[hand.first] -= hand.count
    places = {reader.id: place for place, reader in enumerate(readers)}
    for (one, two), n in _pairs(wanted, lot).items():
        first, second = sorted((one, two), key=places.__getitem__)
        # In a pool each of a pair is the first of half of their cases; two who read all keep their slots.
        turned = n // 2 if len(readers) > 2 else 0
        hands += [Hand(NOBODY, first, second, n - turned), Hand(NOBODY, second, first, turned)]
    return sorted((hand for hand in hands if hand.count), key=lambda hand: (hand.holder, hand.first))


def portions(free: Mapping[int, int], readers: Sequence[Reader]) -> dict[int, int]:
    """How many of the free slots each reader takes, by largest remainder; the earlier one on a tie.

    What everybody holds in the end is in proportion to the shares, as far as that can be: nobody gives back
    what they hold, and nobody takes more than one slot of a case.
    """
    cases = sum(free.values())
    slots = cases + free.get(NOBODY, 0)
    caps = {reader.id: cases - free.get(reader.id, 0) for reader in readers}
    slots = min(slots, sum(caps.values()))
    exact = _level(readers, caps, slots)
    whole = {reader.id: int(exact[reader.id]) for reader in readers}
    left = slots - sum(whole.values())
    by_remainder = sorted(readers, key=lambda reader: whole[reader.id] - exact[reader.id])
    for reader in by_remainder[:left]:
        whole[reader.id] += 1
    return whole


def _level(readers: Sequence[Reader], caps: Mapping[int, int], slots: int) -> dict[int, Fraction]:
    """Raise everybody to the same number of cases per share, like water, until the slots are used up."""

    def taken(level: Fraction) -> dict[int, Fraction]:
        return {
            reader.id: min(max(level * reader.share - reader.held, Fraction(0)), Fraction(caps[reader.id]))
            for reader in readers
        }

    marks = {Fraction(reader.held, reader.share) for reader in readers}
    marks |= {Fraction(reader.held + caps[reader.id], reader.share) for reader in readers}
    low = min(marks)
    for high in sorted(marks):
        above = sum(taken(high).values(), Fraction(0))
        if above >= slots:
            below = sum(taken(low).values(), Fraction(0))
            part = (slots - below) / (above - below) if above > below else Fraction(0)
            return taken(low + (high - low) * part)
        low = high
    return taken(low)


def _beside(
    free: Mapping[int, int], wanted: Mapping[int, int], both: int, lot: random.Random
) -> Counter[tuple[int, int]]:
    """(holder, reader) -> how many of the slots beside that holder the reader takes; never beside themselves.

    So many are left to each reader that what is left can be dealt in pairs: at most one per case with both
    slots free.
    """
    total = sum(free.values())
    least = {reader: max(0, n - both) for reader, n in wanted.items()}
    most = {reader: min(n, total - free.get(reader, 0)) for reader, n in wanted.items()}
    more = in_proportion(
        {reader: most[reader] - least[reader] for reader in wanted}, total - sum(least.values())
    )
    rows = dict(free)
    columns = {reader: least[reader] + more[reader] for reader in wanted}
    dealt: Counter[tuple[int, int]] = Counter()
    step = max(1, total // _STEPS)
    while (rest := sum(rows.values())) > 0:
        # Who is beside themselves must not be what is left: they go first when everything else needs them.
        people = sorted({*rows, *columns})
        tight = {who: rest - rows.get(who, 0) - columns.get(who, 0) for who in people}
        holder, reader = _cross(rows, columns, [who for who in people if not tight[who]], lot)
        others = [room for who, room in tight.items() if who not in (holder, reader)]
        n = min(step, rows[holder], columns[reader], *others)
        dealt[holder, reader] += n
        rows[holder] -= n
        columns[reader] -= n
    return dealt


def _cross(
    rows: Mapping[int, int], columns: Mapping[int, int], must: Iterable[int], lot: random.Random
) -> tuple[int, int]:
    """A holder and another reader, drawn by lot; one of them is each of whom `must` names (at most two)."""
    forced = sorted(who for who in must if rows.get(who, 0) or columns.get(who, 0))
    for who in forced:
        others = [one for one in forced if one != who]
        if rows.get(who, 0):
            beside = {one: n for one, n in columns.items() if one != who and (not others or one in others)}
            if any(beside.values()):
                return who, _draw(beside, lot)
        if columns.get(who, 0):
            holders = {one: n for one, n in rows.items() if one != who and (not others or one in others)}
            if any(holders.values()):
                return _draw(holders, lot), who
    holder = _draw({who: n for who, n in rows.items() if any(columns[r] for r in columns if r != who)}, lot)
    return holder, _draw({one: n for one, n in columns.items() if one != holder}, lot)


def _pairs(wanted: Mapping[int, int], lot: random.Random) -> Counter[tuple[int, int]]:
    """(reader, another) -> how many cases they read together, so that everybody gets what they want exactly.

    Nobody may want more than half of all: then a pair is drawn by lot, unless somebody wants half of what is
    left and so has to be one of every pair from here on.
    """
    left = {reader: n for reader, n in wanted.items() if n}
    dealt: Counter[tuple[int, int]] = Counter()
    step = max(1, sum(left.values()) // _STEPS)
    while (rest := sum(left.values())) > 0:
        half = rest // 2
        must = next((reader for reader, n in left.items() if n == half), None)
        one = _draw(left, lot) if must is None else must
        two = _draw({reader: n for reader, n in left.items() if reader != one}, lot)
        rooms = [half - n for reader, n in left.items() if reader not in (one, two)]
        n = max(1, min(step, left[one], left[two], *rooms))
        dealt[min(one, two), max(one, two)] += n
        left[one] -= n
        left[two] -= n
    return dealt


def _draw(weights: Mapping[int, int], lot: random.Random) -> int:
    return lot.choices(list(weights), list(weights.values()))[0]


def in_proportion(weights: Mapping[int, int], total: int) -> dict[int, int]:
    """`total` in proportion to whole weights, by largest remainder; the earlier one on a tie."""
    every = sum(weights.values())
    if not every:
        return dict.fromkeys(weights, 0)
    exact = {key: Fraction(weight * total, every) for key, weight in weights.items()}
    whole = {key: int(part) for key, part in exact.items()}
    by_remainder = sorted(weights, key=lambda key: whole[key] - exact[key])
    for key in by_remainder[: total - sum(whole.values())]:
        whole[key] += 1
    return whole
