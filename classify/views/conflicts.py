"""Conflicts: the queue, one conflict with the two readings unnamed, and how it is resolved."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from classify import adjudication, visibility
from classify.forms.decision import UNRESOLVED, ResolutionForm
from classify.models import Adjudication, Case, Round
from classify.tables.reading import ConflictTable, DoneTable
from classify.views.reading import Book, book_of, card_of
from classify.views.rounds import get_round_or_404
from polls.models import User
from polls.permissions import PollRefused
from polls.views.actor import actor

PER_PAGE = 50


@require_safe
@never_cache
def conflicts(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The conflicts of a round that wait, or those that are done (`?done=1`)."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    waiting, done = adjudication.queue(person, round), _done(person, round)
    show_done = request.GET.get("done") == "1"

    def url_of(case_id: int) -> str:
        return reverse("classify:conflict", args=[slug, number, case_id])

    table = DoneTable(done, url_of=url_of) if show_done else ConflictTable(waiting, url_of=url_of)
    RequestConfig(request, paginate={"per_page": PER_PAGE, "silent": True}).configure(table)
    first = waiting.first()
    context = {
        "round": round,
        "table": table,
        "open_count": waiting.count(),
        "done_count": done.count(),
        "show_done": show_done,
        "first": first.pk if first is not None and _may_resolve(person, round) else None,
        "consensus": round.rule == Round.Rule.CONSENSUS,
        "waiting": not visibility.is_revealed(round),
    }
    return render(request, "classify/conflict_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def conflict(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """One conflict: the headline, the codebook, the two readings without names. A POST judges or proposes."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    case = _case_or_404(person, round, case_id)
    if request.method != "POST":
        return _page(request, person, case)
    book = book_of(round.version_id)
    form = _form(person, case, book, request.POST)
    if not form.is_valid():
        return _page(request, person, case, form=form)
    try:
        said = _resolve(person, case, form)
    except ValidationError as problem:
        form.add_error(None, problem)
        return _page(request, person, case, form=form)
    messages.success(request, said)
    return _to_the_next(person, round, skip=case.pk)


@require_POST
def conflict_take(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Take a conflict up: from here on the two readings are sealed, and nobody else works on it."""
    person = actor(request)
    case = _case_or_404(person, get_round_or_404(request, slug, number), case_id)
    try:
        adjudication.claim(case=case, by=person)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("classify:conflicts", slug, number)
    return redirect("classify:conflict", slug, number, case_id)


@require_POST
def conflict_confirm(request: HttpRequest, slug: str, number: int, case_id: int) -> HttpResponse:
    """Under the consensus rule: propose what the other proposed, and so make it final."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    case = _case_or_404(person, round, case_id)
    theirs = next((p for p in visibility.proposals_for(person, case) if not p.mine), None)
    try:
        client_id = uuid.UUID(request.POST.get("client_id", ""))
    except ValueError:
        theirs = None
    if theirs is None or theirs.category.code != request.POST.get("category"):
        messages.error(request, _("The other proposal has changed meanwhile. Look at it again."))
        return redirect("classify:conflict", slug, number, case_id)
    try:
        adjudication.propose(
            case=case,
            by=person,
            category_code=theirs.category.code,
            reason=theirs.reason,
            rationale=_("Confirms the proposal of the other reviewer."),
            client_id=client_id,
        )
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("classify:conflict", slug, number, case_id)
    messages.success(request, _("Agreed: %(label)s.") % {"label": theirs.category.label})
    return _to_the_next(person, round, skip=case.pk)


def _case_or_404(person: User, round: Round, case_id: int) -> Case:
    """A case that is or was a conflict, for who may see conflicts. Raises PollRefused, Http404."""
    visibility.check_can_see_conflicts(person, round)
    ever = Q(status__in=[Case.Status.CONFLICT, Case.Status.RESOLVED])
    case = get_object_or_404(
        Case.objects.select_related("final", "claimed_by"), ever, pk=case_id, round=round
    )
    case.round = round
    return case


def _done(person: User, round: Round) -> QuerySet[Case]:
    """Conflicts of the round that were resolved or closed, for who may see conflicts."""
    visibility.check_can_see_conflicts(person, round)
    resolved = Q(status=Case.Status.RESOLVED) | Q(closed_unresolved_at__isnull=False)
    return Case.objects.filter(resolved, round=round).select_related("final")


def _may_resolve(person: User, round: Round, case: Case | None = None) -> bool:
    """May this person judge conflicts of the round, or propose?"""
    try:
        if round.rule == Round.Rule.CONSENSUS and adjudication.can_propose(person, round):
            return True
        adjudication.check_can_decide(person, round, case)
    except PollRefused:
        return False
    return True


def _form(person: User, case: Case, book: Book, data: Any = None) -> ResolutionForm:
    return ResolutionForm(
        data,
        codes=[choice.code for choice in book.categories],
        may_leave_open=adjudication.can_close_unresolved(person, case),
        initial={"client_id": uuid.uuid4()},
    )


def _resolve(person: User, case: Case, form: ResolutionForm) -> str:
    """Carry out what the valid form says, and say what came of it. Raises what `adjudication` raises."""
    sent = form.cleaned_data
    said = {"reason": sent["reason"], "rationale": sent["rationale"], "client_id": sent["client_id"]}
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


def _to_the_next(person: User, round: Round, *, skip: int) -> HttpResponse:
    """Go to the next conflict; a third person takes it up with that, since the button said so."""
    slug, number = round.poll.slug, round.number
    for case in adjudication.queue(person, round).exclude(pk=skip)[:20]:
        if adjudication.can_propose(person, round):
            if any(proposal.mine for proposal in visibility.proposals_for(person, case)):
                continue
            return redirect("classify:conflict", slug, number, case.pk)
        try:
            adjudication.claim(case=case, by=person)
        except (ValidationError, PollRefused):
            continue
        return redirect("classify:conflict", slug, number, case.pk)
    return redirect("classify:conflicts", slug, number)


def _page(
    request: HttpRequest, person: User, case: Case, *, form: ResolutionForm | None = None
) -> HttpResponse:
    """The page of one conflict. The readings are shown once they are sealed; 422 where a form has errors."""
    round, book = case.round, book_of(case.round.version_id)
    consensus = adjudication.can_propose(person, round)
    waits = case.status == Case.Status.CONFLICT and case.closed_unresolved_at is None
    may_resolve = waits and _may_resolve(person, round, case)
    mine = case.sealed_at is not None and (consensus or case.claimed_by_id in (person.pk, None))
    offered = (form or _form(person, case, book)) if may_resolve and mine else None
    context = {
        "round": round,
        "codebook": book,
        "card": card_of(case_id=case.pk, text=case.text, origin=case.origin, n_votes=case.n_votes, book=book),
        "readings": _readings(person, case) if case.sealed_at is not None else None,
        "proposals": _proposals(person, case) if round.rule == Round.Rule.CONSENSUS else [],
        "outcome": _outcome(case),
        "form": offered,
        "may_take": may_resolve and offered is None,
        "may_leave_open": offered is not None and adjudication.can_close_unresolved(person, case),
        "confirm_id": uuid.uuid4(),
        "consensus": consensus,
        "taken_by": case.claimed_by if case.claimed_by_id != person.pk else None,
        "open_count": adjudication.queue(person, round).count(),
    }
    failed = form is not None and bool(form.errors)
    return render(request, "classify/conflict_detail.html", context, status=422 if failed else 200)


def _readings(person: User, case: Case) -> list[dict[str, Any]]:
    """The two readings without names, each with what came too late to count."""
    return [
        {
            **(_shown(reading.decision) if reading.decision else {"label": _("Taken back")}),
            "late": [_shown(decision) for decision in reading.late],
        }
        for reading in visibility.decisions_for_adjudicator(person, case)
    ]


def _shown(decision: visibility.BlindDecision) -> dict[str, Any]:
    evidence = _("By the profile") if decision.evidence == "profile" else _("By the headline")
    if decision.category is not None:
        label, color = decision.category.label, decision.category.color
    else:
        label, color = (_("Unsure") if decision.verdict == "unsure" else _("Taken back")), ""
    return {"label": label, "color": color, "note": decision.note, "evidence": evidence}


def _proposals(person: User, case: Case) -> list[dict[str, Any]]:
    return [
        {
            "mine": proposal.mine,
            "category": proposal.category,
            "reason": Adjudication.Reason(proposal.reason).label if proposal.reason else "",
            "rationale": proposal.rationale,
        }
        for proposal in visibility.proposals_for(person, case)
    ]


def _outcome(case: Case) -> dict[str, Any] | None:
    """How the conflict ended, if it did."""
    if case.status != Case.Status.RESOLVED and case.closed_unresolved_at is None:
        return None
    row = case.adjudications.filter(kind=Adjudication.Kind.FINAL).order_by("-seq").first()
    return {
        "label": case.final.label if case.final else "",
        "reason": row.get_reason_display() if row else "",
        "rationale": row.rationale if row else "",
    }
