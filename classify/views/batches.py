"""The imports of a poll: which there were, what one brought, and taking it back.

The pages stand here and not in `polls`, because what an undo means for cases and decisions is told by the
rules of blindness. No name, option or title of a voter is on them, so an admin who still reads may come in;
which rows were known already is not told to such an admin, since a file of one row would ask for a vote.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_tables2 import RequestConfig

from classify import undoing as meaning
from classify.tables.batches import BatchTable, batches_of, format_of, name_of
from classify.visibility import can_see_votes
from polls import undoing
from polls.models import Batch
from polls.permissions import check_can_import, get_poll_or_404
from polls.problems import Refused
from polls.undoing import UndoneAlready, WhatGoes
from polls.views.actor import actor
from polls.wording import figure

PER_PAGE = 50


@require_safe
@never_cache
def batches(request: HttpRequest, slug: str) -> HttpResponse:
    """Every import of the poll with its counts, newest first."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    hidden = () if can_see_votes(request.user, poll) else BatchTable.TELLING
    table = BatchTable(batches_of(poll).select_related("poll"), poll=poll, exclude=hidden)
    RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    context = {"poll": poll, "table": table, "shown": table.paginator.count}
    return render(request, "classify/batches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def batch(request: HttpRequest, slug: str, batch_id: int) -> HttpResponse:
    """One import and what undoing it would do; the form carries what was shown, and undoes that alone."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    found = get_object_or_404(batches_of(poll), pk=batch_id)
    found.poll = poll
    status = 200
    if request.method == "POST":
        try:
            goes = undoing.undo_batch(batch=found, by=actor(request), shown=request.POST.get("shown", ""))
        except UndoneAlready as problem:
            messages.info(request, str(problem))
            return redirect("classify:batch", slug, batch_id)
        except Refused as problem:
            messages.error(request, str(problem))
            status = 422
        else:
            messages.success(request, said(found, goes, blind=not can_see_votes(request.user, poll)))
            return redirect("classify:batch", slug, batch_id)
    return render(request, "classify/batch.html", context_of(request, found), status=status)


def context_of(request: HttpRequest, found: Batch) -> dict[str, Any]:
    """What the page of one import shows."""
    can_undo = undoing.can_undo(request.user, found)
    look = meaning.look(batch=found, user=actor(request)) if can_undo else None
    counts = found.counts
    return {
        "blind": not can_see_votes(request.user, found.poll),
        "taken": counts.get("rows", 0) - counts.get("rejected", 0),
        "poll": found.poll,
        "batch": found,
        "name": name_of(found),
        "format": format_of(found),
        "goes": look.goes if look else None,
        "rounds": look.rounds if look else (),
        "fields": [(FIELD_NAMES[field], n) for field, n in look.goes.fields] if look else [],
    }


FIELD_NAMES: dict[str, Any] = {
    "option": gettext_lazy("option"),
    "headline": gettext_lazy("headline"),
    "comment": gettext_lazy("comment"),
    "voted_at": gettext_lazy("time of the vote"),
    "extra": gettext_lazy("other columns"),
    "name": gettext_lazy("name"),
    "organisation": gettext_lazy("organisation"),
    "country": gettext_lazy("country"),
    "profile_url": gettext_lazy("profile address"),
    "voter_id": gettext_lazy("voter id"),
}
"""What can go back to an earlier value, in words."""


def said(found: Batch, goes: WhatGoes, *, blind: bool) -> str:
    """What an undo did, in a sentence."""
    if blind:
        return _("%(file)s was undone.") % {"file": name_of(found)}
    votes = ngettext("%(n)s vote no longer counts", "%(n)s votes no longer count", goes.votes)
    changed = ngettext(
        "%(n)s vote has earlier values back", "%(n)s votes have earlier values back", goes.changed
    )
    return _("%(file)s was undone: %(votes)s, %(changed)s.") % {
        "file": name_of(found),
        "votes": votes % {"n": figure(goes.votes)},
        "changed": changed % {"n": figure(goes.changed)},
    }
