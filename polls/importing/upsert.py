"""Votes from the staging table: new ones, changed ones with what was before, unrecognised columns.

Empty or absent cells never erase; a vote that a person excluded stays so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import connection

from polls.importing import choices
from polls.models import Poll

_NEW_VOTES: Final = """
    INSERT INTO polls_vote (
        poll_id, single_choice, voter_id, option_id, headline_id, headline_raw, comment, voted_at, voted_raw,
        extra, batch_id, void_reason, void_note, created_at)
    SELECT %(poll)s, %(single)s, c.voter_id, c.option_id, c.headline_id, c.headline_raw, s.comment,
           s.voted_at, s.voted_raw, coalesce(s.extra, '{}'), %(batch)s, '', '', now()
    FROM import_choice c JOIN import_row s USING (row)
    WHERE c.vote_id IS NULL ORDER BY c.row, c.place
"""
# One row per known vote, or new vote of a known voter, of which a known field changed; `before` holds those
# fields as they were. A vote that counts again is as the file has it, empty cells too.
_CHANGES: Final = """
    CREATE TEMPORARY TABLE import_change ON COMMIT DROP AS
    SELECT c.row, v.id AS vote_id, v.voter_id, c.vote_id IS NULL AS vote_is_new, c.option_id, c.headline_id,
           c.headline_raw, b.before
    FROM import_choice c JOIN import_row s USING (row)
    JOIN import_match m ON m.row = c.lead
    JOIN polls_vote v ON v.poll_id = %(poll)s AND v.voter_id = c.voter_id
                     AND (%(single)s OR v.option_id = c.option_id)
    JOIN polls_voter p ON p.id = c.voter_id
    JOIN polls_option was ON was.id = v.option_id
    CROSS JOIN LATERAL (SELECT jsonb_strip_nulls(jsonb_build_object(
        'voter_id', CASE WHEN c.is_first THEN m.renamed_from END,
        'option', CASE WHEN c.option_id <> v.option_id THEN was.text END,
        'headline', CASE WHEN (c.headline_raw <> '' OR c.revived) AND c.headline_raw <> v.headline_raw
                         THEN v.headline_raw END,
        'comment', CASE WHEN (s.comment <> '' OR c.revived) AND s.comment <> v.comment THEN v.comment END,
        'voted_at', CASE WHEN (s.voted_raw <> '' OR c.revived) AND (s.voted_at IS DISTINCT FROM v.voted_at
                         OR s.voted_at IS NULL AND s.voted_raw <> v.voted_raw) THEN v.voted_raw END,
        -- What the text was read as then: an undo could not tell day and month apart.
        'voted_at_moment', CASE WHEN (s.voted_raw <> '' OR c.revived)
                         AND (s.voted_at IS DISTINCT FROM v.voted_at
                         OR s.voted_at IS NULL AND s.voted_raw <> v.voted_raw) THEN v.voted_at END,
        'name', CASE WHEN c.is_first AND s.name NOT IN ('', p.name) THEN p.name END,
        'organisation', CASE WHEN c.is_first AND s.organisation NOT IN ('', p.organisation)
                             THEN p.organisation END,
        'country', CASE WHEN c.is_first AND s.country NOT IN ('', p.country) THEN p.country END,
        'profile_url', CASE WHEN NOT c.is_first THEN NULL WHEN m.merged_from IS NOT NULL THEN ''
                            WHEN s.url_hash IS NOT NULL AND m.by_url IS NULL THEN p.profile_url END,
        'excluded', CASE WHEN c.revived THEN v.void_reason END,
        'note', CASE WHEN c.revived THEN v.void_note END,
        'extra', CASE WHEN c.revived AND v.extra <> '{}' THEN (
            SELECT jsonb_object(b.extra_headers[:cardinality(v.extra)], v.extra)
            FROM polls_batch b WHERE b.id = v.batch_id) END
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
        headline_id = CASE WHEN c.before ? 'headline' THEN c.headline_id ELSE v.headline_id END,
        headline_raw = CASE WHEN c.before ? 'headline' THEN c.headline_raw ELSE v.headline_raw END,
        comment = CASE WHEN c.before ? 'comment' THEN s.comment ELSE v.comment END,
        voted_at = CASE WHEN c.before ? 'voted_at' THEN s.voted_at ELSE v.voted_at END,
        voted_raw = CASE WHEN c.before ? 'voted_at' THEN s.voted_raw ELSE v.voted_raw END,
        voided_at = CASE WHEN c.before ? 'excluded' THEN NULL ELSE v.voided_at END,
        voided_by_id = CASE WHEN c.before ? 'excluded' THEN NULL ELSE v.voided_by_id END,
        void_reason = CASE WHEN c.before ? 'excluded' THEN '' ELSE v.void_reason END,
        void_note = CASE WHEN c.before ? 'excluded' THEN '' ELSE v.void_note END,
        extra = CASE WHEN c.before ? 'excluded' THEN coalesce(s.extra, '{}') ELSE v.extra END,
        batch_id = CASE WHEN c.before ? 'excluded' THEN %(batch)s ELSE v.batch_id END
    FROM import_change c JOIN import_row s USING (row)
    WHERE v.id = c.vote_id AND c.before ?| ARRAY['option', 'headline', 'comment', 'voted_at', 'excluded']
"""
_NOTE_CHANGES: Final = """
    INSERT INTO polls_votechange (vote_id, batch_id, changed_by_id, changed_at, before)
    SELECT vote_id, %(batch)s, %(by)s, now(), before FROM import_change ORDER BY row
"""
# What a known vote has in unrecognised columns, where this file says something else there.
_EXTRA: Final = """
    WITH told AS (
        SELECT v.id, v.extra AS old, coalesce(b.extra_headers, '{}') AS old_headers, s.extra AS new
        FROM import_choice c JOIN import_row s USING (row) JOIN polls_vote v ON v.id = c.vote_id
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
    *,
    poll: Poll,
    batch_id: int,
    by_id: int | None,
    file_headers: list[str],
    headers: list[str],
    replacing: bool,
) -> tuple[int, int]:
    """Insert new votes, change known ones, count those again that only an undo or another answer had taken
    out. How many rows created and how many updated a vote.

    `headers` are those of `extra_headers`, of which the first are the file's own. With `replacing`, votes
    of a voter that the file does not name any more are taken out (where several choices are allowed).
    """
    parameters = {
        "poll": poll.pk,
        "single": poll.single_choice,
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
        choices.find_votes(poll)
        cursor.execute(_NEW_VOTES, parameters)
        cursor.execute("SELECT EXISTS (SELECT FROM import_match WHERE NOT is_new)")
        if cursor.fetchone()[0]:
            _change_known(parameters)
            if replacing and not poll.single_choice:
                choices.replace_votes(poll_id=poll.pk, batch_id=batch_id, by_id=by_id)
        choices.note_named(batch_id=batch_id)
    return choices.created_and_updated()


def _change_known(parameters: dict[str, Any]) -> None:
    """Change votes and voters that were known."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGES, parameters)
        if cursor.rowcount:
            for statement in (_LOCK_VOTERS, _CHANGE_VOTERS, _CHANGE_VOTES, _NOTE_CHANGES):
                cursor.execute(statement, parameters)
            choices.note_changed()
        if parameters["file_headers"]:
            cursor.execute(_EXTRA, parameters)
