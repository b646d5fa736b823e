"""How a training went: by category for who took it, and for an admin who took it and how well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q, QuerySet

from classify.models import Category, Codebook, TrainingAnswer, TrainingItem
from classify.training.taking import Run
from polls.models import User


@dataclass(frozen=True, slots=True)
class Tally:
    """Of `asked` titles whose known answer is this category (None: unsure), `right` were answered so."""

    category: Category | None
    asked: int
    right: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A title that was answered otherwise than is known. `known` is the answer as it is known now, in the
    version of the run; `moved` says that it was another when the answer was judged, or is not in it."""

    item: TrainingItem
    said: Category | None
    known: Category | None
    moved: bool


@dataclass(frozen=True, slots=True)
class Practised:
    """One person's newest run, and how many they made. Stands in no figure of any round."""

    user: User
    runs: int
    answered: int
    right: int
    last_at: datetime


def tallies_of(run: Run) -> list[Tally]:
    """How many were right, by known category in the codebook's order; unsure comes last."""
    asked: dict[int | None, list[bool]] = {}
    by_identity = {category.identity: category for category in run.version.categories.all()}
    for answer in run.answers.values():
        category = by_identity.get(answer.item.answer) if answer.item.answer else None
        if category is None and answer.item.answer is not None:
            continue
        asked.setdefault(category.pk if category else None, []).append(answer.was_right)
    order: list[Category | None] = [*run.version.categories.order_by("position"), None]
    keys = [(category, category.pk if category else None) for category in order]
    return [Tally(category, len(asked[pk]), sum(asked[pk])) for category, pk in keys if pk in asked]


def wrong_ones(run: Run) -> list[Wrong]:
    """What went wrong, in the order of the set."""
    by_identity = {category.identity: category for category in run.version.categories.all()}
    found = []
    for answer in sorted(run.answers.values(), key=lambda each: (each.item.position, each.item_id)):
        if answer.was_right:
            continue
        known = by_identity.get(answer.item.answer) if answer.item.answer else None
        lost = answer.item.answer is not None and known is None
        found.append(Wrong(answer.item, answer.category, known, lost or known == answer.category))
    return found


def practised(codebook: Codebook, people: QuerySet[User]) -> list[Practised]:
    """Of these people, who took the training and how the newest run went; by name."""
    rows = TrainingAnswer.objects.filter(item__codebook=codebook, user__in=people)
    runs = dict(rows.values_list("user").annotate(last=Max("run")))
    if not runs:
        return []
    newest = Q()
    for user, run in runs.items():
        newest |= Q(user=user, run=run)
    counted = (
        rows.filter(newest)
        .values("user")
        .annotate(
            answered=Count("pk"), right=Count("pk", filter=Q(was_right=True)), last_at=Max("answered_at")
        )
    )
    users = User.objects.in_bulk(list(runs))
    found = [
        Practised(users[row["user"]], runs[row["user"]], row["answered"], row["right"], row["last_at"])
        for row in counted
    ]
    return sorted(found, key=lambda each: each.user.get_username())
