"""What reopening a round does to its cases: those without two decisions can be read on."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils import timezone

from classify.models import Round
from classify.status import agree_sql, status_sql
from polls.models import User

# Two decisions that were sealed stay sealed.
UNSEAL = """
UPDATE classify_case SET sealed_at = NULL
 WHERE round_id = %(round)s AND sealed_at IS NOT NULL AND claimed_by_id IS NULL AND resolution <> 'carried'
   AND (decision1_id IS NULL OR decision2_id IS NULL)
"""

_SAME = agree_sql("n.cat1", "n.cat2")
_STATUS = status_sql("n.cat1", "n.cat2", resolution="c.resolution", final="c.final_id")

# A decision that came when its case was sealed was stored as late. It would now count as nothing, while its
# reviewer sees it as theirs: so it is stored once more, to count from here on. That holds for a first
# reading, for a change of mind and for one taken back (nobody leaves a round that is closed).
RENEW_LATE = f"""
WITH latest AS (
  SELECT DISTINCT ON (case_id, slot) * FROM classify_decision WHERE round_id = %(round)s
   ORDER BY case_id, slot, seq DESC
), renewed AS (
  INSERT INTO classify_decision
    (round_id, version_id, case_id, slot, reviewer_id, seq, verdict, category_id, note, evidence,
     milliseconds, client_id, late, source, entered_by_id, decided_at)
  SELECT d.round_id, d.version_id, d.case_id, d.slot, d.reviewer_id, d.seq + 1, d.verdict, d.category_id,
         d.note, d.evidence, d.milliseconds, gen_random_uuid(), false, d.source, %(by)s, %(now)s
    FROM latest d JOIN classify_case c ON c.id = d.case_id
   WHERE d.late AND c.sealed_at IS NULL AND c.resolution <> 'carried'
     AND d.reviewer_id = CASE d.slot WHEN 1 THEN c.reviewer1_id ELSE c.reviewer2_id END
     AND (d.verdict <> 'withdrawn'
          OR CASE d.slot WHEN 1 THEN c.decision1_id ELSE c.decision2_id END IS NOT NULL)
  RETURNING case_id, slot, verdict, id, COALESCE(category_id, 0) AS cat
), said AS (
  SELECT case_id, slot, CASE WHEN verdict <> 'withdrawn' THEN id END AS id,
         CASE WHEN verdict <> 'withdrawn' THEN cat END AS cat
    FROM renewed
), n AS (
  SELECT c.id AS case_id,
         CASE WHEN one.slot IS NULL THEN c.decision1_id ELSE one.id END AS one,
         CASE WHEN one.slot IS NULL THEN c.cat1 ELSE one.cat END AS cat1,
         CASE WHEN two.slot IS NULL THEN c.decision2_id ELSE two.id END AS two,
         CASE WHEN two.slot IS NULL THEN c.cat2 ELSE two.cat END AS cat2
    FROM classify_case c
    LEFT JOIN said one ON one.case_id = c.id AND one.slot = 1
    LEFT JOIN said two ON two.case_id = c.id AND two.slot = 2
   WHERE c.id IN (SELECT case_id FROM said)
)
UPDATE classify_case c
   SET decision1_id = n.one, cat1 = n.cat1, decision2_id = n.two, cat2 = n.cat2, status = {_STATUS},
       final_id = CASE WHEN {_SAME} THEN n.cat1 END,
       resolution = CASE WHEN {_SAME} THEN 'agreed' ELSE '' END,
       conflict_since = CASE WHEN ({_STATUS}) = 'conflict' THEN %(now)s END,
       after_reveal = true
  FROM n WHERE c.id = n.case_id
"""  # noqa: S608 - of constants


def unseal_what_is_left(round: Round, *, by: User) -> None:
    """Open the cases again that lack a decision, at what their reviewers last said of them.

    Round and seats are locked by the caller.
    """
    values: dict[str, Any] = {"round": round.pk, "by": by.pk, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(UNSEAL, values)
        cursor.execute(RENEW_LATE, values)
