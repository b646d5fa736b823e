"""Writing what an undo changes, by a few statements over the tables of `planning`."""

from __future__ import annotations

from typing import Any, Final

from django.db import connection

from polls.models import Batch, User, VoterKey
from polls.texts import normalise_url
from polls.titles import key_hash

_LOCK_VOTERS: Final = (
    "SELECT FROM polls_voter WHERE id IN (SELECT voter_id FROM undo_person) ORDER BY id FOR UPDATE"
)
# What was there is kept before it goes: one change per vote, under the batch that is undone.
_NOTE: Final = """
INSERT INTO polls_votechange (vote_id, batch_id, changed_by_id, changed_at, before)
SELECT vote_id, %(batch)s, %(by)s, %(now)s,
       coalesce(t.before, '{}') || coalesce(p.before, '{}') || CASE WHEN f.vote_id IS NULL THEN '{}'
         ELSE jsonb_build_object('excluded', v.void_reason, 'note', v.void_note) END
  FROM (SELECT vote_id, jsonb_object_agg(fields.key, fields.value) AS before
          FROM undo_person CROSS JOIN LATERAL jsonb_each(before) AS fields GROUP BY vote_id) p
  FULL JOIN undo_target t USING (vote_id)
  FULL JOIN undo_fate f USING (vote_id)
  JOIN polls_vote v ON v.id = vote_id
 ORDER BY vote_id
"""
_VOTES: Final = """
UPDATE polls_vote v SET
  option_id = coalesce(o.id, v.option_id),
  headline_id = CASE WHEN t.fields ? 'headline' THEN h.id ELSE v.headline_id END,
  headline_raw = coalesce(t.fields ->> 'headline', v.headline_raw),
  comment = coalesce(t.fields ->> 'comment', v.comment),
  voted_at = CASE WHEN t.fields ? 'voted_at' THEN t.moment ELSE v.voted_at END,
  voted_raw = coalesce(t.fields ->> 'voted_at', v.voted_raw),
  extra = CASE WHEN t.fields ? 'extra' THEN ARRAY(
      SELECT coalesce(t.fields -> 'extra' ->> column_of.header, '')
        FROM polls_batch b CROSS JOIN LATERAL unnest(b.extra_headers) WITH ORDINALITY AS column_of (header, i)
       WHERE b.id = v.batch_id ORDER BY column_of.i) ELSE v.extra END
  FROM undo_target t
  LEFT JOIN polls_option o ON o.poll_id = %(poll)s AND o.text = t.fields ->> 'option'
  LEFT JOIN undo_headline k ON k.text = t.fields ->> 'headline'
  LEFT JOIN polls_headline h ON h.key_hash = k.key_hash
 WHERE v.id = t.vote_id
"""
_PEOPLE: Final = """
UPDATE polls_voter v SET
  name = coalesce(p.fields ->> 'name', v.name),
  organisation = coalesce(p.fields ->> 'organisation', v.organisation),
  country = coalesce(p.fields ->> 'country', v.country),
  profile_url = coalesce(p.fields ->> 'profile_url', v.profile_url)
  FROM undo_person p WHERE v.id = p.voter_id
"""
# Only ids that were derived are ever changed by an import, so a derived one comes back.
_IDS: Final = """
UPDATE polls_voterkey k SET value = p.fields ->> 'voter_id', derived = true,
       value_hash = sha256(convert_to(p.fields ->> 'voter_id', 'UTF8'))
  FROM undo_person p
 WHERE k.scheme = 'id' AND k.scope_id = %(poll)s AND k.voter_id = p.voter_id AND p.fields ? 'voter_id'
"""
_FATES: Final = """
UPDATE polls_vote v SET
  voided_at = CASE WHEN f.becomes = '' THEN NULL ELSE %(now)s::timestamptz END,
  voided_by_id = CASE WHEN f.becomes = '' THEN NULL ELSE %(by)s::bigint END,
  void_reason = f.becomes,
  void_note = ''
  FROM undo_fate f WHERE v.id = f.vote_id
"""
# Who counts nowhere any more is known by the voter id alone where there is one: a file that had the addresses
# wrong must not keep the right one from being read.
_FREE_ADDRESSES: Final = """
DELETE FROM polls_voterkey k
 USING (SELECT DISTINCT v.voter_id FROM undo_fate f JOIN polls_vote v ON v.id = f.vote_id
         WHERE f.becomes = 'undone') gone
 WHERE k.voter_id = gone.voter_id AND k.scheme = 'url'
   AND EXISTS (SELECT FROM polls_voterkey i WHERE i.voter_id = k.voter_id AND i.scheme = 'id'
                  AND i.scope_id = %(poll)s AND NOT i.derived)
   AND NOT EXISTS (SELECT FROM polls_vote other
                    WHERE other.voter_id = k.voter_id AND other.void_reason <> 'undone')
"""


def take_back(*, batch: Batch, by: User | None, now: Any) -> None:
    """Write what `planning.planned` worked out. The poll is locked and the tables are there."""
    values = {"batch": batch.pk, "poll": batch.poll_id, "by": by.pk if by else None, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_VOTERS)
        _forget_addresses()
        for statement in (_NOTE, _VOTES, _PEOPLE, _IDS, _FATES, _FREE_ADDRESSES):
            cursor.execute(statement, values)


def _forget_addresses() -> None:
    """An address that the batch gave a known voter is theirs no more, or a later file could not bring it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT voter_id, before ->> 'profile_url', fields ->> 'profile_url' FROM undo_person"
            " WHERE fields ? 'profile_url'"
        )
        gone = [
            (voter, key_hash(key))
            for voter, address, back in cursor.fetchall()
            if (key := _key(address)) and key != _key(back)
        ]
        cursor.execute(
            "DELETE FROM polls_voterkey k USING unnest(%s::bigint[], %s::bytea[]) AS gone (voter_id, hash)"
            " WHERE k.scheme = %s AND k.voter_id = gone.voter_id AND k.value_hash = gone.hash",
            [[voter for voter, _ in gone], [hashed for _, hashed in gone], VoterKey.Scheme.URL],
        )


def _key(address: str) -> str:
    try:
        return normalise_url(address)
    except ValueError:
        return ""
