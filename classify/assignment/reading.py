"""Which cases a reviewer reads next, and how many there are.

Nothing here depends on the other reviewer, nor on a seal: a case is left to read when its slot has no
decision of its own, or when the latest one, in time or late, takes the others back. A case without a vote is
not read. A person may hold the first slot of one case and the second of another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from classify.models import ReviewerCase, Round, RoundReviewer
from polls.models import User

_FIELDS = [field.attname for field in ReviewerCase._meta.concrete_fields]
MAX_UPCOMING = 20
"""Cases handed out at once."""


def unread_arm(slot: int, *, where: str, round: str = "%(round)s", limit: str = "%(limit)s") -> str:
    """The unread cases of one slot in the order of its partial index, as SQL; `where` says on which side of a
    place.

    The columns are those of the view that reviewers read, of this slot alone. They are taken from the table,
    since through the view the planner would sort all that is to do instead of following the partial index.
    A withdrawn decision leaves a to-do row; the count skips it, since it must not tell whether the withdrawal
    came in time. (As a truth value: a number compared with 0 would look rare, and again bring on a sort.)
    """
    return f"""
(SELECT c.id, c.round_id, c.poll_id, {slot} AS slot, c.reviewer{slot}_id, c.order{slot} AS place,
        c.headline_id, c.origin, c.text, c.n_votes, c.decision{slot}_id, c.cat{slot}, c.review_again
   FROM classify_case c
  WHERE c.round_id = {round} AND c.reviewer{slot}_id = %(reviewer)s AND c.decision{slot}_id IS NULL
    AND (c.order{slot}, c.id) {where} AND c.n_votes > 0
    AND (SELECT count(*) = 0 FROM classify_decision d
          WHERE d.case_id = c.id AND d.slot = {slot} AND d.reviewer_id = %(reviewer)s)
  ORDER BY c.order{slot}, c.id LIMIT {limit})"""  # noqa: S608 - of constants


def _side(compare: str) -> str:
    arms = " UNION ALL ".join(unread_arm(slot, where=f"{compare} (%(order)s, %(case)s)") for slot in (1, 2))
    return f"({arms} ORDER BY place, id LIMIT %(limit)s)"


# From the place on, then once around: the second half runs only when the first does not fill the limit.
UNREAD = f"{_side('>')} UNION ALL {_side('<=')} LIMIT %(limit)s"

WITHDRAWN = """
SELECT rc.* FROM classify_decision d
  JOIN classify_reviewercase rc
    ON rc.case_id = d.case_id AND rc.slot = d.slot AND rc.reviewer_id = d.reviewer_id
 WHERE d.round_id = %(round)s AND d.reviewer_id = %(reviewer)s AND d.verdict = 'withdrawn' AND rc.n_votes > 0
   AND NOT EXISTS (SELECT FROM classify_decision later
                    WHERE later.case_id = d.case_id AND later.slot = d.slot AND later.seq > d.seq)
 ORDER BY d.id LIMIT %(limit)s
"""
"""Asked only when nothing else is left: in the order of the withdrawals, which the reviewer knows."""

COUNT_UNREAD = """
SELECT count(*) FROM classify_reviewercase rc
 WHERE rc.round_id = %(round)s AND rc.reviewer_id = %(reviewer)s AND rc.n_votes > 0
   AND COALESCE((SELECT d.verdict FROM classify_decision d
                  WHERE d.case_id = rc.case_id AND d.slot = rc.slot AND d.reviewer_id = rc.reviewer_id
                  ORDER BY d.seq DESC LIMIT 1),
                'withdrawn') = 'withdrawn'
"""


def upcoming_after(
    *, round_id: int, reviewer_id: int, place: tuple[int, int], limit: int = 1
) -> list[ReviewerCase]:
    """The next unread cases after a place of (reading order, case id), once around; [] when all is read.

    At most `limit` (1 to 20). Cases whose decision was taken back come when nothing else is left.
    """
    values: dict[str, Any] = {
        "round": round_id,
        "reviewer": reviewer_id,
        "order": place[0],
        "case": place[1],
        "limit": max(1, min(limit, MAX_UPCOMING)),
    }
    with connection.cursor() as db:
        for sql in (UNREAD, WITHDRAWN):
            db.execute(sql, values)
            if rows := db.fetchall():
                return [case_of(row) for row in rows]
    return []


def case_of(row: Sequence[Any]) -> ReviewerCase:
    """A row of the statements above."""
    return ReviewerCase.from_db(connection.alias, _FIELDS, row)


def upcoming(
    *, round: Round, reviewer_id: int, after: tuple[int, int] | None, limit: int
) -> list[ReviewerCase]:
    """The next unread cases in the person's own order after a place, or after the last one they decided.

    [] once coding is closed. Raises RoundReviewer.DoesNotExist for who holds no seat.
    """
    seat = RoundReviewer.objects.get(round=round, user=reviewer_id)
    if round.coding_closed_at is not None:
        return []
    place = after or (seat.cursor_order, seat.cursor_case)
    return upcoming_after(round_id=round.pk, reviewer_id=reviewer_id, place=place, limit=limit)


def next_case(*, round: Round, reviewer: User) -> ReviewerCase | None:
    """The next case of this reviewer, None when all is read or coding is closed.

    Raises RoundReviewer.DoesNotExist for who holds no seat.
    """
    return next(iter(upcoming(round=round, reviewer_id=reviewer.pk, after=None, limit=1)), None)


def unread(*, round: Round, seat: RoundReviewer) -> int:
    """How many cases with a vote wait for this reviewer: never decided, or decided and taken back."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_UNREAD, {"round": round.pk, "reviewer": seat.user_id})
        return int(cursor.fetchone()[0])


def total_of(round: Round) -> int:
    """How many cases with a vote the round had when it was read from the database.

    Kept on the round, since counting 100,000 of them for every decision would cost more than the decision.
    """
    return round.case_count
