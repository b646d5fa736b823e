"""Who the rows are: match them to known voters, make new ones, keep the keys by which they are known.

Within a poll a voter is known by `voter_id`; across polls only equal profile addresses make one voter.
Whoever was found to be somebody else (`VoterMerge`) is met as that person, whatever they are named by.
"""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from polls.changes import hold_voters
from polls.importing.staging import reject


class Interrupted(Exception):
    """Another import wrote the same address or option meanwhile: do it again on what is true now."""


_MATCH: Final = """
    CREATE TEMPORARY TABLE import_match ON COMMIT DROP AS
    SELECT s.row, i.voter_id AS by_id, u.voter_id AS by_url,
           coalesce(i.voter_id, u.voter_id, nextval(pg_get_serial_sequence('polls_voter', 'id'))) AS voter_id,
           i.voter_id IS NULL AND u.voter_id IS NULL AS is_new,
           NULL::text AS renamed_from, NULL::bigint AS merged_from, NULL::bigint AS vote_id
    FROM import_row s
    LEFT JOIN polls_voterkey i ON i.scheme = 'id' AND i.scope_id = %(poll)s AND i.value_hash = s.id_hash
    LEFT JOIN polls_voterkey u ON u.scheme = 'url' AND u.scope_id IS NULL AND u.value_hash = s.url_hash
    WHERE s.errors IS NULL
"""
_ANY_MERGED: Final = "SELECT EXISTS (SELECT FROM polls_voter WHERE merged_into_id IS NOT NULL)"
_FOLLOW_MERGED: Final = (
    """
    UPDATE import_match m SET by_id = v.merged_into_id, voter_id = v.merged_into_id
    FROM polls_voter v WHERE v.id = m.by_id AND v.merged_into_id IS NOT NULL
    """,
    """
    UPDATE import_match m SET by_url = v.merged_into_id, voter_id = coalesce(m.by_id, v.merged_into_id)
    FROM polls_voter v WHERE v.id = m.by_url AND v.merged_into_id IS NOT NULL
    """,
)
# The id is one voter's, the address another's, and both are known to be two people, or may have voted twice.
_TWO_VOTERS: Final = """
    SELECT m.row, %(url)s::text AS header, s.profile_url AS value,
           'the profile address belongs to another voter than the voter_id “' || s.id_value || '”' AS reason
    FROM import_match m JOIN import_row s USING (row)
    WHERE m.by_id <> m.by_url AND (
        EXISTS (SELECT FROM polls_voterkey k WHERE k.scheme = 'id' AND k.scope_id = %(poll)s
                AND k.voter_id = m.by_url)
        OR EXISTS (SELECT FROM polls_voterkey k WHERE k.scheme = 'url' AND k.voter_id = m.by_id)
        OR EXISTS (SELECT FROM polls_vote e WHERE e.voter_id = m.by_id AND e.poll_id <> %(poll)s))
"""
_OTHER_ID: Final = """
    SELECT m.row, %(id)s::text AS header, s.id_value AS value,
           'the profile address belongs to the voter_id “' || k.value || '” of this poll' AS reason
    FROM import_match m JOIN import_row s USING (row)
    JOIN polls_voterkey k ON k.scheme = 'id' AND k.scope_id = %(poll)s AND k.voter_id = m.by_url
    WHERE m.by_id IS NULL AND NOT s.derived AND NOT k.derived
"""
_SAME_VOTER: Final = """
    SELECT row, %(url)s::text AS header, profile_url AS value,
           'the same voter again: row ' || kept || ' is kept' AS reason
    FROM (SELECT m.row, s.profile_url, first_value(m.row) OVER (
              PARTITION BY coalesce(m.by_id, m.by_url) ORDER BY s.voted_at DESC NULLS LAST, m.row DESC)
              AS kept
          FROM import_match m JOIN import_row s USING (row)
          WHERE NOT m.is_new AND s.errors IS NULL) ranked
    WHERE kept <> row
"""
_FORGET_REJECTED: Final = """
    DELETE FROM import_match m USING import_row s WHERE s.row = m.row AND s.errors IS NOT NULL
"""
_NOTE_CHANGES: Final = (
    "UPDATE import_match SET merged_from = by_id, voter_id = by_url WHERE by_id <> by_url",
    """
    UPDATE import_match m SET renamed_from = k.value
    FROM polls_voterkey k, import_row s
    WHERE s.row = m.row AND m.by_id IS NULL AND m.by_url IS NOT NULL AND NOT s.derived
      AND k.scheme = 'id' AND k.scope_id = %(poll)s AND k.voter_id = m.by_url AND k.derived
    """,
)
# Known in this poll only, now found to be somebody met in another one: one person from now on. In the form of
# `polls.merging`, which takes it apart again when the import is undone.
_FILLED: Final = """jsonb_strip_nulls(jsonb_build_object(
        'name', CASE WHEN kept.name = '' THEN nullif(was.name, '') END,
        'organisation', CASE WHEN kept.organisation = '' THEN nullif(was.organisation, '') END,
        'country', CASE WHEN kept.country = '' THEN nullif(was.country, '') END))"""
_MERGE: Final = (
    """
    SELECT FROM polls_voter WHERE id IN (
        SELECT unnest(ARRAY[voter_id, merged_from]) FROM import_match WHERE merged_from IS NOT NULL)
    ORDER BY id FOR UPDATE
    """,
    f"""
    INSERT INTO polls_votermerge (kept_id, merged_id, batch_id, merged_by_id, merged_at, moved)
    SELECT kept.id, was.id, %(batch)s, %(by)s, now(), jsonb_build_object(
        'votes', (SELECT coalesce(jsonb_agg(v.id ORDER BY v.id), '[]') FROM polls_vote v
                  WHERE v.voter_id = was.id),
        'keys', (SELECT coalesce(jsonb_agg(k.id ORDER BY k.id), '[]') FROM polls_voterkey k
                 WHERE k.voter_id = was.id),
        'followers', (SELECT coalesce(jsonb_agg(f.id ORDER BY f.id), '[]') FROM polls_voter f
                      WHERE f.merged_into_id = was.id),
        'filled', {_FILLED},
        'last_vote', (SELECT max(id) FROM polls_vote), 'last_change', (SELECT max(id) FROM polls_votechange))
    FROM import_match m JOIN polls_voter kept ON kept.id = m.voter_id
    JOIN polls_voter was ON was.id = m.merged_from ORDER BY m.row
    """,  # noqa: S608 - of constants
    """
    UPDATE polls_voter v SET name = coalesce(nullif(v.name, ''), o.name),
        organisation = coalesce(nullif(v.organisation, ''), o.organisation),
        country = coalesce(nullif(v.country, ''), o.country)
    FROM import_match m JOIN polls_voter o ON o.id = m.merged_from WHERE v.id = m.voter_id
    """,
    "UPDATE polls_vote v SET voter_id = m.voter_id FROM import_match m WHERE v.voter_id = m.merged_from",
    "UPDATE polls_voterkey k SET voter_id = m.voter_id FROM import_match m WHERE k.voter_id = m.merged_from",
    """
    UPDATE polls_voter v SET merged_into_id = m.voter_id FROM import_match m
    WHERE m.merged_from IN (v.id, v.merged_into_id)
    """,
)
_VOTERS: Final = """
    INSERT INTO polls_voter (id, name, organisation, country, profile_url, created_at)
    SELECT m.voter_id, s.name, s.organisation, s.country, s.profile_url, now()
    FROM import_match m JOIN import_row s USING (row) WHERE m.is_new
"""
_NEW_ADDRESSES: Final = """
    FROM import_match m JOIN import_row s USING (row) WHERE s.url_hash IS NOT NULL AND m.by_url IS NULL
"""
_URL_KEYS: Final = f"""
    INSERT INTO polls_voterkey (voter_id, scheme, scope_id, value_hash, value, derived)
    SELECT m.voter_id, 'url', NULL, s.url_hash, s.url_value, false {_NEW_ADDRESSES}
    ORDER BY s.url_hash ON CONFLICT (scheme, scope_id, value_hash) DO NOTHING
"""
_RENAME_KEYS: Final = """
    UPDATE polls_voterkey k SET value = s.id_value, value_hash = s.id_hash, derived = false
    FROM import_match m JOIN import_row s USING (row)
    WHERE m.renamed_from IS NOT NULL AND k.scheme = 'id' AND k.scope_id = %(poll)s AND k.voter_id = m.voter_id
"""
_ID_KEYS: Final = """
    INSERT INTO polls_voterkey (voter_id, scheme, scope_id, value_hash, value, derived)
    SELECT m.voter_id, 'id', %(poll)s, s.id_hash, s.id_value, s.derived
    FROM import_match m JOIN import_row s USING (row)
    WHERE m.by_id IS NULL AND (m.is_new OR NOT EXISTS (
        SELECT FROM polls_voterkey k WHERE k.scheme = 'id' AND k.scope_id = %(poll)s
        AND k.voter_id = m.voter_id))
"""
_VOTES: Final = """
    UPDATE import_match m SET vote_id = v.id FROM polls_vote v
    WHERE NOT m.is_new AND v.poll_id = %(poll)s AND v.voter_id = coalesce(m.by_id, m.by_url)
"""


def match_voters(*, poll_id: int, headers: dict[str, str]) -> None:
    """Find the voter and vote of every accepted row; reject rows that would mix two people up."""
    parameters: dict[str, Any] = headers | {"poll": poll_id}
    hold_voters()
    with connection.cursor() as cursor:
        cursor.execute(_MATCH, parameters)
        cursor.execute("ANALYZE import_match")
        cursor.execute(_ANY_MERGED)
        if cursor.fetchone()[0]:
            for statement in _FOLLOW_MERGED:
                cursor.execute(statement)
        lost = sum(reject(query, parameters) for query in (_TWO_VOTERS, _OTHER_ID, _SAME_VOTER))
        if lost:
            cursor.execute(_FORGET_REJECTED)
        cursor.execute(_VOTES, parameters)
        for statement in _NOTE_CHANGES:
            cursor.execute(statement, parameters)


def write_voters(*, poll_id: int, batch_id: int, by_id: int | None) -> None:
    """Make the new voters and every key not yet known. Raises Interrupted if another import was faster."""
    parameters = {"poll": poll_id, "batch": batch_id, "by": by_id}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) " + _NEW_ADDRESSES)
        (expected,) = cursor.fetchone()
        cursor.execute(_URL_KEYS)
        if cursor.rowcount != expected:
            raise Interrupted
        cursor.execute("SELECT FROM import_match WHERE merged_from IS NOT NULL LIMIT 1")
        if cursor.fetchone() is not None:
            for statement in _MERGE:
                cursor.execute(statement, parameters)
        cursor.execute(_VOTERS)
        cursor.execute(_RENAME_KEYS, parameters)
        cursor.execute(_ID_KEYS, parameters)
