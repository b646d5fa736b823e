"""New cases, and votes that join them: statements over sets of votes, harmless when run again."""

# Live votes of the poll that stand behind no case of the round; while a sample is opened, of its titles only.
HOMELESS = """
SELECT v.id, v.voter_id, v.headline_id, v.headline_raw, v.option_id FROM polls_vote v
 WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
   AND NOT EXISTS (SELECT FROM classify_casevote cv
                    WHERE cv.round_id = %(round)s AND cv.vote_id = v.id AND cv.left_at IS NULL)
   ONLY_DRAWN
"""

# Each slot reads in the order of a seeded hash of the case: reproducible, and independent between the two.
_INSERT_CASES = """
INSERT INTO classify_case
  (id, round_id, poll_id, headline_id, origin, text, n_votes, option_counts, reviewer1_id, reviewer2_id,
   order1, order2, status, resolution, review_again)
SELECT n.id, %(round)s, %(poll)s, n.headline_id, n.origin, n.text, n.n_votes, n.counts,
       %(reviewer1)s, %(reviewer2)s,
       hashint8extended(n.id, %(seed)s), hashint8extended(n.id, hashint8extended(2, %(seed)s)),
       'waiting', '', false
"""

# The votes of a group, and how many of them went to each option, by position. A case is inserted with its
# counts, since updating it at once would make its keys be checked twice.
COUNTED = "count(*) AS n_votes, ARRAY[PER_POSITION]::int[] AS counts"
JOIN = "INSERT INTO classify_casevote (round_id, vote_id, case_id, joined_at, reason)"
NEW_ID = "nextval(pg_get_serial_sequence('classify_case', 'id'))"

# The id of a case stands in addresses that reviewers see, and files are often sorted by option: so ids are
# given in a hashed order, never in the file's.
OPEN_HEADLINES = f"""
WITH n AS (
  SELECT {NEW_ID} AS id, shown.headline_id, 'headline' AS origin, shown.text, shown.n_votes, shown.counts
    FROM (SELECT h.id AS headline_id, h.text, wanted.n_votes, wanted.counts
            FROM (SELECT v.headline_id AS id, {COUNTED}
                    FROM ({HOMELESS}) v JOIN polls_option o ON o.id = v.option_id
                   WHERE v.headline_id IS NOT NULL
                     AND NOT EXISTS (SELECT FROM classify_case c
                                      WHERE c.round_id = %(round)s AND c.origin = 'headline'
                                        AND c.headline_id = v.headline_id)
                   GROUP BY v.headline_id) wanted
            JOIN polls_headline h USING (id) ORDER BY hashint8extended(h.id, %(seed)s), h.id) shown
)
{_INSERT_CASES} FROM n
"""  # noqa: S608 - of constants

JOIN_HEADLINES = f"""
{JOIN}
SELECT %(round)s, v.id, c.id, %(now)s, %(reason)s
  FROM ({HOMELESS}) v
  JOIN classify_case c
    ON c.round_id = %(round)s AND c.origin = 'headline' AND c.headline_id = v.headline_id
   AND NOT EXISTS (SELECT FROM classify_casesplit split
                    WHERE split.case_id = c.id AND split.merged_at IS NULL)
"""  # noqa: S608 - of constants

# A case for one voter: without a headline, or everybody where the unit is the voter. That is one vote, or all
# of the voter's where several choices are allowed. Its id stands in addresses that reviewers see, and files
# are often sorted by option: so ids follow a hash, not the file.
OPEN_SINGLES = f"""
WITH n AS (
  SELECT {NEW_ID} AS id, v.votes, v.headline_id, v.n_votes, v.counts,
         CASE WHEN %(unit)s = 'voter' THEN 'voter' ELSE 'blank' END AS origin,
         CASE WHEN v.headline_id IS NULL THEN '' ELSE v.headline_raw END AS text
    FROM (SELECT array_agg(v.id ORDER BY v.id) AS votes,
                 (array_agg(v.headline_id ORDER BY v.id))[1] AS headline_id,
                 (array_agg(v.headline_raw ORDER BY v.id))[1] AS headline_raw, {COUNTED}
            FROM ({HOMELESS}) v JOIN polls_option o ON o.id = v.option_id
           WHERE %(unit)s = 'voter' OR v.headline_id IS NULL
           GROUP BY CASE WHEN %(single)s THEN v.id ELSE v.voter_id END
           ORDER BY hashint8extended(min(v.id), %(seed)s), min(v.id)) v
), made AS ({_INSERT_CASES} FROM n RETURNING id)
{JOIN}
SELECT %(round)s, unnest(n.votes), n.id, %(now)s, %(reason)s FROM n JOIN made USING (id)
"""  # noqa: S608 - of constants

# Where several choices are allowed, a further vote of a voter who is one case goes there too.
JOIN_BESIDE = f"""
{JOIN}
SELECT DISTINCT ON (v.id) %(round)s, v.id, cv.case_id, %(now)s::timestamptz, %(reason)s
  FROM ({HOMELESS}) v
  JOIN polls_vote b ON b.poll_id = %(poll)s AND b.voter_id = v.voter_id
  JOIN classify_casevote cv ON cv.round_id = %(round)s AND cv.vote_id = b.id
  JOIN classify_case c ON c.id = cv.case_id
 WHERE NOT %(single)s AND (c.origin = 'voter' OR c.origin = 'blank' AND v.headline_id IS NULL)
 ORDER BY v.id, cv.left_at IS NOT NULL, cv.id DESC
"""  # noqa: S608 - of constants
