"""Conflicts that share a job title, resolved in one act."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from classify import adjudication, visibility
from classify.forms.decision import THEIRS, TogetherForm
from classify.models import Case, Round
from classify.tables.reading import shortened
from classify.views.conflict import found
from classify.views.conflict_walk import Walk, shown_readings
from classify.views.reading import book_of
from polls.models import JobTitle, User
from polls.wording import figure

NAMED = 8
"""So many that were left out are named in a message."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def alike(request: HttpRequest, slug: str, number: int, case_id: int, title_id: int) -> HttpResponse:
    """The conflicts that share a job title with this one, to be ticked and resolved in one act."""
    person, round, case, walk = found(request, slug, number, case_id)
    proposing = _check(person, round)
    title = _title(case, title_id)
    cases = _listed(person, round, title, proposing)
    codes = [choice.code for choice in book_of(round.version_id).categories]
    posted = request.POST if request.method == "POST" else None
    form = TogetherForm(posted, codes=codes, confirming=proposing, initial={"client_id": uuid.uuid4()})
    if posted is not None and form.is_valid():
        try:
            done = _resolve(person, round, title, form, proposing)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            _tell(request, done, proposing)
            return redirect(walk.url("classify:conflicts"))
    context = {
        **_context(person, case, walk, title, cases, proposing),
        "form": form,
        "ticked": {str(pk) for pk in form["cases"].value() or []} if posted is not None else None,
    }
    failed = posted is not None and bool(form.errors)
    return render(request, "classify/conflict_alike.html", context, status=422 if failed else 200)


@require_POST
def alike_take(request: HttpRequest, slug: str, number: int, case_id: int, title_id: int) -> HttpResponse:
    """Take up all that share the job title and are free, so that their readings are sealed and shown."""
    person, round, case, walk = found(request, slug, number, case_id)
    title = _title(case, title_id)
    others = [pk for pk in adjudication.sharing(round, title.pk) if pk != case_id]
    taken = adjudication.claim_together(
        round=round, cases=[case_id, *others][: adjudication.MAX_TOGETHER], by=person
    )
    if not taken:
        messages.error(request, _("None of these conflicts is free any more."))
        return redirect(walk.url("classify:conflicts"))
    return redirect(walk.url("classify:conflict-alike", case_id, title_id))


@require_POST
def alike_return(request: HttpRequest, slug: str, number: int, case_id: int, title_id: int) -> HttpResponse:
    """Let others take up those that share the job title."""
    person, round, case, walk = found(request, slug, number, case_id)
    adjudication.check_can_decide(person, round, case)
    title = _title(case, title_id)
    ids = [*adjudication.sharing(round, title.pk), case_id]
    given = adjudication.give_back(round=round, cases=ids, by=person)
    if given:
        said = ngettext("%(n)s conflict was given back.", "%(n)s conflicts were given back.", given)
        messages.success(request, said % {"n": figure(given)})
    return redirect(walk.url("classify:conflicts"))


def _check(person: User, round: Round) -> bool:
    """Does the person propose here, rather than decide? Raises PollRefused for who does neither."""
    if adjudication.can_propose(person, round):
        return True
    adjudication.check_can_decide(person, round)
    return False


def _title(case: Case, pk: int) -> JobTitle:
    """The job title of that id, if it stands in the headline of the case. Raises Http404."""
    title = adjudication.job_title_of(case, pk)
    if title is None:
        raise Http404
    return title


def _listed(person: User, round: Round, title: JobTitle, proposing: bool) -> list[Case]:
    """The conflicts to be ticked: under consensus one's own, else those that one has taken up."""
    ids = adjudication.sharing(round, title.pk)[: adjudication.MAX_TOGETHER]
    cases = list(Case.objects.filter(pk__in=ids).select_related("claimed_by").order_by("text", "pk"))
    for case in cases:
        case.round = round
    if proposing:
        return [
            case
            for case in cases
            if person.pk in (case.reviewer1_id, case.reviewer2_id) and not adjudication.stands(case)
        ]
    return [case for case in cases if adjudication.holder(case) == person]


def _context(
    person: User, case: Case, walk: Walk, title: JobTitle, cases: list[Case], proposing: bool
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {
            "case": one,
            "readings": shown_readings(person, one),
            "proposals": visibility.proposals_for(person, one) if proposing else [],
        }
        for one in cases
    ]
    return {
        "round": case.round,
        "case": case,
        "walk": walk,
        "title": title,
        "rows": rows,
        "codebook": book_of(case.round.version_id),
        "proposing": proposing,
        "looks_first": visibility.hides_readings(person, case.round),
        "can_confirm": any(not one.mine for row in rows for one in row["proposals"]),
        "most": adjudication.MAX_TOGETHER,
        "here": walk.url("classify:conflict-alike", case.pk, title.pk),
    }


def _resolve(
    person: User, round: Round, title: JobTitle, form: TogetherForm, proposing: bool
) -> adjudication.Together:
    sent = form.cleaned_data
    said = {name: sent[name] for name in ("reason", "rationale", "flag", "client_id")}
    if not proposing:
        return adjudication.decide_together(
            round=round,
            job_title=title.pk,
            cases=sent["cases"],
            by=person,
            category_code=sent["category"],
            **said,
        )
    confirming = sent["category"] == THEIRS
    answers = sent["theirs"] if confirming else dict.fromkeys(sent["cases"], sent["category"])
    return adjudication.propose_together(
        round=round, job_title=title.pk, answers=answers, by=person, confirming=confirming, **said
    )


def _tell(request: HttpRequest, done: adjudication.Together, proposing: bool) -> None:
    """What came of it, and what was left out, by name."""
    number = len(done.rows)
    if number and proposing:
        said = ngettext("Proposed for %(n)s conflict", "Proposed for %(n)s conflicts", number) % {
            "n": figure(number)
        }
        final = ngettext("%(n)s is final.", "%(n)s are final.", done.final) % {"n": figure(done.final)}
        messages.success(request, f"{said}; {final}")
    elif number:
        said = ngettext("%(n)s conflict was resolved.", "%(n)s conflicts were resolved together.", number)
        messages.success(request, said % {"n": figure(number)})
    for left in done.left_out[:NAMED]:
        text = shortened(left.case.text) or _("No title")
        messages.warning(request, _("Left out: “%(title)s”. %(why)s") % {"title": text, "why": left.why})
    more = len(done.left_out) - NAMED
    if more > 0:
        said = ngettext("%(n)s more was left out.", "%(n)s more were left out.", more)
        messages.warning(request, said % {"n": figure(more)})
