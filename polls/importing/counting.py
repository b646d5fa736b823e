"""What a poll amounts to once an import is written: voters, titles, votes per option, published figures."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from polls.importing.published import Tally, admitted_tables, compare, option_totals
from polls.importing.report import Admitted, OptionTotal, Published
from polls.models import Poll


@dataclass(frozen=True, slots=True)
class Figures:
    """Of the votes that count. `titles` are different headlines; `admitted` is null where no share was
    published, or where shares say nothing of a table (several choices)."""

    voters: int
    titles: int
    options: tuple[OptionTotal, ...]
    published: Published
    admitted: Admitted | None


def figures_of(poll: Poll) -> Figures:
    """Count the poll as it stands in this transaction."""
    tallies = _tallies(poll)
    voters, titles = _voters_and_titles(poll)
    several = None if poll.single_choice else voters
    return Figures(
        voters=voters,
        titles=titles,
        options=option_totals(tallies, poll.published_total, several),
        published=compare(tallies, poll.published_total, several),
        admitted=admitted_tables(tallies, poll.published_total) if poll.single_choice else None,
    )


def _tallies(poll: Poll) -> list[Tally]:
    """Live votes per option, in the order of the options."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT o.text, o.position, count(v.id), o.published_share, o.published_digits
            FROM polls_option o LEFT JOIN polls_vote v
              ON v.poll_id = o.poll_id AND v.option_id = o.id AND v.voided_at IS NULL
            WHERE o.poll_id = %s GROUP BY o.id ORDER BY o.position
            """,
            [poll.pk],
        )
        return [Tally(*row) for row in cursor.fetchall()]


def _voters_and_titles(poll: Poll) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(DISTINCT voter_id), count(DISTINCT headline_id)
            FROM polls_vote WHERE poll_id = %s AND voided_at IS NULL
            """,
            [poll.pk],
        )
        voters, titles = cursor.fetchone()
    return voters, titles
