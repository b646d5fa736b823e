"""Which categories of an earlier version mean something else now, and so which cases to look at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classify import visibility
from classify.codebook_editing.comparing import (
    ARCHIVED,
    MEANING,
    what_became_of,
)
from classify.models import Category, Codebook, CodebookVersion, Round
from classify.visibility import Standing
from polls.models import User

REDEFINED = "redefined"


@dataclass(frozen=True, slots=True)
class ChangedCategory:
    """A category of an earlier version that means something else by now. `kind`: redefined, archived, merged
    or split; `into` are the labels it goes by now: its own new one, or those it went into."""

    category: Category
    kind: str
    into: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToLookAt:
    """What a round has to look at again: per changed category of its version the cases that stand in it.

    A case stands under every category that somebody gave it, so `total` is not the sum.
    """

    round: Round
    rows: tuple[tuple[ChangedCategory, Standing], ...]
    total: int


def changed_categories(old: CodebookVersion, new: CodebookVersion) -> list[ChangedCategory]:
    """The categories of the old version that mean something else in the new one, in their old order."""
    now = {row.identity: row for row in new.categories.all()}
    became = what_became_of(old, new)
    found = []
    for row in old.categories.order_by("position"):
        current = now.get(row.identity)
        if current is None:
            kind, others = became.get(row.identity, (ARCHIVED, []))
            into = tuple(now[one].label for one in others if one in now)
            found.append(ChangedCategory(row, kind if into else ARCHIVED, into))
        elif any(getattr(row, name) != getattr(current, name) for name in MEANING):
            renamed = (current.label,) if current.label != row.label else ()
            found.append(ChangedCategory(row, REDEFINED, renamed))
    return found


def to_look_at(codebook: Codebook, version: CodebookVersion, *, by: User) -> list[ToLookAt]:
    """Every round read by an earlier version that has cases in a changed category, newest first, of those
    whose results the person may see."""
    changed: dict[int, Sequence[ChangedCategory]] = {}
    found = []
    for round in visibility.rounds_with_results(by, codebook, before=version.number):
        if round.version_id not in changed:
            changed[round.version_id] = changed_categories(round.version, version)
        ids = [one.category.pk for one in changed[round.version_id]]
        if not ids:
            continue
        standing = visibility.standing_in(by, round, ids)
        rows = tuple(
            (one, standing[one.category.pk])
            for one in changed[round.version_id]
            if one.category.pk in standing
        )
        if rows:
            total = visibility.cases_standing_in(by, round, ids).count()
            found.append(ToLookAt(round, rows, total))
    return found
