"""Which words of a headline the codebook says something about, and what. Pure: no Django.

Two things of a codebook version speak. *Trap rules* name their words. *Include and exclude lists* are written
for people, and most of their entries are sentences that hold under a condition: lighting up all their words
would shout. So of an entry only this is looked for in headlines:

- an entry that is a word or a short phrase, or a list of such with commas between ("Retired, on leave"): each
  of them, if none has more than four words. Of "Insurers: Insurance" on an exclude list the part before the
  colon, which says what belongs elsewhere; what stands in brackets is left out;
- of any other entry the phrases of two words or more in quotation marks (“CX agent”, «…», 「…」). A single
  quoted word in a sentence is an example of its condition ("a rank without a field (“Manager”)") and means
  nothing in a headline.

Words are met whole, without regard to case (Unicode case folding, compatibility forms, invisible characters)
and to whether a space or a hyphen joins them; where a script writes no spaces, anywhere. A hit inside a
longer one of the same category says nothing of its own: the finer entry speaks. Everything else is kept, also
where several categories claim a word or one has it on both lists: a mark says on which list a word stands,
and never proposes an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any, Final, Protocol

from classify.words import phrases_of, tokens_of

MAX_TEXT: Final = 2_000
"""Characters of a headline part that are looked at; the rest is shown without marks."""
MAX_PHRASES: Final = 20_000
"""Phrases of one codebook version that are looked for."""
MAX_HITS: Final = 200
"""Places of one headline part that are marked."""
MAX_SHOWN: Final = 12
"""Lists that are told beside one headline; a headline that meets more of them is a list itself."""


class Listed(Protocol):
    """A category, as far as its lists go."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def color(self) -> str: ...
    @property
    def include(self) -> Sequence[str]: ...
    @property
    def exclude(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Segment:
    """A stretch of a text as written; `marked` if a trap rule speaks about it.

    `include` and `exclude` are the categories on whose lists it stands, in the order of the codebook.
    """

    text: str
    marked: bool
    include: tuple[Listed, ...] = ()
    exclude: tuple[Listed, ...] = ()

    @property
    def kind(self) -> str:
        """On which lists it stands: "", "include", "exclude" or "both"."""
        if self.include and self.exclude:
            return "both"
        return "include" if self.include else "exclude" if self.exclude else ""


@dataclass(frozen=True)
class Cue:
    """A rule that applies: the words as they stand in the headline, and what the codebook says of them."""

    words: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class ListCue:
    """A list of a category on which words of the headline stand, and the entries that have them, in full."""

    words: tuple[str, ...]
    category: Listed
    excluded: bool
    entries: tuple[str, ...]


@dataclass(frozen=True)
class _Source:
    """Who says a phrase: the trap rule, or the entry of a category's list (both by their place)."""

    rule: int = -1
    category: int = -1
    excluded: bool = False
    entry: int = -1


@dataclass(frozen=True)
class _Hit:
    start: int
    end: int
    source: _Source

    def is_finer_than(self, other: _Hit) -> bool:
        """Does it cover the other, of the same speaker, and more?"""
        same = (self.source.rule >= 0) == (other.source.rule >= 0)
        return (
            same
            and self.source.category == other.source.category
            and self.start <= other.start
            and other.end <= self.end
            and self.end - self.start > other.end - other.start
        )


@dataclass
class _Node:
    """A step of a phrase: what may follow, and who says the phrase that ends here."""

    after: dict[str, _Node] = field(default_factory=dict)
    ends: list[tuple[_Source, bool]] = field(default_factory=list)


class Matcher:
    """The words of a codebook version, made ready once: `mark` then takes time by the headline alone.

    `rules` are mappings with `words` (a list) and `text`; `categories` come in the order of the codebook.
    """

    def __init__(self, rules: Sequence[Mapping[str, Any]], categories: Sequence[Listed] = ()) -> None:
        self._rules, self._categories = rules, tuple(categories)
        self._root = _Node()
        self._left = MAX_PHRASES
        for number, rule in enumerate(rules):
            for word in rule.get("words", ()):
                self._learn(word, _Source(rule=number))
        for place, category in enumerate(self._categories):
            for excluded, entries in ((False, category.include), (True, category.exclude)):
                for number, entry in enumerate(entries):
                    for phrase in phrases_of(entry, excluded=excluded):
                        self._learn(phrase, _Source(-1, place, excluded, number))

    def _learn(self, phrase: str, source: _Source) -> None:
        tokens, hyphen = tokens_of(phrase).as_phrase()
        if not tokens or not self._left:
            return
        self._left -= 1
        node = self._root
        for token in tokens:
            node = node.after.setdefault(token, _Node())
        node.ends.append((source, hyphen))

    def mark(self, texts: Sequence[str]) -> tuple[list[tuple[Segment, ...]], list[Cue], list[ListCue]]:
        """Marks the words of several texts, the parts of one headline.

        Returns one tuple of segments per text; the trap rules that apply, in the order of the codebook, each
        once; and the lists on which words stand, at most `MAX_SHOWN`, by category, what is included first.
        """
        segments: list[tuple[Segment, ...]] = []
        rules: dict[int, list[str]] = {}
        lists: dict[tuple[int, bool], tuple[list[str], set[int]]] = {}
        for text in texts:
            hits = _finest(islice(self._hits(text[:MAX_TEXT]), MAX_HITS))
            segments.append(self._segments(text, hits))
            for hit in hits:
                source, word = hit.source, text[hit.start : hit.end]
                if source.rule >= 0:
                    words = rules.setdefault(source.rule, [])
                else:
                    words, entries = lists.setdefault((source.category, source.excluded), ([], set()))
                    entries.add(source.entry)
                if word not in words:
                    words.append(word)
        cues = [Cue(tuple(rules[number]), self._rules[number]["text"]) for number in sorted(rules)]
        return segments, cues, [self._list_cue(key, *lists[key]) for key in sorted(lists)[:MAX_SHOWN]]

    def _hits(self, text: str) -> Iterator[_Hit]:
        """Every place where a phrase stands, from left to right."""
        found = tokens_of(text)
        for first in range(len(found.words)):
            node: _Node | None = self._root
            for place in range(first, len(found.words)):
                node = node.after.get(found.words[place]) if node is not None else None
                if node is None:
                    break
                for source, hyphen in node.ends:
                    end = found.end(place, hyphen=hyphen)
                    if end is not None:
                        yield _Hit(found.starts[first], end, source)

    def _segments(self, text: str, hits: Sequence[_Hit]) -> tuple[Segment, ...]:
        """Cuts the text where a hit begins or ends; the pieces joined are the text again."""
        cuts = sorted({0, len(text), *(hit.start for hit in hits), *(hit.end for hit in hits)})
        pieces = [self._segment(text, start, end, hits) for start, end in pairwise(cuts)]
        return tuple(pieces) or (Segment(text, marked=False),)

    def _segment(self, text: str, start: int, end: int, hits: Sequence[_Hit]) -> Segment:
        here = [hit.source for hit in hits if hit.start <= start and end <= hit.end]
        listed = [
            tuple(self._categories[place] for place in sorted(_places(here, excluded=excluded)))
            for excluded in (False, True)
        ]
        return Segment(text[start:end], any(source.rule >= 0 for source in here), *listed)

    def _list_cue(self, key: tuple[int, bool], words: list[str], entries: Iterable[int]) -> ListCue:
        place, excluded = key
        category = self._categories[place]
        texts = category.exclude if excluded else category.include
        return ListCue(tuple(words), category, excluded, tuple(texts[number] for number in sorted(entries)))


def _places(sources: Iterable[_Source], *, excluded: bool) -> set[int]:
    return {s.category for s in sources if s.category >= 0 and s.excluded == excluded}


def _finest(hits: Iterable[_Hit]) -> list[_Hit]:
    """Without those that a finer hit of the same speaker covers, from left to right."""
    found = sorted(set(hits), key=lambda hit: (hit.start, -hit.end))
    return [hit for hit in found if not any(other.is_finer_than(hit) for other in found)]
