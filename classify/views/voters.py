"""Who voted for what, for those who may know: the list, a voter by hand, a vote excluded and taken back.

The pages stand here and not in `polls`, because who may see a vote is a rule of blindness.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classify import same_people, visibility
from classify.forms.voters import ExcludeForm, VoterForm, initial_of
from classify.forms.votes import FIELDS, VoteFilter
from classify.tables.voters import votes_of
from classify.views.lists import recall
from classify.views.vote_lists import LIST_FIELDS, holding_of, listing_of
from polls import votes as domain
from polls.models import Poll, Vote
from polls.permissions import get_poll_or_404
from polls.problems import Refused
from polls.views.actor import actor


def get_open_poll(request: HttpRequest, slug: str) -> Poll:
    """A poll whose votes this person may see and change. Raises Http404, PollRefused."""
    poll = get_poll_or_404(request.user, slug)
    visibility.check_can_see_votes(request.user, poll)
    return poll


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with; null, for an unbound form, when the page is only looked at."""
    return request.POST if request.method == "POST" else None


@require_safe
@never_cache
def voters(request: HttpRequest, slug: str) -> HttpResponse:
    """Every vote of the poll, with search, sorting and paging."""
    poll = get_open_poll(request, slug)
    elsewhere = recall(request, f"voters {poll.pk}", LIST_FIELDS)
    if elsewhere is not None:
        return elsewhere
    found = VoteFilter(request.GET, queryset=votes_of(poll), poll=poll)
    listing = listing_of(found, request)
    searching = any(request.GET.get(name) for name in FIELDS)
    # Counted where that is quick; else the link alone.
    quick = listing.piece is None and not searching
    context = {
        "poll": poll,
        "filter": found,
        "listing": listing,
        "table": listing.table,
        "holding": holding_of(found),
        "look_alikes": same_people.how_many_groups(poll, actor(request)) if quick else None,
        "searching": searching,
        "narrowed": any(request.GET.get(name) for name in ("country", "batch")),
    }
    return render(request, "classify/voters.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def voter_add(request: HttpRequest, slug: str) -> HttpResponse:
    """One voter by hand, by the rules of an import."""
    poll = get_open_poll(request, slug)
    form = VoterForm(posted(request), poll=poll)
    if request.method == "POST" and form.is_valid():
        try:
            vote = domain.add_voter(poll=poll, fields=form.values(), by=actor(request))
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            name = vote.voter.name or vote.headline_raw
            messages.success(request, _("%(name)s was added.") % {"name": name[:100]})
            return redirect("classify:voters", poll.slug)
    context = {"poll": poll, "form": form, "vote": None}
    return render(request, "classify/vote_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def vote_edit(request: HttpRequest, slug: str, vote_id: int) -> HttpResponse:
    """Correct what is known of a voter and the vote; what was there before is kept."""
    poll = get_open_poll(request, slug)
    vote = get_object_or_404(votes_of(poll), pk=vote_id)
    form = VoterForm(posted(request), poll=poll, initial=initial_of(vote))
    if request.method == "POST" and form.is_valid():
        try:
            domain.correct_voter(vote=vote, fields=form.values(), by=actor(request))
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("The vote was corrected. What was there before is kept."))
            return redirect("classify:voters", poll.slug)
    changes = vote.changes.select_related("changed_by").order_by("-pk")[:20]
    context = {"poll": poll, "form": form, "vote": vote, "changes": changes}
    return render(request, "classify/vote_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def vote_exclude(request: HttpRequest, slug: str, vote_id: int) -> HttpResponse:
    """Leave a vote out of every count, saying why."""
    poll = get_open_poll(request, slug)
    vote = get_object_or_404(votes_of(poll), pk=vote_id)
    form = ExcludeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            domain.exclude_vote(vote=vote, by=actor(request), **form.cleaned_data)
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, _("The vote no longer counts. You can take that back in the list."))
            return redirect("classify:voters", poll.slug)
    context = {"poll": poll, "form": form, "vote": vote}
    return render(request, "classify/vote_exclude.html", context, status=422 if form.errors else 200)


@require_POST
def vote_restore(request: HttpRequest, slug: str, vote_id: int) -> HttpResponse:
    """Count an excluded vote again."""
    poll = get_open_poll(request, slug)
    vote = get_object_or_404(Vote, poll=poll, pk=vote_id)
    try:
        domain.take_back_exclusion(vote=vote, by=actor(request))
    except Refused as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("The vote counts again."))
    return redirect("classify:voters", poll.slug)
