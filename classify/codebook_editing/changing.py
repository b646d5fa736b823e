"""One change of a draft at a time: a category, its place, a trap rule, the title.

Each takes what the person looked at (`seen`) and raises `Stale` instead of writing over somebody else's work.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from classify.codebook_editing.drafts import (
    Stale,
    mark_of_category,
    mark_of_rule,
    mark_of_title,
    open_draft,
    rename_in_rules,
    stale_sentence,
    touch,
)
from classify.codebook_files import (
    MAX_CATEGORIES,
    MAX_RULES,
    CategoryText,
    Rule,
    free_color,
    free_keys,
)
from classify.codebooks import columns_of, rules_of, stored_rules
from classify.models import Category, Codebook, CodebookVersion
from polls.models import User


@transaction.atomic
def add_category(*, codebook: Codebook, text: CategoryText, by: User) -> Category:
    """One more category, at the end. An empty key or colour is given one that is free.

    Raises PollRefused, or ValidationError by field.
    """
    draft = open_draft(codebook, by=by)
    category = insert_category(draft, text)
    touch(draft, by)
    return category


def insert_category(draft: CodebookVersion, text: CategoryText) -> Category:
    """Store a new category at the end of a draft. Raises ValidationError by field."""
    others = list(draft.categories.order_by("position"))
    if len(others) >= MAX_CATEGORIES:
        raise ValidationError(_("A codebook holds at most %(n)s categories.") % {"n": MAX_CATEGORIES})
    position = others[-1].position + 1 if others else 1
    columns = _checked(text, others)
    return Category.objects.create(version=draft, identity=uuid.uuid4(), position=position, **columns)


@transaction.atomic
def change_category(
    *,
    codebook: Codebook,
    identity: uuid.UUID,
    text: CategoryText,
    by: User,
    seen: str,
    place: int | None = None,
) -> Category:
    """Let a category of the draft say something else; it stays the same category. `place` counts from 1.

    `seen` is the mark of the text the person started from. Raises PollRefused, Stale, Category.DoesNotExist,
    or ValidationError by field.
    """
    draft = open_draft(codebook, by=by)
    rows = list(draft.categories.order_by("position"))
    category = next((row for row in rows if row.identity == identity), None)
    if category is None:
        raise Category.DoesNotExist
    if mark_of_category(category) != seen:
        raise Stale(stale_sentence(draft))
    columns = _checked(text, [row for row in rows if row.pk != category.pk])
    if columns["code"] != category.code:
        rename_in_rules(draft, category.code, columns["code"])
    Category.objects.filter(pk=category.pk).update(**columns)
    if place is not None:
        _put(draft, identity, place)
    touch(draft, by)
    category.refresh_from_db()
    return category


def _checked(text: CategoryText, others: list[Category]) -> dict[str, Any]:
    """The columns of a category among the others of its version. Raises ValidationError by field."""
    columns = columns_of(text)
    columns["key"] = text.key or next(iter(free_keys(row.key for row in others)), "")
    columns["color"] = text.color or free_color(text.code, [row.color for row in others])
    problems = {}
    if not columns["key"]:
        problems["key"] = _("No digit or letter is left. Name a key yourself.")
    for row in others:
        if row.code == text.code:
            problems["code"] = _("The category “%(label)s” has this code.") % {"label": row.label}
        if row.key.casefold() == columns["key"].casefold():
            problems["key"] = _("The category “%(label)s” has this key.") % {"label": row.label}
    if problems:
        raise ValidationError(problems)
    return columns


@transaction.atomic
def move_category(*, codebook: Codebook, identity: uuid.UUID, place: int, by: User, seen: str) -> None:
    """Put a category at another place of the list, counting from 1; beyond the ends means at the end.

    Raises PollRefused, Stale, Category.DoesNotExist.
    """
    draft = open_draft(codebook, by=by, seen=seen)
    _put(draft, identity, place)
    touch(draft, by)


def _put(draft: CodebookVersion, identity: uuid.UUID, place: int) -> None:
    rows = list(draft.categories.order_by("position"))
    moved = next((row for row in rows if row.identity == identity), None)
    if moved is None:
        raise Category.DoesNotExist
    rows.remove(moved)
    rows.insert(max(place, 1) - 1, moved)
    renumber(draft, rows)


def renumber(draft: CodebookVersion, rows: list[Category]) -> None:
    """Give the categories the places 1, 2, ... in this order."""
    if [row.position for row in rows] == list(range(1, len(rows) + 1)):
        return
    # No two rows may have one place even for a moment, so they step aside first.
    draft.categories.update(position=F("position") + 1000)
    for position, row in enumerate(rows, start=1):
        row.position = position
    Category.objects.bulk_update(rows, ["position"])


@transaction.atomic
def set_title(*, codebook: Codebook, title: str, by: User, seen: str) -> None:
    """Call the next version something else. Raises PollRefused, Stale."""
    draft = open_draft(codebook, by=by)
    if mark_of_title(draft) != seen:
        raise Stale(stale_sentence(draft))
    draft.title = title
    touch(draft, by)


@transaction.atomic
def save_rule(*, codebook: Codebook, number: int | None, rule: Rule, by: User, seen: str = "") -> None:
    """Change the trap rule of that number, from 1, or add one at the end (None).

    Raises PollRefused, Stale, IndexError for a number that is not there, or ValidationError.
    """
    draft = open_draft(codebook, by=by)
    rules = list(rules_of(draft))
    if rule.category is not None and not draft.categories.filter(code=rule.category).exists():
        raise ValidationError({"category": _("This category is not in the draft any more. Choose another.")})
    if number is None:
        if len(rules) >= MAX_RULES:
            raise ValidationError(_("A codebook holds at most %(n)s rules.") % {"n": MAX_RULES})
        rules.append(rule)
    else:
        if mark_of_rule(rules[number - 1]) != seen:
            raise Stale(stale_sentence(draft))
        rules[number - 1] = rule
    draft.rules = stored_rules(rules)
    touch(draft, by)


@transaction.atomic
def move_rule(*, codebook: Codebook, number: int, place: int | None, by: User, seen: str) -> None:
    """Put a trap rule at another place, from 1, or take it out (None).

    Raises PollRefused, Stale, IndexError.
    """
    draft = open_draft(codebook, by=by, seen=seen)
    rules = list(rules_of(draft))
    rule = rules.pop(number - 1)
    if place is not None:
        rules.insert(max(place, 1) - 1, rule)
    draft.rules = stored_rules(rules)
    touch(draft, by)
