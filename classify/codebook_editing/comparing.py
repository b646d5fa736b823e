"""Two versions of a codebook side by side: what came, what went and where to, what says something else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classify.codebook_editing.differences import Pieces, compare_lists, compare_texts
from classify.codebook_files import CategoryText, CodebookText, Rule
from classify.codebooks import KIND_BY_COUNT, identities_for, rules_of, text_of_category
from classify.models import Category, CategoryChange, CodebookVersion

ADDED, KEPT = "added", "kept"
ARCHIVED, MERGED, SPLIT, RESTORED = (str(kind) for kind in ("archived", "merged", "split", "restored"))
MEANING = ("definition", "include", "exclude")
"""A change of these changes what belongs in a category; a change of the rest does not."""

_NAMES: dict[str, Promise] = {
    "label": _("Label"),
    "code": _("Code"),
    "group": _("Group"),
    "key": _("Key"),
    "color": _("Colour"),
    "definition": _("Definition"),
    "include": _("Include"),
    "exclude": _("Exclude"),
    "examples": _("Examples"),
}


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field that says something else: a text in pieces, or a list of entries in pieces."""

    name: Promise
    pieces: Pieces = ()
    entries: tuple[Pieces, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryDifference:
    """What became of one category. `kind`: added, restored, kept (and says something else, or stands
    elsewhere), archived, merged or split; `into` are the labels of what it was merged or split into.
    `old_place` and `new_place` count from 1, and are given where it was moved."""

    identity: uuid.UUID
    kind: str
    label: str
    old_label: str
    color: str
    fields: tuple[FieldDifference, ...] = ()
    into: tuple[str, ...] = ()
    old_place: int | None = None
    new_place: int | None = None

    @property
    def renamed(self) -> bool:
        """Is it called something else?"""
        return self.kind == KEPT and self.label != self.old_label


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything in which two versions differ; `same` counts categories that are equal in both."""

    title: Pieces
    categories: tuple[CategoryDifference, ...]
    rules: tuple[Pieces, ...]
    same: int

    @property
    def is_empty(self) -> bool:
        """Do the two say the same?"""
        return not (self.title or self.categories or self.rules)


type Texts = Mapping[uuid.UUID, CategoryText]


def compare_versions(old: CodebookVersion, new: CodebookVersion) -> Comparison:
    """What differs from the old version to the new one, of the same codebook."""
    became = what_became_of(old, new)
    restored = set() if old.number > new.number else _restored(old, new)
    return compare(
        texts_of(old), texts_of(new), became, restored, (old.title, new.title), (rules_of(old), rules_of(new))
    )


def compare_with_file(old: CodebookVersion, book: CodebookText) -> Comparison:
    """What publishing a file would change in the codebook whose newest version is `old`."""
    identities = identities_for(old, [text.code for text in book.categories])
    new = {identities[text.code]: text for text in book.categories}
    earlier = Category.objects.filter(version__codebook=old.codebook_id, version__published_at__isnull=False)
    known = set(earlier.filter(identity__in=new).values_list("identity", flat=True))
    return compare(texts_of(old), new, {}, known, (old.title, book.title), (rules_of(old), book.rules))


def texts_of(version: CodebookVersion) -> dict[uuid.UUID, CategoryText]:
    """The categories of a version in their order, by identity."""
    return {row.identity: text_of_category(row) for row in version.categories.order_by("position")}


def what_became_of(
    old: CodebookVersion, new: CodebookVersion
) -> dict[uuid.UUID, tuple[str, list[uuid.UUID]]]:
    """What versions after `old` up to `new` say of categories that went: (kind, into which others)."""
    changes = CategoryChange.objects.filter(
        version__codebook=old.codebook_id, version__number__gt=old.number, version__number__lte=new.number
    ).order_by("version__number", "pk")
    found = {row.identity: (row.kind, list(row.others)) for row in changes}
    for key, plan in new.planned.items():
        others = [uuid.UUID(one) for one in plan["others"]]
        found[uuid.UUID(key)] = (KIND_BY_COUNT[min(len(others), 2)].value, others)
    return found


def changes_of(version: CodebookVersion) -> list[tuple[CategoryChange, list[str]]]:
    """What became of categories with this version, and what those are called there that they went into."""
    labels = dict(version.categories.values_list("identity", "label"))
    rows = version.changes.order_by("pk")
    return [(row, [labels[one] for one in row.others if one in labels]) for row in rows]


def _restored(old: CodebookVersion, new: CodebookVersion) -> set[uuid.UUID]:
    """Categories of `new` that are not in `old` but were in a version before it."""
    earlier = CodebookVersion.objects.filter(codebook=old.codebook_id, number__lt=old.number)
    rows = new.categories.filter(identity__in=earlier.values("categories__identity"))
    return set(
        rows.exclude(identity__in=old.categories.values("identity")).values_list("identity", flat=True)
    )


def compare(
    old: Texts,
    new: Texts,
    became: Mapping[uuid.UUID, tuple[str, list[uuid.UUID]]],
    restored: set[uuid.UUID],
    titles: tuple[str, str],
    rules: tuple[Sequence[Rule], Sequence[Rule]],
) -> Comparison:
    """The same over plain values. The categories stand in their new order, then those that went."""
    moved = _moved([one for one in old if one in new], [one for one in new if one in old])
    places = [{one: n for n, one in enumerate(side, start=1)} for side in (old, new)]
    found = []
    for identity, text in new.items():
        if identity not in old:
            kind = RESTORED if identity in restored else ADDED
            texts = _fields(replace(text, definition="", include=(), exclude=(), examples=()), text)
            found.append(CategoryDifference(identity, kind, text.label, "", text.color, texts))
            continue
        fields = _fields(old[identity], text)
        if fields or identity in moved:
            ends = [side[identity] for side in places] if identity in moved else [None, None]
            found.append(
                CategoryDifference(
                    identity, KEPT, text.label, old[identity].label, text.color, fields, (), *ends
                )
            )
    same = len(new) - len(found)
    for identity, text in old.items():
        if identity not in new:
            kind, others = became.get(identity, (ARCHIVED, []))
            into = tuple(new[one].label for one in others if one in new)
            kind = kind if into else ARCHIVED
            found.append(CategoryDifference(identity, kind, text.label, text.label, text.color, (), into))
    title = compare_texts(*titles) if titles[0] != titles[1] else ()
    lines = [[_line(rule) for rule in side] for side in rules]
    differ = tuple(one for one in compare_lists(*lines) if any(piece.kind != "same" for piece in one))
    return Comparison(title, tuple(found), differ, same)


def _moved(before: list[uuid.UUID], after: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which have to be moved to come from one order to the other; those that stay keep their order."""
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    stay = {one for block in matcher.get_matching_blocks() for one in before[block.a : block.a + block.size]}
    return set(after) - stay


def _fields(old: CategoryText, new: CategoryText) -> tuple[FieldDifference, ...]:
    found = []
    for name, title in _NAMES.items():
        before, after = getattr(old, name), getattr(new, name)
        if before == after:
            continue
        if isinstance(before, tuple):
            found.append(FieldDifference(title, entries=compare_lists(before, after)))
        else:
            found.append(FieldDifference(title, pieces=compare_texts(before, after)))
    return tuple(found)


def _line(rule: Rule) -> str:
    decides = f" → {rule.category}" if rule.category else ""
    return f"{', '.join(rule.words)}: {rule.text}{decides}"
