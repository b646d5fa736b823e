"""Who may see what, and when: the rule of blindness.

*Revealed*: everybody who reads has handed in and no case waits for a reader, or coding is closed. Until then
nobody who has a part in the round as reviewer, also none who left, learns anything about the others'
decisions, nor what a voter chose, whatever else they are. So a slot is *open* until the round is revealed,
also for who has handed in: up to then a change of mind still counts.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from classify.models import Case, Round, RoundReviewer
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

AGREE_FIRST = _("The two reviewers try to agree first, once both have handed in.")
LOOK_FIRST = _(
    "In this round you decide every conflict before the two readings are shown to you. You will see results "
    "when no conflict is left."
)


def not_revealed(rounds: QuerySet[Round]) -> QuerySet[Round]:
    """Those that are still blind: open, and somebody reads, or a case waits for a reader, or one reads alone.

    Who left is not waited for. What they gave back is: otherwise who handed in would see decisions on cases
    that somebody has yet to read.
    """
    seats = RoundReviewer.objects.filter(round=OuterRef("pk"))
    reading = seats.filter(left_at__isnull=True, handed_in_at__isnull=True)
    waiting = (
        Case.objects.filter(round=OuterRef("pk"), n_votes__gt=0)
        .filter(Q(reviewer1__isnull=True) | Q(reviewer2__isnull=True))
        .exclude(resolution=Case.Resolution.CARRIED)
    )
    return rounds.filter(
        Q(Exists(reading)) | Q(Exists(waiting)) | ~Q(Exists(seats.filter(ordinal__gte=2))),
        coding_closed_at__isnull=True,
    )


def is_revealed(round: Round) -> bool:
    """May the reviewers see each other's decisions? One alone reveals nothing by handing in."""
    if round.coding_closed_at is not None:
        return True
    return not not_revealed(Round.objects.filter(pk=round.pk)).exists()


def holds_open_slot(user: Person, round: Round) -> bool:
    """Does the person read in this round while it is not revealed?"""
    return is_reviewer(user, round) and not is_revealed(round)


def holds_open_slot_in_poll(user: Person, poll: Poll) -> bool:
    """Does the person read in any round of the poll that is not revealed?"""
    mine = Round.objects.filter(poll=poll, reviewers__user=user.pk)
    return not_revealed(mine).exists()


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
    if hides_readings(user, round) and (not is_revealed(round) or _has_conflicts(round)):
        raise PollRefused(LOOK_FIRST)


def hides_readings(user: Person, round: Round) -> bool:
    """Is the person to decide conflicts of the round before the two readings are shown to them?"""
    return round.adjudicator_first and is_adjudicator(user, round)


def _has_conflicts(round: Round) -> bool:
    return Case.objects.filter(
        round=round, status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True, n_votes__gt=0
    ).exists()


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
    mine = Round.objects.filter(pk__in=RoundReviewer.objects.filter(user=user.pk).values("round"))
    return list(polls.exclude(pk__in=not_revealed(mine).values("poll")))


def check_can_see_conflicts(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person may know which cases are in conflict.

    An adjudicator may work before everything is handed in, unless the rule is consensus; an admin may look at
    any time; the two reviewers once revealed; nobody who holds an open slot.
    """
    if holds_open_slot(user, round):
        raise PollRefused(STILL_READING)
    part = is_adjudicator(user, round) or is_reviewer(user, round)
    if not part and holds_open_slot_in_poll(user, round.poll):
        # The same titles may lie before them, and their present co-reader may be one of the two.
        raise PollRefused(STILL_READING)
    if Role.ADMIN in roles_of(user, round.poll):
        return
    if is_adjudicator(user, round):
        check_can_adjudicate(user, round)
        if round.rule != Round.Rule.CONSENSUS or is_revealed(round):
            return
        raise PollRefused(AGREE_FIRST)
    if is_reviewer(user, round):
        return
    raise PollRefused(_("Only the adjudicators of this round, its reviewers and admins see its conflicts."))


def can_see_conflicts(user: Person, round: Round) -> bool:
    """May the person know which cases are in conflict?"""
    return allows(check_can_see_conflicts, user, round)
