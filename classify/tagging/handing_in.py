"""Handing in: a reviewer says that all is read."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from classify import assignment, permissions, visibility
from classify.models import Round, RoundReviewer
from polls.models import User


@transaction.atomic
def hand_in(*, round: Round, by: User) -> None:
    """Say that all is read. When everybody has, every case is sealed and the round revealed.

    A second time changes nothing. Raises PollRefused, or ValidationError while something is left to read.
    """
    # Round, seat, cases: the order in which everybody locks. Two who hand in at once see each other.
    round = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)
    permissions.check_can_read(by, round)
    seat = RoundReviewer.objects.select_for_update(no_key=True).get(round=round, user=by)
    if seat.handed_in_at is not None:
        return
    left = assignment.unread(round=round, seat=seat)
    if left:
        raise ValidationError(
            ngettext(
                "%(n)d case still waits for your decision. Read it, then hand in.",
                "%(n)d cases still wait for your decision. Read them, then hand in.",
                left,
            )
            % {"n": left}
        )
    seat.handed_in_at = timezone.now()
    seat.save(update_fields=["handed_in_at"])
    if visibility.is_revealed(round):
        assignment.seal_cases(round)
