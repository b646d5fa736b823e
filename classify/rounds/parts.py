"""Who may have which part in a round, and the role that comes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from classify.models import Round
from polls.models import Membership, Poll, User

MAX_REVIEWERS = 50
MAX_ADJUDICATORS = 20
MAX_SHARE = 100


def check_choices(rule: str, purpose: str) -> None:
    """Raises ValidationError for a rule or a purpose that there is not."""
    if rule not in Round.Rule.values:
        raise ValidationError(_("Choose who resolves conflicts: a third person, or the two in consensus."))
    if purpose not in Round.Purpose.values:
        raise ValidationError(_("A round is for the study or for practice."))


def check_people(
    rule: str, reviewers: Sequence[User], adjudicators: Sequence[User], shares: Mapping[int, int]
) -> dict[int, int]:
    """User id -> share of the reviewers. Raises ValidationError unless different people read and resolve."""
    if not reviewers:
        raise ValidationError(
            _("Choose who reads. One reviewer may start alone; the second can be added later.")
        )
    if len(reviewers) > MAX_REVIEWERS:
        raise ValidationError(_("A round has at most %(n)d reviewers.") % {"n": MAX_REVIEWERS})
    if len({user.pk for user in reviewers}) != len(reviewers):
        if len(reviewers) == 2:
            raise ValidationError(_("The two reviewers must be two different people."))
        raise ValidationError(_("Name every reviewer once."))
    weights = {user.pk: shares.get(user.pk, 1) for user in reviewers}
    if not set(shares) <= set(weights):
        raise ValidationError(_("A share was given to somebody who does not read in this round."))
    if not all(1 <= weight <= MAX_SHARE for weight in weights.values()):
        raise ValidationError(_("A share is a whole number from 1 to %(max)d.") % {"max": MAX_SHARE})
    _check_adjudicators(rule, reviewers, adjudicators)
    return weights


def _check_adjudicators(rule: str, reviewers: Sequence[User], adjudicators: Sequence[User]) -> None:
    if len({user.pk for user in adjudicators}) != len(adjudicators):
        raise ValidationError(_("Name every adjudicator once."))
    if len(adjudicators) > MAX_ADJUDICATORS:
        raise ValidationError(_("A round has at most %(n)d adjudicators.") % {"n": MAX_ADJUDICATORS})
    if rule == Round.Rule.THIRD_PERSON and not adjudicators:
        raise ValidationError(
            _("Choose who resolves conflicts, or let the two reviewers agree in consensus.")
        )
    reads = {user.pk for user in reviewers}
    for user in adjudicators:
        if user.pk in reads:
            raise ValidationError(
                _("%(name)s reads in this round and cannot resolve its conflicts as the third person.")
                % {"name": user}
            )


def give_role(poll: Poll, users: Sequence[User], role: str, by: User) -> None:
    """Raises ValidationError for who is no member of the poll or cannot log in; gives members the role."""
    for user in users:
        if not user.is_active:
            raise ValidationError(_("%(name)s cannot log in. Choose somebody else.") % {"name": user})
        roles = set(Membership.objects.filter(poll=poll, user=user).values_list("role", flat=True))
        if not roles and user.pk != by.pk:
            raise ValidationError(
                _("%(name)s is no member of this poll. Add them under People first.") % {"name": user}
            )
        if role not in roles:
            Membership.objects.create(poll=poll, user=user, role=role, added_by=by)
