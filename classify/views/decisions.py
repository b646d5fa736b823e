"""Beside reading: the list of one's own decisions, and the codebook as a handout."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tables2 import RequestConfig

from classify import visibility
from classify.forms.decision import UNSURE
from classify.models import Decision, RoundReviewer
from classify.permissions import get_round_to_read
from classify.tables.reading import DecisionTable
from classify.views.reading import Book, book_of
from classify.views.reading_page import outbox_of, progress_of
from classify.views.rounds import get_round_or_404
from polls.views.actor import actor

PER_PAGE = 50
MAX_QUERY = 100


@require_safe
@never_cache
def my_decisions(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All decisions of this reviewer in the round, to find one and go back to it."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    book = book_of(round.version_id)
    seat = RoundReviewer.objects.get(round=round, user=person)
    wanted = {"verdict": request.GET.get("verdict", ""), "q": request.GET.get("q", "").strip()[:MAX_QUERY]}
    rows = _narrowed(visibility.my_decisions(person, round), book, wanted)
    table = DecisionTable(
        rows, url_of=lambda case_id: reverse("classify:tag-case", args=[slug, number, case_id])
    )
    RequestConfig(request, paginate={"per_page": PER_PAGE, "silent": True}).configure(table)
    context = {
        "round": round,
        "codebook": book,
        "progress": progress_of(round, seat),
        "reading": outbox_of(request, person, round),
        "table": table,
        "wanted": wanted,
        "can_see_overruled": visibility.can_see_overruled(person, round),
    }
    return render(request, "classify/my_decisions.html", context)


def _narrowed(rows: QuerySet[Decision], book: Book, wanted: dict[str, str]) -> QuerySet[Decision]:
    """The decisions of that category (or unsure) whose headline holds those words."""
    choice = book.by_code(wanted["verdict"])
    if choice is not None:
        rows = rows.filter(category=choice.pk)
    elif wanted["verdict"] == UNSURE:
        rows = rows.filter(verdict=Decision.Verdict.UNSURE)
    if wanted["q"]:
        rows = rows.filter(case__text__icontains=wanted["q"].replace("\x00", ""))
    return rows


@require_safe
def handout(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The codebook of a round, to print. Open to every member of the poll."""
    round = get_round_or_404(request, slug, number)
    return render(request, "classify/handout.html", {"round": round, "codebook": book_of(round.version_id)})
