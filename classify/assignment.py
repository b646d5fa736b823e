"""Which votes stand behind which case, and which case a reviewer reads next.

Everything that touches many rows is one statement over sets, and may be run again without a further effect.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from classify.models import Case, ReviewerCase, Round, RoundReviewer
from polls.models import Poll, User

_NEXT_ID = "nextval(pg_get_serial_sequence('classify_case', 'id'))"

# The order in which a slot reads is a seeded hash of the case: reproducible, and independent between the two.
_INSERT_CASES = """
INSERT INTO classify_case
  (id, round_id, poll_id, headline_id, origin, text, n_votes, option_counts, reviewer1_id, reviewer2_id,
   order1, order2, status, resolution, review_again)
SELECT n.id, %(round)s, %(poll)s, n.headline_id, n.origin, n.text, 0, '{}', %(reviewer1)s, %(reviewer2)s,
       hashint8extended(n.id, %(seed)s), hashint8extended(n.id, hashint8extended(2, %(seed)s)),
       'waiting', '', false
"""

# A live vote of the poll that is in no case of the round.
_HOMELESS = """
  polls_vote v WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
   AND NOT EXISTS (SELECT FROM classify_casevote cv
                    WHERE cv.round_id = %(round)s AND cv.vote_id = v.id AND cv.left_at IS NULL)
"""

OPEN_HEADLINE_CASES = f"""
WITH wanted AS (
  SELECT DISTINCT v.headline_id FROM {_HOMELESS} AND v.headline_id IS NOT NULL
     AND NOT EXISTS (SELECT FROM classify_case c WHERE c.round_id = %(round)s AND c.origin = 'headline'
                        AND c.headline_id = v.headline_id)
), n AS (
  SELECT {_NEXT_ID} AS id, h.id AS headline_id, 'headline' AS origin, h.text
    FROM (SELECT headline_id FROM wanted ORDER BY headline_id) w JOIN polls_headline h ON h.id = w.headline_id
)
{_INSERT_CASES} FROM n
"""

JOIN_HEADLINE_CASES = f"""
INSERT INTO classify_casevote (round_id, vote_id, case_id, joined_at, reason)
SELECT %(round)s, v.id, c.id, %(now)s, %(reason)s
  FROM (SELECT v.id, v.headline_id FROM {_HOMELESS} AND v.headline_id IS NOT NULL) v
  JOIN classify_case c ON c.round_id = %(round)s AND c.origin = 'headline' AND c.headline_id = v.headline_id
"""

# One case per vote: a vote without a headline, or every vote where the unit is the voter.
OPEN_SINGLE_CASES = f"""
WITH n AS (
  SELECT {_NEXT_ID} AS id, v.id AS vote_id, v.headline_id,
         CASE WHEN %(unit)s = 'voter' THEN 'voter' ELSE 'blank' END AS origin,
         CASE WHEN v.headline_id IS NULL THEN '' ELSE v.headline_raw END AS text
    FROM (SELECT v.* FROM {_HOMELESS} AND (%(unit)s = 'voter' OR v.headline_id IS NULL) ORDER BY v.id) v
), made AS ({_INSERT_CASES} FROM n RETURNING id)
INSERT INTO classify_casevote (round_id, vote_id, case_id, joined_at, reason)
SELECT %(round)s, n.vote_id, n.id, %(now)s, %(reason)s FROM n JOIN made ON made.id = n.id
"""

RECOUNT = """
WITH positions AS (
  SELECT o.id, row_number() OVER (ORDER BY o.position) AS place, count(*) OVER () AS places
    FROM polls_option o WHERE o.poll_id = %(poll)s
), per_option AS (
  SELECT cv.case_id, p.place, count(*) AS n
    FROM classify_casevote cv
    JOIN polls_vote v ON v.id = cv.vote_id AND v.voided_at IS NULL
    JOIN positions p ON p.id = v.option_id
   WHERE cv.round_id = %(round)s AND cv.left_at IS NULL
   GROUP BY cv.case_id, p.place
), sums AS (
  SELECT case_id, sum(n) AS total, array_agg(place) AS places, array_agg(n) AS ns FROM per_option GROUP BY case_id
), counted AS (
  SELECT c.id, COALESCE(s.total, 0) AS total,
         ARRAY(SELECT COALESCE(s.ns[array_position(s.places, g.place)], 0)
                 FROM generate_series(1, (SELECT count(*) FROM positions)) AS g(place) ORDER BY g.place)::int[]
           AS per_position
    FROM classify_case c LEFT JOIN sums s ON s.case_id = c.id WHERE c.round_id = %(round)s
)
UPDATE classify_case c SET n_votes = k.total, option_counts = k.per_position
  FROM counted k
 WHERE k.id = c.id AND (c.n_votes <> k.total OR c.option_counts IS DISTINCT FROM k.per_position)
"""


def run(sql: str, values: dict[str, Any]) -> int:
    """Run one statement and say how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def values_of(round: Round, *, reason: str = "") -> dict[str, Any]:
    """What the statements of this module are filled with."""
    seats = dict(RoundReviewer.objects.filter(round=round).values_list("ordinal", "user_id"))
    return {
        "round": round.pk,
        "poll": round.poll_id,
        "unit": round.unit,
        "seed": round.seed,
        "reviewer1": seats.get(1),
        "reviewer2": seats.get(2),
        "now": timezone.now(),
        "reason": reason,
    }


def open_cases(round: Round, *, reason: str = "") -> int:
    """Give every live vote without a case one, and count again. Returns the number of cases opened."""
    values = values_of(round, reason=reason)
    made = 0
    if round.unit == Round.Unit.HEADLINE:
        made += run(OPEN_HEADLINE_CASES, values)
        run(JOIN_HEADLINE_CASES, values)
    made += run(OPEN_SINGLE_CASES, values)
    run(RECOUNT, values)
    forget_total(round)
    return made


@transaction.atomic
def after_votes_changed(*, poll_id: int, batch_id: int | None = None) -> None:
    """Called by `polls` in the transaction that changed votes of the poll: cases follow. May be run again."""
    Poll.objects.select_for_update(no_key=True).filter(pk=poll_id).first()
    for round in Round.objects.select_for_update(no_key=True).filter(
        poll_id=poll_id, coding_closed_at__isnull=True
    ):
        open_cases(round, reason=f"import {batch_id}" if batch_id else "correction by hand")


def seal_cases(round: Round) -> int:
    """Freeze the standing decisions of every case of the round that is not sealed yet."""
    return Case.objects.filter(round=round, sealed_at__isnull=True).update(sealed_at=timezone.now())


NEXT_UNREAD = """
(SELECT * FROM classify_reviewercase
  WHERE round_id = %(round)s AND reviewer_id = %(reviewer)s AND slot = %(slot)s AND decision_id IS NULL
    AND (reading_order, case_id) > (%(order)s, %(case)s) AND n_votes > 0
    AND (SELECT count(*) FROM classify_decision d WHERE d.case_id = classify_reviewercase.case_id AND d.slot = %(slot)s) = 0
  ORDER BY reading_order, case_id LIMIT 1)
UNION ALL
(SELECT * FROM classify_reviewercase
  WHERE round_id = %(round)s AND reviewer_id = %(reviewer)s AND slot = %(slot)s AND decision_id IS NULL
    AND (reading_order, case_id) <= (%(order)s, %(case)s) AND n_votes > 0
    AND (SELECT count(*) FROM classify_decision d WHERE d.case_id = classify_reviewercase.case_id AND d.slot = %(slot)s) = 0
  ORDER BY reading_order, case_id LIMIT 1)
LIMIT 1
"""

NEXT_WITHDRAWN = """
SELECT rc.* FROM classify_decision d
  JOIN classify_reviewercase rc ON rc.case_id = d.case_id AND rc.slot = d.slot AND rc.reviewer_id = d.reviewer_id
 WHERE d.round_id = %(round)s AND d.reviewer_id = %(reviewer)s AND d.verdict = 'withdrawn' AND rc.n_votes > 0
   AND NOT EXISTS (SELECT FROM classify_decision later
                    WHERE later.case_id = d.case_id AND later.slot = d.slot AND later.seq > d.seq)
 ORDER BY d.id LIMIT 1
"""


def next_after(*, round_id: int, reviewer_id: int, slot: int, cursor: tuple[int, int]) -> ReviewerCase | None:
    """The next case of a slot after a cursor of (reading order, case): never read ones, wrapping once; then, when
    there are none, those whose decision the reviewer took back. Nothing here depends on the other reviewer, nor
    on a seal: a late withdrawal is found like any other."""
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
    """The next case of this reviewer, None when all is read. Raises RoundReviewer.DoesNotExist."""
    seat = RoundReviewer.objects.get(round=round, user=reviewer)
    return next_after(
        round_id=round.pk,
        reviewer_id=seat.user_id,
        slot=seat.ordinal,
        cursor=(seat.cursor_order, seat.cursor_case),
    )


def total_of(round: Round) -> int:
    """How many cases with a vote the round has. Counting 100,000 of them for every decision would cost more than
    the decision, and the number moves only with an import, so that it is remembered for a minute."""
    found = cache.get(f"classify-total-{round.pk}")
    if found is None:
        found = Case.objects.filter(round=round, n_votes__gt=0).count()
        cache.set(f"classify-total-{round.pk}", found, 60)
    return int(found)


def forget_total(round: Round) -> None:
    """Count the cases of the round anew when asked next."""
    cache.delete(f"classify-total-{round.pk}")


def unread(*, round: Round, seat: RoundReviewer) -> int:
    """How many cases with a vote wait for this reviewer: never decided, or decided and taken back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FROM classify_reviewercase rc
             WHERE rc.round_id = %(round)s AND rc.reviewer_id = %(reviewer)s AND rc.slot = %(slot)s AND rc.n_votes > 0
               AND COALESCE((SELECT d.verdict FROM classify_decision d
                              WHERE d.case_id = rc.case_id AND d.slot = rc.slot ORDER BY d.seq DESC LIMIT 1),
                            'withdrawn') = 'withdrawn'
            """,
            {"round": round.pk, "reviewer": seat.user_id, "slot": seat.ordinal},
        )
        return int(cursor.fetchone()[0])
