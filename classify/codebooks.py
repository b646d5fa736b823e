"""Codebooks in the database: kept in versions, compared, printed, and the five that come along."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from classify.codebook_files import (
    CategoryText,
    CodebookError,
    CodebookText,
    Rule,
    default_color,
    parse_codebook,
)
from classify.models import Category, Codebook, CodebookVersion
from polls.models import User

READY_MADE = Path(__file__).parent / "data" / "codebooks"
_LOCK = 0x526F6C65  # any number; held while versions are numbered


@transaction.atomic
def save_codebook(*, book: CodebookText, by: User | None) -> tuple[CodebookVersion, bool]:
    """The version that says what `book` says, and whether it is new.

    Nothing is written if the newest version is equal. A category keeps its identity by its code. Raises
    CodebookError if the code exists and is read on something else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    codebook, _made = Codebook.objects.get_or_create(code=book.code, defaults={"subject": book.subject})
    newest = codebook.versions.order_by("-number").first()
    if newest is not None:
        if codebook.subject != book.subject:
            raise CodebookError(
                _("The codebook “%(code)s” is read on a %(subject)s; that cannot change. Use another code.")
                % {"code": book.code, "subject": codebook.subject}
            )
        if text_of(newest) == book:
            return newest, False
    version = CodebookVersion.objects.create(
        codebook=codebook,
        number=newest.number + 1 if newest else 1,
        title=book.title,
        rules=[{"words": list(r.words), "text": r.text, "category": r.category} for r in book.rules],
        created_by=by,
    )
    known = dict(
        Category.objects.filter(version__codebook=codebook)
        .order_by("version__number")
        .values_list("code", "identity")
    )
    Category.objects.bulk_create(
        Category(
            version=version,
            identity=known.get(text.code) or uuid.uuid4(),
            position=position,
            **_columns(text),
        )
        for position, text in enumerate(book.categories, start=1)
    )
    return version, True


def _columns(text: CategoryText) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(text).items()}


def text_of(version: CodebookVersion) -> CodebookText:
    """A stored version in the form in which files are compared."""
    return CodebookText(
        code=version.codebook.code,
        title=version.title,
        subject=version.codebook.subject,
        categories=tuple(
            CategoryText(
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
            for row in version.categories.order_by("position")
        ),
        rules=tuple(Rule(tuple(r["words"]), r["text"], r.get("category")) for r in version.rules),
    )


def document_of(version: CodebookVersion) -> dict[str, Any]:
    """The JSON document of a version, in the shape that `parse_codebook` reads.

    `rules` is left out where there are none, `color` where it is the one that would be given anyway.
    """
    book = text_of(version)
    categories = []
    for index, text in enumerate(book.categories):
        columns = _columns(text)
        if text.color == default_color(text.code, index):
            del columns["color"]
        categories.append(columns)
    document: dict[str, Any] = {"code": book.code, "title": book.title, "subject": book.subject}
    document["categories"] = categories
    if version.rules:
        document["rules"] = [
            {"words": list(rule.words), "text": rule.text, "category": rule.category} for rule in book.rules
        ]
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


def newest_version(code: str) -> CodebookVersion | None:
    """The newest version of a codebook, with its codebook, or None."""
    return (
        CodebookVersion.objects.select_related("codebook")
        .filter(codebook__code=code)
        .order_by("-number")
        .first()
    )


@transaction.atomic
def copy_version(*, version: CodebookVersion, by: User) -> CodebookVersion:
    """The version again under the next number, to be edited; its categories keep their identity."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    newest = version.codebook.versions.order_by("-number").first() or version
    copy = CodebookVersion.objects.create(
        codebook=version.codebook,
        number=newest.number + 1,
        title=version.title,
        rules=version.rules,
        created_by=by,
    )
    categories = list(version.categories.order_by("position"))
    for category in categories:
        category.pk, category.version, category._state.adding = None, copy, True
    Category.objects.bulk_create(categories)
    return copy
