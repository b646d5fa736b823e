"""What imports and people do to votes, and the case a vote is then read under."""

from __future__ import annotations

import hashlib

from django.utils import timezone

from classify.assignment import after_votes_changed
from classify.models import Case, Round
from polls.models import Headline, Vote
from polls.titles import comparison_key


def follow(poll) -> None:
    after_votes_changed(poll_id=poll.pk)


def retitle(vote: Vote, text: str) -> None:
    """What an import does when a voter shows another headline."""
    key, shown = comparison_key(text), None
    if key:
        shown, _ = Headline.objects.get_or_create(
            key_hash=hashlib.sha256(key.encode()).digest(), defaults={"text": text}
        )
    Vote.objects.filter(pk=vote.pk).update(headline=shown, headline_raw=text)


def exclude(vote: Vote, by) -> None:
    Vote.objects.filter(pk=vote.pk).update(voided_at=timezone.now(), voided_by=by, void_reason="own")


def take_back(vote: Vote) -> None:
    Vote.objects.filter(pk=vote.pk).update(voided_at=None, voided_by=None, void_reason="")


def case_of(round: Round, vote: Vote) -> Case | None:
    return Case.objects.filter(round=round, case_votes__vote=vote, case_votes__left_at__isnull=True).first()
