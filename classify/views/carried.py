"""Cases that were carried over from earlier rounds: which they are, and having them read after all; and the
way from a round to the next one of the same people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classify import carrying
from classify.dashboard import count_up
from classify.models import CarriedCase, Case
from classify.views.rounds import get_round_or_404
from polls.models import Poll, Role, User
from polls.permissions import check_can_administer, get_poll_or_404
from polls.views.actor import actor
from polls.wording import figure

PER_PAGE = 50
MOST_POLLS = 50
"""Polls that are offered for the next round."""


@require_safe
@never_cache
def carried(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The carried cases of a round, those whose title nobody has read first. No category for who reads."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    carrying.check_can_look(by, round)
    rows = CarriedCase.objects.filter(round=round, reopened_at__isnull=True).select_related("case")
    shows_category = carrying.shows_category(by, round)
    if shows_category:
        rows = rows.select_related("category")
    else:
        rows = rows.defer("category", "case__final", "case__option_counts")
    context = {
        "poll": round.poll,
        "round": round,
        "page": Paginator(rows.order_by("-retitled", "case"), PER_PAGE).get_page(request.GET.get("page")),
        "total": count_up(rows),
        "retitled": count_up(rows.filter(retitled=True)),
        "shows_category": shows_category,
        "can_reopen": carrying.can_reopen(by, round),
    }
    return render(request, "classify/carried.html", context)


@require_POST
def carried_reopen(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Have one carried case read after all. A second click finds it done."""
    round = get_round_or_404(request, slug, number)
    carrying.check_can_reopen(actor(request), round)
    case = get_object_or_404(Case.objects.select_related("round__poll"), pk=case_id, round=round)
    get_object_or_404(CarriedCase, case=case)
    if carrying.reopen(case=case, by=actor(request)):
        messages.success(request, _("It is read by two people after all."))
    else:
        messages.info(request, _("It is being read already."))
    page = request.POST.get("page", "")
    there = reverse("classify:carried", args=[slug, number])
    return redirect(f"{there}?page={page}" if page.isdecimal() and len(page) < 9 else there)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def carried_reopen_all(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Have all carried cases read after all, or those under another title: first what that means."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    carrying.check_can_reopen(by, round)
    retitled = request.GET.get("which", request.POST.get("which")) == "retitled"
    if request.method == "POST":
        do = carrying.reopen_retitled if retitled else carrying.reopen_all
        n = do(round=round, by=by)
        said = ngettext(
            "%(n)s title is read by two people after all.",
            "%(n)s titles are read by two people after all.",
            n,
        )
        messages.success(request, said % {"n": figure(n)})
        return redirect("classify:carried", slug, number)
    rows = CarriedCase.objects.filter(round=round, reopened_at__isnull=True)
    if retitled:
        rows = rows.filter(retitled=True)
    context = {"poll": round.poll, "round": round, "retitled": retitled, "total": count_up(rows)}
    return render(request, "classify/carried_reopen.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def next_poll(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Choose the poll that the same people read next; the set-up page comes filled in like this round."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    check_can_administer(by, round.poll)
    if request.method == "POST":
        target = get_poll_or_404(by, request.POST.get("poll", "").replace("\x00", ""))
        check_can_administer(by, target)
        carrying.bring_people(round=round, target=target, by=by)
        there = reverse("classify:round-new", args=[target.slug])
        return redirect(f"{there}?like={round.poll.slug}:{round.number}")
    context: dict[str, Any] = {"poll": round.poll, "round": round, "polls": polls_to_read(by, round.poll)}
    return render(request, "classify/next_poll.html", context)


def polls_to_read(by: User, here: Poll) -> list[Poll]:
    """The newest polls that the person may set rounds up in, this one last."""
    polls = Poll.objects.all()
    if not by.is_superuser:
        polls = polls.filter(memberships__user=by, memberships__role=Role.ADMIN)
    others = polls.exclude(pk=here.pk).order_by("-pk")[: MOST_POLLS - 1]
    return [*others, here]
