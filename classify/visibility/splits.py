"""Headlines that were split, for who may know by whom and whether somebody has decided on a part since."""

from __future__ import annotations

from django.db.models import Exists, IntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from classify.models import Case, CaseSplit, Decision, Round
from classify.visibility.rules import STILL_READING, holds_open_slot_in_poll
from polls.permissions import Person, PollRefused, allows, check_can_administer


def check_can_see_splits(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll who reads in no open round of it.

    Who split a title, and whether its parts are decided, tells one reviewer of the other.
    """
    check_can_administer(user, round.poll)
    if holds_open_slot_in_poll(user, round.poll):
        raise PollRefused(STILL_READING)


def can_see_splits(user: Person, round: Round) -> bool:
    """May the person see the splits of the round?"""
    return allows(check_can_see_splits, user, round)


def splits_of(user: Person, round: Round) -> QuerySet[CaseSplit]:
    """The splits of the round, newest first, with `voters` read on their own now and whether it is `begun`.

    `begun`: somebody has decided on one of them. Raises PollRefused for who may not see them.
    """
    check_can_see_splits(user, round)
    parts = Case.objects.filter(split_from=OuterRef("case"), n_votes__gt=0)
    votes = parts.order_by().values("split_from").annotate(n=Sum("n_votes")).values("n")
    decided = Decision.objects.filter(case__split_from=OuterRef("case"), case__n_votes__gt=0)
    return (
        CaseSplit.objects.filter(round=round)
        .select_related("case", "split_by", "merged_by")
        .annotate(voters=Coalesce(Subquery(votes, output_field=IntegerField()), 0), begun=Exists(decided))
        .order_by("-pk")
    )
