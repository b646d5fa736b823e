"""One voter across polls, and looking for one. Of polls whose votes a person may not see, nothing is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from classify import same_people
from classify.forms.find import FindForm
from classify.tables.voters import FoundTable, shortened, state_of
from classify.visibility import polls_with_open_votes
from polls.models import Poll, User, Vote, VoteChange, Voter, VoterKey, VoterMerge
from polls.permissions import PollRefused
from polls.problems import Refused
from polls.search import find_votes
from polls.views.actor import actor
from polls.wording import voted

FOUND_UP_TO: Final = 50
CHANGES: Final = 50
_NOBODY = gettext_lazy("Only an admin who may see the votes of a poll can look for voters.")
_LABELS: Final = {
    "voter_id": gettext_lazy("voter id"),
    "name": gettext_lazy("name"),
    "organisation": gettext_lazy("organisation"),
    "country": gettext_lazy("country"),
    "profile_url": gettext_lazy("profile address"),
    "headline": gettext_lazy("headline"),
    "option": gettext_lazy("option"),
    "voted_at": gettext_lazy("voted at"),
    "comment": gettext_lazy("comment"),
    "excluded": gettext_lazy("not counted"),
    "note": gettext_lazy("note"),
    "extra": gettext_lazy("other columns"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A vote as the page tells it."""

    vote: Vote
    headline: str
    voted_at: str
    state: Any


@dataclass(frozen=True, slots=True)
class Before:
    """What a change replaced: `fields` are (name, text) pairs."""

    change: VoteChange
    fields: list[tuple[Any, str]]


@require_safe
@never_cache
def voter(request: HttpRequest, voter_id: int) -> HttpResponse:
    """A voter in every poll whose votes this person may see."""
    person = actor(request)
    polls = polls_with_open_votes(person)
    found = get_object_or_404(Voter.objects.select_related("merged_into"), pk=voter_id)
    votes = list(_votes(found.merged_into or found, polls))
    if not votes:
        raise Http404
    if found.merged_into_id is not None:
        return redirect("classify:voter", found.merged_into_id)
    keys = VoterKey.objects.filter(
        Q(scope__in=polls) | Q(scope__isnull=True), Q(voter=found) | Q(voter__merged_into=found)
    )
    context = {
        "voter": found,
        "votes": [_shown(vote) for vote in votes],
        "keys": keys.select_related("scope").order_by("scheme", "pk")[:100],
        "changes": _changes(votes),
        "merges": _merges(person, found, polls),
    }
    return render(request, "classify/voter.html", context)


@require_safe
@never_cache
def find_voter(request: HttpRequest) -> HttpResponse:
    """Voters by any part of name or headline, in all polls whose votes this person may see."""
    person = actor(request)
    polls = polls_with_open_votes(person)
    if not polls:
        raise PollRefused(_NOBODY)
    form = FindForm(request.GET or None)
    table, more, problem = None, False, ""
    if form.is_valid() and form.words:
        try:
            hits = find_votes(
                votes=Vote.objects.filter(poll__in=polls),
                polls=[poll.pk for poll in polls],
                words=form.words,
                most=FOUND_UP_TO,
            )
        except Refused as refused:
            problem = str(refused)
        else:
            rows = Vote.objects.filter(pk__in=hits.votes).select_related("voter", "poll", "option")
            table, more = FoundTable(list(rows.order_by("voter__name", "pk")), orderable=False), hits.more
            table.request = request
    problem = problem or " ".join(str(error) for error in form.errors.get("q", []))
    context = {
        "form": form,
        "table": table,
        "more": more,
        "shown": len(table.rows) if table else 0,
        "problem": problem,
        "polls": len(polls),
    }
    return render(request, "classify/find_voter.html", context)


@require_POST
def merge_undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Take two voters apart who were merged."""
    person = actor(request)
    merge = get_object_or_404(VoterMerge.objects.select_related("kept", "merged"), pk=merge_id)
    polls = polls_with_open_votes(person)
    if not _votes(merge.kept, polls).exists():
        raise Http404
    if not same_people.can_decide(person, (merge.kept_id, merge.merged_id), seen=polls):
        # Not 403: that would tell that there is a merge, and a poll this person may not see.
        raise Http404
    try:
        parted = same_people.undo(merge=merge, by=person)
    except (Refused, PollRefused) as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The two are two voters again. Each has the votes it had before."))
        if parted.stayed or parted.changed:
            messages.warning(
                request,
                _("%(stayed)d votes that came since stay here, %(changed)d changed since go as they are now.")
                % {"stayed": parted.stayed, "changed": parted.changed},
            )
    return redirect("classify:voter", merge.kept_id)


def _votes(found: Voter, polls: list[Poll]) -> QuerySet[Vote]:
    """The person's votes in these polls, also those left with a row that was merged into this one."""
    mine = Q(voter=found) | Q(voter__merged_into=found)
    votes = Vote.objects.filter(mine, poll__in=polls).select_related("poll", "option", "batch", "voter")
    return votes.order_by("poll__created_at", "poll", "option__position", "pk")


def _shown(vote: Vote) -> Shown:
    at = voted(vote.voted_at) if vote.voted_at else vote.voted_raw
    return Shown(vote, shortened(vote.headline_raw, 1000), at, state_of(vote))


def _changes(votes: list[Vote]) -> list[Before]:
    """The latest changes of these votes."""
    changes = VoteChange.objects.filter(vote__in=votes).select_related("vote__poll", "changed_by", "batch")
    return [Before(change, _fields(change.before)) for change in changes.order_by("-pk")[:CHANGES]]


def _fields(before: dict[str, Any]) -> list[tuple[Any, str]]:
    """What was there, by the names that people know. An empty note is not worth a word."""
    return [
        (_LABELS.get(field, field), _told(field, value))
        for field, value in before.items()
        if value or field != "note"
    ]


def _told(field: str, value: Any) -> str:
    if isinstance(value, dict):
        return shortened(", ".join(f"{name}: {text}" for name, text in value.items()))
    if field == "excluded":
        return str(dict(Vote.VoidReason.choices).get(value, value)) if value else _("it counted")
    return shortened(str(value)) if value else ""


def _merges(person: User, found: Voter, polls: list[Poll]) -> list[tuple[VoterMerge, bool]]:
    """The merges of this voter, and whether each can be undone by this person. None, where it concerns a poll
    whose votes they may not see: it would tell that there is one."""
    merges = VoterMerge.objects.filter(Q(kept=found) | Q(merged=found)).select_related(
        "kept", "merged", "merged_by", "undone_by", "batch"
    )
    return [
        (merge, merge.undone_at is None and same_people.can_undo(person, merge))
        for merge in merges[:CHANGES]
        if same_people.can_decide(person, (merge.kept_id, merge.merged_id), seen=polls)
    ]
