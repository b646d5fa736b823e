"""Votes from the staging table: new ones, changed ones with what was before, unrecognised columns.

Empty or absent cells never erase; a vote that was excluded stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

_NEW_VOTES: Final = """
    INSERT INTO polls_vote (
        poll_id, single_choice, voter_id, option_id, headline_id, headline_raw, comment, voted_at, voted_raw,
        extra, batch_id, void_reason, void_note, created_at)
    SELECT %(poll)s, true, m.voter_id, o.id, h.id, s.headline_raw, s.comment, s.voted_at, s.voted_raw,
           coalesce(s.extra, '{}'), %(batch)s, '', '', now()
    FROM import_match m JOIN import_row s USING (row)
    JOIN polls_option o ON o.poll_id = %(poll)s AND o.key = s.option_key
    LEFT JOIN polls_headline h ON h.key_hash = s.headline_hash
    WHERE m.vote_id IS NULL ORDER BY m.row
"""
# One row per known voter of whom a known field changed; `before` holds those fields as they were.
_CHANGES: Final = """
    CREATE TEMPORARY TABLE import_change ON COMMIT DROP AS
    SELECT m.row, v.id AS vote_id, v.voter_id, m.vote_id IS NULL AS vote_is_new, o.id AS option_id, b.before
    FROM import_match m JOIN import_row s USING (row)
    JOIN polls_vote v ON v.poll_id = %(poll)s AND v.voter_id = m.voter_id
    JOIN polls_voter p ON p.id = m.voter_id
    JOIN polls_option o ON o.poll_id = %(poll)s AND o.key = s.option_key
    JOIN polls_option was ON was.id = v.option_id
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(jsonb_build_object(
        'voter_id', m.renamed_from,
        'option', CASE WHEN o.id <> v.option_id THEN was.text END,
        'headline', CASE WHEN s.headline_raw NOT IN ('', v.headline_raw) THEN v.headline_raw END,
        'comment', CASE WHEN s.comment NOT IN ('', v.comment) THEN v.comment END,
        'voted_at', CASE WHEN s.voted_raw <> '' AND (s.voted_at IS DISTINCT FROM v.voted_at
                         OR s.voted_at IS NULL AND s.voted_raw <> v.voted_raw) THEN v.voted_raw END,
        'name', CASE WHEN s.name NOT IN ('', p.name) THEN p.name END,
        'organisation', CASE WHEN s.organisation NOT IN ('', p.organisation) THEN p.organisation END,
        'country', CASE WHEN s.country NOT IN ('', p.country) THEN p.country END,
        'profile_url', CASE WHEN m.merged_from IS NOT NULL THEN ''
                            WHEN s.url_hash IS NOT NULL AND m.by_url IS NULL THEN p.profile_url END
    )) AS before) b
    WHERE NOT m.is_new AND b.before <> '{}'
"""
_LOCK_VOTERS: Final = """
    SELECT FROM polls_voter WHERE id IN (SELECT voter_id FROM import_change) ORDER BY id FOR UPDATE
"""
_CHANGE_VOTERS: Final = """
    UPDATE polls_voter p SET
        name = coalesce(nullif(s.name, ''), p.name),
        organisation = coalesce(nullif(s.organisation, ''), p.organisation),
        country = coalesce(nullif(s.country, ''), p.country),
        profile_url = CASE WHEN c.before ? 'profile_url' THEN s.profile_url ELSE p.profile_url END
    FROM import_change c JOIN import_row s USING (row)
    WHERE p.id = c.voter_id AND c.before ?| ARRAY['name', 'organisation', 'country', 'profile_url']
"""
_CHANGE_VOTES: Final = """
    UPDATE polls_vote v SET
        option_id = c.option_id,
        headline_id = CASE WHEN c.before ? 'headline' THEN h.id ELSE v.headline_id END,
        headline_raw = CASE WHEN c.before ? 'headline' THEN s.headline_raw ELSE v.headline_raw END,
        comment = coalesce(nullif(s.comment, ''), v.comment),
        voted_at = CASE WHEN c.before ? 'voted_at' THEN s.voted_at ELSE v.voted_at END,
        voted_raw = CASE WHEN c.before ? 'voted_at' THEN s.voted_raw ELSE v.voted_raw END
    FROM import_change c JOIN import_row s USING (row)
    LEFT JOIN polls_headline h ON h.key_hash = s.headline_hash
    WHERE v.id = c.vote_id AND c.before ?| ARRAY['option', 'headline', 'comment', 'voted_at']
"""
_NOTE_CHANGES: Final = """
    INSERT INTO polls_votechange (vote_id, batch_id, changed_by_id, changed_at, before)
    SELECT vote_id, %(batch)s, %(by)s, now(), before FROM import_change ORDER BY row
"""
# What a known vote has in unrecognised columns, where this file says something else there.
_EXTRA: Final = """
    WITH told AS (
        SELECT v.id, v.extra AS old, coalesce(b.extra_headers, '{}') AS old_headers, s.extra AS new
        FROM import_match m JOIN import_row s USING (row) JOIN polls_vote v ON v.id = m.vote_id
        LEFT JOIN polls_batch b ON b.id = v.batch_id
        WHERE NOT (s.extra = v.extra AND b.extra_headers = %(file_headers)s::text[])
    ), changed AS (
        SELECT id, old, old_headers, new FROM told WHERE EXISTS (
            SELECT FROM unnest(%(file_headers)s::text[], new) AS cell (header, value)
            WHERE value <> '' AND value IS DISTINCT FROM old[array_position(old_headers, header)])
    ), noted AS (
        INSERT INTO polls_votechange (vote_id, batch_id, changed_by_id, changed_at, before)
        SELECT id, %(batch)s, %(by)s, now(),
               jsonb_build_object('extra', jsonb_object(old_headers[:cardinality(old)], old)) FROM changed
    )
    UPDATE polls_vote v SET batch_id = %(batch)s, extra = ARRAY(
        SELECT coalesce(nullif(c.new[i::int], ''), c.old[array_position(c.old_headers, header)], '')
        FROM unnest(%(headers)s::text[]) WITH ORDINALITY AS h (header, i) ORDER BY i)
    FROM changed c WHERE v.id = c.id
"""


def extra_headers(poll_id: int, file_headers: Sequence[str]) -> list[str]:
    """The unrecognised columns of this file, then those of earlier files, so that none is lost."""
    headers = list(file_headers)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT extra_headers FROM polls_batch WHERE poll_id = %s ORDER BY extra_headers",
            [poll_id],
        )
        for (earlier,) in cursor.fetchall():
            headers += [header for header in earlier if header not in headers]
    return headers


def write_votes(
    *, poll_id: int, batch_id: int, by_id: int | None, file_headers: list[str], headers: list[str]
) -> tuple[int, int]:
    """Insert new votes and change known ones. How many rows created and how many updated a vote.

    `headers` are those of `extra_headers`, of which the first are the file's own.
    """
    parameters = {
        "poll": poll_id,
        "batch": batch_id,
        "by": by_id,
        "file_headers": file_headers,
        "headers": headers,
    }
    with connection.cursor() as cursor:
        if len(headers) > len(file_headers):
            cursor.execute(
                "UPDATE import_row SET extra = extra || array_fill(''::text, ARRAY[%s])",
                [len(headers) - len(file_headers)],
            )
        cursor.execute(_NEW_VOTES, parameters)
        created = cursor.rowcount
        cursor.execute("SELECT EXISTS (SELECT FROM import_match WHERE NOT is_new)")
        updated = _change_known(parameters) if cursor.fetchone()[0] else 0
    return created, updated


def _change_known(parameters: dict[str, Any]) -> int:
    """Change votes and voters that were known. How many rows changed a known field of a vote."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, parameters)
        cursor.execute("SELECT count(*) FILTER (WHERE NOT vote_is_new), count(*) FROM import_change")
        updated, changed = cursor.fetchone()
        if changed:
            for statement in (_LOCK_VOTERS, _CHANGE_VOTERS, _CHANGE_VOTES, _NOTE_CHANGES):
                cursor.execute(statement, parameters)
        if parameters["file_headers"]:
            cursor.execute(_EXTRA, parameters)
    return int(updated)
