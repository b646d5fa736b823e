"""Reading: one case at a time as a page, going back, profiles, handing in. Its script talks to `deciding`."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.middleware import HtmxDetails

from classify import assignment, tagging, visibility
from classify.forms.decision import UNSURE, WITHDRAWN, DecisionForm
from classify.models import Case, Decision, ReviewerCase, Round, RoundReviewer
from classify.permissions import get_round_to_read
from classify.views.reading import Book, book_of, profile_links
from classify.views.reading_page import ending_of, outbox_of, page_of, progress_of, verdict_shown
from polls.models import User
from polls.views.actor import actor


@require_safe
@never_cache
def tag(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The next case of this reviewer, or what to do when all is read."""
    person = actor(request)
    round = get_round_to_read(person, slug, number)
    return render(request, "classify/tag.html", page_of(request, person, round))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def tag_case(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """One case to decide, or to come back to. A POST is the plain form: it stores, then leads to the next."""
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
    messages.success(request, _stored(reply.decision, book))
    return redirect("classify:tag", slug, number)


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
    profiles = profile_links(urls)
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
    left = assignment.unread(round=round, seat=seat)
    context = {
        "round": round,
        "progress": progress_of(round, seat),
        "left": left,
        "reading": outbox_of(request, person, round),
        **ending_of(round, seat),
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
    context = page_of(request, person, round, case=found, mine=mine, form=form) | {"profiles": profiles}
    return render(request, "classify/tag.html", context, status=422 if form is not None else 200)


def _stored(decision: Decision, book: Book) -> str:
    if decision.verdict == Decision.Verdict.WITHDRAWN:
        return _("Your decision is taken back.")
    return _("Stored: %(label)s.") % {"label": verdict_shown(decision, book)[0]}


def _htmx(request: HttpRequest) -> bool:
    """Does htmx ask, and for a fragment?"""
    details = getattr(request, "htmx", None)
    return isinstance(details, HtmxDetails) and bool(details) and not details.history_restore_request


def _vary(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response
