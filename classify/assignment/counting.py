"""What is kept counted so that pages are fast: votes of a case, cases of a round, what each reviewer has."""

from classify.assignment.opening import COUNTED

RECOUNT = f"""
WITH per_case AS (
  SELECT cv.case_id, {COUNTED}
    FROM classify_casevote cv
    JOIN polls_vote v ON v.id = cv.vote_id
    JOIN polls_option o ON o.id = v.option_id
   WHERE cv.round_id = %(round)s AND cv.left_at IS NULL
   GROUP BY cv.case_id
), counted AS (
  SELECT c.id, COALESCE(p.n_votes, 0) AS n_votes, COALESCE(p.counts, ARRAY[NO_VOTES]::int[]) AS counts
    FROM classify_case c LEFT JOIN per_case p ON p.case_id = c.id
   WHERE c.round_id = %(round)s
)
UPDATE classify_case c SET n_votes = counted.n_votes, option_counts = counted.counts
  FROM counted
 WHERE counted.id = c.id AND (c.n_votes <> counted.n_votes OR c.option_counts <> counted.counts)
"""  # noqa: S608 - of constants

# Each reviewer's count of decided cases that have a vote, in time or late: what they know themselves.
RECOUNT_DECIDED = """
UPDATE classify_roundreviewer r
   SET decided_count = (
     SELECT count(*)
       FROM (SELECT DISTINCT ON (d.case_id) d.case_id, d.verdict FROM classify_decision d
              WHERE d.round_id = r.round_id AND d.reviewer_id = r.user_id ORDER BY d.case_id, d.id DESC) own
       JOIN classify_case c ON c.id = own.case_id
      WHERE own.verdict <> 'withdrawn' AND c.n_votes > 0)
 WHERE r.round_id = %(round)s
"""


COUNT_CASES = """
UPDATE classify_round
   SET case_count = (SELECT count(*) FROM classify_case WHERE round_id = %(round)s AND n_votes > 0)
 WHERE id = %(round)s
"""

# How many cases with a vote each reviewer has a slot of.
COUNT_ASSIGNED = """
UPDATE classify_roundreviewer r SET assigned_count = held.n
  FROM (SELECT s.id, count(h.reviewer) AS n
          FROM classify_roundreviewer s
          LEFT JOIN (SELECT reviewer1_id AS reviewer FROM classify_case
                      WHERE round_id = %(round)s AND n_votes > 0
                     UNION ALL
                     SELECT reviewer2_id FROM classify_case
                      WHERE round_id = %(round)s AND n_votes > 0) h ON h.reviewer = s.user_id
         WHERE s.round_id = %(round)s GROUP BY s.id) held
 WHERE r.id = held.id AND r.assigned_count <> held.n
"""
