"""How votes that changed leave cases, come back to their own, and mark what is to be looked at again."""

from classify.assignment.opening import HOMELESS, JOIN

LEAVE_EXCLUDED = """
UPDATE classify_casevote cv
   SET left_at = %(now)s,
       reason = CASE v.void_reason WHEN 'undone' THEN 'import undone' ELSE 'vote excluded' END
  FROM polls_vote v
 WHERE cv.round_id = %(round)s AND cv.left_at IS NULL AND v.id = cv.vote_id AND v.voided_at IS NOT NULL
"""

# A vote whose headline is not the one its case shows. Groups that somebody imported as one case mix headlines
# on purpose and stay as they are; a voter of a split headline leaves when they show another.
_RETITLED = """
v.headline_id IS DISTINCT FROM c.headline_id
   AND (c.origin IN ('headline', 'blank') OR c.split_from_id IS NOT NULL
        OR c.origin = 'voter' AND (
          SELECT count(DISTINCT b.voter_id) = 1
                 AND NOT bool_or(b.headline_id IS NOT DISTINCT FROM c.headline_id)
            FROM classify_casevote beside JOIN polls_vote b ON b.id = beside.vote_id
           WHERE beside.case_id = c.id AND beside.left_at IS NULL))
"""

# A voter's own case is left too, to be joined again below: that puts the change on record.
LEAVE_CHANGED = f"""
UPDATE classify_casevote cv SET left_at = %(now)s, reason = 'headline changed'
  FROM polls_vote v, classify_case c
 WHERE cv.round_id = %(round)s AND cv.left_at IS NULL AND v.id = cv.vote_id AND c.id = cv.case_id
   AND {_RETITLED}
"""  # noqa: S608 - of constants

# What was split out stays split out (a voter of a split headline as long as both last), a voter stays one
# case, and a blank one is known by its vote.
REJOIN_OWN = f"""
{JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({HOMELESS}) v
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = v.id
  JOIN classify_case c ON c.id = cv.case_id
 WHERE c.origin = 'voter' OR c.origin = 'blank' AND v.headline_id IS NULL
    OR c.origin = 'split' AND (
         c.split_from_id IS NULL
         OR v.headline_id = c.headline_id
            AND EXISTS (SELECT FROM classify_casesplit split
                         WHERE split.case_id = c.split_from_id AND split.merged_at IS NULL
                           AND split.split_at <= cv.joined_at))
 ORDER BY v.id, cv.id DESC
"""  # noqa: S608 - of constants

# In a closed round a vote that was excluded comes back to where it was; no other vote enters.
REJOIN_CLOSED = f"""
{JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({HOMELESS}) v
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = v.id
 ORDER BY v.id, cv.id DESC
"""  # noqa: S608 - of constants

SHOW_NEW_TEXT = f"""
UPDATE classify_case c
   SET headline_id = v.headline_id, text = CASE WHEN v.headline_id IS NULL THEN '' ELSE v.headline_raw END,
       review_again = true
  FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id
 WHERE c.round_id = %(round)s AND c.origin = 'voter' AND cv.case_id = c.id AND cv.left_at IS NULL
   AND {_RETITLED}
"""  # noqa: S608 - of constants

# A vote that stood behind another case before, whether it left that just now or when its import was undone,
# shows another title than the one it was read by. Flagged whether or not somebody has decided: a mark that
# depended on it would tell one reviewer about the other.
FLAG_JOINED = """
UPDATE classify_case c SET review_again = true
  FROM (SELECT DISTINCT moved.case_id
          FROM (SELECT DISTINCT ON (cv.id) cv.case_id, old.case_id AS before
                  FROM classify_casevote cv
                  JOIN classify_casevote old ON old.round_id = cv.round_id AND old.vote_id = cv.vote_id
                                            AND old.id < cv.id
                 WHERE cv.round_id = %(round)s AND cv.joined_at = %(now)s
                 ORDER BY cv.id, old.id DESC) moved
         WHERE moved.case_id <> moved.before) joined
  JOIN (SELECT DISTINCT case_id FROM classify_casevote
         WHERE round_id = %(round)s AND joined_at < %(now)s) older USING (case_id)
 WHERE c.id = joined.case_id AND NOT c.review_again
"""

FLAG_CLOSED = f"""
UPDATE classify_case c SET review_again = true
  FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id
 WHERE c.round_id = %(round)s AND NOT c.review_again AND cv.case_id = c.id AND cv.left_at IS NULL
   AND {_RETITLED}
"""  # noqa: S608 - of constants
