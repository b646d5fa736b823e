"""Several choices in one cell, told apart by the options that are known. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from polls.texts import option_key

MOST_PIECES: Final = 200
"""Pieces of a cell beyond which it hardly holds choices."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The options found: key and text as written, each once, in their order. `unknown` is the first piece
    that names no option, with which nothing was found."""

    options: tuple[tuple[str, str], ...] = ()
    unknown: str = ""


def split_choices(text: str, known: frozenset[str], separators: Sequence[str]) -> Choices:
    """The options in a cell such as `A; B;` or `/ A / B`.

    Options may hold separators themselves, so the longest run of pieces that is an option counts, as long as
    the rest can be told apart too. `known` are option keys.
    """
    pieces = _pieces(text, tuple(separators))
    if len(pieces) > MOST_PIECES:
        return Choices(unknown=text)
    longest = _longest(known, tuple(separators))
    # From the end: after[i] is the end of the option that begins with piece i, when the rest works out.
    after: list[tuple[int, str, str] | None] = [None] * len(pieces)
    works = [False] * len(pieces) + [True]
    for begin in range(len(pieces) - 1, -1, -1):
        if not pieces[begin][0].strip():
            works[begin], after[begin] = works[begin + 1], (begin + 1, "", "")
            continue
        for end in reversed(_ends(pieces, begin, longest)):
            run = "".join(piece + mark for piece, mark in pieces[begin:end]) if works[end] else ""
            run = run[: len(run) - len(pieces[end - 1][1])].strip()
            key = option_key(run) if run else ""
            if key in known and key:
                works[begin], after[begin] = True, (end, key, run)
                break
    if not works[0]:
        return Choices(unknown=_first_unknown(pieces, known))
    found: dict[str, str] = {}
    place = 0
    while place < len(pieces) and (step := after[place]) is not None:
        place, key, run = step
        if key:
            found.setdefault(key, run)
    return Choices(tuple(found.items()))


def _pieces(text: str, separators: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pieces and the separator after each; together they are the text with a space at either end."""
    parts = _pattern(separators).split(f" {text} ")
    return list(zip(parts[::2], [*parts[1::2], ""], strict=True))


@lru_cache(maxsize=32)
def _longest(known: frozenset[str], separators: tuple[str, ...]) -> int:
    """How many pieces with text the option has that has most of them."""
    return max((_count(_pieces(option, separators)) for option in known), default=0)


def _count(pieces: Sequence[tuple[str, str]]) -> int:
    return sum(1 for piece, _ in pieces if piece.strip())


def _ends(pieces: Sequence[tuple[str, str]], begin: int, most: int) -> list[int]:
    """Where a run from `begin` may end that has no more pieces with text than the longest option."""
    ends, count = [], 0
    for end in range(begin + 1, len(pieces) + 1):
        count += bool(pieces[end - 1][0].strip())
        if count > most:
            break
        ends.append(end)
    return ends


@lru_cache(maxsize=32)
def _pattern(separators: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = sorted(separators, key=len, reverse=True)
    return re.compile("(" + "|".join(map(re.escape, longest_first)) + ")")


def _first_unknown(pieces: Sequence[tuple[str, str]], known: Collection[str]) -> str:
    alone = [piece.strip() for piece, _ in pieces if piece.strip()]
    return next((piece for piece in alone if option_key(piece) not in known), alone[0] if alone else "")
