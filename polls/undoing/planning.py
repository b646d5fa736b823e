"""What undoing a batch would change, worked out into temporary tables; nothing else is written here.

`undo_named`  the votes that the accepted rows of the batch named
`undo_held`   those of them that something else holds up
`undo_fate`   votes whose counting changes: `vote_id`, `becomes` ('undone', 'replaced', '' for counting again)

and what fields go back to, see `chains`.
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
from polls.undoing import chains

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
_PLANS: Final = {"enable_nestloop": "off", "jit": "off", "work_mem": "'64MB'"}
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
# Votes that have another leg to stand on: another batch (`later`: one after this), no import at all, or a
# life before this batch of which nobody can say where it began.
_HELD: Final = f"""
CREATE TEMPORARY TABLE undo_held ON COMMIT DROP AS
WITH concerned AS (
  SELECT vote_id FROM undo_named UNION SELECT vote_id FROM polls_votechange WHERE batch_id = %(batch)s
), others AS (
  SELECT vote_id, bool_or(stands) AS stands, bool_or(stands AND batch_id > %(batch)s) AS later
    FROM ({_OTHERS}) named JOIN concerned USING (vote_id) GROUP BY vote_id
), before_this AS (
  SELECT DISTINCT vote_id FROM polls_votechange
   WHERE batch_id = %(batch)s AND before ?| ARRAY{[*chains.OF_VOTE, "excluded"]}
)
SELECT vote_id, coalesce(o.later, false) AS later
  FROM concerned
  JOIN polls_vote v ON v.id = vote_id
  LEFT JOIN others o USING (vote_id)
  LEFT JOIN before_this b USING (vote_id)
 WHERE o.stands OR v.batch_id IS NULL OR b.vote_id IS NOT NULL AND o.vote_id IS NULL
"""  # noqa: S608 - of constants
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


@contextmanager
def planned(batch: Batch) -> Iterator[None]:
    """The tables above, for as long as the block runs; a transaction must be open.

    Many votes are joined by whole sets, and the tables are new to the planner: it is told to hash, in memory.
    """
    parameters = {"batch": batch.pk, "poll": batch.poll_id}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        for setting, value in _PLANS.items():
            cursor.execute(f"SET LOCAL {setting} = {value}")
        _run(cursor, [_NAMED, _HELD, chains.MOVED], parameters)
        cursor.execute("CREATE INDEX ON undo_moved (vote_id)")
        _run(cursor, [chains.CONCERNED, chains.EVENTS, chains.FIELDS, _FATE], parameters)
        _read_moments()
        _run(cursor, [chains.TARGETS, chains.PEOPLE, _HEADLINES], parameters)
        _find_headlines()
        yield
        for setting in _PLANS:
            cursor.execute(f"SET LOCAL {setting} TO DEFAULT")


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
