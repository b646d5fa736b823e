"""Merging two voters, taking a merge apart, and keeping two voters apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from polls.changes import lock_poll, may_merge_voters, tell_votes_changed, undone_among
from polls.models import Poll, User, Vote, VoteChange, Voter, VoterDistinction, VoterKey, VoterMerge
from polls.permissions import Person, PollRefused, allows, can_import
from polls.problems import Refused

_FILLED: Final = ("name", "organisation", "country", "profile_url")


@dataclass(frozen=True, slots=True)
class Parted:
    """What a merge taken apart could not give back as it was: votes that came since stay with the kept voter
    (`stayed`); votes that were changed since go back as they are now (`changed`)."""

    stayed: int
    changed: int


def check_can_merge(user: Person, kept: Voter, merged: Voter) -> None:
    """Raises PollRefused unless the person may change votes in every poll in which one of the two voted, and
    both are voters who stand for themselves."""
    _check_rights(user, Poll.objects.filter(votes__voter__in=(kept.pk, merged.pk)).distinct())
    problem = _problem(kept, merged)
    if problem:
        raise PollRefused(problem)


def can_merge(user: Person, kept: Voter, merged: Voter) -> bool:
    """May the person merge the two?"""
    return allows(check_can_merge, user, kept, merged)


def check_can_undo_merge(user: Person, merge: VoterMerge) -> None:
    """Raises PollRefused unless the person may change votes in every poll in which the two voted, and the
    merge is the last one of its voter."""
    _check_rights(user, Poll.objects.filter(votes__voter__in=(merge.kept_id, merge.merged_id)).distinct())
    problem = _problem_of_undoing(merge)
    if problem:
        raise PollRefused(problem)


check_can_keep_apart: Callable[[Person, Voter, Voter], None] = check_can_merge


@transaction.atomic
def merge_voters(*, kept: Voter, merged: Voter, by: User | None) -> VoterMerge:
    """Make one person of two. Votes and keys of `merged` go to `kept`, whose empty fields are filled.

    In a poll where both voted, the newer vote counts (by `voted_at`, else the later row). The hook is called
    for every poll in which a vote moved. Raises Refused, also while an import decides who is who.
    """
    polls = _locked_polls(Vote.objects.filter(voter=merged.pk))
    kept, merged = _locked_voters(kept, merged)
    problem = _problem(kept, merged)
    if problem:
        raise Refused(problem)
    moving, swapped, void = _split_votes(kept, merged)
    scopes = kept.keys.filter(scheme=VoterKey.Scheme.ID).values("scope")
    keys = list(merged.keys.exclude(scheme=VoterKey.Scheme.ID, scope__in=scopes).values_list("pk", flat=True))
    filled = {
        field: getattr(merged, field)
        for field in _FILLED
        if getattr(merged, field) and not getattr(kept, field)
    }
    followers = list(merged.merged.values_list("pk", flat=True))
    _exclude(void, by=by)
    _move_votes(moving, swapped, source=merged, target=kept)
    VoterKey.objects.filter(pk__in=keys).update(voter=kept)
    Voter.objects.filter(pk=kept.pk).update(**filled)
    Voter.objects.filter(pk__in=[merged.pk, *followers]).update(merged_into=kept)
    moved = {
        "votes": moving,
        "swapped": swapped,
        "voided": [vote.pk for vote in void],
        "keys": keys,
        "followers": followers,
        "filled": filled,
        # What is newer than these came after the merge.
        "last_vote": Vote.objects.aggregate(last=Max("pk"))["last"],
        "last_change": VoteChange.objects.aggregate(last=Max("pk"))["last"],
    }
    merge: VoterMerge = VoterMerge.objects.create(kept=kept, merged=merged, merged_by=by, moved=moved)
    for poll in polls:
        tell_votes_changed(poll_id=poll.pk, batch_id=None)
    return merge


@transaction.atomic
def undo_merge(*, merge: VoterMerge, by: User | None) -> Parted:
    """Give the merged voter back what was theirs, as far as nobody changed it since. Raises Refused when the
    merge was taken apart already, or a later one of the same voter has to be first."""
    parted, polls = take_apart(merge=merge, by=by)
    for poll in polls:
        tell_votes_changed(poll_id=poll.pk, batch_id=None)
    return parted


def take_apart(*, merge: VoterMerge, by: User | None) -> tuple[Parted, list[Poll]]:
    """`undo_merge` without the hook, for many merges in one transaction: also the polls to tell of it."""
    ids = merge.moved["votes"] + merge.moved.get("swapped", []) + merge.moved.get("voided", [])
    polls = _locked_polls(Vote.objects.filter(pk__in=ids))
    kept, merged = _locked_voters(merge.kept, merge.merged)
    merge = VoterMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    problem = _problem_of_undoing(merge)
    if problem:
        raise Refused(problem)
    moved = merge.moved
    parted = _parted(merge)
    void = Vote.objects.filter(pk__in=moved.get("voided", []), void_reason=Vote.VoidReason.DOUBLE)
    _count_again(list(void), by=by)
    _move_votes(moved["votes"], moved.get("swapped", []), source=kept, target=merged)
    VoterKey.objects.filter(pk__in=moved["keys"], voter=kept).update(voter=merged)
    untouched = {field: "" for field, text in moved["filled"].items() if getattr(kept, field) == text}
    Voter.objects.filter(pk=kept.pk).update(**untouched)
    Voter.objects.filter(pk__in=moved["followers"], merged_into=kept).update(merged_into=merged)
    Voter.objects.filter(pk=merged.pk).update(merged_into=None)
    merge.undone_at, merge.undone_by = timezone.now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    return parted, polls


def keep_apart(*, first: Voter, second: Voter, by: User) -> None:
    """Say that two voters who look alike are two; they are not shown for merging again. Saying so twice
    changes nothing. Raises Refused for one and the same."""
    if first.pk == second.pk:
        raise Refused(_("One voter cannot be kept apart from itself."))
    lower, higher = sorted((first.pk, second.pk))
    VoterDistinction.objects.get_or_create(first_id=lower, second_id=higher, defaults={"decided_by": by})


def _check_rights(user: Person, polls: Iterable[Poll]) -> None:
    if not all(can_import(user, poll) for poll in polls):
        raise PollRefused(_("Only an admin of every poll in which the two voted may say that they are one."))


def _problem(kept: Voter, merged: Voter) -> str:
    """Why the two cannot be merged, as a sentence; "" when they can."""
    if kept.pk == merged.pk:
        return _("A voter cannot be merged with itself.")
    if merged.merged_into_id == kept.pk:
        return _("The two are merged already.")
    for voter in (kept, merged):
        if voter.merged_into is not None:
            return _("%(name)s was merged into %(other)s before: merge that voter instead.") % {
                "name": voter,
                "other": voter.merged_into,
            }
    return ""


def _problem_of_undoing(merge: VoterMerge) -> str:
    if merge.undone_at is not None:
        return _("This merge was taken apart already.")
    later = (
        VoterMerge.objects.filter(Q(kept=merge.kept_id) | Q(merged=merge.kept_id), undone_at=None)
        .filter(pk__gt=merge.pk)
        .select_related("kept", "merged")
        .order_by("-pk")
        .first()
    )
    if later is not None:
        return _("%(merged)s was merged into %(kept)s later: take that apart first.") % {
            "merged": later.merged,
            "kept": later.kept,
        }
    anew = Vote.objects.filter(voter=merge.kept_id).exclude(pk__in=merge.moved["votes"])
    given = Vote.objects.filter(pk__in=merge.moved.get("swapped", [])).values("option")
    vote = anew.filter(option__in=given).select_related("poll").first()
    if vote is not None:
        return _("%(name)s was given another vote in %(poll)s since: undo that import first.") % {
            "name": merge.kept,
            "poll": vote.poll,
        }
    return ""


def _locked_polls(votes: QuerySet[Vote]) -> list[Poll]:
    """The polls of the votes, locked in one order for everybody, with nobody else deciding who is who."""
    concerned = Poll.objects.filter(pk__in=votes.order_by().values("poll")).order_by("slug")
    polls = list(concerned.all())
    for poll in polls:
        lock_poll(poll.slug)
    if not may_merge_voters() or list(concerned.all()) != polls:
        raise Refused(_("An import is being written just now and may name these voters. Try again soon."))
    return polls


def _locked_voters(*voters: Voter) -> list[Voter]:
    """The same voters as they are now, in the order given."""
    keys = [voter.pk for voter in voters]
    fresh = {
        voter.pk: voter for voter in Voter.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    return [fresh[key] for key in keys]


def _split_votes(kept: Voter, merged: Voter) -> tuple[list[int], list[int], list[Vote]]:
    """Ids of the votes that go to the kept voter, of those that make room for them there and go the other
    way, and the votes that stop counting."""
    here, there = _by_poll(kept), _by_poll(merged)
    moving: list[int] = []
    swapped: list[int] = []
    void: list[Vote] = []
    for poll, theirs in there.items():
        ours = here.get(poll, [])
        live_ours, live_theirs = _live(ours), _live(theirs)
        if ours and not _newer(live_theirs, live_ours):
            void += live_theirs
            continue
        void += live_ours
        moving += [vote.pk for vote in theirs]
        swapped += [vote.pk for vote in ours]
    return moving, swapped, void


def _by_poll(voter: Voter) -> dict[int, list[Vote]]:
    found: dict[int, list[Vote]] = {}
    for vote in voter.votes.order_by("pk"):
        found.setdefault(vote.poll_id, []).append(vote)
    return found


def _live(votes: list[Vote]) -> list[Vote]:
    return [vote for vote in votes if vote.voided_at is None]


def _newer(votes: list[Vote], others: list[Vote]) -> bool:
    """Do these count rather than the others: the newer by the time of voting, else the later rows?"""
    if not votes or not others:
        return bool(votes)
    times = [vote.voted_at for vote in votes if vote.voted_at]
    other_times = [vote.voted_at for vote in others if vote.voted_at]
    if times and other_times and max(times) != max(other_times):
        return max(times) > max(other_times)
    return votes[-1].pk > others[-1].pk


def _exclude(votes: list[Vote], *, by: User | None) -> None:
    _note_exclusions(votes, by=by)
    Vote.objects.filter(pk__in=[vote.pk for vote in votes]).update(
        voided_at=timezone.now(), voided_by=by, void_reason=Vote.VoidReason.DOUBLE, void_note=""
    )


def _count_again(votes: list[Vote], *, by: User | None) -> None:
    _note_exclusions(votes, by=by)
    undone = undone_among([vote.pk for vote in votes])
    Vote.objects.filter(pk__in=undone).update(void_reason=Vote.VoidReason.UNDONE, void_note="")
    Vote.objects.filter(pk__in=[vote.pk for vote in votes if vote.pk not in undone]).update(
        voided_at=None, voided_by=None, void_reason="", void_note=""
    )


def _note_exclusions(votes: list[Vote], *, by: User | None) -> None:
    VoteChange.objects.bulk_create(
        VoteChange(vote=vote, changed_by=by, before={"excluded": vote.void_reason, "note": vote.void_note})
        for vote in votes
    )


def _move_votes(votes: list[int], making_room: list[int], *, source: Voter, target: Voter) -> None:
    """Votes from one voter to the other. What makes room for them waits in between under a number that is no
    voter's, since nobody has two votes in a poll at any moment; the key to the voter is asked at the end."""
    Vote.objects.filter(pk__in=making_room, voter=target).update(voter_id=-target.pk)
    Vote.objects.filter(pk__in=votes, voter=source).update(voter=target)
    Vote.objects.filter(pk__in=making_room, voter_id=-target.pk).update(voter=source)


def _parted(merge: VoterMerge) -> Parted:
    last_vote, last_change = merge.moved["last_vote"] or 0, merge.moved["last_change"] or 0
    ids = merge.moved["votes"] + merge.moved.get("swapped", [])
    changed = VoteChange.objects.filter(vote__in=ids, pk__gt=last_change)
    return Parted(
        stayed=Vote.objects.filter(voter=merge.kept_id, pk__gt=last_vote).exclude(pk__in=ids).count(),
        changed=changed.values("vote").distinct().count(),
    )
