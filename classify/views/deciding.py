"""What the reading page asks for while somebody reads: store a decision, hand out the cases to come. In JSON.

Every answer is JSON, also a refusal: {"error": sentence}. 422 for what makes no sense (nothing was stored;
the page shows the sentence and keeps what was typed), 403 or 404 with `"gone": true` for what is not this
person's to read (any more), 403 with `"reload": true` for a page that is too old, 401 with the address of
the login. The first decision on a case and the second, in time and late, are answered alike; only that coding
is closed is said to everybody, so that nobody reads on for nothing, and from then on whether this decision
itself came in time: a repeat may be of one that did.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.decorators import decorator_from_middleware
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from classify import assignment, tagging, visibility
from classify.forms.decision import UNSURE, WITHDRAWN, place_of, read_decision
from classify.models import Case, Decision, ReviewerCase, RoundReviewer
from classify.permissions import get_round_to_read, rounds_read_by
from classify.views.reading import Book, book_of, card_json
from polls.views.actor import actor

DEFAULT_UPCOMING = 5
MAX_PLACES = 50
ID = re.compile(r"[0-9]{1,18}")
OWN = {UNSURE: Decision.Verdict.UNSURE, WITHDRAWN: Decision.Verdict.WITHDRAWN}
"""What a form may say beside a category's code."""


class _SaysSoInJson(CsrfViewMiddleware):
    """The check against forged requests, with an answer that a script can read."""

    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        return JsonResponse(
            {"error": _("This page is too old. Reload it; what is not saved is kept."), "reload": True},
            status=403,
        )


def answers_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Every refusal of the view as JSON. Who is not logged in gets the address of the login, no redirect."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            sentence = _("You are logged out. Log in again; what is not saved is kept.")
            return JsonResponse({"error": sentence, "login": resolve_url("login")}, status=401)
        try:
            return view(request, *args, **kwargs)
        except ValidationError as problem:
            return JsonResponse({"error": " ".join(problem.messages)}, status=422)
        except (Http404, Case.DoesNotExist):
            sentence = _("This title is not yours to read.")
            return JsonResponse({"error": sentence, "gone": True}, status=404)
        except PermissionDenied as problem:
            return JsonResponse({"error": str(problem), "gone": True}, status=403)

    checked = never_cache(decorator_from_middleware(_SaysSoInJson)(answer))
    return cast("Callable[..., HttpResponse]", login_not_required(csrf_exempt(checked)))


@require_POST
@answers_json
def decide(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Store one decision; the reply brings the one case that the page lacks. A repeat is answered alike."""
    sent = read_decision(request.POST)
    reply = tagging.submit_decision(
        round=(slug, number),
        case_id=case_id,
        by=actor(request),
        verdict=OWN.get(sent.verdict, Decision.Verdict.CATEGORY),
        category_code=None if sent.verdict in OWN else sent.verdict,
        note=sent.note,
        evidence=sent.evidence,
        milliseconds=sent.milliseconds,
        client_id=sent.client_id,
        after=sent.after,
    )
    book = book_of(reply.decision.version_id)
    verdict, label, color = shown(reply.decision, book)
    return JsonResponse(
        {
            "case": case_id,
            "client_id": str(reply.decision.client_id),
            "verdict": verdict,
            "label": label,
            "color": color,
            "decided": min(reply.decided, reply.total),
            "total": reply.total,
            "closed": reply.closed,
            "late": reply.late,
            "upcoming": [card_json(reply.next, book)] if reply.next else [],
        }
    )


@require_safe
@answers_json
def upcoming(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The next cases behind `after` (5, or up to 20 with `n`), once around, and the progress."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    seat = RoundReviewer.objects.get(round=round, user=person)
    wanted = request.GET.get("n", "")
    limit = int(wanted) if re.fullmatch(r"[0-9]{1,3}", wanted) else DEFAULT_UPCOMING
    book = book_of(round.version_id)
    cases = assignment.upcoming(
        round=round,
        reviewer_id=person.pk,
        after=place_of(request.GET.get("after", "")),
        limit=limit,
    )
    total = seat.assigned_count
    return JsonResponse(
        {
            "upcoming": [card_json(case, book) for case in cases],
            "decided": min(seat.decided_count, total),
            "total": total,
            "handed_in": seat.handed_in_at is not None,
            "closed": round.coding_closed_at is not None,
        }
    )


@require_safe
@answers_json
def places(request: HttpRequest) -> HttpResponse:
    """What the rounds of which a browser still keeps decisions are called, and where their reading pages are:
    of `rounds` (ids with commas between them, at most 50) those that this person reads.
    """
    ids = [int(one) for one in request.GET.get("rounds", "").split(",")[:MAX_PLACES] if ID.fullmatch(one)]
    rounds = [
        {
            "id": round.pk,
            "name": _("%(slug)s, round %(number)d") % {"slug": round.poll.slug, "number": round.number},
            "url": reverse("classify:tag", args=[round.poll.slug, round.number]),
        }
        for round in rounds_read_by(actor(request)).filter(pk__in=ids).order_by("pk")
    ]
    return JsonResponse({"rounds": rounds})


@require_safe
@answers_json
def card(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """One case of mine, with my own latest decision on it ("" for none)."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    case = ReviewerCase.objects.filter(case=case_id, round=round, reviewer=person).first()
    if case is None:
        raise Http404
    book = book_of(round.version_id)
    mine = visibility.last_decision(person, round, case_id)
    verdict = shown(mine, book)[0] if mine is not None else ""
    verdict = "" if verdict == WITHDRAWN else verdict
    note = mine.note if mine is not None and verdict else ""
    return JsonResponse(card_json(case, book) | {"verdict": verdict, "note": note})


def shown(decision: Decision, book: Book) -> tuple[str, str, str]:
    """A decision as the page names it: what its form sends, its label, its colour ("" for none)."""
    choice = book.by_pk(decision.category_id)
    if choice is not None:
        return choice.code, choice.label, choice.color
    if decision.verdict == Decision.Verdict.UNSURE:
        return UNSURE, _("Unsure"), ""
    return WITHDRAWN, _("Taken back"), ""
