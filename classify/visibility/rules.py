"""Who may see what, and when: the rule of blindness.

*Revealed*: both reviewers have handed in, or coding is closed. Until then nobody who holds a slot of the
round learns anything about the other's decisions, nor what a voter chose, whatever else they are. So a slot
is *open* until the round is revealed, also for who has handed in: up to then a change of mind still counts.
"""

from __future__ import annotations

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from classify.models import Round, RoundReviewer
from classify.permissions import check_can_adjudicate, is_adjudicator, is_reviewer
from polls.models import Poll, Role
from polls.permissions import RIGHTS, Person, PollRefused, Right, allows, check_right, roles_of

STILL_OPEN = _(
    "Coding is still open. Results can be seen when both reviewers have handed in or coding is closed."
)
STILL_READING = _(
    "You read in a round of this poll that is still open. You will see this when both reviewers have handed "
    "in or coding is closed."
)


def is_revealed(round: Round) -> bool:
    """Have both reviewers handed in, or is coding closed? One alone reveals nothing by handing in."""
    if round.coding_closed_at is not None:
        return True
    seats = list(RoundReviewer.objects.filter(round=round).values_list("handed_in_at", flat=True))
    return len(seats) > 1 and all(seats)


def holds_open_slot(user: Person, round: Round) -> bool:
    """Does the person read in this round while it is not revealed?"""
    return is_reviewer(user, round) and not is_revealed(round)


def holds_open_slot_in_poll(user: Person, poll: Poll) -> bool:
    """Does the person read in any round of the poll that is not revealed?"""
    mine = Round.objects.filter(poll=poll, reviewers__user=user.pk, coding_closed_at__isnull=True)
    return any(not is_revealed(round) for round in mine)


def check_can_see_results(user: Person, round: Round) -> None:
    """Raises PollRefused unless agreement, report and exports of the round may be shown to the person.

    An admin sees them at any time (the page says that coding is still open), other members once revealed;
    nobody who still reads in a round of the poll, since reports and exports tell what voters chose.
    """
    check_right(user, round.poll, Right.SEE_RESULTS)
    if holds_open_slot_in_poll(user, round.poll):
        raise PollRefused(STILL_READING)
    if Role.ADMIN not in roles_of(user, round.poll) and not is_revealed(round):
        raise PollRefused(STILL_OPEN)


def can_see_results(user: Person, round: Round) -> bool:
    """May agreement, report and exports of the round be shown to the person?"""
    return allows(check_can_see_results, user, round)


def check_can_see_votes(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person is an admin of the poll who reads in no open round of it."""
    check_right(user, poll, Right.SEE_VOTES)
    if holds_open_slot_in_poll(user, poll):
        raise PollRefused(STILL_READING)


def can_see_votes(user: Person, poll: Poll) -> bool:
    """May the person see who voted for what?"""
    return allows(check_can_see_votes, user, poll)


def polls_with_open_votes(user: Person) -> list[Poll]:
    """Every poll whose votes the person may see, newest first: what `check_can_see_votes` lets pass, for all
    polls at once. What is told across polls may come from these alone, counts included."""
    if user.pk is None or not user.is_active:
        return []
    polls = Poll.objects.all()
    if not user.is_superuser:
        allowing = [role for role, rights in RIGHTS.items() if Right.SEE_VOTES in rights]
        polls = polls.filter(memberships__user=user.pk, memberships__role__in=allowing).distinct()
    handed_in = Count("reviewers", filter=Q(reviewers__handed_in_at__isnull=False))
    hidden = (
        Round.objects.filter(
            pk__in=RoundReviewer.objects.filter(user=user.pk).values("round"), coding_closed_at__isnull=True
        )
        .annotate(seats=Count("reviewers"), handed_in=handed_in)
        .exclude(seats__gt=1, handed_in=F("seats"))
        .values("poll")
    )
    return list(polls.exclude(pk__in=hidden))


def check_can_see_conflicts(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person may know which cases are in conflict.

    An adjudicator may work before everything is handed in, unless the rule is consensus; an admin may look at
    any time; the two reviewers once revealed; nobody who holds an open slot.
    """
    if holds_open_slot(user, round):
        raise PollRefused(STILL_READING)
    if Role.ADMIN in roles_of(user, round.poll):
        return
    if is_adjudicator(user, round):
        check_can_adjudicate(user, round)
        if round.rule != Round.Rule.CONSENSUS or is_revealed(round):
            return
        raise PollRefused(_("The two reviewers try to agree first, once both have handed in."))
    if is_reviewer(user, round):
        return
    raise PollRefused(_("Only the adjudicators of this round, its reviewers and admins see its conflicts."))


def can_see_conflicts(user: Person, round: Round) -> bool:
    """May the person know which cases are in conflict?"""
    return allows(check_can_see_conflicts, user, round)
