"""Headlines that are new to us, split into the job titles that all who hold them share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import Any, Final

from django.db import connection

from polls.importing.staging import CHUNK
from polls.titles import key_hash, split_headline

_NEW: Final = """
    CREATE TEMPORARY TABLE import_headline ON COMMIT DROP AS
    SELECT DISTINCT ON (headline_hash) headline_hash AS key_hash, headline_raw AS text, row
    FROM import_row s WHERE errors IS NULL AND headline_hash IS NOT NULL
      AND NOT EXISTS (SELECT FROM polls_headline h WHERE h.key_hash = s.headline_hash)
    ORDER BY headline_hash, row
"""
# In the order of the key, so that two imports that meet wait for each other instead of blocking.
_INSERT: Final = """
    WITH made AS (
        INSERT INTO polls_headline (text, key_hash) SELECT text, key_hash
        FROM import_headline ORDER BY key_hash
        ON CONFLICT (key_hash) DO NOTHING RETURNING id, key_hash
    )
    INSERT INTO import_made SELECT made.id, n.text FROM made JOIN import_headline n USING (key_hash)
"""
_PARTS_TABLE: Final = """
    CREATE TEMPORARY TABLE import_part (
        headline_id bigint, position smallint, raw text, key_hash bytea, mark text
    ) ON COMMIT DROP
"""
_TITLES: Final = """
    INSERT INTO polls_jobtitle (text, key_hash)
    SELECT DISTINCT ON (key_hash) raw, key_hash FROM import_part p
    WHERE NOT EXISTS (SELECT FROM polls_jobtitle t WHERE t.key_hash = p.key_hash)
    ORDER BY key_hash, headline_id, position ON CONFLICT (key_hash) DO NOTHING
"""
_PARTS: Final = """
    INSERT INTO polls_headlinepart (headline_id, position, job_title_id, raw, mark)
    SELECT p.headline_id, p.position, t.id, p.raw, p.mark
    FROM import_part p JOIN polls_jobtitle t USING (key_hash)
    ORDER BY p.headline_id, p.position
"""


def write_headlines() -> None:
    """Make every headline of the accepted rows that is not there yet, with its parts and job titles."""
    with connection.cursor() as cursor:
        cursor.execute(_NEW)
        cursor.execute(_PARTS_TABLE)
        for headlines in batched(_made(), CHUNK, strict=False):
            raw: Any = cursor
            with connection.wrap_database_errors, raw.copy("COPY import_part FROM STDIN") as copy:
                for headline_id, text in headlines:
                    for position, part in enumerate(split_headline(text), start=1):
                        copy.write_row((headline_id, position, part.raw, key_hash(part.key), part.mark))
        cursor.execute("ANALYZE import_part")
        cursor.execute(_TITLES)
        cursor.execute(_PARTS)


def _made() -> Iterator[tuple[int, str]]:
    """Insert the new headlines; their ids and texts, a piece at a time."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE import_made (id bigint, text text) ON COMMIT DROP")
        cursor.execute(_INSERT)
    with connection.chunked_cursor() as cursor:
        cursor.cursor.itersize = CHUNK
        cursor.execute("SELECT id, text FROM import_made")
        yield from cursor
