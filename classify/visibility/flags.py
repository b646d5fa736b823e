"""Flags for the codebook, and cases that a new version asks to look at again: who may see which.

A flag says that there was a conflict, so it is hidden from whoever still reads in a round of that poll. To
all others who edit codebooks its text is shown, whoever they are: it is written for them, and the page where
it is written says so. The headline and the decision behind it are shown to those alone who may see the
conflicts of the round.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from classify.models import CodebookFlag, Round
from classify.permissions import can_edit_codebooks
from classify.visibility.rules import can_see_conflicts, is_revealed
from polls.permissions import Person, roles_of


@dataclass(frozen=True, slots=True)
class FlaggedCase:
    """The conflict behind a flag. `label` is the category it was given, "" where it was left unresolved."""

    round: Round
    case_id: int
    text: str
    label: str
    color: str
    reason: str
    rationale: str


def visible_flags(user: Person) -> QuerySet[CodebookFlag]:
    """The flags this person may know of, settled or not, oldest first; none for who edits no codebooks."""
    if not can_edit_codebooks(user):
        return CodebookFlag.objects.none()
    mine = Round.objects.filter(reviewers__user=user.pk, coding_closed_at__isnull=True)
    reading = {round.poll_id for round in mine if not is_revealed(round)}
    flags = CodebookFlag.objects.exclude(adjudication__round__poll__in=reading)
    return flags.select_related("raised_by").order_by("pk")


def open_flags(user: Person) -> QuerySet[CodebookFlag]:
    """The flags this person may know of that no version has settled and nobody has set aside."""
    return visible_flags(user).filter(settled_at__isnull=True)


def flagged_case(user: Person, flag: CodebookFlag) -> FlaggedCase | None:
    """The conflict behind a flag, for a member of its poll who may see conflicts of its round; else None."""
    judged = flag.adjudication
    round = judged.round
    if not roles_of(user, round.poll) or not can_see_conflicts(user, round):
        return None
    category = judged.category
    return FlaggedCase(
        round=round,
        case_id=judged.case_id,
        text=judged.case.text,
        label=category.label if category else "",
        color=category.color if category else "",
        reason=judged.get_reason_display() if judged.reason else "",
        rationale=judged.rationale,
    )


def flagged_cases(user: Person, flags: Sequence[CodebookFlag]) -> dict[int, FlaggedCase]:
    """The conflicts behind these flags by the flag's id, as far as the person may see them."""
    found = {flag.pk: flagged_case(user, flag) for flag in flags}
    return {pk: case for pk, case in found.items() if case is not None}
