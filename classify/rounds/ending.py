"""How a round ends: coding is closed, practice is discarded."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from classify import assignment, permissions
from classify.models import Round
from classify.rounds.people import locked
from polls.models import User
from polls.permissions import check_can_administer


@transaction.atomic
def close_coding(*, round: Round, by: User) -> None:
    """End the reading: every case is sealed and the round revealed. A second time changes nothing.

    Raises PollRefused for who is no admin of the poll.
    """
    round = locked(round)
    if round.coding_closed_at is not None:
        check_can_administer(by, round.poll)
        return
    permissions.check_can_close_coding(by, round)
    assignment.seal_cases(round)
    Round.objects.filter(pk=round.pk).update(coding_closed_at=timezone.now(), coding_closed_by=by)


@transaction.atomic
def discard_round(*, round: Round, by: User) -> None:
    """Set a practice round aside: it is closed, and every result leaves it out. Its decisions stay.

    Raises PollRefused.
    """
    round = locked(round)
    permissions.check_can_discard(by, round)
    close_coding(round=round, by=by)
    Round.objects.filter(pk=round.pk).update(discarded_at=timezone.now(), discarded_by=by)
