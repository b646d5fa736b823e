"""One conflict, one person at a time: taken up, kept while something happens, given back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from classify.adjudication.recording import CLAIM_STANDS, check_is_waiting, locked, locked_all, stands
from classify.adjudication.rights import check_can_decide
from classify.models import Case, Round
from polls.models import User

RENEWED_EVERY = timedelta(minutes=1)


@transaction.atomic
def claim(*, case: Case, by: User) -> Case:
    """Take a conflict up: from here on the two decisions are sealed. The same person may do so again.

    Raises PollRefused, or ValidationError with a sentence when it is no conflict any more or somebody has it.
    """
    case = locked(case)
    check_can_decide(by, case.round, case)
    check_is_waiting(case, by)
    hold(case, by)
    return case


@transaction.atomic
def claim_together(*, round: Round, cases: Collection[int], by: User) -> list[Case]:
    """Take up all of these that are free, so that they can be resolved together; returns those taken.

    Raises PollRefused for who may not decide in the round.
    """
    check_can_decide(by, round)
    taken = []
    for case in locked_all(round, cases):
        if by.pk in (case.reviewer1_id, case.reviewer2_id):
            continue
        try:
            check_is_waiting(case, by)
        except ValidationError:
            continue
        hold(case, by)
        taken.append(case)
    return taken


def renew(*, case: Case, by: User) -> None:
    """Whoever holds the case is still at it. Changes nothing for anybody else, nor for a claim that ended."""
    now = timezone.now()
    Case.objects.filter(
        pk=case.pk,
        claimed_by=by,
        claimed_at__gt=now - CLAIM_STANDS,
        claimed_at__lt=now - RENEWED_EVERY,
        status=Case.Status.CONFLICT,
    ).update(claimed_at=now)


@transaction.atomic
def give_back(*, round: Round, cases: Collection[int], by: User) -> int:
    """Let others take these up again; returns how many. What somebody else holds stays as it is.

    They stay sealed: somebody has seen the readings. A second time changes nothing.
    """
    given = 0
    for case in locked_all(round, cases):
        if case.claimed_by_id == by.pk and case.status == Case.Status.CONFLICT:
            case.claimed_by, case.claimed_at = None, None
            case.save(update_fields=["claimed_by", "claimed_at"])
            given += 1
    return given


def holder(case: Case) -> User | None:
    """Who holds the case at this moment, if anybody does."""
    return case.claimed_by if stands(case) else None


def hold(case: Case, by: User) -> None:
    """Put the locked case into this person's hands, and seal it."""
    now = timezone.now()
    case.claimed_by, case.claimed_at = by, now
    case.sealed_at = case.sealed_at or now
    case.save(update_fields=["claimed_by", "claimed_at", "sealed_at"])
