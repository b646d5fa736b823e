"""What each field held before an import: chains of changes, as SQL into temporary tables.

`undo_event`  every change of a field that matters here, with the value before it and when it was made
`undo_field`  per `subject` (a vote, or a voter for what is said of the person) and `field`: the value without
              this batch (`target`, `moment`), and whether the batch's own word is `kept`, since a standing
              import or a person had a say in it later
`undo_target` the fields of votes that go back, as one object per vote, with what is there now (`before`)
`undo_person` the same per voter, with the vote on which that is noted

A field is a chain of changes, each with the value before it. Without this batch it holds what followed the
last standing word: a change by a person, a change by a batch that is not undone, or that batch's file telling
the same again; before any such word, what was there first. So batches can be undone in any order.
"""

from __future__ import annotations

from typing import Final

OF_VOTE: Final = ("option", "headline", "comment", "voted_at", "extra")
OF_PERSON: Final = ("name", "organisation", "country", "profile_url", "voter_id")
_ON_VOTE: Final = str(OF_VOTE)
_ON_PERSON: Final = str(OF_PERSON)

MOVED: Final = """
CREATE TEMPORARY TABLE undo_moved ON COMMIT DROP AS
SELECT moved.vote_id::bigint AS vote_id, m.kept_id, m.merged_id, m.batch_id, m.merged_at, m.undone_at
  FROM polls_votermerge m
 CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(m.moved -> 'votes', '[]')) AS moved (vote_id)
UNION ALL  -- those that made room for them went the other way
SELECT moved.vote_id::bigint, m.merged_id, m.kept_id, m.batch_id, m.merged_at, m.undone_at
  FROM polls_votermerge m
 CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(m.moved -> 'swapped', '[]')) AS moved (vote_id)
"""
# The votes of this batch, and every vote of their voters.
CONCERNED: Final = """
CREATE TEMPORARY TABLE undo_concerned ON COMMIT DROP AS
WITH mine AS (
  SELECT vote_id FROM undo_named UNION SELECT vote_id FROM polls_votechange WHERE batch_id = %(batch)s
)
SELECT v.id AS vote_id, v.voter_id, v.poll_id, own.vote_id IS NOT NULL AS is_own
  FROM polls_vote v LEFT JOIN mine own ON own.vote_id = v.id
 WHERE v.voter_id IN (SELECT w.voter_id FROM mine JOIN polls_vote w ON w.id = mine.vote_id)
"""
# Who a change was about, where the vote has since moved to another voter by a merge (or back again).
_ABOUT: Final = """
coalesce(
  (SELECT m.kept_id FROM undo_moved m WHERE m.vote_id = c.vote_id AND m.undone_at IS NOT NULL
      AND m.merged_at <= c.changed_at AND c.changed_at < m.undone_at ORDER BY m.merged_at DESC LIMIT 1),
  (SELECT m.merged_id FROM undo_moved m WHERE m.vote_id = c.vote_id AND m.undone_at IS NULL
      AND m.merged_at > c.changed_at AND m.batch_id IS DISTINCT FROM c.batch_id ORDER BY m.merged_at LIMIT 1),
  v.voter_id)
"""
# A change by an import counts from when the import was written down, one by a person or an undo from itself.
EVENTS: Final = f"""
CREATE TEMPORARY TABLE undo_event ON COMMIT DROP AS
SELECT c.id, c.vote_id, f.key AS field, f.value AS before, c.before ->> 'voted_at_moment' AS moment,
       CASE WHEN f.key IN {_ON_PERSON} THEN {_ABOUT} ELSE c.vote_id END AS subject,
       c.batch_id IS NOT DISTINCT FROM %(batch)s AS is_mine,
       c.batch_id IS NULL OR b.undone_at IS NULL AND b.id <> %(batch)s AS stands,
       b.undone_at IS NOT NULL AND c.changed_at < b.undone_at AS is_dead,
       CASE WHEN c.batch_id IS NULL OR c.changed_at >= b.undone_at THEN c.changed_at
            ELSE b.imported_at END AS at
  FROM undo_concerned v JOIN polls_votechange c USING (vote_id)
 CROSS JOIN LATERAL jsonb_each(c.before) AS f (key, value)
  LEFT JOIN polls_batch b ON b.id = c.batch_id
 WHERE v.is_own AND (f.key IN {_ON_VOTE} OR f.key = 'excluded')
   -- A voter id is of one poll; the rest that is said of a person, of all.
    OR f.key IN {_ON_PERSON} AND (f.key <> 'voter_id' OR v.poll_id = %(poll)s)
"""  # noqa: S608 - of constants
# What a standing batch has a column for it has a say in, also where it found the same value there already.
_WORDS: Final = f"""
  SELECT e.subject, e.field, max(n.imported_at) AS at
    FROM (SELECT DISTINCT vote_id, subject, field FROM undo_event
           WHERE field IN {_ON_VOTE} AND field <> 'extra'
          UNION
          SELECT v.vote_id, e.subject, e.field
            FROM (SELECT DISTINCT subject, field FROM undo_event
                   WHERE field IN {_ON_PERSON} AND field <> 'voter_id') e
            JOIN undo_concerned v ON v.voter_id = e.subject) e
    JOIN (SELECT b.imported_at, b.counts -> 'fields' AS spoken, unnest(n.vote_ids) AS vote_id
            FROM polls_batchvotes n JOIN polls_batch b ON b.id = n.batch_id
           WHERE b.undone_at IS NULL AND b.id <> %(batch)s
             AND b.poll_id IN (SELECT poll_id FROM undo_concerned)) n USING (vote_id)
   WHERE e.field = 'option' OR n.spoken ? e.field
      OR e.field = 'name' AND n.spoken ?| ARRAY['first_name', 'last_name']
   GROUP BY e.subject, e.field
"""  # noqa: S608 - of constants
FIELDS: Final = f"""
CREATE TEMPORARY TABLE undo_field ON COMMIT DROP AS
WITH chain AS (
  SELECT e.subject, e.field, coalesce(min(e.vote_id) FILTER (WHERE e.is_mine), min(e.vote_id)) AS vote_id,
         max(e.at) FILTER (WHERE e.is_mine) AS mine, max(e.at) FILTER (WHERE e.stands) AS changed
    FROM undo_event e GROUP BY e.subject, e.field
  -- Also where an undone batch had changed something that this one then told again.
  HAVING bool_or(e.is_mine) OR bool_or(e.is_dead) AND e.field <> 'excluded'
), standing AS (
  SELECT c.subject, c.field, c.vote_id, c.mine, greatest(c.changed, w.at) AS last
    FROM chain c LEFT JOIN ({_WORDS}) w USING (subject, field)
), following AS (
  SELECT s.subject, s.field, s.vote_id, s.mine, s.last, min(e.id) AS id
    FROM standing s LEFT JOIN undo_event e
      ON e.subject = s.subject AND e.field = s.field AND (s.last IS NULL OR e.at > s.last)
   GROUP BY s.subject, s.field, s.vote_id, s.mine, s.last
)
SELECT n.subject, n.field, n.vote_id, coalesce(n.last > n.mine, false) AS kept, e.before AS target,
       e.moment::timestamptz AS moment
  FROM following n LEFT JOIN undo_event e USING (id, subject, field)
"""  # noqa: S608 - of constants
# What a vote holds now, in the form in which a change keeps it.
_NOW: Final = """
CASE f.field
  WHEN 'option' THEN to_jsonb(o.text)
  WHEN 'headline' THEN to_jsonb(v.headline_raw)
  WHEN 'comment' THEN to_jsonb(v.comment)
  WHEN 'voted_at' THEN to_jsonb(v.voted_raw)
  WHEN 'extra' THEN jsonb_object(b.extra_headers[:cardinality(v.extra)], v.extra) END
"""
TARGETS: Final = f"""
CREATE TEMPORARY TABLE undo_target ON COMMIT DROP AS
SELECT f.subject AS vote_id, jsonb_object_agg(f.field, f.target) AS fields,
       jsonb_strip_nulls(jsonb_object_agg(f.field, {_NOW}) || jsonb_build_object(
         'voted_at_moment', max(v.voted_at) FILTER (WHERE f.field = 'voted_at'))) AS before,
       max(f.moment) FILTER (WHERE f.field = 'voted_at') AS moment
  FROM undo_field f
  JOIN polls_vote v ON v.id = f.subject
  JOIN polls_option o ON o.id = v.option_id
  LEFT JOIN polls_batch b ON b.id = v.batch_id
 WHERE f.field IN {_ON_VOTE} AND NOT f.kept AND f.target IS NOT NULL
   AND ({_NOW} <> f.target OR f.field = 'voted_at' AND f.moment IS DISTINCT FROM v.voted_at)
 GROUP BY f.subject
"""  # noqa: S608 - of constants
# An address that came with a merge is the kept voter's own, and goes back with the merge.
PEOPLE: Final = f"""
CREATE TEMPORARY TABLE undo_person ON COMMIT DROP AS
WITH now AS (
  SELECT f.subject, f.field, f.target, f.vote_id, CASE f.field
           WHEN 'name' THEN p.name WHEN 'organisation' THEN p.organisation WHEN 'country' THEN p.country
           WHEN 'profile_url' THEN p.profile_url WHEN 'voter_id' THEN k.value END AS is_now
    FROM undo_field f
    JOIN polls_voter p ON p.id = f.subject
    LEFT JOIN polls_voterkey k ON f.field = 'voter_id' AND k.scheme = 'id' AND k.scope_id = %(poll)s
      AND k.voter_id = p.id
   WHERE f.field IN {_ON_PERSON} AND NOT f.kept
     AND NOT (f.field = 'profile_url' AND EXISTS (SELECT FROM undo_moved m
                WHERE m.batch_id = %(batch)s AND m.vote_id = f.vote_id))
     AND NOT (f.field = 'voter_id' AND EXISTS (SELECT FROM polls_voterkey taken
                WHERE taken.scheme = 'id' AND taken.scope_id = %(poll)s AND taken.voter_id <> f.subject
                  AND taken.value_hash = sha256(convert_to(f.target #>> '{{}}', 'UTF8'))))
)
SELECT subject AS voter_id, min(vote_id) AS vote_id, jsonb_object_agg(field, target) AS fields,
       jsonb_object_agg(field, is_now) AS before
  FROM now WHERE is_now <> target #>> '{{}}' GROUP BY subject
"""  # noqa: S608 - of constants
