"""Single votes by hand: add or correct a voter, exclude a vote with a reason, take it back."""

from __future__ import annotations

from collections.abc import Mapping

from polls.models import Poll, User, Vote


def add_voter(*, poll: Poll, fields: Mapping[str, str], by: User) -> Vote:
    """Add one voter with a vote. `fields` as in `importing.mapping.FIELDS`, by the rules of an import.
    Raises Refused with a sentence."""
    raise NotImplementedError


def correct_voter(*, vote: Vote, fields: Mapping[str, str], by: User) -> Vote:
    """Change what is known of a vote and its voter; here an empty field does erase. What was before is kept as
    a `VoteChange`. Raises Refused."""
    raise NotImplementedError


def exclude_vote(*, vote: Vote, reason: str, note: str = "", by: User) -> None:
    """Leave a vote out of every count, saying why (`Vote.VoidReason`). Excluding it again changes nothing."""
    raise NotImplementedError


def take_back_exclusion(*, vote: Vote, by: User) -> None:
    """Count an excluded vote again. Taking back twice changes nothing."""
    raise NotImplementedError
