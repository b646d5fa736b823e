"""Titles with known answers: add, change, order, put away."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import permissions
from classify.models import Category, Codebook, CodebookVersion, TrainingItem
from polls.models import User

MAX_ITEMS = 500
MAX_TITLE = 500
MAX_EXPLANATION = 2_000
UNSURE = "unsure"
"""In place of a category's code: the known answer is that the title alone cannot tell."""


@dataclass(frozen=True, slots=True)
class Known:
    """A title of the training set with its answer in one version of the codebook; None: unsure is right."""

    item: TrainingItem
    answer: Category | None


def active_items(codebook: Codebook) -> QuerySet[TrainingItem]:
    """The titles in their order, without those that were put away."""
    items = TrainingItem.objects.filter(codebook=codebook, archived_at__isnull=True)
    return items.order_by("position", "pk")


def has_titles(version: CodebookVersion) -> bool:
    """Is there any title that can be practised with the version?"""
    there = version.categories.values("identity")
    return active_items(version.codebook).filter(Q(answer__isnull=True) | Q(answer__in=there)).exists()


def known_items(version: CodebookVersion) -> tuple[list[Known], list[TrainingItem]]:
    """The titles that can be practised with a version, and those that need a new answer: their category is
    not in it any more."""
    by_identity = {category.identity: category for category in version.categories.all()}
    known, lost = list[Known](), list[TrainingItem]()
    for item in active_items(version.codebook):
        if item.answer is None:
            known.append(Known(item, None))
        elif item.answer in by_identity:
            known.append(Known(item, by_identity[item.answer]))
        else:
            lost.append(item)
    return known, lost


@transaction.atomic
def add_item(*, version: CodebookVersion, text: str, code: str, explanation: str, by: User) -> TrainingItem:
    """Add a title at the end, with the code of its category in that version, or "unsure".

    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_edit_codebooks(by)
    codebook = locked(version.codebook)
    text = clean_title(text)
    items = active_items(codebook)
    if items.filter(text=text).exists():
        raise ValidationError(_("“%(title)s” is in the training set already.") % {"title": text[:80]})
    if items.count() >= MAX_ITEMS:
        raise ValidationError(_("A training set has at most %(n)d titles.") % {"n": MAX_ITEMS})
    last = TrainingItem.objects.filter(codebook=codebook).aggregate(last=Max("position"))["last"] or 0
    return TrainingItem.objects.create(
        codebook=codebook,
        text=text,
        answer=identity_of(version, code),
        explanation=clean_explanation(explanation),
        position=last + 1,
        created_by=by,
    )


@transaction.atomic
def change_item(
    *, item: TrainingItem, version: CodebookVersion, code: str, explanation: str, by: User
) -> None:
    """Give a title another known answer or explanation; what people answered so far stays as it was judged.

    The title itself does not change: another title is another question. Raises PollRefused, or
    ValidationError with a sentence.
    """
    permissions.check_can_edit_codebooks(by)
    item = TrainingItem.objects.select_for_update().get(pk=item.pk)
    item.answer = identity_of(version, code)
    item.explanation = clean_explanation(explanation)
    item.save(update_fields=["answer", "explanation"])


@transaction.atomic
def move_item(*, item: TrainingItem, up: bool, by: User) -> None:
    """Change places with the title before or after; the first and the last stay. Raises PollRefused."""
    permissions.check_can_edit_codebooks(by)
    items = list(active_items(locked(item.codebook)))
    place = next((n for n, each in enumerate(items) if each.pk == item.pk), None)
    if place is None:
        return
    other = place - 1 if up else place + 1
    if not 0 <= other < len(items):
        return
    items[place], items[other] = items[other], items[place]
    for position, each in enumerate(items, start=1):
        if each.position != position:
            each.position = position
            each.save(update_fields=["position"])


@transaction.atomic
def archive_item(*, item: TrainingItem, by: User) -> None:
    """Put a title away: it is asked no more, and what was answered stays. Raises PollRefused."""
    permissions.check_can_edit_codebooks(by)
    TrainingItem.objects.filter(pk=item.pk, archived_at__isnull=True).update(archived_at=timezone.now())


@transaction.atomic
def restore_item(*, item: TrainingItem, by: User) -> None:
    """Ask a title again that was put away, at the end. Raises PollRefused, or ValidationError when the same
    title was added meanwhile or the set is full."""
    permissions.check_can_edit_codebooks(by)
    codebook = locked(item.codebook)
    item = TrainingItem.objects.get(pk=item.pk)
    if item.archived_at is None:
        return
    items = active_items(codebook)
    if items.filter(text=item.text).exists():
        raise ValidationError(_("“%(title)s” is in the training set already.") % {"title": item.text[:80]})
    if items.count() >= MAX_ITEMS:
        raise ValidationError(_("A training set has at most %(n)d titles.") % {"n": MAX_ITEMS})
    last = TrainingItem.objects.filter(codebook=codebook).aggregate(last=Max("position"))["last"] or 0
    item.archived_at, item.position = None, last + 1
    item.save(update_fields=["archived_at", "position"])


def locked(codebook: Codebook) -> Codebook:
    """The codebook, locked so that two people do not fill one place of its training set."""
    return Codebook.objects.select_for_update(no_key=True).get(pk=codebook.pk)


def clean_title(text: str) -> str:
    """The title as it is kept. Raises ValidationError with a sentence."""
    text = " ".join(text.replace("\x00", "").split())
    if not text:
        raise ValidationError(_("Write the title that people are to read."))
    if len(text) > MAX_TITLE:
        raise ValidationError(_("A title has at most %(n)d characters.") % {"n": MAX_TITLE})
    return text


def clean_explanation(text: str) -> str:
    """The explanation as it is kept. Raises ValidationError with a sentence."""
    text = text.replace("\x00", "").strip()
    if len(text) > MAX_EXPLANATION:
        raise ValidationError(_("An explanation has at most %(n)d characters.") % {"n": MAX_EXPLANATION})
    return text


def identity_of(version: CodebookVersion, code: str) -> UUID | None:
    """What is kept as the known answer; None for "unsure". Raises ValidationError for no category."""
    if code == UNSURE:
        return None
    category = next((each for each in version.categories.all() if each.code == code), None)
    if category is None:
        raise ValidationError(_("“%(code)s” is no category of this codebook.") % {"code": code[:50]})
    return category.identity
