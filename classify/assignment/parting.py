"""Votes of a headline that was split, so that each of its voters is read on their own.

A voter who comes later with such a headline is read on their own too. Harmless when run again.
"""

from classify.assignment.opening import COUNTED, JOIN, NEW_ID

# Live votes that show a split headline and stand behind no case. Of one case only, if `case` is given.
_HOMELESS = """
SELECT v.id, v.voter_id, v.headline_id, v.headline_raw, v.option_id, parent.id AS parent_id,
       first.user_id AS reviewer1_id, second.user_id AS reviewer2_id
  FROM classify_casesplit split
  JOIN classify_case parent ON parent.id = split.case_id
  JOIN polls_vote v ON v.poll_id = %(poll)s AND v.headline_id = parent.headline_id AND v.voided_at IS NULL
  LEFT JOIN classify_roundreviewer first
    ON first.round_id = parent.round_id AND first.user_id = parent.reviewer1_id AND first.left_at IS NULL
  LEFT JOIN classify_roundreviewer second
    ON second.round_id = parent.round_id AND second.user_id = parent.reviewer2_id AND second.left_at IS NULL
 WHERE split.round_id = %(round)s AND split.merged_at IS NULL
   AND (%(case)s::bigint IS NULL OR split.case_id = %(case)s::bigint)
   AND NOT EXISTS (SELECT FROM classify_casevote cv
                    WHERE cv.round_id = %(round)s AND cv.vote_id = v.id AND cv.left_at IS NULL)
"""

# Where several choices are allowed, all votes of one voter are one case.
JOIN_PARTS = f"""
{JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({_HOMELESS}) v
  JOIN polls_vote b ON b.poll_id = %(poll)s AND b.voter_id = v.voter_id
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = b.id AND cv.left_at IS NULL
  JOIN classify_case c ON c.id = cv.case_id AND c.split_from_id = v.parent_id
 WHERE NOT %(single)s
 ORDER BY v.id, cv.id DESC
"""  # noqa: S608 - of constants

# The readers are those of the shared headline; the slot of one who left waits for somebody. The id of a case
# stands in addresses, and files are often sorted by option: so ids follow a hash, not the file.
OPEN_PARTS = f"""
WITH n AS (
  SELECT {NEW_ID} AS id, v.* FROM (
    SELECT array_agg(v.id ORDER BY v.id) AS votes, v.parent_id, v.headline_id, v.reviewer1_id, v.reviewer2_id,
           (array_agg(v.headline_raw ORDER BY v.id))[1] AS text, {COUNTED}
      FROM ({_HOMELESS}) v JOIN polls_option o ON o.id = v.option_id
     GROUP BY CASE WHEN %(single)s THEN v.id ELSE v.voter_id END,
              v.parent_id, v.headline_id, v.reviewer1_id, v.reviewer2_id
     ORDER BY hashint8extended(min(v.id), %(seed)s), min(v.id)) v
), made AS (
  INSERT INTO classify_case
    (id, round_id, poll_id, headline_id, origin, split_from_id, text, n_votes, option_counts, reviewer1_id,
     reviewer2_id, order1, order2, status, resolution, review_again)
  SELECT n.id, %(round)s, %(poll)s, n.headline_id, 'split', n.parent_id, n.text, n.n_votes, n.counts,
         n.reviewer1_id, n.reviewer2_id,
         hashint8extended(n.id, %(seed)s), hashint8extended(n.id, hashint8extended(2, %(seed)s)),
         'waiting', '', false
    FROM n RETURNING id
)
{JOIN}
SELECT %(round)s, unnest(n.votes), n.id, %(now)s, %(reason)s FROM n JOIN made USING (id)
"""  # noqa: S608 - of constants
