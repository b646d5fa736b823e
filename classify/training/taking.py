"""Taking the training: one title after the other, and at once whether the answer was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from classify.models import Codebook, CodebookVersion, TrainingAnswer, TrainingItem
from classify.training.items import UNSURE, Known, known_items
from polls.models import User


@dataclass(frozen=True, slots=True)
class Run:
    """One person's n-th run through the set with one version of the codebook. `answers` is by item; titles
    put away since then stay among them."""

    codebook: Codebook
    version: CodebookVersion
    number: int
    known: tuple[Known, ...]
    answers: Mapping[int, TrainingAnswer]

    @property
    def left(self) -> list[Known]:
        """What is still to be answered, in its order."""
        return [each for each in self.known if each.item.pk not in self.answers]

    @property
    def total(self) -> int:
        return len(self.answers) + len(self.left)

    @property
    def right(self) -> int:
        return sum(answer.was_right for answer in self.answers.values())

    @property
    def finished(self) -> bool:
        """Was everything answered that is to be answered?"""
        return bool(self.answers) and not self.left


def last_run(user: User, codebook: Codebook) -> int:
    """The number of the person's newest run, 0 before the first."""
    found = TrainingAnswer.objects.filter(user=user, item__codebook=codebook).aggregate(last=Max("run"))
    return found["last"] or 0


def last_run_with(user: User, version: CodebookVersion) -> int:
    """The number of the person's newest run with this version, 0 before the first."""
    found = TrainingAnswer.objects.filter(user=user, version=version).aggregate(last=Max("run"))
    return found["last"] or 0


def versions_read_by(user: User, codebook: Codebook) -> list[CodebookVersion]:
    """The versions of the codebook by which the person reads in an open round, the newest first."""
    return list(
        CodebookVersion.objects.filter(
            codebook=codebook,
            rounds__coding_closed_at__isnull=True,
            rounds__discarded_at__isnull=True,
            rounds__reviewers__user=user,
            rounds__reviewers__left_at__isnull=True,
        )
        .select_related("codebook")
        .distinct()
        .order_by("-number")
    )


def run_of(user: User, version: CodebookVersion, number: int) -> Run:
    """A run of the person, begun or not. One that was begun keeps the version of its first answer."""
    rows = (
        TrainingAnswer.objects.filter(user=user, run=number, item__codebook=version.codebook_id)
        .select_related("item", "category", "version__codebook")
        .order_by("pk")
    )
    answers = {row.item_id: row for row in rows}
    begun_with = next((row.version for row in answers.values()), version)
    known, _lost = known_items(begun_with)
    return Run(begun_with.codebook, begun_with, number, tuple(known), answers)


@transaction.atomic
def answer_item(*, run: Run, item_id: int, verdict: str, by: User) -> TrainingAnswer:
    """Keep what the person answers: the code of a category, or "unsure". The first answer of a run stays;
    a second click, or another tab, gets that one back.

    Raises TrainingItem.DoesNotExist for a title that is not asked in this run, and ValidationError for what
    is no category.
    """
    there = run.answers.get(item_id)
    if there is not None:
        return there
    asked = next((each for each in run.known if each.item.pk == item_id), None)
    if asked is None:
        raise TrainingItem.DoesNotExist
    category = next((each for each in run.version.categories.all() if each.code == verdict), None)
    if category is None and verdict != UNSURE:
        raise ValidationError(_("Choose one of the categories, or unsure."))
    # Of two at once the constraint lets one in, and both get what stands.
    TrainingAnswer.objects.bulk_create(
        [
            TrainingAnswer(
                item=asked.item,
                version=run.version,
                user=by,
                run=run.number,
                category=category,
                was_right=category == asked.answer,
            )
        ],
        ignore_conflicts=True,
    )
    return TrainingAnswer.objects.get(item=item_id, user=by, run=run.number)
