"""Who shows what: the job titles and the headlines of a poll, each with the number of voters who show it.

Only votes that count are counted. A voter of several options counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from polls.models import Poll
from polls.search import Word, condition, impatient

MOST: Final = 10_000
"""So many rows are shown at most, the most frequent or the first by name; a search finds the others."""

PATIENCE: Final = 20_000
"""Milliseconds; a million voters take about three seconds."""

_ORDERS: Final = {
    "voters": "n, held.id, mark",
    "-voters": "n DESC, held.id, mark",
    "text": "lower(text), text, mark",
    "-text": "lower(text) DESC, text DESC, mark DESC",
}
DEFAULT_ORDER: Final = "-voters"

CURRENT: Final = "current"
"""The mark of a current role, where the empty one would say nothing, as in an address."""

# Each title once per headline and mark, also where it is written twice.
_PARTS: Final = """
    SELECT p.headline_id, p.job_title_id, p.mark FROM polls_headlinepart p WHERE {fits} AND NOT EXISTS (
        SELECT FROM polls_headlinepart e WHERE e.headline_id = p.headline_id AND e.position < p.position
        AND e.job_title_id = p.job_title_id AND e.mark = p.mark)
"""
_FITTING: Final = "p.job_title_id IN (SELECT j.id FROM polls_jobtitle j WHERE {words})"
_TITLES: Final = """
    WITH held AS (
        SELECT p.job_title_id AS id, p.mark, {counted} AS n FROM polls_vote v
        JOIN ({parts}) p ON p.headline_id = v.headline_id
        WHERE v.poll_id = %s AND v.voided_at IS NULL GROUP BY 1, 2)
"""
_HEADLINES: Final = """
    WITH held AS (
        SELECT v.headline_id AS id, '' AS mark, {counted} AS n FROM polls_vote v
        WHERE v.poll_id = %s AND v.voided_at IS NULL AND v.headline_id IS NOT NULL AND {fits} GROUP BY 1)
"""
# Texts are fetched for the rows shown, or for all where they are sorted by it.
_BY_NUMBER: Final = """
    SELECT held.id, t.text, held.mark, held.n, held.total FROM (
        SELECT *, count(*) OVER () AS total FROM held ORDER BY {order} OFFSET %s LIMIT %s) held
    JOIN {table} t ON t.id = held.id ORDER BY {order}
"""
_BY_TEXT: Final = """
    SELECT held.id, t.text, held.mark, held.n, count(*) OVER () FROM held
    JOIN {table} t ON t.id = held.id ORDER BY {order} OFFSET %s LIMIT %s
"""
_FITTING_HEADLINES: Final = "v.headline_id IN (SELECT h.id FROM polls_headline h WHERE {words})"
_OPTIONS_OF_TITLES: Final = """
    SELECT p.job_title_id, p.mark, v.option_id, count(DISTINCT v.id) FROM polls_vote v
    JOIN polls_headlinepart p ON p.headline_id = v.headline_id
    WHERE v.poll_id = %s AND v.voided_at IS NULL AND p.job_title_id = ANY(%s) GROUP BY 1, 2, 3
"""
_OPTIONS_OF_HEADLINES: Final = """
    SELECT v.headline_id, '', v.option_id, count(*) FROM polls_vote v
    WHERE v.poll_id = %s AND v.voided_at IS NULL AND v.headline_id = ANY(%s) GROUP BY 1, 3
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A job title with one of its marks, or a headline (without mark), and how many voters show it."""

    pk: int
    text: str
    mark: str
    voters: int


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Some of what is shown in a poll; `total` counts all of it."""

    rows: tuple[Held, ...]
    total: int


def held_in(
    poll: Poll,
    *,
    headlines: bool = False,
    words: Sequence[Word] = (),
    order: str = DEFAULT_ORDER,
    skip: int = 0,
    take: int = 50,
) -> HeldPage:
    """The job titles of a poll, or with `headlines` its headlines, in which all words occur.

    `order` is `voters` or `text`, with `-` for descending; anything else is the default. Raises Refused when
    it would take too long.
    """
    fits, values = condition("h.text" if headlines else "j.text", words)
    if not words:
        fits = "true"
    else:
        fits = (_FITTING_HEADLINES if headlines else _FITTING).format(words=fits)
    order = order if order in _ORDERS else DEFAULT_ORDER
    sql = (_HEADLINES if headlines else _TITLES) + (_BY_TEXT if "text" in order else _BY_NUMBER)
    sql = sql.format(
        # Each vote is one voter where one option may be chosen, which is faster to count.
        counted="count(*)" if poll.single_choice else "count(DISTINCT v.voter_id)",
        parts=_PARTS.format(fits=fits),
        fits=fits,
        order=_ORDERS[order],
        table="polls_headline" if headlines else "polls_jobtitle",
    )
    skip = min(max(skip, 0), MOST)
    mine: list[Any] = [poll.pk, *values] if headlines else [*values, poll.pk]
    with impatient(PATIENCE), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem TO '64MB'; SET LOCAL jit TO off")
        cursor.execute(sql, [*mine, skip, min(take, MOST - skip)])
        found = cursor.fetchall()
        cursor.execute("SET LOCAL work_mem TO DEFAULT; SET LOCAL jit TO DEFAULT")
    return HeldPage(tuple(Held(*row[:4]) for row in found), found[0][4] if found else 0)


def options_of(
    poll: Poll, rows: Sequence[Held], *, headlines: bool = False
) -> dict[tuple[int, str], dict[int, int]]:
    """Votes per option (by its id) behind these rows, by their id and mark. Only for who may see votes."""
    counts: dict[tuple[int, str], dict[int, int]] = {}
    sql = _OPTIONS_OF_HEADLINES if headlines else _OPTIONS_OF_TITLES
    with connection.cursor() as cursor:
        cursor.execute(sql, [poll.pk, [row.pk for row in rows]])
        for pk, mark, option, votes in cursor.fetchall():
            counts.setdefault((pk, mark), {})[option] = votes
    return counts
