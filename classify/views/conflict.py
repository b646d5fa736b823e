"""One conflict: taken up, looked at, asked after, resolved or proposed for, given back, talked about."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from classify import adjudication, talk, visibility
from classify.forms.decision import UNRESOLVED, CommentForm, ResolutionForm
from classify.models import Case, Round
from classify.views.conflict_page import first_look_form, page, resolution_form
from classify.views.conflict_walk import Walk, case_or_404, go_on, refused, walk_of
from classify.views.reading import book_of, profile_links
from classify.views.rounds import get_round_or_404
from polls.models import User
from polls.views.actor import actor

PROFILES = "classify/includes/conflict_profiles.html"

type Found = tuple[User, Round, Case, Walk]


def found(request: HttpRequest, slug: str, number: int, case_id: int) -> Found:
    """Who asks, and about which conflict. Raises Http404, PollRefused."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    case = case_or_404(person, round, case_id)
    return person, round, case, walk_of(person, round, request.GET)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def conflict(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """One conflict: the headline, the codebook, the two readings without names. A POST judges or proposes."""
    person, round, case, walk = found(request, slug, number, case_id)
    if request.method != "POST":
        return page(request, person, case, walk)
    form = resolution_form(person, case, book_of(round.version_id), request.POST)
    if not form.is_valid():
        return page(request, person, case, walk, form=form)
    try:
        said = _resolve(person, case, form)
    except ValidationError as problem:
        form.add_error(None, _told_late(problem, form.cleaned_data["held"]))
        case = case_or_404(person, round, case_id)
        return page(request, person, case, walk, form=form)
    messages.success(request, said)
    if form.cleaned_data["flag"]:
        messages.info(request, _("What the codebook should say is noted on its page."))
    return go_on(person, walk, after=case.pk)


@require_POST
def conflict_look(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Say what one thinks; after that the two readings are shown."""
    person, round, case, walk = found(request, slug, number, case_id)
    form = first_look_form(book_of(round.version_id), request.POST)
    if not form.is_valid():
        adjudication.check_can_decide(person, round, case)
        return page(request, person, case, walk, form=form)
    sent = form.cleaned_data
    try:
        adjudication.look_first(
            case=case, by=person, category_code=sent["category"], client_id=sent["client_id"]
        )
    except ValidationError as problem:
        messages.error(request, refused(problem))
    return redirect(walk.url("classify:conflict", case_id))


@require_POST
def conflict_take(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Take a conflict up: from here on the two readings are sealed, and nobody else works on it."""
    person, _round, case, walk = found(request, slug, number, case_id)
    try:
        adjudication.claim(case=case, by=person)
    except ValidationError as problem:
        messages.error(request, refused(problem))
        return redirect(walk.url("classify:conflicts"))
    return redirect(walk.url("classify:conflict", case_id))


@require_POST
def conflict_give_back(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Let somebody else take the conflict up."""
    person, round, case, walk = found(request, slug, number, case_id)
    adjudication.check_can_decide(person, round, case)
    if adjudication.give_back(round=round, cases=[case.pk], by=person):
        messages.success(request, _("Given back: somebody else can take this conflict up."))
    return redirect(walk.url("classify:conflicts"))


@require_POST
def conflict_confirm(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Under the consensus rule: propose what the other proposed, and so make it final."""
    person, _round, case, walk = found(request, slug, number, case_id)
    theirs = next((p for p in visibility.proposals_for(person, case) if not p.mine), None)
    client_id = sent_id(request)
    if client_id is None or theirs is None or theirs.category.code != request.POST.get("category"):
        messages.error(request, _("The other proposal has changed meanwhile. Look at it again."))
        return redirect(walk.url("classify:conflict", case_id))
    try:
        adjudication.propose(
            case=case,
            by=person,
            category_code=theirs.category.code,
            reason=theirs.reason,
            rationale=theirs.rationale,
            client_id=client_id,
        )
    except ValidationError as problem:
        messages.error(request, refused(problem))
        return redirect(walk.url("classify:conflict", case_id))
    messages.success(request, _("Agreed: %(label)s.") % {"label": theirs.category.label})
    return go_on(person, walk, after=case.pk)


@require_POST
@never_cache
def conflict_profile(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Record that the person asks for the profiles behind a conflict, then show their addresses.

    As on the reading page: without JavaScript the page is the answer to the POST itself, with what was typed.
    """
    person, _round, case, walk = found(request, slug, number, case_id)
    fragment = bool(getattr(request, "htmx", False))
    try:
        urls = adjudication.ask_for_profiles(case=case, by=person)
    except ValidationError as problem:
        if fragment:
            return render(request, PROFILES, {"refused": refused(problem)})
        messages.error(request, refused(problem))
        return redirect(walk.url("classify:conflict", case_id))
    profiles = profile_links(urls)
    if fragment:
        return render(request, PROFILES, {"profiles": profiles})
    return page(request, person, case, walk, profiles=profiles, typed=request.POST)


@require_POST
def conflict_comment(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Write about a case, once the round is revealed."""
    person, _round, case, walk = found(request, slug, number, case_id)
    talk.check_can_comment(person, case)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return page(request, person, case, walk, comment=form)
    try:
        talk.add_comment(
            case=case, by=person, text=form.cleaned_data["text"], client_id=form.cleaned_data["client_id"]
        )
    except ValidationError as problem:
        form.add_error("text", problem)
        return page(request, person, case, walk, comment=form)
    return redirect(walk.url("classify:conflict", case_id) + "#talk")


def sent_id(request: HttpRequest) -> uuid.UUID | None:
    """The id that the page made for this form, if it is one."""
    try:
        return uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        return None


def _resolve(person: User, case: Case, form: ResolutionForm) -> str:
    """Carry out what the valid form says, and say what came of it. Raises what `adjudication` raises."""
    sent = form.cleaned_data
    said = {name: sent[name] for name in ("reason", "rationale", "flag", "client_id")}
    if sent["category"] == UNRESOLVED:
        adjudication.close_unresolved(case=case, by=person, **said)
        return _("Closed as unresolved.")
    if adjudication.can_propose(person, case.round):
        row = adjudication.propose(case=case, by=person, category_code=sent["category"], **said)
        case.refresh_from_db(fields=["status"])
        if case.status == Case.Status.RESOLVED:
            return _("Agreed: %(label)s.") % {"label": row.category}
        return _("Proposed: %(label)s. It is final when the other proposes the same.") % {
            "label": row.category
        }
    row = adjudication.decide(case=case, by=person, category_code=sent["category"], **said)
    return _("Resolved: %(label)s.") % {"label": row.category}


def _told_late(problem: ValidationError, held: str) -> ValidationError:
    """The refusal; to who had taken the case up and comes too late, with why it is not theirs any more."""
    if not held or problem.code not in (adjudication.TAKEN, adjudication.GONE):
        return problem
    return ValidationError(
        _(
            "You had taken this conflict up, but nothing came of it for %(hours)d hours, so others could. "
            "%(why)s What you wrote is kept below."
        )
        % {"hours": adjudication.CLAIM_HOURS, "why": refused(problem)}
    )
