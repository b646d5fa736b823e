"""What is said of the votes that count, to be compared before an undo and after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polls import votes
from polls.models import Batch, Poll, Vote

type Bring = Callable[..., Batch]


def told(poll: Poll) -> dict[str, tuple[Any, ...]]:
    """All that is said of every voter of the poll whose vote counts, by voter id."""
    found = {}
    for vote in Vote.objects.filter(poll=poll, voided_at__isnull=True).select_related("batch"):
        known = votes.known_fields(vote)
        headers = vote.batch.extra_headers if vote.batch else []
        extra = {header: cell for header, cell in zip(headers, vote.extra, strict=False) if cell}
        shown = vote.headline.text if vote.headline else None
        found[known.pop("voter_id")] = (*known.values(), vote.voted_at, shown, extra)
    return found


def counted(poll: Poll) -> list[str]:
    """The ids of the voters whose vote counts."""
    return sorted(told(poll))
