"""Saying that voters who look alike are one person, or that they are not, by the rule of blindness: only who
may see the votes of every poll concerned, since a merge tells and changes what counts in each.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from classify.visibility import polls_with_open_votes
from polls import merging
from polls.models import Poll, User, Vote, Voter, VoterMerge
from polls.permissions import Person, PollRefused, allows
from polls.problems import Refused
from polls.search import impatient

_GLANCE: Final = 500
"""Milliseconds that counting may take beside another page."""

NOT_ALL = _(
    "Only an admin who may see the votes of every poll concerned can say whether these voters are one person."
)


def how_many_groups(poll: Poll, user: Person) -> int | None:
    """How many groups of look-alikes of the poll wait for a decision; null where counting takes too long."""
    try:
        with impatient(_GLANCE):
            return merging.look_alikes(poll, among=polls_with_open_votes(user), limit=1).total
    except Refused:
        return None


def check_can_decide(user: Person, voters: Collection[int], *, seen: Collection[Poll] | None = None) -> None:
    """Raises PollRefused unless the person may see the votes of every poll in which these voters (by id) took
    part. The sentence does not say which poll they may not see. `seen`: their polls, where known already."""
    polls = {poll.pk for poll in (polls_with_open_votes(user) if seen is None else seen)}
    concerned = Vote.objects.filter(voter__in=voters).order_by().values_list("poll", flat=True).distinct()
    if not polls.issuperset(concerned):
        raise PollRefused(NOT_ALL)


def can_decide(user: Person, voters: Collection[int], *, seen: Collection[Poll] | None = None) -> bool:
    """May the person say whether these voters are one?"""
    try:
        check_can_decide(user, voters, seen=seen)
    except PollRefused:
        return False
    return True


def check_can_undo(user: Person, merge: VoterMerge) -> None:
    """Raises PollRefused unless the person may see all that the merge concerns, and it can be taken apart."""
    check_can_decide(user, (merge.kept_id, merge.merged_id))
    merging.check_can_undo_merge(user, merge)


def can_undo(user: Person, merge: VoterMerge) -> bool:
    """May the person take the merge apart?"""
    return allows(check_can_undo, user, merge)


@transaction.atomic
def merge_all(*, kept: Voter, others: Sequence[Voter], by: User) -> list[VoterMerge]:
    """Make one person of all of them, or of none. Raises PollRefused, Refused."""
    check_can_decide(by, [kept.pk, *(other.pk for other in others)])
    merges = []
    for other in others:
        merging.check_can_merge(by, kept, other)
        merges.append(merging.merge_voters(kept=kept, merged=other, by=by))
    return merges


@transaction.atomic
def keep_all_apart(*, voters: Sequence[Voter], by: User) -> None:
    """Say of every two of them that they are two people. Raises PollRefused, Refused."""
    check_can_decide(by, [voter.pk for voter in voters])
    for first, second in combinations(voters, 2):
        merging.check_can_keep_apart(by, first, second)
        merging.keep_apart(first=first, second=second, by=by)


def undo(*, merge: VoterMerge, by: User) -> merging.Parted:
    """Take a merge apart. Raises PollRefused, Refused."""
    check_can_undo(by, merge)
    return merging.undo_merge(merge=merge, by=by)
