"""Which case a reviewer reads next, and how many there are.

Nothing here depends on the other reviewer, nor on a seal: a case is left to read when its slot has no
decision of its own, or when the latest one, in time or late, takes the others back. A case without a vote is
not read.
"""

from __future__ import annotations

from django.core.cache import cache
from django.db import connection

from classify.models import Case, ReviewerCase, Round, RoundReviewer
from polls.models import User

_UNREAD = """
SELECT * FROM classify_reviewercase rc
 WHERE rc.round_id = %(round)s AND rc.reviewer_id = %(reviewer)s AND rc.slot = %(slot)s
   AND rc.decision_id IS NULL AND rc.n_votes > 0
   AND (SELECT count(*) FROM classify_decision d WHERE d.case_id = rc.case_id AND d.slot = %(slot)s) = 0
"""

NEXT_UNREAD = f"""
({_UNREAD} AND (rc.reading_order, rc.case_id) > (%(order)s, %(case)s)
 ORDER BY rc.reading_order, rc.case_id LIMIT 1)
UNION ALL
({_UNREAD} AND (rc.reading_order, rc.case_id) <= (%(order)s, %(case)s)
 ORDER BY rc.reading_order, rc.case_id LIMIT 1)
LIMIT 1
"""
"""From the cursor on, then once around. The partial index on to-do rows gives both arms in order, and the
second runs only when the first is empty. A withdrawn decision leaves a to-do row; the count skips it, since
it must not tell whether the withdrawal came in time."""

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

TOTAL_KEPT = 60
"""Seconds."""


def next_after(*, round_id: int, reviewer_id: int, slot: int, cursor: tuple[int, int]) -> ReviewerCase | None:
    """The next case of a slot after a cursor of (reading order, case id), None when all is read."""
    values = {
        "round": round_id,
        "reviewer": reviewer_id,
        "slot": slot,
        "order": cursor[0],
        "case": cursor[1],
    }
    for sql in (NEXT_UNREAD, NEXT_WITHDRAWN):
        for case in ReviewerCase.objects.raw(sql, values):
            return case
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
    """How many cases with a vote the round has.

    Counting 100,000 of them for every decision would cost more than the decision, and the number moves only
    with an import, so that it is remembered for a minute.
    """
    found = cache.get(_total_key(round))
    if found is None:
        found = Case.objects.filter(round=round, n_votes__gt=0).count()
        cache.set(_total_key(round), found, TOTAL_KEPT)
    return int(found)


def forget_total(round: Round) -> None:
    """Count the cases of the round anew when asked next."""
    cache.delete(_total_key(round))


def _total_key(round: Round) -> str:
    return f"classify-total-{round.pk}"
