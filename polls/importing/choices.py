"""Which vote every accepted row means: one per voter, or one per voter and option where several are allowed.

`import_choice` has a row for each option of each accepted row. A voter *stands* who had a vote in the poll
before, counted or excluded by a person; a vote void because its import was undone, or because the voter
answered anew, does not stand and is revived.
"""

from __future__ import annotations

from typing import Final

from django.db import connection

from polls.models import Poll, Vote

_REVIVED: Final = ", ".join(f"'{reason}'" for reason in Vote.REVIVED_BY_IMPORT)
_CREATE: Final = """
    CREATE TEMPORARY TABLE import_choice (
        row integer, place integer, lead integer, voter_id bigint, option_id bigint, vote_id bigint,
        headline_id bigint, headline_raw text, revived boolean, standing boolean, is_first boolean,
        changed boolean NOT NULL DEFAULT false
    ) ON COMMIT DROP
"""
_ONE_EACH: Final = f"""
    INSERT INTO import_choice
    SELECT s.row, 1, s.row, m.voter_id, o.id, v.id, h.id, s.headline_raw,
           coalesce(v.void_reason IN ({_REVIVED}), false), coalesce(v.void_reason NOT IN ({_REVIVED}), false),
           true
    FROM import_match m JOIN import_row s USING (row)
    JOIN polls_option o ON o.poll_id = %(poll)s AND o.key = s.option_key
    LEFT JOIN polls_headline h ON h.key_hash = s.headline_hash
    LEFT JOIN polls_vote v ON v.poll_id = %(poll)s AND v.voter_id = m.voter_id
"""  # noqa: S608 - of constants
_SEVERAL_EACH: Final = f"""
    INSERT INTO import_choice
    SELECT s.row, c.place, m.row, m.voter_id, o.id, v.id, h.id, s.headline_raw,
           coalesce(v.void_reason IN ({_REVIVED}), false), false,
           row_number() OVER (PARTITION BY m.voter_id ORDER BY s.row, c.place) = 1
    FROM import_row s JOIN import_match m ON m.row = coalesce(s.lead, s.row)
    CROSS JOIN LATERAL (
        SELECT key, min(place) AS place
        FROM unnest(coalesce(s.option_keys, ARRAY[s.option_key])) WITH ORDINALITY AS named (key, place)
        GROUP BY key) c
    JOIN polls_option o ON o.poll_id = %(poll)s AND o.key = c.key
    LEFT JOIN polls_headline h ON h.key_hash = s.headline_hash
    LEFT JOIN polls_vote v ON v.poll_id = %(poll)s AND v.voter_id = m.voter_id AND v.option_id = o.id
    WHERE s.errors IS NULL
"""  # noqa: S608 - of constants
# Who answers anew without a title still has the one of the earlier answer.
_STANDING: Final = f"""
    UPDATE import_choice c
    SET standing = true,
        headline_id = CASE WHEN {{silent}} THEN old.headline_id ELSE c.headline_id END,
        headline_raw = CASE WHEN {{silent}} THEN old.headline_raw ELSE c.headline_raw END
    FROM (SELECT DISTINCT ON (voter_id) voter_id, headline_id, headline_raw FROM polls_vote
          WHERE poll_id = %(poll)s AND void_reason NOT IN ({_REVIVED})
          ORDER BY voter_id, voided_at IS NOT NULL, id DESC) old
    WHERE old.voter_id = c.voter_id
""".format(silent="c.headline_raw = '' AND (c.vote_id IS NULL OR c.revived)")  # noqa: S608 - of constants
_REPLACED: Final = """
    CREATE TEMPORARY TABLE import_replaced ON COMMIT DROP AS
    SELECT v.id AS vote_id, v.voter_id FROM polls_vote v
    WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
      AND EXISTS (SELECT FROM import_choice c WHERE c.voter_id = v.voter_id)
      AND NOT EXISTS (SELECT FROM import_choice c WHERE c.voter_id = v.voter_id AND c.option_id = v.option_id)
"""
_TAKE_OUT: Final = f"""
    UPDATE polls_vote v
    SET voided_at = now(), voided_by_id = %(by)s, void_reason = '{Vote.VoidReason.REPLACED}', void_note = ''
    FROM import_replaced r WHERE r.vote_id = v.id
"""  # noqa: S608 - of constants
_NOTE_TAKEN_OUT: Final = """
    INSERT INTO polls_votechange (vote_id, batch_id, changed_by_id, changed_at, before)
    SELECT vote_id, %(batch)s, %(by)s, now(), '{"excluded": "", "note": ""}' FROM import_replaced
    ORDER BY vote_id
"""
_PIECE: Final = 10_000
_NAMED: Final = f"""
    INSERT INTO polls_batchvotes (batch_id, vote_ids)
    SELECT %(batch)s, array_agg(id ORDER BY id)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / {_PIECE} AS piece
          FROM (SELECT vote_id AS id FROM import_choice WHERE vote_id IS NOT NULL
                UNION SELECT id FROM polls_vote WHERE batch_id = %(batch)s) named) numbered
    GROUP BY piece ORDER BY piece
"""  # noqa: S608 - of constants
_CHANGED: Final = (
    "UPDATE import_choice c SET changed = true FROM import_change g "
    "WHERE g.row = c.row AND g.vote_id = c.vote_id"
)
_REPLACING: Final = (
    "UPDATE import_choice c SET changed = true FROM import_replaced r WHERE r.voter_id = c.voter_id"
)
_COUNTS: Final = """
    SELECT count(*) FILTER (WHERE NOT standing), count(*) FILTER (WHERE standing AND changed)
    FROM (SELECT bool_or(standing) AS standing, bool_or(changed OR vote_id IS NULL OR revived) AS changed
          FROM import_choice GROUP BY row) one_row
"""


def find_votes(poll: Poll) -> None:
    """Fill `import_choice` from the accepted rows, once their voters, headlines and options are there."""
    parameters = {"poll": poll.pk}
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        cursor.execute(_ONE_EACH if poll.single_choice else _SEVERAL_EACH, parameters)
        if not poll.single_choice:
            cursor.execute("ANALYZE import_choice")
            cursor.execute(_STANDING, parameters)


def replace_votes(*, poll_id: int, batch_id: int, by_id: int | None) -> None:
    """Take out the votes of known voters for options that they do not name any more."""
    parameters = {"poll": poll_id, "batch": batch_id, "by": by_id}
    with connection.cursor() as cursor:
        for statement in (_REPLACED, _TAKE_OUT, _NOTE_TAKEN_OUT, _REPLACING):
            cursor.execute(statement, parameters)


def note_changed() -> None:
    """Mark the votes of which `import_change` says that a known field changed."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)


def note_named(*, batch_id: int) -> None:
    """Keep which votes the accepted rows named (`BatchVotes`)."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"batch": batch_id})


def created_and_updated() -> tuple[int, int]:
    """How many rows brought a voter who did not stand, and how many changed what one who did had said."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        created, updated = cursor.fetchone()
    return created, updated
