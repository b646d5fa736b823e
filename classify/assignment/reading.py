"""Which case a reviewer reads next, and how many there are.

Nothing here depends on the other reviewer, nor on a seal: a case is left to read when its slot has no
decision of its own, or when the latest one, in time or late, takes the others back. A case without a vote is
not read.
"""

from __future__ import annotations

from django.db import connection

from classify.models import ReviewerCase, Round, RoundReviewer
from polls.models import User

_FIELDS = [field.attname for field in ReviewerCase._meta.concrete_fields]


def _unread_sql(slot: int) -> str:
    """From the cursor on, then once around: two arms, of which the second runs only when the first is empty.

    The columns are those of the view that reviewers read, of this slot alone. They are taken from the table,
    since through the view the planner would sort all that is to do instead of following the partial index.
    A withdrawn decision leaves a to-do row; the count skips it, since it must not tell whether the withdrawal
    came in time. (As a truth value: a number compared with 0 would look rare, and again bring on a sort.)
    """
    arm = f"""
(SELECT c.id, c.round_id, c.poll_id, {slot} AS slot, c.reviewer{slot}_id, c.order{slot}, c.headline_id,
        c.origin, c.text, c.n_votes, c.decision{slot}_id, c.cat{slot}, c.review_again
   FROM classify_case c
  WHERE c.round_id = %(round)s AND c.reviewer{slot}_id = %(reviewer)s AND c.decision{slot}_id IS NULL
    AND (c.order{slot}, c.id) {{}} (%(order)s, %(case)s) AND c.n_votes > 0
    AND (SELECT count(*) = 0 FROM classify_decision d WHERE d.case_id = c.id AND d.slot = {slot})
  ORDER BY c.order{slot}, c.id LIMIT 1)"""  # noqa: S608 - of constants
    return f"{arm.format('>')} UNION ALL {arm.format('<=')} LIMIT 1"


NEXT_UNREAD = {slot: _unread_sql(slot) for slot in (1, 2)}

NEXT_WITHDRAWN = """
SELECT rc.* FROM classify_decision d
  JOIN classify_reviewercase rc
    ON rc.case_id = d.case_id AND rc.slot = d.slot AND rc.reviewer_id = d.reviewer_id
 WHERE d.round_id = %(round)s AND d.reviewer_id = %(reviewer)s AND d.verdict = 'withdrawn' AND rc.n_votes > 0
   AND NOT EXISTS (SELECT FROM classify_decision later
                    WHERE later.case_id = d.case_id AND later.slot = d.slot AND later.seq > d.seq)
 ORDER BY d.id LIMIT 1
"""
"""Asked only when nothing else is left: in the order of the withdrawals, which the reviewer knows."""

COUNT_UNREAD = """
SELECT count(*) FROM classify_reviewercase rc
 WHERE rc.round_id = %(round)s AND rc.reviewer_id = %(reviewer)s AND rc.slot = %(slot)s AND rc.n_votes > 0
   AND COALESCE((SELECT d.verdict FROM classify_decision d
                  WHERE d.case_id = rc.case_id AND d.slot = rc.slot ORDER BY d.seq DESC LIMIT 1),
                'withdrawn') = 'withdrawn'
"""


def next_after(*, round_id: int, reviewer_id: int, slot: int, cursor: tuple[int, int]) -> ReviewerCase | None:
    """The next case of a slot after a cursor of (reading order, case id), None when all is read."""
    values = {
        "round": round_id,
        "reviewer": reviewer_id,
        "slot": slot,
        "order": cursor[0],
        "case": cursor[1],
    }
    with connection.cursor() as db:
        for sql in (NEXT_UNREAD[slot], NEXT_WITHDRAWN):
            db.execute(sql, values)
            row = db.fetchone()
            if row is not None:
                return ReviewerCase.from_db(connection.alias, _FIELDS, row)
    return None


def next_case(*, round: Round, reviewer: User) -> ReviewerCase | None:
    """The next case of this reviewer, None when all is read or coding is closed.

    Raises RoundReviewer.DoesNotExist for who holds no slot.
    """
    seat = RoundReviewer.objects.get(round=round, user=reviewer)
    if round.coding_closed_at is not None:
        return None
    return next_after(
        round_id=round.pk,
        reviewer_id=seat.user_id,
        slot=seat.ordinal,
        cursor=(seat.cursor_order, seat.cursor_case),
    )


def unread(*, round: Round, seat: RoundReviewer) -> int:
    """How many cases with a vote wait for this reviewer: never decided, or decided and taken back."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_UNREAD, {"round": round.pk, "reviewer": seat.user_id, "slot": seat.ordinal})
        return int(cursor.fetchone()[0])


def total_of(round: Round) -> int:
    """How many cases with a vote the round had when it was read from the database.

    Kept on the round, since counting 100,000 of them for every decision would cost more than the decision.
    """
    return round.case_count
