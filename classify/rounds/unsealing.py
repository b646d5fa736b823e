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

# A decision that came when the round was closed already was stored as late. It would now count as nothing,
# while its reviewer has read the case: so it is stored once more, to count from here on.
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
   WHERE d.late AND d.verdict <> 'withdrawn' AND c.sealed_at IS NULL AND c.resolution <> 'carried'
     AND (d.slot = 1 AND c.decision1_id IS NULL AND c.reviewer1_id = d.reviewer_id
          OR d.slot = 2 AND c.decision2_id IS NULL AND c.reviewer2_id = d.reviewer_id)
  RETURNING id, case_id, slot, COALESCE(category_id, 0) AS cat
), paired AS (
  SELECT case_id, max(id) FILTER (WHERE slot = 1) AS one, max(cat) FILTER (WHERE slot = 1) AS cat1,
         max(id) FILTER (WHERE slot = 2) AS two, max(cat) FILTER (WHERE slot = 2) AS cat2
    FROM renewed GROUP BY case_id
), n AS (
  SELECT p.case_id, COALESCE(p.one, c.decision1_id) AS one, COALESCE(p.cat1, c.cat1) AS cat1,
         COALESCE(p.two, c.decision2_id) AS two, COALESCE(p.cat2, c.cat2) AS cat2
    FROM paired p JOIN classify_case c ON c.id = p.case_id
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
    """Open the cases again that lack a decision. Round and seats are locked by the caller."""
    values: dict[str, Any] = {"round": round.pk, "by": by.pk, "now": timezone.now()}
    with connection.cursor() as cursor:
        cursor.execute(UNSEAL, values)
        cursor.execute(RENEW_LATE, values)
