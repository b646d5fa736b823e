"""Who reads in a round changes: people join."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.models import Decision, Round, RoundReviewer
from classify.rounds.parts import give_role
from polls.models import Role, User
from polls.permissions import can_administer


def locked(round: Round) -> Round:
    """The round, locked against closing, handing in and re-import, but not against decisions."""
    return Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)


@transaction.atomic
def add_second_reviewer(*, round: Round, user: User, by: User) -> None:
    """Give slot 2 of every case to a second person. Again with the same person changes nothing.

    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    round = locked(round)
    permissions.check_is_open(round)
    seats = dict(RoundReviewer.objects.filter(round=round).values_list("ordinal", "user_id"))
    if seats.get(2) == user.pk:
        return
    if 2 in seats:
        raise ValidationError(_("This round has two reviewers already."))
    if seats.get(1) == user.pk:
        raise ValidationError(_("The two reviewers must be two different people."))
    if permissions.is_adjudicator(user, round):
        raise ValidationError(
            _("%(name)s resolves the conflicts of this round and cannot read in it too.") % {"name": user}
        )
    if can_administer(user, round.poll) and Decision.objects.filter(round=round).exists():
        # Until now nothing hid the first reviewer's decisions from an admin without a slot.
        raise ValidationError(
            _(
                "%(name)s is an admin and could see what the first reviewer decided so far. Choose somebody "
                "else, or set up a new round for the two of you."
            )
            % {"name": user}
        )
    give_role(round.poll, [user], Role.REVIEWER, by)
    assignment.lock_seats(round)
    RoundReviewer.objects.create(round=round, user=user, ordinal=2)
    assignment.deal(round)
