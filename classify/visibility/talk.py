"""What was written about a case: for nobody before the round is revealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from classify.models import Case, CaseComment
from classify.visibility.conflicts import must_look_first
from classify.visibility.rules import check_can_see_conflicts, is_revealed
from polls.permissions import Person


@dataclass(frozen=True, slots=True)
class Comment:
    """One entry of the talk about a case, with the name of who wrote it."""

    name: str
    mine: bool
    text: str
    at: datetime


def comments_on(user: Person, case: Case) -> list[Comment]:
    """The talk about a case, oldest first; nothing for anybody while the round is not revealed, also when it
    was reopened, and nothing for who is to decide first. Raises PollRefused for who may not see conflicts."""
    check_can_see_conflicts(user, case.round)
    if not is_revealed(case.round) or must_look_first(user, case):
        return []
    rows = CaseComment.objects.filter(case=case).select_related("written_by").order_by("pk")
    return [
        Comment(row.written_by.get_username(), row.written_by_id == user.pk, row.text, row.written_at)
        for row in rows
    ]
