"""Words of a text in any script, folded for comparison, and the phrases of an entry. Pure: no Django."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_WORDS: Final = 4
"""So many words has an entry that is a phrase, and not a sentence."""
MAX_QUOTED: Final = 8
"""Words of a quoted phrase."""
MAX_CHARACTERS: Final = 60
"""Characters of a phrase."""

_HYPHENS: Final = frozenset("-‐‑‒–—﹣－")
_QUOTED: Final = re.compile(
    r"“([^“”]+)”|„([^„“”]+)[“”]|\"([^\"]+)\"|«([^«»]+)»|»([^«»]+)«|‹([^‹›]+)›|「([^「」]+)」|『([^『』]+)』"
)
_BRACKETS: Final = re.compile(r"\([^()]*\)|（[^（）]*）|\[[^\[\]]*\]")
_BETWEEN: Final = re.compile(r"[,،、，;；؛]")
_SENTENCE: Final = re.compile(r"[.:!?。：！？؟]\s|[.:!?。：！？؟]$")
_ELSEWHERE: Final = re.compile(r"[:：](?=[^:：]*$)")
# Scripts that put no space between words: every letter of theirs is a word of its own.
_UNSPACED: Final = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x312F),  # Han radicals, kana, bopomofo
    (0x3190, 0xA4CF),  # kana extensions, Han, Yi
    (0xF900, 0xFAFF),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)


@dataclass(frozen=True)
class Tokens:
    """The words and signs of a text in order, folded, with their place in the text as written.

    `tails[n]` is where a hyphen right after token n ends, or -1.
    """

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    tails: tuple[int, ...]

    def end(self, place: int, *, hyphen: bool) -> int | None:
        """Where a phrase ends whose last token stands here; None where it lacks the hyphen it ends in."""
        if not hyphen:
            return self.ends[place]
        return None if self.tails[place] < 0 else self.tails[place]

    def as_phrase(self) -> tuple[tuple[str, ...], bool]:
        """The tokens to look for, and whether a hyphen must follow: "ex-" is met in "ex-Head" only."""
        return self.words, bool(self.words) and self.tails[-1] >= 0


def tokens_of(text: str) -> Tokens:
    """The words of a text. Hyphens and white space are no tokens; every other sign is one of its own."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    tails: list[int] = []
    open_word = False
    for start, end, folded in _clusters(text):
        if folded == "":
            if words and (open_word or ends[-1] == start):
                ends[-1] = end
            continue
        first = folded[0]
        if first.isspace():
            open_word = False
        elif first in _HYPHENS:
            if words and ends[-1] == start:
                tails[-1] = end
            open_word = False
        elif open_word and _is_word(first):
            words[-1] += folded
            ends[-1] = end
        else:
            words.append(folded)
            starts.append(start)
            ends.append(end)
            tails.append(-1)
            open_word = _is_word(first)
    return Tokens(tuple(words), tuple(starts), tuple(ends), tuple(tails))


def _clusters(text: str) -> Iterator[tuple[int, int, str]]:
    """Letters with the marks upon them: (start, end, folded); "" for what is invisible."""
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and _goes_on(text[end]):
            end += 1
        yield at, end, _fold(text[at:end])
        at = end


@lru_cache(maxsize=8192)
def _fold(letter: str) -> str:
    if letter.isspace():
        return " "
    known = "".join(sign for sign in letter if not _is_invisible(sign))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", known).casefold()).strip()


def _is_invisible(sign: str) -> bool:
    """Controls, format characters, and what only chooses between two looks of an emoji."""
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs") or "\ufe00" <= sign <= "\ufe0f"


@lru_cache(maxsize=8192)
def _goes_on(sign: str) -> bool:
    """Does it belong to the letter before: an accent, a vowel sign, the rest of a Hangul syllable?"""
    return unicodedata.category(sign) in ("Mn", "Mc", "Me") or "\u1160" <= sign <= "\u11ff"


@lru_cache(maxsize=8192)
def _is_word(sign: str) -> bool:
    """Is it a letter or digit of a script that writes words apart?"""
    if not (sign.isalnum() or sign == "_"):
        return False
    point = ord(sign)
    return point < 0x0E00 or not any(low <= point <= high for low, high in _UNSPACED)


def phrases_of(entry: str, *, excluded: bool) -> tuple[str, ...]:
    """What of an entry of an include or exclude list is looked for in headlines (see `classify.cues`).

    Of an exclude entry the part before its last colon counts: after it stands where the thing belongs.
    """
    entry = entry.strip()
    quoted = [next(filter(None, match.groups())) for match in _QUOTED.finditer(entry)]
    if excluded and (told := _ELSEWHERE.search(_QUOTED.sub("“”", entry))) and not quoted:
        entry = entry[: told.start()]
    rest = _BETWEEN.sub(" ", _QUOTED.sub(" ", entry))
    if quoted:
        only_words = not rest.strip() or (excluded and rest.strip()[:1] in ":：")
        least = 1 if only_words else 2
        return _distinct(each for each in quoted if least <= _length(each) <= MAX_QUOTED)
    bare = _BRACKETS.sub(" ", entry).strip(" .。")
    pieces = [piece.strip() for piece in _BETWEEN.split(bare)]
    if _SENTENCE.search(bare) or any(_length(piece) > MAX_WORDS for piece in pieces):
        return ()
    return _distinct(pieces)


def _length(phrase: str) -> int:
    """In words; a script without spaces has one word for every two letters, as a rule of thumb."""
    if len(phrase) > MAX_CHARACTERS:
        return MAX_QUOTED + 1
    return sum(
        max(1, sum(not _is_word(sign) and sign.isalnum() for sign in word) // 2) for word in phrase.split()
    )


def _distinct(phrases: Iterable[str]) -> tuple[str, ...]:
    """Each once; a single letter of a script that writes words apart is none, nor is a mark between them."""
    kept = (phrase.strip() for phrase in phrases)
    return tuple(dict.fromkeys(phrase for phrase in kept if len(phrase) > 1 or _speaks(phrase)))


def _speaks(sign: str) -> bool:
    return sign != "" and not _is_word(sign) and unicodedata.category(sign)[0] in "LNS"
