"""Setting up a round: what it would mean in work is shown before anything is made."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from classify import carrying, permissions, rounds
from classify.forms.calibration import PracticeForm
from classify.forms.rounds import RoundForm
from classify.models import Round
from classify.views.calibration import practice_preview, wanted_of
from polls.models import Poll, User
from polls.permissions import can_administer, get_poll_or_404
from polls.views.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
def round_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose codebook, people and rules; what that means in work is shown before anything is made."""
    poll = get_poll_or_404(request.user, slug)
    permissions.check_can_set_up_rounds(request.user, poll)
    by = actor(request)
    number = next_number(poll)
    posted = request.POST if request.method == "POST" else None
    like = like_of(request, by)
    form = RoundForm(posted, poll=poll, by=by, number=number, like=like, initial=wanted_of(request))
    practice = PracticeForm(posted, poll=poll)
    creating = request.POST.get("action") == "create"
    if creating and all([form.is_valid(), practice.is_valid()]):
        made = make(form, practice, poll, by)
        if made is not None:
            messages.success(request, _("Round %(number)d is set up.") % {"number": made.number})
            return redirect("classify:round", poll.slug, made.number)
    context = {"poll": poll, "form": form, "like": like, **preview_of(form, poll)}
    context |= practice_preview(form, practice, poll, by, context["preview"])
    context |= load_preview(form, context) | carry_preview(form, poll, by, context["preview"])
    template = "classify/round_new.html"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, template + "#preview", context)
    wrong = creating and bool(form.errors or practice.errors)
    return render(request, template, context, status=422 if wrong else 200)


def next_number(poll: Poll) -> int:
    """The number that the next round of the poll will have."""
    last: int | None = Round.objects.filter(poll=poll).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def like_of(request: HttpRequest, by: User) -> Round | None:
    """The earlier round, of a poll that the person administers, whose choices a link asks for."""
    slug, _colon, number = request.GET.get("like", "").partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) < 9) or "\x00" in slug:
        return None
    found = Round.objects.filter(poll__slug=slug, number=number).select_related("poll").first()
    return found if found is not None and can_administer(by, found.poll) else None


@transaction.atomic
def make(form: RoundForm, practice: PracticeForm, poll: Poll, by: User) -> Round | None:
    """The round of the form, or the one that the first of two clicks made; None: the form says why."""
    Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    data = form.cleaned_data
    there = Round.objects.filter(poll=poll, number=data["number"]).first()
    if there is not None:
        return there
    carries = data["carry_over"] and data["purpose"] == Round.Purpose.MAIN
    try:
        with transaction.atomic():
            made = rounds.create_round(
                poll=poll,
                version=data["version"],
                unit=data["unit"],
                rule=data["rule"],
                purpose=data["purpose"],
                reviewers=form.reviewers(),
                adjudicators=list(data["adjudicators"]),
                shares=form.weights(),
                hold_days=data["hold_days"],
                adjudicator_first=data["adjudicator_first"],
                carry_over=carries,
                by=by,
                **practice.terms(data["purpose"]),
            )
            if carries:
                carrying.carry_over(round=made, by=by)
            return made
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
    return {"preview": preview, "version": chosen, "alone": not form["reviewer2"].value()}


def load_preview(form: RoundForm, context: dict[str, Any]) -> dict[str, Any]:
    """How many cases each of a pool would read; nothing where one or two read all."""
    preview, sample = context["preview"], context.get("sample")
    if form.is_bound:
        form.is_valid()
    readers = form.reviewers()
    if preview is None or len(readers) < 3:
        return {"load": None}
    cases = min(preview.cases, sample) if sample else preview.cases
    return {"load": rounds.load_of(cases, readers, form.weights()), "alone": False}


def carry_preview(
    form: RoundForm, poll: Poll, by: User, preview: rounds.RoundPreview | None
) -> dict[str, Any]:
    """How much would be carried over, where that is asked for."""
    asked = form["carry_over"].value() and form["purpose"].value() == Round.Purpose.MAIN
    if preview is None or not asked:
        return {"carries": None, "carries_asked": False}
    version = form.fields["version"].queryset.get(pk=form["version"].value())  # type: ignore[attr-defined]
    carries = carrying.preview(poll=poll, version=version, unit=form["unit"].value(), by=by)
    if carries is None or not carries.cases:
        return {"carries": carries, "carries_asked": True}
    left = max(preview.cases - carries.cases, 0)
    to_read = {"left": left, "each": str(left), "decisions": str(2 * left)}
    return {"carries": carries, "carries_asked": True, **to_read}
