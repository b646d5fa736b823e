"""People of a round: somebody joins, somebody leaves, somebody more resolves conflicts."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from classify import assignment, permissions, rounds
from classify.forms.adjudicators import AdjudicatorForm
from classify.forms.rounds import JoinForm, ReasonForm, SecondReviewerForm, name_of
from classify.models import Round
from classify.views.rounds import get_round_or_404
from polls.views.actor import actor


@require_POST
def round_second_reviewer(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Add the second reviewer to a round that one person began."""
    round = get_round_or_404(request, slug, number)
    permissions.check_can_set_up_rounds(request.user, round.poll)
    by = actor(request)
    wanted = request.POST.get("user", "")
    there = round.reviewers.filter(ordinal=2, left_at=None).first()
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
def round_join(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Let somebody read in the round: who, how much, and what they get. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    permissions.check_can_set_up_rounds(request.user, round.poll)
    permissions.check_is_open(round)
    by = actor(request)
    asked = request.POST.get("user", "")
    form = JoinForm(request.POST if request.method == "POST" else None, round=round, by=by)
    if request.method == "POST":
        if form.is_valid():
            user = form.cleaned_data["user"]
            try:
                rounds.join_round(round=round, by=by, **form.cleaned_data)
            except ValidationError as problem:
                form.add_error(None, problem)
            else:
                messages.success(request, _("%(name)s reads in this round now.") % {"name": user.username})
                return redirect("classify:round", slug, number)
        elif asked in {str(seat.user_id) for seat in assignment.readers_of(round)}:
            return redirect("classify:round", slug, number)
    context = {"poll": round.poll, "round": round, "form": form}
    return render(request, "classify/round_join.html", context, status=422 if form.errors else 200)


def _reading(round: Round) -> int:
    return round.reviewers.filter(left_at=None).count()


@require_http_methods(["GET", "HEAD", "POST"])
def round_leave(request: HttpRequest, slug: str, number: int, user_id: int) -> HttpResponse:
    """End somebody's reading, one's own or as an admin: first what that means, then the deed."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    seat = get_object_or_404(round.reviewers.select_related("user"), user=user_id)
    if user_id != by.pk:
        permissions.check_can_set_up_rounds(by, round.poll)
    if seat.left_at is not None:
        return redirect("classify:round", slug, number)
    permissions.check_can_take_out(by, round, seat.user)
    form = ReasonForm(request.POST if request.method == "POST" else None, required=False)
    if request.method == "POST" and form.is_valid():
        rounds.leave_round(round=round, user=seat.user, by=by, reason=form.cleaned_data["reason"])
        said = _("You left this round.") if user_id == by.pk else _("%(name)s reads no more in this round.")
        messages.success(request, said % {"name": seat.user.username})
        return redirect("classify:round", slug, number)
    context = {
        "poll": round.poll,
        "round": round,
        "form": form,
        "mine": user_id == by.pk,
        "name": name_of(seat.user),
        "others": _reading(round) - 1,
    }
    return render(request, "classify/round_leave.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def round_adjudicator(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Let somebody more resolve the conflicts of the round. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    permissions.check_can_set_up_rounds(request.user, round.poll)
    permissions.check_is_alive(round)
    by = actor(request)
    form = AdjudicatorForm(request.POST if request.method == "POST" else None, round=round, by=by)
    if request.method == "POST":
        if form.is_valid():
            user = form.cleaned_data["user"]
            try:
                rounds.add_adjudicator(round=round, user=user, by=by)
            except ValidationError as problem:
                form.add_error(None, problem)
            else:
                said = _("%(name)s resolves conflicts of this round from now on.")
                messages.success(request, said % {"name": user.username})
                return redirect("classify:round", slug, number)
        elif request.POST.get("user", "") in {str(pk) for pk in rounds.resolvers_of(round)}:
            return redirect("classify:round", slug, number)
    context = {"poll": round.poll, "round": round, "form": form}
    return render(request, "classify/round_adjudicator.html", context, status=422 if form.errors else 200)
