"""Work that somebody holds for too long goes back to who reads: `Round.hold_days`, asked by the clock."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from classify import assignment
from classify.models import Round, RoundEvent, RoundReviewer
from classify.rounds.events import record
from classify.rounds.people import locked
from polls.models import User


def return_held_work(*, now: datetime | None = None) -> int:
    """Give back what nobody decided on for `hold_days`, in every open pool; returns how many slots moved.

    Each round is a transaction of its own, and running it again moves nothing.
    """
    now = now or timezone.now()
    rounds = Round.objects.filter(
        hold_days__isnull=False,
        coding_closed_at__isnull=True,
        discarded_at__isnull=True,
        reviewers__ordinal__gte=3,
    )
    return sum(_return_in(round, now) for round in rounds.distinct().order_by("pk"))


@transaction.atomic
def _return_in(round: Round, now: datetime) -> int:
    """One round. Only what others can take goes back: the rest stays, so that somebody has it."""
    round = locked(round)
    if round.coding_closed_at is not None or round.hold_days is None:
        return 0
    assignment.lock_seats(round)
    readers = assignment.readers_of(round)
    since = now - timedelta(days=round.hold_days)
    away = [seat.user_id for seat in readers if seat.handed_in_at is None and _last_sign(round, seat) < since]
    if not away or len(away) == len(readers):
        return 0
    given = assignment.give_back(round, away)
    assignment.deal(round, leave_out=away)
    assignment.hand_back(round, given)
    moved = Counter(user for user, _slot, _case in given) - assignment.still_held(round, given)
    for user in User.objects.filter(pk__in=moved).order_by("pk"):
        n = moved[user.pk]
        said = ngettext("%(n)d case went to the others.", "%(n)d cases went to the others.", n) % {"n": n}
        record(round, RoundEvent.Kind.RETURNED, by=None, user=user, reason=said)
    assignment.take_back_hand_ins(round)
    return moved.total()


def _last_sign(round: Round, seat: RoundReviewer) -> datetime:
    """When the person was last seen at work, or got something to read while they had nothing."""
    signs = (seat.joined_at, seat.last_decided_at, seat.given_at, round.reopened_at)
    return max(sign for sign in signs if sign is not None)


def went_back_at(*, round: Round, user: User) -> datetime | None:
    """When work of this reviewer went back last, if they have not decided or joined since."""
    seat = RoundReviewer.objects.filter(round=round, user=user, left_at__isnull=True).first()
    event = round.events.filter(kind=RoundEvent.Kind.RETURNED, user=user).order_by("-pk").first()
    if (
        seat is None
        or event is None
        or event.at < max(seat.joined_at, seat.last_decided_at or seat.joined_at)
    ):
        return None
    return event.at
