"""Which job titles and headlines the voters of a poll show, and how many show each.

Every member may look: a reviewer reads these titles anyhow. What their holders chose, and who they are, is
told to those alone who may see votes.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classify import visibility
from classify.forms.find import FindForm
from classify.tables.titles import TitleTable, rows_of
from classify.views.lists import PER_PAGE, page_number, recall
from polls.holders import DEFAULT_ORDER, MOST, HeldPage, held_in, options_of
from polls.models import Option, Poll, Vote
from polls.permissions import get_poll_or_404
from polls.problems import Refused

FIELDS = ("q", "show", "sort", "page")
HEADLINES = "headlines"
ORDERS = ("voters", "-voters", "text", "-text")


@require_safe
@never_cache
def titles(request: HttpRequest, slug: str) -> HttpResponse:
    """Job titles, or headlines, with how many voters show each."""
    poll = get_poll_or_404(request.user, slug)
    elsewhere = recall(request, f"titles {poll.pk}", FIELDS)
    if elsewhere is not None:
        return elsewhere
    form = FindForm(request.GET)
    headlines = request.GET.get("show") == HEADLINES
    order = request.GET.get("sort", "")
    order = order if order in ORDERS else DEFAULT_ORDER
    number = page_number(request, most=MOST // PER_PAGE)
    found, problem = _held(form, poll, headlines, order, number)
    options = list(poll.options.order_by("position")) if visibility.can_see_votes(request.user, poll) else []
    table = _table(found, poll, headlines, order, options)
    table.request = request
    reached = (number - 1) * PER_PAGE + len(found.rows)
    context: dict[str, Any] = {
        "poll": poll,
        "form": form,
        "problem": problem,
        "headlines": headlines,
        "table": table,
        "total": found.total,
        "listed": min(found.total, MOST),
        "capped": found.total > MOST,
        "searching": bool(request.GET.get("q")),
        "sees_votes": bool(options),
        "previous": number - 1,
        "next": number + 1 if reached < min(found.total, MOST) and found.rows else None,
        "number": number,
        "without": Vote.objects.filter(poll=poll, voided_at__isnull=True, headline__isnull=True).count(),
    }
    return render(request, "classify/titles.html", context)


def _held(form: FindForm, poll: Poll, headlines: bool, order: str, number: int) -> tuple[HeldPage, str]:
    """What is shown, or nothing and the reason."""
    nothing = HeldPage((), 0)
    if not form.is_valid():
        return nothing, " ".join(str(error) for error in form.errors["q"])
    try:
        return (
            held_in(
                poll,
                headlines=headlines,
                words=form.words,
                order=order,
                skip=(number - 1) * PER_PAGE,
                take=PER_PAGE,
            ),
            "",
        )
    except Refused as problem:
        return nothing, str(problem)


def _table(found: HeldPage, poll: Poll, headlines: bool, order: str, options: list[Option]) -> TitleTable:
    counts = options_of(poll, found.rows, headlines=headlines) if options and found.rows else {}
    rows = rows_of(found.rows, order=order, options=options, counts=counts)
    table = TitleTable(rows, poll=poll, headlines=headlines, options=options)
    table.order_by = order
    return table
