"""The figures of a round as frozen dataclasses, each able to print itself as the command-line contract has
it.

Plain data: whoever makes them has read the database, whoever shows them has asked ``classify.visibility``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from classify.agreement import Coefficients, Estimate, Matrix
from classify.association import AssociationTests

type Json = dict[str, object]
type Basis = Literal["final", "first", "second"]

BASES: tuple[Basis, ...] = ("final", "first", "second")
NOT_CLASSIFIED = "none of the votes for this option is classified"
MANY_REVIEWERS = "more than two reviewers took part; see the pairs"


@dataclass(frozen=True, slots=True)
class Share:
    """``n`` votes of an option's classified votes; share and 95 % Wilson interval are None when there are
    none.
    """

    n: int
    share: float | None
    ci: tuple[float, float] | None

    def as_json(self) -> Json:
        return {"n": self.n, "share": self.share, "ci": None if self.ci is None else list(self.ci)}


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option with the roles behind its votes. Shares inside are of ``classified``; ``share`` is of all
    votes.
    """

    text: str
    position: int
    votes: int
    share: float | None
    published_share: float | None
    classified: int
    unresolved: int
    categories: dict[str, Share]
    groups: dict[str, Share]

    def as_json(self) -> Json:
        document: Json = {
            "text": self.text,
            "position": self.position,
            "votes": self.votes,
            "share": self.share,
            "published_share": self.published_share,
            "classified": self.classified,
            "unresolved": self.unresolved,
            "categories": {code: share.as_json() for code, share in self.categories.items()},
            "groups": {slug: share.as_json() for slug, share in self.groups.items()},
        }
        return document if self.classified else {**document, "reason": NOT_CLASSIFIED}


@dataclass(frozen=True, slots=True)
class Reading:
    """The table and its tests under one basis."""

    options: tuple[OptionRow, ...]
    tests: AssociationTests

    @property
    def classified(self) -> int:
        return sum(option.classified for option in self.options)

    def as_json(self) -> Json:
        return {"options": [option.as_json() for option in self.options], "tests": self.tests.as_json()}


@dataclass(frozen=True, slots=True)
class CategoryInfo:
    """A category as reports name it; a category without a group is its own."""

    code: str
    label: str
    group: str
    group_label: str
    color: str

    def as_json(self) -> Json:
        return {"code": self.code, "label": self.label, "group": self.group}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything the report page, the command and the exports say of one round under one basis."""

    poll: str
    question: str
    ordered: bool
    round: int
    codebook: str
    basis: Basis
    votes: int
    published_total: int | None
    categories: tuple[CategoryInfo, ...]
    readings: dict[Basis, Reading]
    bounds: dict[str, dict[str, tuple[float, float] | None]]
    note: str | None

    @property
    def reading(self) -> Reading:
        return self.readings[self.basis]

    @property
    def options(self) -> tuple[OptionRow, ...]:
        return self.reading.options

    @property
    def tests(self) -> AssociationTests:
        return self.reading.tests

    @property
    def classified(self) -> int:
        return self.reading.classified

    @property
    def unresolved(self) -> int:
        return self.votes - self.classified

    def as_json(self) -> Json:
        """The document of the report contract."""
        document: Json = {
            "poll": self.poll,
            "question": self.question,
            "round": self.round,
            "codebook": self.codebook,
            "basis": self.basis,
            "votes": self.votes,
            "published_total": self.published_total,
            "classified": self.classified,
            "unresolved": self.unresolved,
            "categories": [category.as_json() for category in self.categories],
            **self.reading.as_json(),
            "sensitivity": {
                "first": self.readings["first"].as_json(),
                "second": self.readings["second"].as_json(),
                "unresolved_bounds": {
                    text: {code: None if pair is None else list(pair) for code, pair in bounds.items()}
                    for text, bounds in self.bounds.items()
                },
            },
        }
        return document if self.note is None else {**document, "note": self.note}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reviewers of a pool, on the cases that both of them read."""

    reviewers: tuple[str, str]
    units: int
    percent_agreement: Estimate
    cohens_kappa: Estimate
    counts: Matrix

    def as_json(self) -> Json:
        return {
            "reviewers": list(self.reviewers),
            "units": self.units,
            "percent_agreement": self.percent_agreement.as_json(),
            "cohens_kappa": self.cohens_kappa.as_json(),
            "confusion": _confusion(*self.reviewers, self.counts),
        }


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the independent readings of a round agree, before any resolution.

    ``counts`` is the matrix of two reviewers; with more it is None and ``pairs`` has one matrix each.
    """

    poll: str
    round: int
    codebook: str
    codebook_version: int
    reviewers: tuple[str, ...]
    voters: int
    categories: tuple[CategoryInfo, ...]
    coefficients: Coefficients
    counts: Matrix | None
    pairs: tuple[Pair, ...] | None

    def as_json(self) -> Json:
        """The document of the agreement contract."""
        found = self.coefficients
        codes = [category.code for category in self.categories]
        first, second = (*self.reviewers, None, None)[:2]
        return {
            "poll": self.poll,
            "round": self.round,
            "codebook": self.codebook,
            "codebook_version": self.codebook_version,
            "reviewers": list(self.reviewers),
            "units": found.units,
            "voters": self.voters,
            "categories": codes,
            "percent_agreement": found.percent_agreement.as_json(),
            "cohens_kappa": found.cohens_kappa.as_json(),
            "krippendorffs_alpha": found.krippendorffs_alpha.as_json(),
            "gwets_ac1": found.gwets_ac1.as_json(),
            "per_category": {
                code: one.as_json() for code, one in zip(codes, found.per_category, strict=True)
            },
            "confusion": {"value": None, "reason": MANY_REVIEWERS}
            if self.counts is None
            else _confusion(first, second, self.counts),
            "pairs": None if self.pairs is None else [pair.as_json() for pair in self.pairs],
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the cases of a round stand, and the live votes behind them.

    ``outside`` are live votes that are in no case of the round.
    """

    cases: dict[str, int]
    votes: dict[str, int]
    outside: int


def _confusion(rows: str | None, columns: str | None, counts: Matrix) -> Json:
    return {"rows": rows, "columns": columns, "counts": [list(row) for row in counts]}
