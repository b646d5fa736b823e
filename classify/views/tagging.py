"""Reading: one case at a time, one request per decision that brings the next, going back, handing in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from classify import assignment, tagging, visibility
from classify.forms.decision import UNSURE, WITHDRAWN, DecisionForm
from classify.models import Case, Decision, ReviewerCase, Round, RoundReviewer
from classify.permissions import get_round_to_read
from classify.views.reading import Book, Card, book_of, card_of
from polls.models import User
from polls.views.actor import actor

RECENT = 4
"""How many of the last decisions stand beside the case."""


@dataclass(frozen=True)
class Progress:
    """How far one reviewer is."""

    done: int
    total: int


@dataclass(frozen=True)
class Recent:
    """One of the person's own last decisions, as the list beside the case shows it."""

    case_id: int
    text: str
    label: str
    color: str
    note: str


@require_safe
@never_cache
def tag(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The next case of this reviewer, or what to do when all is read."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    seat = RoundReviewer.objects.get(round=round, user=person)
    upcoming = assignment.next_case(round=round, reviewer=person)
    card = _card(upcoming, book_of(round.version_id)) if upcoming else None
    return render(request, "classify/tag.html", _page(person, round, seat, card))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def tag_case(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """One case to decide, or to come back to. A POST stores the decision and answers with the next case."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    book = book_of(round.version_id)
    if request.method != "POST":
        return _one_case(request, person, round, case_id)
    form = DecisionForm(request.POST, codes=[choice.code for choice in book.categories])
    if not form.is_valid():
        return _one_case(request, person, round, case_id, form=form)
    try:
        reply = _submit(person, round, case_id, form)
    except ValidationError as problem:
        form.add_error(None, problem)
        return _one_case(request, person, round, case_id, form=form)
    except Case.DoesNotExist:
        raise Http404 from None
    said = _stored(reply.decision, book)
    if not _htmx(request):
        messages.success(request, said)
        return redirect("classify:tag", slug, number)
    return _next(request, person, round, reply, said)


@require_POST
@never_cache
def tag_profile(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Record that the reviewer asks for the profiles behind a case, then show their addresses.

    Without JavaScript the page is the answer to the POST itself: the addresses are shown to who asked,
    each time on record, and never to a plain GET.
    """
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    try:
        urls = tagging.record_profile_view(round=round, case_id=case_id, by=person)
    except Case.DoesNotExist:
        raise Http404 from None
    profiles = [
        {
            "label": _("Profile %(n)d") % {"n": n} if len(urls) > 1 else _("Profile"),
            "url": url if url.lower().startswith(("http://", "https://")) else "",
        }
        for n, url in enumerate(urls, start=1)
    ]
    if _htmx(request):
        return _vary(render(request, "classify/tag.html#profiles", {"profiles": profiles}))
    return _one_case(request, person, round, case_id, profiles=profiles)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def hand_in(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask once more, then hand in all readings of this reviewer."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    if request.method == "POST":
        try:
            tagging.hand_in(round=round, by=person)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect("classify:tag", slug, number)
        messages.success(request, _("Your readings of round %(n)d are handed in.") % {"n": number})
        return redirect("home")
    seat = RoundReviewer.objects.get(round=round, user=person)
    progress = _progress(round, seat)
    left = assignment.unread(round=round, seat=seat)
    context = {
        "round": round,
        "progress": progress,
        "left": left,
        "closed": round.coding_closed_at is not None,
        "handed_in": seat.handed_in_at is not None,
    }
    return render(request, "classify/hand_in.html", context)


def _submit(person: User, round: Round, case_id: int, form: DecisionForm) -> tagging.Submitted:
    """Store what the valid form says. Raises what `tagging.submit_decision` raises."""
    sent = form.cleaned_data
    verdict = {
        UNSURE: Decision.Verdict.UNSURE,
        WITHDRAWN: Decision.Verdict.WITHDRAWN,
    }.get(sent["verdict"], Decision.Verdict.CATEGORY)
    return tagging.submit_decision(
        round=round,
        case_id=case_id,
        by=person,
        verdict=verdict,
        category_code=sent["verdict"] if verdict == Decision.Verdict.CATEGORY else None,
        note=sent["note"],
        evidence=sent["evidence"],
        milliseconds=sent["milliseconds"],
        client_id=sent["client_id"],
    )


def _next(
    request: HttpRequest, person: User, round: Round, reply: tagging.Submitted, said: str
) -> HttpResponse:
    """The fragment that takes the place of the decided case."""
    book = book_of(round.version_id)
    card = _card(reply.next, book) if reply.next else None
    context: dict[str, Any] = {
        "round": round,
        "codebook": book,
        "card": card,
        "progress": Progress(min(reply.decided, reply.total), reply.total),
        "recent": [_recent(reply.decision, reply.text, book)],
        "announcement": f"{said} {_upcoming(card)}",
        "swap": True,
    }
    if card is None:
        context |= _ending(round, RoundReviewer.objects.get(round=round, user=person))
    return _vary(render(request, "classify/tag.html#next", context))


def _one_case(
    request: HttpRequest,
    person: User,
    round: Round,
    case_id: int,
    *,
    form: DecisionForm | None = None,
    profiles: list[dict[str, str]] | None = None,
) -> HttpResponse:
    """The page of one case with the person's own latest decision on it. 422 where the form has errors."""
    found = get_object_or_404(ReviewerCase, case=case_id, round=round, reviewer=person)
    mine = visibility.last_decision(person, round, case_id)
    seat = RoundReviewer.objects.get(round=round, user=person)
    context = _page(person, round, seat, _card(found, book_of(round.version_id), mine, form))
    context |= {"form": form, "profiles": profiles}
    return render(request, "classify/tag.html", context, status=422 if form is not None else 200)


def _page(person: User, round: Round, seat: RoundReviewer, card: Card | None) -> dict[str, Any]:
    book = book_of(round.version_id)
    recent: Any = visibility.my_decisions(person, round)[:RECENT]
    return {
        "round": round,
        "codebook": book,
        "card": card,
        "progress": _progress(round, seat),
        "recent": [_recent(row, row.text, book) for row in recent],
        **_ending(round, seat),
    }


def _card(
    case: ReviewerCase, book: Book, mine: Decision | None = None, form: DecisionForm | None = None
) -> Card:
    """The card of a case. What was typed into a form that has errors is not lost."""
    verdict = ""
    if mine is not None:
        choice = book.by_pk(mine.category_id)
        verdict = choice.code if choice else {"unsure": UNSURE}.get(mine.verdict, "")
    note = mine.note if mine is not None and verdict else ""
    return card_of(
        case_id=case.pk,
        text=case.text,
        origin=case.origin,
        n_votes=case.n_votes,
        book=book,
        verdict=verdict,
        note=form.data.get("note", "") if form is not None else note,
        review_again=mine is not None and bool(getattr(mine, "look_again", False)),
    )


def _recent(decision: Decision, text: str, book: Book) -> Recent:
    label, color = verdict_shown(decision, book)
    return Recent(decision.case_id, text, label, color, decision.note)


def verdict_shown(decision: Decision, book: Book) -> tuple[str, str]:
    """What a decision is called on a page, and its colour ("" for none)."""
    choice = book.by_pk(decision.category_id)
    if choice is not None:
        return choice.label, choice.color
    return (_("Unsure") if decision.verdict == Decision.Verdict.UNSURE else _("Taken back")), ""


def _stored(decision: Decision, book: Book) -> str:
    if decision.verdict == Decision.Verdict.WITHDRAWN:
        return _("Your decision is taken back.")
    return _("Stored: %(label)s.") % {"label": verdict_shown(decision, book)[0]}


def _upcoming(card: Card | None) -> str:
    """What a screen reader hears of the next case, beside its title, which gets the focus."""
    if card is None:
        return _("That was the last one.")
    n = card.n_votes
    return ngettext("Next title, %(n)d voter.", "Next title, %(n)d voters.", n) % {"n": n}


def _progress(round: Round, seat: RoundReviewer) -> Progress:
    total = assignment.total_of(round)
    return Progress(min(seat.decided_count, total), total)


def _ending(round: Round, seat: RoundReviewer) -> dict[str, Any]:
    """What is said when nothing is left to read."""
    return {"handed_in": seat.handed_in_at is not None, "closed": round.coding_closed_at is not None}


def _htmx(request: HttpRequest) -> bool:
    """Does htmx ask, and for a fragment?"""
    details = getattr(request, "htmx", None)
    return isinstance(details, HtmxDetails) and bool(details) and not details.history_restore_request


def _vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response
