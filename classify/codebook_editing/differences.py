"""Two texts word by word, two lists entry by entry. Plain values; knows no Django."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

MAX_WORK = 1_000_000
"""Words of one text times words of the other: beyond that the whole text is shown as replaced."""
_WORDS = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: in both ("same"), in the old alone ("removed") or in the new alone ("added")."""

    kind: str
    text: str

    @property
    def words(self) -> str:
        """The text without the space behind it, which is not to be underlined."""
        return self.text.rstrip() or self.text

    @property
    def space(self) -> str:
        """The space behind the words."""
        return self.text[len(self.words) :]


type Pieces = tuple[Piece, ...]


def compare_texts(old: str, new: str) -> Pieces:
    """The two texts as one, word by word; what is removed stands before what is added in its place."""
    if old == new:
        return (Piece("same", old),) if old else ()
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) * len(after) > MAX_WORK:
        return _pieces([("removed", old), ("added", new)])
    # The same word with other space behind it is the same word.
    matcher = SequenceMatcher(
        a=[word.rstrip() for word in before], b=[word.rstrip() for word in after], autojunk=False
    )
    found = []
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            # The last word of one text may stand in the middle of the other: with the space that one has.
            pairs = zip(before[a1:a2], after[b1:b2], strict=True)
            found.append(("same", "".join(new if new[-1].isspace() else old for old, new in pairs)))
        else:
            found += [("removed", _apart(before[a1:a2])), ("added", _apart(after[b1:b2]))]
    return _pieces(found)


def _apart(words: Sequence[str]) -> str:
    """The words with space behind the last, so that what follows does not run into it."""
    text = "".join(words)
    return text if not text or text[-1].isspace() else f"{text} "


def _pieces(found: Sequence[tuple[str, str]]) -> Pieces:
    return tuple(Piece(kind, text) for kind, text in found if text)


def compare_lists(old: Sequence[str], new: Sequence[str]) -> tuple[Pieces, ...]:
    """The entries of both lists in their order, each compared word by word with the one it replaces."""
    if len(old) * len(new) > MAX_WORK:
        return (
            *(_pieces([("removed", item)]) for item in old),
            *(_pieces([("added", item)]) for item in new),
        )
    found: list[Pieces] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            found += [(Piece("same", item),) for item in new[b1:b2]]
            continue
        for before, after in zip_longest(old[a1:a2], new[b1:b2]):
            if before is None or after is None or not _alike(before, after):
                found += [_pieces([("removed", before or "")]), _pieces([("added", after or "")])]
            else:
                found.append(compare_texts(before, after))
    return tuple(pieces for pieces in found if pieces)


def _alike(one: str, other: str) -> bool:
    """Do they share a word, so that one can be read as the other changed?"""
    return bool(set(one.casefold().split()) & set(other.casefold().split()))
