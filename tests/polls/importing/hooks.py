"""Callbacks for settings.ROLECALL_AFTER_IMPORT."""

from __future__ import annotations

from polls.models import Vote

CALLS: list[tuple[int, int | None, int]] = []


def fail(*, poll_id: int, batch_id: int | None) -> None:
    raise RuntimeError("no")


def remember(*, poll_id: int, batch_id: int | None) -> None:
    """Note what was told, and how many votes could be seen then."""
    CALLS.append((poll_id, batch_id, Vote.objects.filter(poll_id=poll_id).count()))
