"""Who reads in a round changes: people join, leave, and give back what they did not read.

Locks: round, seats by pk, then cases. A decision holds its own seat, so none is under way meanwhile.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions, visibility
from classify.models import Decision, Round, RoundEvent, RoundReviewer
from classify.rounds.events import record
from classify.rounds.parts import MAX_REVIEWERS, MAX_SHARE, give_role
from polls.models import Role, User
from polls.permissions import can_administer

MAX_REASON = 500
"""Characters."""


def locked(round: Round) -> Round:
    """The round, locked against closing, handing in and re-import, but not against decisions."""
    return Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)


@transaction.atomic
def add_second_reviewer(*, round: Round, user: User, by: User) -> None:
    """Let a second person read in a round that one began. Again with the same person changes nothing.

    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    round = locked(round)
    reading = set(
        RoundReviewer.objects.filter(round=round, left_at__isnull=True).values_list("user", flat=True)
    )
    if user.pk not in reading and len(reading) > 1:
        permissions.check_is_open(round)
        raise ValidationError(_("This round has two reviewers already."))
    if reading == {user.pk}:
        permissions.check_is_open(round)
        raise ValidationError(_("The two reviewers must be two different people."))
    join_round(round=round, user=user, by=by)


@transaction.atomic
def join_round(*, round: Round, user: User, by: User, share: int = 1, fair_part: bool = False) -> None:
    """Let somebody read in the round: they get the slots that wait for a reader.

    With `fair_part` also, of the cases that their readers have not begun, as many as bring them to their
    share. Who reads already changes nothing, but for somebody whose work went back: they take part again.
    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    round = locked(round)
    permissions.check_is_open(round)
    seats = {seat.user_id: seat for seat in assignment.lock_seats(round)}
    seat = seats.get(user.pk)
    takes_part = {reader.user_id for reader in assignment.readers_of(round)}
    if seat is not None and user.pk in takes_part:
        return
    check_may_join(round, user, seat, share, len(seats), by=by)
    give_role(round.poll, [user], Role.REVIEWER, by)
    if seat is None:
        last = max((other.ordinal for other in seats.values()), default=0)
        seat = RoundReviewer(round=round, user=user, ordinal=last + 1)
    seat.share, seat.joined_at, seat.left_at, seat.handed_in_at = share, timezone.now(), None, None
    seat.save()
    record(round, RoundEvent.Kind.JOINED, by=by, user=user)
    assignment.deal(round)
    if fair_part:
        assignment.take_fair_part(round, user_id=user.pk)
    assignment.take_back_hand_ins(round)


def check_may_join(
    round: Round, user: User, seat: RoundReviewer | None, share: int, seats: int, *, by: User | None = None
) -> None:
    """Raises ValidationError for who may not read in the round; `seat` is the one they had, of `seats`.

    `by` asks for it. Where they read in the round themselves, the answer does not depend on whether anybody
    has decided yet.
    """
    if not 1 <= share <= MAX_SHARE:
        raise ValidationError(_("A share is a whole number from 1 to %(max)d.") % {"max": MAX_SHARE})
    if seat is None and seats >= MAX_REVIEWERS:
        raise ValidationError(_("A round has at most %(n)d reviewers.") % {"n": MAX_REVIEWERS})
    if permissions.is_adjudicator(user, round):
        raise ValidationError(
            _("%(name)s resolves the conflicts of this round and cannot read in it too.") % {"name": user}
        )
    if visibility.is_revealed(round):
        raise ValidationError(
            _("Everybody has handed in, and the decisions can be seen. Set up a new round instead.")
        )
    # Until now nothing hid the others' decisions from an admin without a slot. Who left was kept blind.
    could_see = seat is None and can_administer(user, round.poll)
    asks_blind = by is not None and visibility.holds_open_slot(by, round)
    if could_see and (asks_blind or Decision.objects.filter(round=round).exists()):
        raise ValidationError(
            _(
                "%(name)s is an admin and could see what is decided in this round. Choose somebody else, or "
                "set up a new round."
            )
            % {"name": user}
        )


@transaction.atomic
def leave_round(*, round: Round, user: User, by: User, reason: str = "") -> None:
    """Let a reviewer leave: what they decided stays theirs, the rest goes to the others of a pool at once, or
    waits until somebody joins. A second time changes nothing.

    `by` is the reviewer or an admin. Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_take_out(by, round, user)
    reason = clean_reason(reason)
    round = locked(round)
    seat = next((seat for seat in assignment.lock_seats(round) if seat.user_id == user.pk), None)
    if seat is None:
        raise ValidationError(_("%(name)s does not read in this round.") % {"name": user})
    if seat.left_at is not None:
        return
    permissions.check_is_open(round)
    seat.left_at = timezone.now()
    seat.save(update_fields=["left_at"])
    record(round, RoundEvent.Kind.LEFT, by=by, user=user, reason=reason)
    assignment.give_back(round, [user.pk])
    assignment.deal(round)
    assignment.take_back_hand_ins(round)
    if visibility.is_revealed(round):
        assignment.seal_cases(round)


def clean_reason(reason: str) -> str:
    """A reason as it is kept. Raises ValidationError when it is too long."""
    reason = reason.replace("\x00", "").strip()
    if len(reason) > MAX_REASON:
        raise ValidationError(
            _("The reason has %(n)d characters; at most %(max)d are kept. Shorten it.")
            % {"n": len(reason), "max": MAX_REASON}
        )
    return reason
