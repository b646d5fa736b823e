"""Categories that go, come back, become one or become several. What they meant in old versions stays there.

Until the draft is published its `planned` says where a category of the version before went; publishing turns
that into `CategoryChange` rows, which are never taken back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from classify.codebook_editing.changing import insert_category, renumber
from classify.codebook_editing.drafts import open_draft, rename_in_rules, touch
from classify.codebook_files import (
    MAX_CATEGORIES,
    MAX_CODE,
    MAX_ITEMS,
    free_color,
    free_keys,
)
from classify.codebooks import newest_version, text_of_category
from classify.models import Category, CategoryChange, Codebook, CodebookVersion
from polls.models import User

MAX_PARTS = 6
"""Into so many a category can be split at once."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A category of earlier versions that the current one leaves out. `number` is the last version it was
    in; `into` are the labels of what it was merged into or split into."""

    identity: uuid.UUID
    label: str
    number: int
    into: tuple[str, ...]


def archived_categories(version: CodebookVersion) -> list[Archived]:
    """All categories of published versions that this one leaves out, the latest gone first."""
    earlier = (
        Category.objects.filter(
            version__codebook=version.codebook_id,
            version__published_at__isnull=False,
            version__number__lt=version.number,
        )
        .exclude(identity__in=version.categories.values("identity"))
        .order_by("identity", "-version__number")
        .distinct("identity")
        .select_related("version")
    )
    gone = sorted(earlier, key=lambda row: (-row.version.number, row.position))
    changes = CategoryChange.objects.filter(version__codebook=version.codebook_id).order_by("version__number")
    went = {change.identity: [str(one) for one in change.others] for change in changes}
    went |= {uuid.UUID(key): plan["others"] for key, plan in version.planned.items()}
    labels = _labels(version.codebook_id)
    return [
        Archived(
            row.identity,
            row.label,
            row.version.number,
            tuple(labels[one] for one in went.get(row.identity, []) if one in labels),
        )
        for row in gone
    ]


def _labels(codebook_id: int) -> dict[str, str]:
    rows = Category.objects.filter(version__codebook=codebook_id).order_by("version__number")
    return {str(identity): label for identity, label in rows.values_list("identity", "label")}


def merged_into(version: CodebookVersion, identity: uuid.UUID) -> list[Category]:
    """The categories of the version before that a draft merges into this one, as they were."""
    gone = [key for key, plan in version.planned.items() if plan["others"] == [str(identity)]]
    before = newest_version(version.codebook.code) if gone else None
    if before is None:
        return []
    return list(before.categories.filter(identity__in=gone).order_by("position"))


def _find(draft: CodebookVersion, identity: uuid.UUID) -> Category:
    return draft.categories.get(identity=identity)


def _take_out(draft: CodebookVersion, gone: Category) -> None:
    gone.delete()
    renumber(draft, list(draft.categories.order_by("position")))


def _note(draft: CodebookVersion, gone: Category, others: Sequence[Category]) -> None:
    """Keep in mind where a category of the draft went, for when it is published."""
    into = [str(other.identity) for other in others]
    for plan in draft.planned.values():
        # What went into this one earlier goes where this one goes.
        if str(gone.identity) in plan["others"]:
            rest = [one for one in plan["others"] if one != str(gone.identity)]
            plan["others"] = [*dict.fromkeys(rest + into)]
    before = newest_version(draft.codebook.code)
    if before is not None and before.categories.filter(identity=gone.identity).exists():
        draft.planned[str(gone.identity)] = {"others": into}
    rename_in_rules(draft, gone.code, others[0].code if len(others) == 1 else None)


@transaction.atomic
def archive_category(*, codebook: Codebook, identity: uuid.UUID, by: User, seen: str) -> Category:
    """Leave a category out of the next version. Raises PollRefused, Stale, Category.DoesNotExist."""
    draft = open_draft(codebook, by=by, seen=seen)
    gone = _find(draft, identity)
    _take_out(draft, gone)
    _note(draft, gone, [])
    touch(draft, by)
    return gone


@transaction.atomic
def restore_category(*, codebook: Codebook, identity: uuid.UUID, by: User, seen: str) -> Category:
    """Take a category back in, as it was in the last version that had it, at the end of the list.

    A code, key or colour that another has by now is replaced. Raises PollRefused, Stale,
    Category.DoesNotExist, ValidationError.
    """
    draft = open_draft(codebook, by=by, seen=seen)
    rows = list(draft.categories.order_by("position"))
    if len(rows) >= MAX_CATEGORIES:
        raise ValidationError(_("A codebook holds at most %(n)s categories.") % {"n": MAX_CATEGORIES})
    if any(row.identity == identity for row in rows):
        raise ValidationError(_("This category is in the draft already."))
    category = (
        Category.objects.filter(
            version__codebook=codebook, version__published_at__isnull=False, identity=identity
        )
        .order_by("version__number")
        .last()
    )
    if category is None:
        raise Category.DoesNotExist
    category.pk, category.version, category._state.adding = None, draft, True
    category.position = rows[-1].position + 1 if rows else 1
    category.code = _free_code(category.code, rows)
    keys = {row.key.casefold() for row in rows}
    if category.key.casefold() in keys:
        category.key = next(iter(free_keys(keys)), "")
        if not category.key:
            raise ValidationError(
                _("No digit or letter is left for the key of “%(label)s”. Archive another category first.")
                % {"label": category.label}
            )
    category.save()
    draft.planned.pop(str(identity), None)
    touch(draft, by)
    return category


def _free_code(code: str, rows: Sequence[Category]) -> str:
    taken = {row.code for row in rows}
    number = 1
    free = code
    while free in taken:
        number += 1
        free = f"{code[: MAX_CODE - 3].rstrip('-')}-{number}"
    return free


@transaction.atomic
def merge_category(
    *, codebook: Codebook, identity: uuid.UUID, into: uuid.UUID, by: User, seen: str
) -> Category:
    """Let one category go into another, which keeps its name and definition and gets the other's lists.

    Raises PollRefused, Stale, Category.DoesNotExist, or ValidationError where a list would become too long.
    """
    draft = open_draft(codebook, by=by, seen=seen)
    gone, kept = _find(draft, identity), _find(draft, into)
    if gone.pk == kept.pk:
        raise ValidationError(_("Choose another category to merge into."))
    for name in ("include", "examples"):
        items = [*dict.fromkeys([*getattr(kept, name), *getattr(gone, name)])]
        if len(items) > MAX_ITEMS:
            raise ValidationError(
                _("Together they would have more than %(n)s entries under “%(list)s”. Shorten one first.")
                % {"n": MAX_ITEMS, "list": name}
            )
        setattr(kept, name, items)
    kept.save()
    _take_out(draft, gone)
    _note(draft, gone, [kept])
    touch(draft, by)
    return kept


@transaction.atomic
def split_category(
    *, codebook: Codebook, identity: uuid.UUID, parts: Sequence[tuple[str, str]], by: User, seen: str
) -> list[Category]:
    """Replace a category by several new ones, (label, code) each, which start with its texts and place.

    Raises PollRefused, Stale, Category.DoesNotExist, or ValidationError.
    """
    draft = open_draft(codebook, by=by, seen=seen)
    gone = _find(draft, identity)
    if not 2 <= len(parts) <= MAX_PARTS:
        raise ValidationError(_("A category is split into two to %(n)s others.") % {"n": MAX_PARTS})
    place, template = gone.position, text_of_category(gone)
    _take_out(draft, gone)
    made: list[Category] = []
    for label, code in parts:
        # The first takes over the key and the colour, the others get what is free.
        colors = [template.color, *draft.categories.values_list("color", flat=True)]
        key, color = ("", free_color(code, colors)) if made else (template.key, template.color)
        text = replace(template, label=label, code=code, key=key, color=color)
        made.append(insert_category(draft, text))
    _note(draft, gone, made)
    rest = draft.categories.exclude(pk__in=[one.pk for one in made]).order_by("position")
    rows = [*rest]
    renumber(draft, [*rows[: place - 1], *made, *rows[place - 1 :]])
    touch(draft, by)
    return made
