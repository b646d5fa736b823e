"""What decisions from a file meet: the cases of a round as they stand, and what the round allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from classify.importing_tags.reading import TagRow
from classify.status import UNSURE


@dataclass(slots=True)
class Said:
    """A decision to add: the category's id, 0 for unsure."""

    slot: int
    category: int
    note: str
    at: datetime | None
    voter: int


@dataclass(slots=True)
class CaseState:
    """A case as it is, and what the file adds. `pk` is None for a case the file makes; `named` are the slots
    (from 0) whose reviewers the file names."""

    pk: int | None
    label: str
    votes: list[int] = field(default_factory=list)
    reviewers: list[int | None] = field(default_factory=lambda: [None, None])
    cats: list[int | None] = field(default_factory=lambda: [None, None])
    imported: list[bool] = field(default_factory=lambda: [True, True])
    sealed: bool = False
    final: int | None = None
    resolution: str = ""
    added: list[Said] = field(default_factory=list)
    named: set[int] = field(default_factory=set)
    new_final: int | None = None
    new_resolution: str = ""
    resolved_by: int | None = None

    def pair(self) -> tuple[int | None, int | None]:
        """The two standing verdicts once the file is in."""
        now = list(self.cats)
        for said in self.added:
            now[said.slot - 1] = said.category
        return now[0], now[1]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the round allows: names to ids, its rule, and whether its two seats are fixed for every case.

    `labels` and `codes` are in lower case; a label that two categories share leads to None. `together` leads
    from a voter's first vote to all of them, where several choices are allowed.
    """

    codes: Mapping[str, int]
    labels: Mapping[str, int | None]
    people: Mapping[str, int]
    votes: Mapping[tuple[bool, str], tuple[int, bool]]
    consensus: bool
    closed: bool
    seats: tuple[int, ...]
    together: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def category(self, text: str) -> int | None:
        """The id meant by a cell; 0 for unsure, None for none. Raises KeyError for what is no category."""
        if not text:
            return None
        if text in self.codes:
            return self.codes[text]
        folded = text.casefold()
        if folded == "unsure":
            return UNSURE
        found = self.labels.get(folded)
        if found is None:
            raise KeyError(text)
        return found


class Reject(Exception):
    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason


class Cases:
    """Finds the case of a row: the one its vote is in, else the one its label or its vote opens."""

    def __init__(self, existing: Mapping[int, CaseState], *, grouped: bool, opens: bool) -> None:
        self.existing, self.grouped, self.opens = existing, grouped, opens
        self.by_label: dict[str, CaseState] = {}
        self.by_vote: dict[int, CaseState] = {}

    def of(self, row: TagRow, vote: int) -> CaseState:
        """The case of this row. Raises Reject where label and vote point at two cases."""
        known = self.existing.get(vote) if not self.opens else self.by_vote.get(vote)
        if not self.opens and known is None:
            raise Reject("voter_id", row.voter, "the vote is in no case of this round")
        labelled = self.by_label.get(row.case) if self.grouped and row.case else None
        if known is not None and labelled is not None and known is not labelled:
            raise Reject("case", row.case, "the voter is in another case than the other rows of this one")
        if known is not None and self.opens and self.grouped and row.case and known.label != row.case:
            raise Reject("case", row.case, "the voter is in another case already")
        case = known or labelled or CaseState(None, row.case)
        self.by_vote.setdefault(vote, case)
        if self.grouped and row.case:
            self.by_label.setdefault(row.case, case)
        return case
