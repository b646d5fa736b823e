"""What becomes of the rounds of a poll when somebody loses a role in it: who reads leaves what is open, and
who alone resolves conflicts stays until somebody else does.

`polls.people` asks through a setting (`ROLECALL_BEFORE_ROLES_GO`). Locks: poll, rounds, then as in `people`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions, visibility
from classify.models import Case, Decision, Round, RoundAdjudicator, RoundEvent, RoundReviewer
from classify.rounds.events import record
from classify.rounds.parts import MAX_ADJUDICATORS, give_role
from classify.rounds.people import leave_round, locked
from polls.models import Membership, Poll, Role, User
from polls.permissions import PollRefused, can_administer


@transaction.atomic
def before_roles_go(*, poll: Poll, user: User, roles: Collection[str], by: User) -> list[str]:
    """Make the rounds of the poll ready for `user` to lose these roles; what was done, a sentence per round.

    Called in the transaction of the change, before the roles go and with the poll locked. Who is no reviewer
    any more leaves every open round. Raises PollRefused where nobody would be left to resolve conflicts.
    """
    alive = Round.objects.filter(poll=poll, discarded_at__isnull=True, archived_at__isnull=True)
    # Who is let join holds the round and asks for the role after that: one of the two sees the other.
    rounds = list(alive.select_for_update(no_key=True).order_by("pk"))
    if Role.ADJUDICATOR in roles:
        for round in rounds:
            round.poll = poll
            _check_others_resolve(round, user, by)
    if Role.REVIEWER not in roles:
        return []
    seats = RoundReviewer.objects.filter(user=user, left_at__isnull=True)
    reads_in = set(seats.filter(round__in=rounds).values_list("round", flat=True))
    said = []
    for round in rounds:
        if round.pk in reads_in and round.coding_closed_at is None:
            leave_round(round=round, user=user, by=by, reason=_no_reviewer())
            said.append(_what_became(round, user))
    return said


def leave_former(round: Round, seats: Iterable[RoundReviewer], *, by: User) -> None:
    """Let everybody leave a reopened round who is no reviewer of the poll any more, as they would have if it
    had been open. Round and seats are locked by the caller, who deals afterwards."""
    members = Membership.objects.filter(poll=round.poll_id, role=Role.REVIEWER)
    there = set(members.values_list("user", flat=True))
    former = [seat for seat in seats if seat.left_at is None and seat.user_id not in there]
    for seat in former:
        seat.left_at = timezone.now()
        seat.save(update_fields=["left_at"])
        record(round, RoundEvent.Kind.LEFT, by=by, user=seat.user, reason=_no_reviewer())
    if former:
        assignment.give_back(round, [seat.user_id for seat in former])


@transaction.atomic
def add_adjudicator(*, round: Round, user: User, by: User) -> None:
    """Let one more person resolve the conflicts of the round. Again with the same person changes nothing.

    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    round = locked(round)
    permissions.check_is_alive(round)
    if user.pk in resolvers_of(round):
        return
    _check_may_resolve(round, user, by)
    give_role(round.poll, [user], Role.ADJUDICATOR, by)
    RoundAdjudicator.objects.get_or_create(round=round, user=user)
    record(round, RoundEvent.Kind.JOINED, by=by, user=user)


def adjudicators_of(round: Round) -> QuerySet[RoundAdjudicator]:
    """Who was named to resolve conflicts of the round; `able` if they may still do so."""
    members = Membership.objects.filter(
        poll=round.poll_id, role=Role.ADJUDICATOR, user=OuterRef("user"), user__is_active=True
    )
    named = RoundAdjudicator.objects.filter(round=round).annotate(able=Exists(members))
    return named.select_related("user").order_by("user__username")


def resolvers_of(round: Round) -> set[int]:
    """User ids of who resolves conflicts of the round now."""
    return {seat.user_id for seat in adjudicators_of(round) if seat.able}  # type: ignore[attr-defined]


def nobody_resolves(round: Round) -> bool:
    """Is a third person to resolve conflicts of the round, and nobody is there who may?"""
    return round.rule == Round.Rule.THIRD_PERSON and not resolvers_of(round)


def kept_blind(poll: Poll) -> set[int]:
    """User ids of who reads, or did, in a round of the poll that is not revealed: they are to see nothing of
    the conflicts of another one. Who has handed in everywhere is on the pages of the rounds anyhow."""
    blind = visibility.not_revealed(Round.objects.filter(poll=poll))
    return set(RoundReviewer.objects.filter(round__in=blind).values_list("user", flat=True))


def _check_may_resolve(round: Round, user: User, by: User) -> None:
    """Raises ValidationError for who reads in the round or in another open one, or could have seen what is
    hidden from a third."""
    if len(resolvers_of(round)) >= MAX_ADJUDICATORS:
        raise ValidationError(_("A round has at most %(n)d adjudicators.") % {"n": MAX_ADJUDICATORS})
    if permissions.is_reviewer(user, round):
        raise ValidationError(
            _("%(name)s reads in this round and cannot resolve its conflicts as the third person.")
            % {"name": user}
        )
    if visibility.holds_open_slot_in_poll(user, round.poll):
        # The same titles may lie before them: `check_can_see_conflicts` would show them who is named here.
        raise ValidationError(
            _(
                "%(name)s reads in another round of this poll that is still open, and is to see no readings "
                "of the same titles. Choose somebody else, or wait until coding of that round is closed."
            )
            % {"name": user}
        )
    if round.adjudicator_first and not permissions.is_adjudicator(user, round):
        _check_could_not_see(round, user, by)


def _check_could_not_see(round: Round, user: User, by: User) -> None:
    """Raises ValidationError for who may have seen readings or results before they are to decide first.

    Who was named before is no such person: from then on they were shown neither.
    """
    # As where somebody joins: for who reads themselves the answer does not depend on whether anybody decided.
    asks_blind = visibility.holds_open_slot_in_poll(by, round.poll)
    if not asks_blind and not Decision.objects.filter(round=round).exists():
        return
    if can_administer(user, round.poll):
        raise ValidationError(
            _(
                "%(name)s is an admin and could see the readings, which in this round are shown only after "
                "the third person decided. Choose somebody else."
            )
            % {"name": user}
        )
    if round.reopened_at is not None or visibility.is_revealed(round):
        raise ValidationError(
            _(
                "Members of this poll may have seen results of this round, in which the third person decides "
                "before the readings are shown. So nobody new can be named; who was named before can be."
            )
        )


def _check_others_resolve(round: Round, user: User, by: User) -> None:
    """Raises PollRefused where conflicts of the round would wait for nobody."""
    able = resolvers_of(round)
    if round.rule != Round.Rule.THIRD_PERSON or able != {user.pk}:
        return
    if not may_have_conflicts(round, by):
        return
    raise PollRefused(
        _(
            "%(name)s alone resolves the conflicts of round %(number)d. Let somebody else resolve them too "
            "first: on the page of that round, under People."
        )
        % {"name": user, "number": round.number}
    )


def may_have_conflicts(round: Round, by: User) -> bool:
    """Are there conflicts, or can there be? Who may not know of them is not told that there are none."""
    if round.coding_closed_at is None or not visibility.can_see_conflicts(by, round):
        return True
    waiting = Case.objects.filter(round=round, status=Case.Status.CONFLICT, n_votes__gt=0)
    return waiting.filter(closed_unresolved_at__isnull=True).exists()


def _no_reviewer() -> str:
    return _("No longer a reviewer of this poll.")


def _what_became(round: Round, user: User) -> str:
    """Said to an admin who may read in the round: nothing of how far anybody is."""
    if round.reviewers.filter(left_at__isnull=True).count() > 1:
        said = _("%(name)s reads no more in round %(number)d: what they had not read goes to the others.")
    else:
        said = _(
            "%(name)s reads no more in round %(number)d: what they had not read waits until you let somebody "
            "join, on the page of that round."
        )
    return said % {"name": user.username, "number": round.number}
