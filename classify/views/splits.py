"""Splitting: a reviewer has the voters of a shared headline read one by one; an admin takes it back."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classify import permissions, splitting, visibility
from classify.models import Case, ReviewerCase
from classify.permissions import get_round_to_read
from classify.views.reading import book_of, card_of
from classify.views.rounds import get_round_or_404
from polls.views.actor import actor
from polls.wording import figure

PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def split(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Say what splitting means, then do it."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    if request.method == "POST":
        try:
            done = splitting.split_case(round=round, case_id=case_id, by=person)
        except Case.DoesNotExist:
            raise Http404 from None
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("classify:tag-case", slug, number, case_id)
        n = done.cases
        said = ngettext(
            "The title is split: %(n)s voter is read on their own now.",
            "The title is split: %(n)s voters are read one by one now. They come among your other titles.",
            n,
        )
        messages.success(request, said % {"n": figure(n)})
        return redirect("classify:tag", slug, number)
    permissions.check_can_read(person, round)
    case = get_object_or_404(ReviewerCase, case=case_id, round=round, reviewer=person)
    return render(request, "classify/split.html", {"round": round, **_meaning(case, round.version_id)})


def _meaning(case: ReviewerCase, version_id: int) -> dict[str, object]:
    """The card, how many voters become cases, and why it cannot be split ("" where it can)."""
    book = book_of(version_id)
    card = card_of(case_id=case.pk, text=case.text, origin=case.origin, n_votes=case.n_votes, book=book)
    why_not = ""
    try:
        if splitting.is_split(case.pk):
            why_not = _("This title is split already: its voters are read one by one.")
        else:
            splitting.check_is_shared(Case(pk=case.pk, origin=case.origin))
    except ValidationError as problem:
        why_not = " ".join(problem.messages)
    return {"card": card, "codebook": book, "voters": splitting.voters_of(case.pk), "why_not": why_not}


@require_safe
@never_cache
def splits(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The titles of a round that were split, for an admin who reads in no open round of the poll."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    rows = visibility.splits_of(person, round)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"round": round, "page": page, "may_merge": splitting.can_merge_back(person, round)}
    return render(request, "classify/splits.html", context)


@require_POST
def merge_back(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Put a split title together again."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    splitting.check_can_merge_back(person, round)
    case = get_object_or_404(Case.objects.filter(splits__isnull=False).distinct(), pk=case_id, round=round)
    try:
        splitting.merge_back(case=case, by=person)
        messages.success(request, _("The title is one case again, and what was decided on it counts."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("classify:splits", slug, number)
