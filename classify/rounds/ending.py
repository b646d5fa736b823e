"""How a round ends and begins again: closed, reopened with a reason, archived, practice discarded."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.models import Round, RoundEvent
from classify.rounds.events import record
from classify.rounds.people import clean_reason, locked
from classify.rounds.roles import leave_former
from classify.rounds.unsealing import unseal_what_is_left
from polls.models import Poll, User
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
    _close(round, by)
    record(round, RoundEvent.Kind.CLOSED, by=by)


def _close(round: Round, by: User) -> None:
    assignment.seal_cases(round)
    Round.objects.filter(pk=round.pk).update(coding_closed_at=timezone.now(), coding_closed_by=by)


@transaction.atomic
def reopen_coding(*, round: Round, by: User, reason: str) -> None:
    """Let reviewers read on what was left when coding was closed. A second time changes nothing.

    They are blind again, but what they read from now on is no independent reading (`Case.after_reveal`).
    Votes that came while it was closed join; who is no reviewer of the poll any more leaves.
    Raises PollRefused, or ValidationError without a reason.
    """
    check_can_administer(by, round.poll)
    reason = clean_reason(reason)
    Poll.objects.select_for_update(no_key=True).get(pk=round.poll_id)
    round = locked(round)
    if round.coding_closed_at is None:
        return
    permissions.check_can_reopen(by, round)
    if not reason:
        raise ValidationError(_("Say why coding is reopened. The reason is kept with the round."))
    round.coding_closed_at, round.coding_closed_by, round.reopened_at = None, None, timezone.now()
    round.save(update_fields=["coding_closed_at", "coding_closed_by", "reopened_at"])
    record(round, RoundEvent.Kind.REOPENED, by=by, reason=reason)
    seats = assignment.lock_seats(round)
    unseal_what_is_left(round, by=by)
    leave_former(round, seats, by=by)
    assignment.follow_votes(round, reason="coding reopened")
    assignment.deal(round)
    assignment.take_back_hand_ins(round)


@transaction.atomic
def archive_round(*, round: Round, by: User) -> None:
    """Put a closed round away: out of the lists, and read only. A second time changes nothing.

    Raises PollRefused.
    """
    round = locked(round)
    check_can_administer(by, round.poll)
    if round.archived_at is not None:
        return
    permissions.check_can_archive(by, round)
    Round.objects.filter(pk=round.pk).update(archived_at=timezone.now(), archived_by=by)
    record(round, RoundEvent.Kind.ARCHIVED, by=by)


@transaction.atomic
def unarchive_round(*, round: Round, by: User) -> None:
    """Take a round out of the archive. A second time changes nothing. Raises PollRefused."""
    round = locked(round)
    check_can_administer(by, round.poll)
    if round.archived_at is None:
        return
    Round.objects.filter(pk=round.pk).update(archived_at=None, archived_by=None)
    record(round, RoundEvent.Kind.UNARCHIVED, by=by)


@transaction.atomic
def discard_round(*, round: Round, by: User) -> None:
    """Set a practice round aside: it is closed, and every result leaves it out. Its decisions stay.

    Raises PollRefused.
    """
    round = locked(round)
    permissions.check_can_discard(by, round)
    if round.coding_closed_at is None:
        _close(round, by)
    Round.objects.filter(pk=round.pk).update(discarded_at=timezone.now(), discarded_by=by)
    record(round, RoundEvent.Kind.DISCARDED, by=by)
