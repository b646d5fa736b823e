"""What an import says about itself: the shapes that the command prints and the page shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

ERRORS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class RowError:
    """One reason why one row was not taken. `row` counts every record of the file from 1; `column` is the
    header (or "" when the row as a whole is at fault); `value` the cell, shortened."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class OptionTotal:
    """One option of the poll after the import. Shares are fractions; `missing_*` say how many voters of the
    published figures are not among the votes (bounds, as a printed share is rounded); null when unknown.
    `published_digits` are those behind the point of the published percentage; null: as many as needed."""

    text: str
    position: int
    votes: int
    share: float | None
    published_share: float | None
    missing_least: int | None
    missing_most: int | None
    published_digits: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Published figures against ours. `consistent` is null, with the reason, when nothing was published."""

    total: int | None
    consistent: bool | None
    differences: tuple[dict[str, Any], ...] = ()
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "total": self.total,
            "consistent": self.consistent,
            "differences": list(self.differences),
        }
        return document if self.reason is None else document | {"reason": self.reason}


@dataclass(frozen=True, slots=True)
class Admitted:
    """Which tables of whole votes per option would print as the published shares.

    `total` is how many votes the tables have: the published total, else ours or the possible one nearest to
    ours; null when none is possible. `totals` are the possible totals as runs from first to last, looked for
    in the span `looked_at`. `tables` counts the tables of that total, `more` says that there are more than
    that. `least`, `most` and `nearest` (the table that takes the fewest votes changed to get from ours) go by
    option, in their order, and are empty without a table. `ours`: whether our votes are one of the tables.
    """

    total: int | None
    totals: tuple[tuple[int, int], ...]
    looked_at: tuple[int, int]
    tables: int
    more: bool
    least: tuple[int, ...]
    most: tuple[int, ...]
    nearest: tuple[int, ...]
    ours: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """One import, done or tried. `created + updated + unchanged + rejected == rows`.

    `refused` is the sentence why nothing was written although the file could be read (`--strict`, or no row
    accepted); "" otherwise. `poll_id` and `batch_id` are null when nothing was written. `notes` are sentences
    on how the file was understood. `admitted` is null where no share was published.
    """

    poll: str
    dry_run: bool
    written: bool
    file: str
    encoding: str
    delimiter: str
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    voters: int
    distinct_titles: int
    options: tuple[OptionTotal, ...]
    published: Published
    errors: tuple[RowError, ...]
    rejects_file: str | None
    seconds: float
    refused: str = ""
    poll_id: int | None = None
    batch_id: int | None = None
    notes: tuple[str, ...] = ()
    admitted: Admitted | None = None

    @property
    def accepted(self) -> int:
        """Rows that were taken."""
        return self.created + self.updated + self.unchanged

    def as_json(self) -> dict[str, Any]:
        """Exactly the document of `contract.md`, import_poll."""
        return {
            "poll": self.poll,
            "dry_run": self.dry_run,
            "written": self.written,
            "file": self.file,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "voters": self.voters,
            "distinct_titles": self.distinct_titles,
            "votes": {option.text: option.votes for option in self.options},
            "published": self.published.as_json(),
            "errors": [asdict(error) for error in self.errors],
            "rejects_file": self.rejects_file,
            "seconds": self.seconds,
        }
