"""Voters of the same name and headline, for a person to say whether they are one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

from polls.models import Poll

SHOWN: Final = 20
"""Voters of a group that are told one by one."""


@dataclass(frozen=True, slots=True)
class LookAlikeVoter:
    """A voter of a group, with the slugs of the polls in which they voted (of those looked at)."""

    id: int
    name: str
    organisation: str
    country: str
    profile_url: str
    polls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alike:
    """Voters with one name (but for case, spaces and letter forms) and one headline. There are `count` of
    them; `voters` are the first SHOWN, oldest first. `decided` says how many pairs of them were kept apart;
    a group all of whose pairs were is not shown."""

    headline: str
    count: int
    decided: int
    voters: tuple[LookAlikeVoter, ...]


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """A page of groups, by name, and how many there are in all."""

    groups: tuple[Alike, ...]
    total: int


# Names are alike but for case, spaces and letter forms. A name that is folded already is not folded again,
# which would cost more than all the rest; compared by hash, so that a million of them need little room.
_FOLDED: Final = """hashtextextended(replace(replace(replace(lower(
           CASE WHEN octet_length(p.name) = char_length(p.name) OR p.name IS NFKC NORMALIZED THEN p.name
                ELSE normalize(p.name, NFKC) END), '  ', ' '), '  ', ' '), '  ', ' '), 0)"""
# Counted votes only: what is excluded makes nobody count twice.
_GROUPS: Final = f"""
WITH named AS MATERIALIZED (
  SELECT v.headline_id, v.voter_id, {_FOLDED} AS name
    FROM polls_vote v JOIN polls_voter p ON p.id = v.voter_id
   WHERE v.voided_at IS NULL AND v.headline_id IS NOT NULL AND p.merged_into_id IS NULL AND p.name <> ''
     AND (%(polls)s::bigint[] IS NULL OR v.poll_id = ANY(%(polls)s)) OF_POLL
), several AS (
  SELECT headline_id, name FROM named GROUP BY headline_id, name HAVING min(voter_id) < max(voter_id)
), member AS MATERIALIZED (
  SELECT DISTINCT headline_id, name, voter_id FROM named JOIN several USING (headline_id, name)
), alike AS (
  SELECT headline_id, name, count(*) AS count, array_agg(voter_id ORDER BY voter_id) AS voters
    FROM member GROUP BY headline_id, name
), apart AS (
  SELECT a.headline_id, a.name, count(*) AS pairs
    FROM polls_voterdistinction d
    JOIN member a ON a.voter_id = d.first_id
    JOIN member b ON b.voter_id = d.second_id AND b.headline_id = a.headline_id AND b.name = a.name
   GROUP BY a.headline_id, a.name
)
SELECT h.text, alike.count, coalesce(apart.pairs, 0), alike.voters[:%(shown)s], count(*) OVER ()
  FROM alike JOIN polls_headline h ON h.id = alike.headline_id
  JOIN polls_voter first ON first.id = alike.voters[1]
  LEFT JOIN apart ON apart.headline_id = alike.headline_id AND apart.name = alike.name
 WHERE coalesce(apart.pairs, 0) < alike.count * (alike.count - 1) / 2
   AND (%(poll)s::bigint IS NULL OR EXISTS (
        SELECT FROM polls_vote v WHERE v.poll_id = %(poll)s AND v.voter_id = ANY(alike.voters)
                                   AND v.voided_at IS NULL AND v.headline_id = alike.headline_id))
 ORDER BY lower(first.name), first.id, alike.headline_id LIMIT %(limit)s OFFSET %(offset)s
"""  # noqa: S608 - of constants
_OF_POLL: Final = "AND v.headline_id IN (SELECT headline_id FROM polls_vote WHERE poll_id = %(poll)s)"
_VOTERS: Final = """
SELECT p.id, p.name, p.organisation, p.country, p.profile_url,
       (SELECT coalesce(array_agg(DISTINCT q.slug ORDER BY q.slug), '{}') FROM polls_vote v
          JOIN polls_poll q ON q.id = v.poll_id
         WHERE v.voter_id = p.id AND v.voided_at IS NULL
           AND (%(polls)s::bigint[] IS NULL OR v.poll_id = ANY(%(polls)s)))
  FROM polls_voter p WHERE p.id = ANY(%(voters)s)
"""


def look_alikes(
    poll: Poll | None = None, *, among: Iterable[Poll] | None = None, limit: int = 50, offset: int = 0
) -> LookAlikes:
    """Groups of voters with the same name and headline under different keys, that nobody decided about yet.

    `among` are the polls whose votes are looked at, those the person may see; null: all. With `poll`, groups
    that have a voter of that poll. One statement, and one more for the page.
    """
    polls = None if among is None else [each.pk for each in among]
    values = {
        "poll": poll.pk if poll else None,
        "polls": polls,
        "shown": SHOWN,
        "limit": limit,
        "offset": offset,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(_GROUPS.replace("OF_POLL", _OF_POLL if poll else ""), values)
        found = cursor.fetchall()
        told = _told({voter for row in found for voter in row[3]}, polls)
    groups = tuple(
        Alike(headline, count, decided, tuple(told[voter] for voter in voters))
        for headline, count, decided, voters, _total in found
    )
    return LookAlikes(groups, found[0][-1] if found else 0)


def _told(voters: Collection[int], polls: list[int] | None) -> dict[int, LookAlikeVoter]:
    with connection.cursor() as cursor:
        cursor.execute(_VOTERS, {"voters": list(voters), "polls": polls})
        return {
            id_: LookAlikeVoter(id_, name, organisation, country, url, tuple(slugs))
            for id_, name, organisation, country, url, slugs in cursor.fetchall()
        }
