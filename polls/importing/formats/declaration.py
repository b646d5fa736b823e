"""What a format is: a few facts about an export, from which recognising, mapping and reading it follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from polls.titles import comparison_key

SEPARATORS: Final = (";", ", ", " / ")
"""What stands between several choices in one cell, where a format says nothing else."""

_LONGEST: Final = 1000


def compact(header: str) -> str:
    """What headers are compared by: letters and digits without case, else its signs."""
    key = comparison_key(header[:_LONGEST])
    return re.sub(r"[\W_]+", "", key) or key


@cache
def words(names: str) -> tuple[str, ...]:
    """`Email | E-Mail-Adresse` as the compact words of its alternatives, in their order."""
    return tuple(compact(name) for name in names.split(" | ") if name.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Rows that are no votes: those with one of `values` (alternatives by ` | `) in the column `header`.

    `reason` ends the sentence “row 12, column Status, “Survey Preview” …”.
    """

    header: str
    values: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One export that people bring. Wherever a header is named, ` | ` stands between its alternatives.

    `name` is what `--preset` and a page call it, `title` what a person reads. `headers` must all be in one
    header row, `first` (if given) in its first column, none of `without` anywhere.
    `header_rows` is how many rows the header has at most, the one with `headers` being number `row_of_names`.
    `fields` leads from a field to its headers, best first; an empty text keeps the field from being guessed.
    `about` are columns that are no question, so that a survey's only question can be told.
    `no_vote_times` are dates of something else than a vote. `day_first` is set where the format fixes it.
    `separators` stand between several choices in one cell. `choices_below`: the last header row names the
    choices of the question above it. `pairs`: behind the header come pairs of question and answer.
    `several_tables`: the header may come again with another question. `within` is the column within which
    `voter_id` is unique. `blanks` are texts that stand for nothing in a field. `drops` are rows that are no
    votes. `notes` are sentences for the person who imports; `no_voters` the sentence why this file cannot be
    imported at all.
    """

    name: str
    title: str
    headers: tuple[str, ...]
    first: str = ""
    without: tuple[str, ...] = ()
    header_rows: int = 1
    row_of_names: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    survey: bool = False
    no_vote_times: tuple[str, ...] = ()
    day_first: bool | None = None
    separators: tuple[str, ...] = SEPARATORS
    choices_below: bool = False
    pairs: bool = False
    several_tables: bool = False
    within: str = ""
    blanks: Mapping[str, str] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    notes: tuple[str, ...] = ()
    no_voters: str = ""

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether these cells can be this format's row of names."""
        return self.fits_words([compact(cell) for cell in cells])

    def fits_words(self, there: Sequence[str]) -> bool:
        """The same for cells whose compact words are known."""
        known = set(there)
        return (
            all(known.intersection(words(header)) for header in self.headers)
            and (not self.first or there[0] in words(self.first))
            and not any(known.intersection(words(header)) for header in self.without)
        )

    def is_about(self) -> frozenset[str]:
        """Compact words of the columns that are no question."""
        named = (*self.headers, *self.about, *self.no_vote_times, *self.fields.values(), self.within)
        return frozenset(word for names in named for word in words(names))
