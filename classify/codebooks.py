"""Codebooks in the database: kept in versions, compared, printed, and the five that come along."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.codebook_files import (
    CategoryText,
    CodebookError,
    CodebookText,
    Rule,
    default_color,
    parse_codebook,
)
from classify.models import Category, CategoryChange, Codebook, CodebookVersion
from polls.models import User

READY_MADE = Path(__file__).parent / "data" / "codebooks"
_LOCK = 0x526F6C65  # any number
KIND_BY_COUNT = (CategoryChange.Kind.ARCHIVED, CategoryChange.Kind.MERGED, CategoryChange.Kind.SPLIT)
"""What became of a category, by how many others it went into (2: several)."""


def lock_versions() -> None:
    """Whoever numbers, writes or publishes versions waits here for the one before, until its transaction
    ends. Codebooks are edited rarely and quickly, so one lock for all of them is enough."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def published() -> QuerySet[CodebookVersion]:
    """The versions that a round may use; drafts are not among them."""
    return CodebookVersion.objects.filter(published_at__isnull=False).select_related("codebook")


def newest_versions() -> QuerySet[CodebookVersion]:
    """The newest published version of every codebook, by code."""
    return published().order_by("codebook__code", "-number").distinct("codebook__code")


def newest_version(code: str) -> CodebookVersion | None:
    """The newest published version of a codebook, with its codebook, or None."""
    return published().filter(codebook__code=code).order_by("-number").first()


def draft_of(codebook: Codebook) -> CodebookVersion | None:
    """The version that is being written, if any."""
    return CodebookVersion.objects.filter(codebook=codebook, published_at__isnull=True).first()


@transaction.atomic
def save_codebook(*, book: CodebookText, by: User | None) -> tuple[CodebookVersion, bool]:
    """The published version that says what `book` says, and whether it is new.

    Nothing is written if the newest one is equal. A category keeps its identity by its code; one that is left
    out is archived, on record. A draft that is being written stays, under a higher number. Raises
    CodebookError if the code exists and is read on something else.
    """
    lock_versions()
    codebook, _made = Codebook.objects.get_or_create(code=book.code, defaults={"subject": book.subject})
    newest = newest_version(book.code)
    if codebook.subject != book.subject:
        raise CodebookError(
            _("The codebook “%(code)s” is read on a %(subject)s; that cannot change. Use another code.")
            % {"code": book.code, "subject": codebook.subject}
        )
    if newest is not None and text_of(newest) == book:
        return newest, False
    number = newest.number + 1 if newest else 1
    CodebookVersion.objects.filter(codebook=codebook, published_at__isnull=True).update(number=number + 1)
    version = CodebookVersion.objects.create(
        codebook=codebook,
        number=number,
        title=book.title,
        rules=stored_rules(book.rules),
        created_by=by,
        published_by=by,
        based_on=newest,
    )
    codes = [text.code for text in book.categories]
    identities = identities_for(newest, codes) if newest else {code: uuid.uuid4() for code in codes}
    Category.objects.bulk_create(
        Category(version=version, identity=identities[text.code], position=position, **columns_of(text))
        for position, text in enumerate(book.categories, start=1)
    )
    record_changes(version=version, since=newest, by=by)
    return version, True


def identities_for(newest: CodebookVersion, codes: Sequence[str]) -> dict[str, uuid.UUID]:
    """Which category each code of a file means: first by the newest version, then by earlier ones, for a code
    that was given up; never one category twice. A code that was never used means a new category."""
    rows = Category.objects.filter(version__codebook=newest.codebook_id, version__published_at__isnull=False)
    earlier = dict(rows.order_by("version__number").values_list("code", "identity"))
    current = dict(newest.categories.values_list("code", "identity"))
    found = {code: current[code] for code in codes if code in current}
    for code in codes:
        if code not in found:
            known = earlier.get(code)
            found[code] = known if known and known not in found.values() else uuid.uuid4()
    return found


def record_changes(
    *,
    version: CodebookVersion,
    since: CodebookVersion | None,
    by: User | None,
    planned: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write down which categories of the version before are archived, merged or split, and which came back.

    `planned` says for an identity into which others it went: {identity: {"others": [identity, ...]}}.
    """
    if since is None:
        return
    now = dict(version.categories.values_list("identity", "label"))
    before = dict(since.categories.order_by("position").values_list("identity", "label"))
    rows = []
    for identity, label in before.items():
        if identity not in now:
            others = [uuid.UUID(one) for one in (planned or {}).get(str(identity), {}).get("others", [])]
            rows.append((KIND_BY_COUNT[min(len(others), 2)], identity, label, others))
    known = set(
        Category.objects.filter(
            version__codebook=version.codebook, version__number__lt=version.number, identity__in=now
        ).values_list("identity", flat=True)
    )
    rows += [
        (CategoryChange.Kind.RESTORED, identity, label, [])
        for identity, label in now.items()
        if identity not in before and identity in known
    ]
    CategoryChange.objects.bulk_create(
        CategoryChange(
            version=version, kind=kind, identity=identity, label=label, others=others, changed_by=by
        )
        for kind, identity, label, others in rows
    )


def stored_rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Trap rules as a version keeps them."""
    return [{"words": list(rule.words), "text": rule.text, "category": rule.category} for rule in rules]


def columns_of(text: CategoryText) -> dict[str, Any]:
    """What a category says, as columns of its row."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(text).items()}


def text_of(version: CodebookVersion) -> CodebookText:
    """A stored version in the form in which files are compared."""
    return CodebookText(
        code=version.codebook.code,
        title=version.title,
        subject=version.codebook.subject,
        categories=tuple(text_of_category(row) for row in version.categories.order_by("position")),
        rules=rules_of(version),
    )


def text_of_category(row: Category) -> CategoryText:
    """A stored category in the form in which files are compared."""
    return CategoryText(
        code=row.code,
        label=row.label,
        group=row.group,
        definition=row.definition,
        include=tuple(row.include),
        exclude=tuple(row.exclude),
        examples=tuple(row.examples),
        key=row.key,
        color=row.color,
    )


def rules_of(version: CodebookVersion) -> tuple[Rule, ...]:
    """The trap rules of a version."""
    return tuple(Rule(tuple(r["words"]), r["text"], r.get("category")) for r in version.rules)


def document_of(version: CodebookVersion) -> dict[str, Any]:
    """The JSON document of a version, in the shape that `parse_codebook` reads.

    `rules` is left out where there are none, `color` where it is the one that would be given anyway.
    """
    book = text_of(version)
    categories = []
    for index, text in enumerate(book.categories):
        columns = columns_of(text)
        if text.color == default_color(text.code, index):
            del columns["color"]
        categories.append(columns)
    document: dict[str, Any] = {"code": book.code, "title": book.title, "subject": book.subject}
    document["categories"] = categories
    if version.rules:
        document["rules"] = stored_rules(book.rules)
    return document


@cache
def ready_made() -> Sequence[CodebookText]:
    """The codebooks that come along, in the order of their files' names."""
    return [parse_codebook(path.read_bytes()) for path in sorted(READY_MADE.glob("*.json"))]


def ensure_ready_made() -> None:
    """Store the ready-made codebooks that are missing; one statement if none is. What people made of
    them since then stays."""
    there = set(Codebook.objects.values_list("code", flat=True))
    for book in ready_made():
        if book.code not in there:
            save_codebook(book=book, by=None)


@transaction.atomic
def copy_version(*, version: CodebookVersion, by: User) -> CodebookVersion:
    """A draft of the next version that says the same; its categories keep their identity.

    Raises CodebookError if another draft is being written.
    """
    lock_versions()
    if draft_of(version.codebook) is not None:
        raise CodebookError(
            _("A draft of “%(code)s” is being written already. Edit that one, or discard it first.")
            % {"code": version.codebook.code}
        )
    newest = newest_version(version.codebook.code) or version
    copy = CodebookVersion.objects.create(
        codebook=version.codebook,
        number=newest.number + 1,
        title=version.title,
        rules=version.rules,
        created_by=by,
        published_at=None,
        based_on=version,
        edited_by=by,
        edited_at=timezone.now(),
    )
    categories = list(version.categories.order_by("position"))
    for category in categories:
        category.pk, category.version, category._state.adding = None, copy, True
    Category.objects.bulk_create(categories)
    return copy
