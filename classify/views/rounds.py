"""Rounds: set one up, see where it stands, add the second reviewer, close coding, discard practice."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classify import permissions, rounds, visibility
from classify.forms.calibration import PracticeForm
from classify.forms.rounds import RoundForm, SecondReviewerForm
from classify.models import CaseSplit, Round
from classify.views.calibration import practice_of_round, practice_preview, wanted_of
from classify.views.poll import state_of
from polls.models import Poll, User
from polls.permissions import allows, get_poll_or_404
from polls.views.actor import actor


def get_round_or_404(request: HttpRequest, slug: str, number: int) -> Round:
    """A round of a poll that the person is a member of. Raises Http404."""
    poll = get_poll_or_404(request.user, slug)
    round = get_object_or_404(Round.objects.select_related("version__codebook"), poll=poll, number=number)
    round.poll = poll
    return round


@require_http_methods(["GET", "HEAD", "POST"])
def round_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose codebook, people and rules; what that means in work is shown before anything is made."""
    poll = get_poll_or_404(request.user, slug)
    permissions.check_can_set_up_rounds(request.user, poll)
    by = actor(request)
    number = next_number(poll)
    posted = request.POST if request.method == "POST" else None
    form = RoundForm(posted, poll=poll, by=by, number=number, initial=wanted_of(request))
    practice = PracticeForm(posted, poll=poll)
    creating = request.POST.get("action") == "create"
    if creating and all([form.is_valid(), practice.is_valid()]):
        made = make(form, practice, poll, by)
        if made is not None:
            messages.success(request, _("Round %(number)d is set up.") % {"number": made.number})
            return redirect("classify:round", poll.slug, made.number)
    context = {"poll": poll, "form": form, **preview_of(form, poll)}
    context |= practice_preview(form, practice, poll, by, context["preview"])
    template = "classify/round_new.html"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, template + "#preview", context)
    wrong = creating and bool(form.errors or practice.errors)
    return render(request, template, context, status=422 if wrong else 200)


def next_number(poll: Poll) -> int:
    """The number that the next round of the poll will have."""
    last: int | None = Round.objects.filter(poll=poll).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


@transaction.atomic
def make(form: RoundForm, practice: PracticeForm, poll: Poll, by: User) -> Round | None:
    """The round of the form, or the one that the first of two clicks made; None: the form says why."""
    Poll.objects.select_for_update().get(pk=poll.pk)
    data = form.cleaned_data
    there = Round.objects.filter(poll=poll, number=data["number"]).first()
    if there is not None:
        return there
    try:
        return rounds.create_round(
            poll=poll,
            version=data["version"],
            unit=data["unit"],
            rule=data["rule"],
            purpose=data["purpose"],
            reviewers=form.reviewers(),
            adjudicators=list(data["adjudicators"]),
            by=by,
            **practice.terms(data["purpose"]),
        )
    except ValidationError as problem:
        form.add_error(None, problem)
        return None


def preview_of(form: RoundForm, poll: Poll) -> dict[str, Any]:
    """What the round would mean in work, for the choices made so far."""
    version, unit = form["version"].value(), form["unit"].value()
    field: Any = form.fields["version"]
    chosen = field.queryset.filter(pk=version).first() if str(version).isdecimal() else None
    if chosen is None:
        return {"preview": None, "why_not": _("Choose a codebook.")}
    try:
        preview = rounds.preview_round(poll=poll, version=chosen, unit=unit)
    except ValidationError as problem:
        return {"preview": None, "why_not": " ".join(problem.messages)}
    return {"preview": preview, "alone": not form["reviewer2"].value()}


@require_safe
def round_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Where a round stands, for this person: who reads, own progress, what can be done."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    seats = list(round.reviewers.select_related("user").order_by("ordinal"))
    may_set_up = permissions.can_set_up_rounds(by, round.poll)
    incomplete = len(seats) < 2 and allows(permissions.check_is_open, round)
    context = {
        "poll": round.poll,
        "round": round,
        "seats": seats,
        "adjudicators": round.adjudicators.select_related("user").order_by("user__username"),
        "state": capfirst(state_of(round)) + ".",
        "counts": visibility.counts_for(by, round),
        "revealed": visibility.is_revealed(round),
        "reads": any(seat.user_id == by.pk for seat in seats),
        "can_read": permissions.can_read(by, round),
        "can_hand_in": permissions.can_hand_in(by, round),
        "can_see_conflicts": visibility.can_see_conflicts(by, round),
        "can_see_results": visibility.can_see_results(by, round),
        "can_see_splits": CaseSplit.objects.filter(round=round).exists()
        and visibility.can_see_splits(by, round),
        "can_close": permissions.can_close_coding(by, round),
        "can_discard": permissions.can_discard(by, round),
        "second_form": SecondReviewerForm(round=round, by=by) if may_set_up and incomplete else None,
        "may_set_up": may_set_up,
        **practice_of_round(round, by),
    }
    return render(request, "classify/round.html", context)


@require_POST
def round_second_reviewer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Add the second reviewer to a round that one person began."""
    round = get_round_or_404(request, slug, number)
    permissions.check_can_set_up_rounds(request.user, round.poll)
    by = actor(request)
    wanted = request.POST.get("user", "")
    there = round.reviewers.filter(ordinal=2).first()
    if there is not None and str(there.user_id) == wanted:
        return redirect("classify:round", slug, number)
    form = SecondReviewerForm(request.POST, round=round, by=by)
    if not form.is_valid():
        messages.error(request, _("Choose a person of this poll who has no part in this round yet."))
        return redirect("classify:round", slug, number)
    user = form.cleaned_data["user"]
    try:
        rounds.add_second_reviewer(round=round, user=user, by=by)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, _("%(name)s reads in this round now.") % {"name": user.username})
    return redirect("classify:round", slug, number)


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
