"""What undoing a batch would change, worked out into temporary tables; nothing else is written here.

`undo_fate`   votes whose counting changes: `vote_id`, `becomes` ('undone', 'replaced', '' for counting again)
`undo_field`  what the batch wrote into a field, one row per `subject` (a vote, or a voter for what is said of
              the person) and `field`: what it was before (`target`, `moment`), and whether it is `kept` since
              somebody wrote into it later
`undo_target` the fields of votes that go back, as one object per vote, with what is there now (`before`)
`undo_person` the same per voter, with the vote on which that is noted

A field is a chain of changes, each with the value before it. Without this batch it holds what followed the
last change that stands (of a person, or of a batch not undone), or what was there first. So batches can be
undone in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.db import connection

from polls.importing.dates import parse_voted_at
from polls.models import Batch
from polls.titles import comparison_key, key_hash

TABLES: Final = (
    "undo_named",
    "undo_held",
    "undo_moved",
    "undo_concerned",
    "undo_event",
    "undo_field",
    "undo_fate",
    "undo_headline",
    "undo_target",
    "undo_person",
)
OF_VOTE: Final = ("option", "headline", "comment", "voted_at", "extra")
OF_PERSON: Final = ("name", "organisation", "country", "profile_url", "voter_id")
_ON_VOTE: Final = str(OF_VOTE)
_ON_PERSON: Final = str(OF_PERSON)

# A batch of before the list of named votes was kept is taken to have named the votes that carry it.
_NAMED: Final = """
CREATE TEMPORARY TABLE undo_named ON COMMIT DROP AS
SELECT DISTINCT unnest(vote_ids) AS vote_id FROM polls_batchvotes WHERE batch_id = %(batch)s
UNION
SELECT v.id FROM polls_vote v WHERE v.batch_id = %(batch)s
   AND NOT EXISTS (SELECT FROM polls_batchvotes WHERE batch_id = %(batch)s)
"""
_OTHERS: Final = """
  SELECT o.id AS batch_id, o.undone_at IS NULL AS stands, unnest(n.vote_ids) AS vote_id
    FROM polls_batchvotes n JOIN polls_batch o ON o.id = n.batch_id
   WHERE o.poll_id = %(poll)s AND o.id <> %(batch)s
  UNION ALL
  SELECT o.id, o.undone_at IS NULL, v.id
    FROM polls_batch o JOIN polls_vote v ON v.batch_id = o.id
   WHERE o.poll_id = %(poll)s AND o.id <> %(batch)s
     AND NOT EXISTS (SELECT FROM polls_batchvotes n WHERE n.batch_id = o.id)
"""
# Votes that have another leg to stand on: another batch (`later`: one after this), no import at all, a person
# who had an undone vote count again, or a life before this batch of which nobody can say where it began.
_HELD: Final = f"""
CREATE TEMPORARY TABLE undo_held ON COMMIT DROP AS
WITH concerned AS (
  SELECT vote_id FROM undo_named UNION SELECT vote_id FROM polls_votechange WHERE batch_id = %(batch)s
), others AS (
  SELECT vote_id, bool_or(stands) AS stands, bool_or(stands AND batch_id > %(batch)s) AS later
    FROM ({_OTHERS}) named JOIN concerned USING (vote_id) GROUP BY vote_id
), before_this AS (
  SELECT DISTINCT vote_id FROM polls_votechange
   WHERE batch_id = %(batch)s AND before ?| ARRAY{[*OF_VOTE, "excluded"]}
), by_hand AS (
  SELECT DISTINCT c.vote_id FROM polls_votechange c JOIN concerned USING (vote_id)
   WHERE c.batch_id IS NULL AND c.before ->> 'excluded' IN ('undone', 'replaced')
)
SELECT vote_id, coalesce(o.later, false) AS later
  FROM concerned
  JOIN polls_vote v ON v.id = vote_id
  LEFT JOIN others o USING (vote_id)
  LEFT JOIN before_this b USING (vote_id)
  LEFT JOIN by_hand h USING (vote_id)
 WHERE o.stands OR v.batch_id IS NULL OR h.vote_id IS NOT NULL
    OR b.vote_id IS NOT NULL AND o.vote_id IS NULL
"""  # noqa: S608 - of constants
_MOVED: Final = """
CREATE TEMPORARY TABLE undo_moved ON COMMIT DROP AS
SELECT moved.vote_id::bigint AS vote_id, m.kept_id, m.merged_id, m.batch_id, m.merged_at, m.undone_at
  FROM polls_votermerge m
 CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(m.moved -> 'votes', '[]')) AS moved (vote_id)
"""
# The votes that this batch changed, and every vote of the people of whom it changed something.
_CONCERNED: Final = f"""
CREATE TEMPORARY TABLE undo_concerned ON COMMIT DROP AS
WITH mine AS (SELECT vote_id, before FROM polls_votechange WHERE batch_id = %(batch)s)
SELECT vote_id FROM mine
UNION
SELECT v.id FROM polls_vote v WHERE v.voter_id IN (
  SELECT was.voter_id FROM mine JOIN polls_vote was ON was.id = mine.vote_id
   WHERE mine.before ?| ARRAY{list(OF_PERSON)})
"""  # noqa: S608 - of constants
# Who a change was about, where the vote has since moved to another voter by a merge (or back again).
_ABOUT: Final = """
coalesce(
  (SELECT m.kept_id FROM undo_moved m WHERE m.vote_id = c.vote_id AND m.undone_at IS NOT NULL
      AND m.merged_at <= c.changed_at AND c.changed_at < m.undone_at ORDER BY m.merged_at DESC LIMIT 1),
  (SELECT m.merged_id FROM undo_moved m WHERE m.vote_id = c.vote_id AND m.undone_at IS NULL
      AND m.merged_at > c.changed_at AND m.batch_id IS DISTINCT FROM c.batch_id ORDER BY m.merged_at LIMIT 1),
  v.voter_id)
"""
_EVENTS: Final = f"""
CREATE TEMPORARY TABLE undo_event ON COMMIT DROP AS
SELECT c.id, c.vote_id, f.key AS field, f.value AS before, c.before ->> 'voted_at_moment' AS moment,
       CASE WHEN f.key IN {_ON_PERSON} THEN {_ABOUT} ELSE c.vote_id END AS subject,
       c.batch_id IS NOT DISTINCT FROM %(batch)s AS is_mine,
       c.batch_id IS NULL OR b.undone_at IS NULL AND b.id <> %(batch)s AS stands
  FROM undo_concerned JOIN polls_votechange c USING (vote_id)
  JOIN polls_vote v ON v.id = c.vote_id
 CROSS JOIN LATERAL jsonb_each(c.before) AS f (key, value)
  LEFT JOIN polls_batch b ON b.id = c.batch_id
 WHERE f.key IN {_ON_VOTE} OR f.key = 'excluded' OR f.key IN {_ON_PERSON}
   -- A voter id is of one poll; the rest that is said of a person, of all.
   AND (f.key <> 'voter_id' OR v.poll_id = %(poll)s)
"""  # noqa: S608 - of constants
_FIELDS: Final = """
CREATE TEMPORARY TABLE undo_field ON COMMIT DROP AS
WITH chain AS (
  SELECT subject, field, min(vote_id) FILTER (WHERE is_mine) AS vote_id,
         max(id) FILTER (WHERE is_mine) AS mine, coalesce(max(id) FILTER (WHERE stands), 0) AS standing
    FROM undo_event GROUP BY subject, field HAVING bool_or(is_mine)
)
SELECT DISTINCT ON (chain.subject, chain.field) chain.subject, chain.field, chain.vote_id,
       chain.standing > chain.mine AS kept, e.before AS target, e.moment::timestamptz AS moment
  FROM chain LEFT JOIN undo_event e
    ON e.subject = chain.subject AND e.field = chain.field AND e.id > chain.standing
 ORDER BY chain.subject, chain.field, e.id
"""
_FATE: Final = """
CREATE TEMPORARY TABLE undo_fate ON COMMIT DROP AS
SELECT v.id AS vote_id, CASE
         WHEN held.vote_id IS NULL THEN 'undone'
         ELSE f.target #>> '{}' END AS becomes
  FROM (SELECT vote_id FROM undo_named UNION SELECT subject FROM undo_field WHERE field = 'excluded') c
  JOIN polls_vote v ON v.id = c.vote_id
  LEFT JOIN undo_held held USING (vote_id)
  LEFT JOIN undo_field f ON f.field = 'excluded' AND f.subject = v.id AND NOT f.kept
 WHERE CASE
    -- What counts and nothing else holds up; or what this batch had brought back from being replaced.
    WHEN v.voided_at IS NULL
      THEN held.vote_id IS NULL OR f.target #>> '{}' = 'replaced' AND NOT held.later
    -- What this batch had replaced by another answer.
    ELSE v.void_reason = 'replaced' AND f.target #>> '{}' = '' END
"""
_HEADLINES: Final = """
CREATE TEMPORARY TABLE undo_headline (text text NOT NULL, key_hash bytea) ON COMMIT DROP
"""
# What a vote holds now, in the form in which a change keeps it.
_NOW: Final = """
CASE f.field
  WHEN 'option' THEN to_jsonb(o.text)
  WHEN 'headline' THEN to_jsonb(v.headline_raw)
  WHEN 'comment' THEN to_jsonb(v.comment)
  WHEN 'voted_at' THEN to_jsonb(v.voted_raw)
  WHEN 'extra' THEN jsonb_object(b.extra_headers[:cardinality(v.extra)], v.extra) END
"""
_TARGETS: Final = f"""
CREATE TEMPORARY TABLE undo_target ON COMMIT DROP AS
SELECT f.subject AS vote_id, jsonb_object_agg(f.field, f.target) AS fields,
       jsonb_strip_nulls(jsonb_object_agg(f.field, {_NOW}) || jsonb_build_object(
         'voted_at_moment', max(v.voted_at) FILTER (WHERE f.field = 'voted_at'))) AS before,
       max(f.moment) FILTER (WHERE f.field = 'voted_at') AS moment
  FROM undo_field f
  JOIN polls_vote v ON v.id = f.subject
  JOIN polls_option o ON o.id = v.option_id
  LEFT JOIN polls_batch b ON b.id = v.batch_id
 WHERE f.field IN {_ON_VOTE} AND NOT f.kept
   AND ({_NOW} IS DISTINCT FROM f.target
        OR f.field = 'voted_at' AND f.moment IS DISTINCT FROM v.voted_at)
 GROUP BY f.subject
"""  # noqa: S608 - of constants
# A name taken from the other of two voters goes back with the merge, and the address stays the kept one's.
_PEOPLE: Final = f"""
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


@contextmanager
def planned(batch: Batch) -> Iterator[None]:
    """The tables above, for as long as the block runs; a transaction must be open.

    Many votes are joined by whole sets, and the tables are new to the planner, so it is told to hash.
    """
    parameters = {"batch": batch.pk, "poll": batch.poll_id}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute("SET LOCAL enable_nestloop = off")
        _run(cursor, [_NAMED, _HELD, _MOVED], parameters)
        cursor.execute("CREATE INDEX ON undo_moved (vote_id)")
        _run(cursor, [_CONCERNED, _EVENTS, _FIELDS, _FATE], parameters)
        _read_moments()
        _run(cursor, [_TARGETS, _PEOPLE, _HEADLINES], parameters)
        _find_headlines()
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def _run(cursor: Any, statements: Sequence[str], parameters: dict[str, Any]) -> None:
    for statement in statements:
        cursor.execute(statement, parameters)
        table = statement.split("TABLE ", 1)[1].split(" ", 1)[0]
        cursor.execute(f"ANALYZE {table}")


def _read_moments() -> None:
    """Changes of before the moment was kept beside the text hold the text alone: it is read anew."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT target #>> '{}' FROM undo_field"
            " WHERE field = 'voted_at' AND NOT kept AND moment IS NULL AND target <> '\"\"'"
        )
        read = [(text, _moment(text)) for (text,) in cursor.fetchall()]
        known = [pair for pair in read if pair[1] is not None]
        if known:
            cursor.execute(
                "UPDATE undo_field f SET moment = m.moment"
                " FROM unnest(%s::text[], %s::timestamptz[]) AS m (text, moment)"
                " WHERE f.field = 'voted_at' AND NOT f.kept AND f.moment IS NULL"
                " AND f.target #>> '{}' = m.text",
                [[text for text, _ in known], [moment for _, moment in known]],
            )


def _moment(text: str) -> datetime | None:
    try:
        return parse_voted_at(text)
    except ValueError:
        return None


def _find_headlines() -> None:
    """The comparison key of every headline that goes back: only Python can say it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT fields ->> 'headline' FROM undo_target WHERE fields ? 'headline'")
        texts = [text for (text,) in cursor.fetchall()]
        raw: Any = cursor  # Django's wrapper hands `copy` through to psycopg
        with raw.copy("COPY undo_headline FROM STDIN") as copy:
            for text in texts:
                key = comparison_key(text)
                copy.write_row((text, key_hash(key) if key else None))
        cursor.execute("ANALYZE undo_headline")
