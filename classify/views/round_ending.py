"""How a round ends and begins again: each action has a page that says what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classify import permissions, rounds, visibility
from classify.forms.rounds import ReasonForm
from classify.models import Round
from classify.views.rounds import get_round_or_404
from polls.models import User
from polls.permissions import check_can_administer
from polls.views.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
def round_close(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Close coding: first what that means, then the deed. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    if round.coding_closed_at is not None and permissions.can_set_up_rounds(request.user, round.poll):
        return redirect("classify:round", slug, number)
    permissions.check_can_close_coding(request.user, round)
    if request.method == "POST":
        rounds.close_coding(round=round, by=actor(request))
        messages.success(request, _("Coding is closed. What the reviewers decided stands as it is."))
        return redirect("classify:round", slug, number)
    counts = visibility.counts_for(actor(request), round)
    seats = round.reviewers.count()
    context = {"poll": round.poll, "round": round, "counts": counts, "seats": seats}
    return render(request, "classify/round_close.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def round_reopen(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Reopen coding with a reason: first what that means, then the deed. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    check_can_administer(request.user, round.poll)
    if round.coding_closed_at is None:
        return redirect("classify:round", slug, number)
    permissions.check_can_reopen(request.user, round)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rounds.reopen_coding(round=round, by=actor(request), reason=form.cleaned_data["reason"])
        messages.success(request, _("Coding is open again. The reviewers can go on reading."))
        return redirect("classify:round", slug, number)
    counts = visibility.counts_for(actor(request), round)
    nobody = rounds.nobody_resolves(round)
    context = {"poll": round.poll, "round": round, "form": form, "counts": counts, "nobody_resolves": nobody}
    return render(request, "classify/round_reopen.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def round_archive(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put a closed round away: first what that means, then the deed. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    check_can_administer(request.user, round.poll)
    if round.archived_at is not None:
        return redirect("classify:round", slug, number)
    permissions.check_can_archive(request.user, round)
    said = _("Round %(number)d is archived. You find it at the end of the list of rounds.")
    return _asked(request, round, rounds.archive_round, "classify/round_archive.html", said)


@require_http_methods(["GET", "HEAD", "POST"])
def round_unarchive(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take a round out of the archive: first what that means, then the deed. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    check_can_administer(request.user, round.poll)
    if round.archived_at is None:
        return redirect("classify:round", slug, number)
    said = _("Round %(number)d is back in the lists.")
    return _asked(request, round, rounds.unarchive_round, "classify/round_unarchive.html", said)


def _asked(
    request: HttpRequest, round: Round, deed: Callable[..., None], template: str, said: str
) -> HttpResponse:
    """Ask, then do it and say so."""
    by: User = actor(request)
    if request.method == "POST":
        deed(round=round, by=by)
        messages.success(request, said % {"number": round.number})
        return redirect("classify:round", round.poll.slug, round.number)
    nobody = rounds.nobody_resolves(round) and rounds.may_have_conflicts(round, by)
    context: dict[str, Any] = {"poll": round.poll, "round": round, "nobody_resolves": nobody}
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def round_discard(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Discard a practice round: first what that means, then the deed. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    if round.discarded_at is not None and permissions.can_set_up_rounds(request.user, round.poll):
        return redirect("classify:round", slug, number)
    permissions.check_can_discard(request.user, round)
    if request.method == "POST":
        rounds.discard_round(round=round, by=actor(request))
        messages.success(request, _("Practice round %(number)d was discarded.") % {"number": round.number})
        return redirect("classify:poll", slug)
    return render(request, "classify/round_discard.html", {"poll": round.poll, "round": round})
