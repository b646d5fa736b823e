"""Votes per option of a poll beside its published figures."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from polls.importing.published import Tally, compare, option_totals
from polls.importing.report import OptionTotal, Published
from polls.models import Option, Poll


@dataclass(frozen=True, slots=True)
class PollTotals:
    """The live votes of a poll, per option and together, and whether the published figures agree."""

    votes: int
    options: tuple[OptionTotal, ...]
    published: Published


def totals_of(poll: Poll) -> PollTotals:
    """What was counted and what was published, in one statement (and one more for several choices)."""
    live = Count("votes", filter=Q(votes__voided_at__isnull=True))
    tallies = [
        Tally(option.text, option.position, option.n, option.published_share, option.published_digits)
        for option in Option.objects.filter(poll=poll).annotate(n=live).order_by("position")
    ]
    voters = None
    if not poll.single_choice:
        voters = poll.votes.filter(voided_at__isnull=True).aggregate(n=Count("voter", distinct=True))["n"]
    return PollTotals(
        votes=sum(tally.votes for tally in tallies),
        options=option_totals(tallies, poll.published_total, voters),
        published=compare(tallies, poll.published_total, voters),
    )
