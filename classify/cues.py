"""Which words of a headline the codebook has a rule about, and which rules those are. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Segment:
    """A stretch of a text as written; `marked` if a rule speaks about it."""

    text: str
    marked: bool


@dataclass(frozen=True)
class Cue:
    """A rule that applies: the words as they stand in the headline, and what the codebook says of them."""

    words: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    rule: int


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """The word on its own, in any case, with any white space where it has a space.

    A word that ends in a hyphen ("ex-") may be followed by anything.
    """
    body = r"\s+".join(re.escape(piece) for piece in word.split())
    before = r"(?<!\w)" if word[:1].isalnum() else ""
    after = r"(?!\w)" if word[-1:].isalnum() else ""
    return re.compile(before + body + after, re.IGNORECASE)


def _hits(text: str, rules: Sequence[Mapping[str, Any]]) -> list[_Hit]:
    """Every place where a rule's word stands, unless a longer hit covers it: the finer rule speaks there."""
    found = [
        _Hit(match.start(), match.end(), index)
        for index, rule in enumerate(rules)
        for word in rule.get("words", ())
        if word.strip()
        for match in _pattern(word.strip()).finditer(text)
    ]
    return [
        hit
        for hit in found
        if not any(
            other.start <= hit.start
            and hit.end <= other.end
            and other.end - other.start > hit.end - hit.start
            for other in found
        )
    ]


def _segments(text: str, hits: Sequence[_Hit]) -> tuple[Segment, ...]:
    """Cuts the text at the hits; the pieces joined are the text again."""
    pieces: list[Segment] = []
    at = 0
    for hit in sorted(hits, key=lambda hit: (hit.start, -hit.end)):
        if hit.end <= at:
            continue
        start = max(hit.start, at)
        if start > at:
            pieces.append(Segment(text[at:start], marked=False))
        pieces.append(Segment(text[start : hit.end], marked=True))
        at = hit.end
    if at < len(text) or not pieces:
        pieces.append(Segment(text[at:], marked=False))
    return tuple(pieces)


def mark(
    texts: Sequence[str], rules: Sequence[Mapping[str, Any]]
) -> tuple[list[tuple[Segment, ...]], list[Cue]]:
    """Marks the words of several texts (the parts of one headline) that trap rules speak about.

    `rules` are those of a codebook version: mappings with `words` (a list) and `text`. Returns one tuple of
    segments per text, and the rules that apply in the order in which the codebook lists them, each once.
    """
    segments: list[tuple[Segment, ...]] = []
    words: dict[int, list[str]] = {}
    for text in texts:
        hits = _hits(text, rules)
        segments.append(_segments(text, hits))
        for hit in sorted(hits, key=lambda hit: hit.start):
            seen = words.setdefault(hit.rule, [])
            word = text[hit.start : hit.end]
            if word not in seen:
                seen.append(word)
    cues = [Cue(tuple(words[index]), rules[index]["text"]) for index in sorted(words)]
    return segments, cues
