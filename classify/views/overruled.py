"""Where somebody was overruled, and why."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classify import visibility
from classify.models import Adjudication, Case
from classify.status import UNSURE
from classify.tables.reading import OverruledTable
from classify.views.conflict_walk import side_of
from classify.views.reading import Book, book_of
from classify.views.rounds import get_round_or_404
from classify.visibility import Change
from polls.views.actor import actor


@require_safe
@never_cache
def overruled(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The person's own decisions that became something else, each with how and why; `change` narrows."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    visibility.check_can_see_overruled(person, round)
    book = book_of(round.version_id)
    change = _change(request.GET.get("change", ""), book)
    after = request.GET.get("after", "")
    place = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0
    found = visibility.overruled(person, round, change=change, after=place)

    def url_of(case_id: int) -> str:
        return reverse("classify:conflict", args=[slug, number, case_id])

    context = {
        "round": round,
        "found": found,
        "table": OverruledTable([_row(each, book, url_of(each.case_id)) for each in found.rows]),
        "changes": [
            {
                "code": _code(each, book),
                "mine": side_of(each.mine, book),
                "final": side_of(each.final, book),
                "number": n,
                "chosen": each == change,
            }
            for each, n in found.counts
        ],
        "change": _code(change, book) if change else "",
        "more": urlencode({"change": _code(change, book) if change else "", "after": found.after or ""}),
        "is_first": not place,
    }
    return render(request, "classify/overruled.html", context)


def _row(each: visibility.Overruled, book: Book, url: str) -> dict[str, Any]:
    return {
        "text": each.text,
        "n_votes": each.n_votes,
        "mine": side_of(each.change.mine, book),
        "final": side_of(each.change.final, book),
        "resolution": Case.Resolution(each.resolution).label,
        "reason": Adjudication.Reason(each.reason).label if each.reason else "",
        "rationale": each.rationale,
        "note": each.note,
        "url": url,
    }


def _code(change: Change, book: Book) -> str:
    """A change as the address names it: `cx~consultant`, what it was and what it became."""
    codes = {category.pk: category.code for category in book.categories} | {UNSURE: "unsure"}
    return f"{codes.get(change.mine, '')}~{codes.get(change.final, '')}"


def _change(text: str, book: Book) -> Change | None:
    """The change that the address names, if it is one."""
    known = {category.code: category.pk for category in book.categories} | {"unsure": UNSURE}
    mine, _, final = text.partition("~")
    return Change(known[mine], known[final]) if mine in known and final in known else None
