"""Voters with the same name and headline: one person, or several? A person says, nothing merges by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classify import same_people
from classify.views.lists import page_number
from classify.views.voters import get_open_poll
from classify.visibility import polls_with_open_votes
from polls.merging import Alike, LookAlikes, look_alikes
from polls.models import Poll, User, Voter
from polls.permissions import PollRefused
from polls.problems import Refused
from polls.search import impatient
from polls.views.actor import actor

PER_PAGE: Final = 20
MOST_PAGES: Final = 500
MOST_AT_ONCE: Final = 20
_PATIENCE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Group:
    """Voters who look alike. `doubles` are the polls in which more than one of them voted; `can_decide` says
    whether this person may say if they are one."""

    alike: Alike
    doubles: tuple[str, ...]
    can_decide: bool


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def look_alikes_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The groups of a poll that nobody decided about; a POST says that some voters are one, or that not."""
    poll, person = get_open_poll(request, slug), actor(request)
    if request.method == "POST":
        return _decide(request, poll, person)
    polls = polls_with_open_votes(person)
    number, problem = page_number(request, most=MOST_PAGES), ""
    found = LookAlikes((), 0)
    try:
        with impatient(_PATIENCE):
            found = look_alikes(poll, among=polls, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    except Refused:
        problem = _("There are too many voters to compare them all here.")
    if number > 1 and not found.groups and not problem:
        return redirect("classify:look-alikes", poll.slug)
    context = {
        "poll": poll,
        "groups": [_group(person, alike, polls) for alike in found.groups],
        "total": found.total,
        "problem": problem,
        "number": number,
        "previous": number - 1,
        "next": number + 1 if number * PER_PAGE < found.total else None,
    }
    return render(request, "classify/look_alikes.html", context)


def _group(person: User, alike: Alike, polls: list[Poll]) -> Group:
    seen: set[str] = set()
    doubles = set()
    for voter in alike.voters:
        doubles |= seen & set(voter.polls)
        seen |= set(voter.polls)
    may = same_people.can_decide(person, [voter.id for voter in alike.voters], seen=polls)
    return Group(alike, tuple(sorted(doubles)), may)


def _decide(request: HttpRequest, poll: Poll, person: User) -> HttpResponse:
    """Merge the voters ticked into the one to keep, or keep them apart. Raises PollRefused."""
    apart = request.POST.get("action") == "apart"
    voters, kept = _chosen(request, poll, polls_with_open_votes(person), with_kept=not apart)
    same_people.check_can_decide(person, [voter.pk for voter in voters])
    try:
        if apart:
            if len(voters) < 2:
                raise Refused(_("Tick at least two voters who are different people."))
            same_people.keep_all_apart(voters=voters, by=person)
            messages.success(request, _("They stay apart and will not be asked about again."))
        else:
            others = [voter for voter in voters if kept is not None and voter.pk != kept.pk]
            if kept is None or not others:
                raise Refused(
                    _("Choose which one to keep, and tick at least one other who is the same person.")
                )
            same_people.merge_all(kept=kept, others=others, by=person)
            messages.success(request, _("They are one voter now. The voter's page can take that back."))
            return redirect("classify:voter", kept.pk)
    except (Refused, PollRefused) as problem:
        messages.error(request, str(problem))
    return redirect("classify:look-alikes", poll.slug)


def _chosen(
    request: HttpRequest, poll: Poll, polls: list[Poll], *, with_kept: bool
) -> tuple[list[Voter], Voter | None]:
    """The voters ticked, and the one to keep among them; at least one of them voted in this poll. Who
    voted in none of the polls that the person sees is not there."""
    keep = request.POST.get("keep", "")
    named = [*request.POST.getlist("voter")[:MOST_AT_ONCE], *([keep] if with_kept else [])]
    ids = {int(text) for text in named if text.isascii() and text.isdecimal() and len(text) < 19}
    voters = list(Voter.objects.filter(pk__in=ids, votes__poll__in=polls).distinct().order_by("pk"))
    if not any(voter.votes.filter(poll=poll).exists() for voter in voters):
        return [], None
    return voters, next((voter for voter in voters if str(voter.pk) == keep), None)
