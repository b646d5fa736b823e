"""What awaits a second reading: titles and by whom they are awaited, never what the first reading said."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from classify.models import Round
from classify.visibility.rules import STILL_READING, holds_open_slot, holds_open_slot_in_poll
from polls.permissions import Person, PollRefused, allows, check_can_administer

PER_PAGE = 50

# The slot without a standing decision is the one that is awaited; it may wait for somebody to join.
_AWAITED = "CASE WHEN c.decision1_id IS NULL THEN c.reviewer1_id ELSE c.reviewer2_id END"
_ONCE = "c.round_id = %(round)s AND c.status = 'one_decision' AND c.n_votes > 0"
_ROWS = f"""
SELECT c.id, c.text, c.n_votes, u.username, u.first_name, u.last_name
  FROM classify_case c LEFT JOIN polls_user u ON u.id = {_AWAITED}
 WHERE {_ONCE} AND c.id > %(after)s AND (%(who)s::bigint IS NULL OR u.id = %(who)s)
 ORDER BY c.id LIMIT %(limit)s
"""  # noqa: S608 - of constants
_COUNTS = f"""
SELECT u.id, u.username, u.first_name, u.last_name, n.cases
  FROM (SELECT {_AWAITED} AS reader, count(*) AS cases FROM classify_case c WHERE {_ONCE} GROUP BY 1) n
  LEFT JOIN polls_user u ON u.id = n.reader ORDER BY u.username NULLS LAST
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Awaited:
    """A title that one person has read. `by` is who reads it next, "" where it waits for somebody to join."""

    case: int
    text: str
    votes: int
    by: str


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A page of them, and how many there are: by person (user id, name, cases), None and "" for nobody yet.

    `after` is where the next page begins, None at the end.
    """

    total: int
    people: tuple[tuple[int | None, str, int], ...]
    rows: tuple[Awaited, ...]
    after: int | None


def check_can_see_awaiting(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll who holds no open slot in the round."""
    check_can_administer(user, round.poll)
    if holds_open_slot(user, round) or holds_open_slot_in_poll(user, round.poll):
        raise PollRefused(STILL_READING)


def can_see_awaiting(user: Person, round: Round) -> bool:
    """May the person know what awaits a second reading?"""
    return allows(check_can_see_awaiting, user, round)


def awaiting(user: Person, round: Round, *, after: int = 0, reader: int | None = None) -> Awaiting:
    """A page of what awaits a second reading, of all or of one reader. Raises PollRefused."""
    check_can_see_awaiting(user, round)
    values = {"round": round.pk, "after": after, "who": reader, "limit": PER_PAGE + 1}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        people = tuple((pk, _name(*names), cases) for pk, *names, cases in cursor.fetchall())
        cursor.execute(_ROWS, values)
        found = [Awaited(case, text, votes, _name(*names)) for case, text, votes, *names in cursor.fetchall()]
    rows = tuple(found[:PER_PAGE])
    more = rows[-1].case if len(found) > PER_PAGE else None
    return Awaiting(sum(cases for _pk, _who, cases in people), people, rows, more)


def _name(username: str | None, first: str | None, last: str | None) -> str:
    return f"{first or ''} {last or ''}".strip() or (username or "")
