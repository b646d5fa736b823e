"""Dealing by shares, with plain numbers: exact, never the same person twice, mixed, and the same again."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from classify.assignment.shares import NOBODY, Reader, deal_hands, in_proportion, portions

READERS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20)), min_size=1, max_size=6).map(
    lambda pairs: [Reader(n, share, held) for n, (share, held) in enumerate(pairs, start=1)]
)
FREE = st.dictionaries(st.integers(0, 8), st.integers(0, 9), max_size=6)


def taken(hands):
    got = Counter()
    for hand in hands:
        got[hand.first] += hand.count
        if hand.second is not None:
            got[hand.second] += hand.count
    return got


@given(free=FREE, readers=READERS)
def test_every_free_slot_goes_to_somebody_else_than_who_holds_the_case(free, readers):
    hands = deal_hands(free, readers, "seed")
    dealt = Counter()
    for hand in hands:
        assert hand.count > 0
        assert hand.first not in (hand.holder, hand.second)
        assert hand.second is None or hand.holder == NOBODY
        dealt[hand.holder] += hand.count
    if len(readers) > 1:
        assert dealt == Counter({holder: n for holder, n in free.items() if n})
        assert all(hand.second is not None for hand in hands if hand.holder == NOBODY)
    assert taken(hands) == Counter({who: n for who, n in portions(free, readers).items() if n}) or (
        len(readers) == 1
    )


@given(free=FREE, readers=READERS)
def test_nobody_who_could_take_more_ends_a_whole_case_below_another_per_share(free, readers):
    got = portions(free, readers)
    cases = sum(free.values())
    for low in readers:
        if got[low.id] >= cases - free.get(low.id, 0):
            continue
        for high in readers:
            if high.id != low.id and got[high.id]:
                ends = Fraction(high.held + got[high.id] - 1, high.share)
                assert ends <= Fraction(low.held + got[low.id] + 1, low.share)


@given(free=FREE, readers=READERS)
def test_the_same_seed_deals_the_same(free, readers):
    assert deal_hands(free, readers, "a") == deal_hands(dict(reversed(free.items())), readers, "a")


def test_shares_are_met_exactly_by_largest_remainder():
    readers = [Reader(1, 2), Reader(2, 1), Reader(3, 1)]
    assert portions({NOBODY: 100}, readers) == {1: 100, 2: 50, 3: 50}
    assert portions({NOBODY: 101}, readers) == {1: 101, 2: 51, 3: 50}
    assert portions({NOBODY: 10}, [Reader(n, 1) for n in (1, 2, 3)]) == {1: 7, 2: 7, 3: 6}


def test_nobody_reads_more_than_every_case_however_large_their_share():
    assert portions({NOBODY: 10}, [Reader(1, 100), Reader(2, 2), Reader(3, 1)]) == {1: 10, 2: 7, 3: 3}


def test_who_holds_less_than_their_share_gets_what_is_free():
    assert portions({9: 10}, [Reader(1, 1, held=20), Reader(2, 1, held=4)]) == {1: 0, 2: 10}


def test_everybody_reads_with_everybody_and_in_both_slots():
    hands = deal_hands({NOBODY: 100_000}, [Reader(n, 1) for n in range(1, 11)], "1")
    together = Counter({(hand.first, hand.second): hand.count for hand in hands})
    assert len(together) == 90
    assert min(together.values()) > 900
    assert max(together.values()) < 1_350
    assert set(taken(hands).values()) == {20_000}


def test_two_who_read_all_keep_their_slots():
    (hand,) = deal_hands({NOBODY: 7}, [Reader(5, 3), Reader(4, 1)], "1")
    assert (hand.first, hand.second, hand.count) == (5, 4, 7)


def test_one_reader_leaves_the_second_slot_free_and_takes_nothing_beside_themselves():
    hands = deal_hands({NOBODY: 3, 1: 4, 2: 5}, [Reader(1, 1)], "1")
    assert [(hand.holder, hand.first, hand.second, hand.count) for hand in hands] == [
        (0, 1, None, 3),
        (2, 1, None, 5),
    ]


def test_nobody_there_takes_nothing():
    assert deal_hands({NOBODY: 3}, [], "1") == []
    assert deal_hands({}, [Reader(1, 1)], "1") == []


@given(weights=st.dictionaries(st.integers(), st.integers(0, 50), min_size=1), total=st.integers(0, 500))
def test_a_total_in_proportion_sums_up_and_is_near(weights, total):
    parts = in_proportion(weights, total)
    every = sum(weights.values())
    assert sum(parts.values()) == (total if every else 0)
    for key, part in parts.items():
        assert not every or abs(part - Fraction(weights[key] * total, every)) < 1
