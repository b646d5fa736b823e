"""The page of one conflict: what of it this person may see, and what they can do about it now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from classify import adjudication, talk, visibility
from classify.forms.decision import CommentForm, FirstLookForm, ResolutionForm
from classify.models import Adjudication, Case, Round
from classify.permissions import can_edit_codebooks
from classify.views.conflict_walk import Walk, shown_readings
from classify.views.reading import Book, book_of, card_of
from polls.models import User

type Form = ResolutionForm | FirstLookForm
type Typed = Mapping[str, str]


def resolution_form(
    person: User, case: Case, book: Book, data: Any = None, *, typed: Typed | None = None
) -> ResolutionForm:
    """The form that resolves, proposes or leaves unresolved; who looked first finds their category in it,
    and who asked for something else in the middle of it what they had `typed`."""
    first = visibility.first_look_of(person, case)
    holds = case.claimed_by_id == person.pk and case.claimed_at is not None
    return ResolutionForm(
        data,
        codes=[choice.code for choice in book.categories],
        may_leave_open=adjudication.can_close_unresolved(person, case),
        initial={
            "client_id": uuid.uuid4(),
            "category": first.code if first else None,
            "held": case.claimed_at.isoformat() if holds and case.claimed_at else "",
            **_kept(typed, "category", "reason", "rationale", "flag"),
        },
    )


def first_look_form(book: Book, data: Any = None, *, typed: Typed | None = None) -> FirstLookForm:
    """The form in which somebody says what they think before the two readings are shown."""
    codes = [choice.code for choice in book.categories]
    initial = {"client_id": uuid.uuid4(), **_kept(typed, "category")}
    return FirstLookForm(data, codes=codes, initial=initial)


def _kept(typed: Typed | None, *names: str) -> dict[str, str]:
    """What was typed under these names."""
    return {name: typed[name] for name in names if name in typed} if typed else {}


def page(
    request: HttpRequest,
    person: User,
    case: Case,
    walk: Walk,
    *,
    form: Form | None = None,
    comment: CommentForm | None = None,
    profiles: list[dict[str, str]] | None = None,
    typed: Typed | None = None,
) -> HttpResponse:
    """The page of one conflict; 422 where a form has errors, with all that was typed."""
    adjudication.renew(case=case, by=person)
    book = book_of(case.round.version_id)
    shown = form if form is not None and form.errors else None
    context = {
        "round": case.round,
        "walk": walk,
        "case": case,
        "codebook": book,
        "card": card_of(case_id=case.pk, text=case.text, origin=case.origin, n_votes=case.n_votes, book=book),
        **_seen(person, case),
        **_to_do(person, case, book, shown, typed),
        "profiles": profiles,
        "confirm_id": uuid.uuid4(),
        "comment_form": comment or CommentForm(initial={"client_id": uuid.uuid4()}),
        "can_comment": talk.can_comment(person, case),
    }
    failed = shown is not None or (comment is not None and bool(comment.errors))
    return render(request, "classify/conflict_detail.html", context, status=422 if failed else 200)


def _seen(person: User, case: Case) -> dict[str, Any]:
    """What may be seen of the conflict: nothing that the two said before one's own first look."""
    round = case.round
    first = visibility.first_look_of(person, case) if round.adjudicator_first else None
    return {
        "readings": shown_readings(person, case),
        "first_look": first,
        "proposals": _proposals(person, case) if round.rule == Round.Rule.CONSENSUS else [],
        "outcome": _outcome(person, case),
        "revealed": visibility.is_revealed(round),
        "comments": visibility.comments_on(person, case),
        "alike": _alike(person, case),
    }


def _to_do(person: User, case: Case, book: Book, sent: Form | None, typed: Typed | None) -> dict[str, Any]:
    """Which form is offered. What somebody typed is shown again whatever became of the case meanwhile."""
    waits = case.status == Case.Status.CONFLICT and case.closed_unresolved_at is None and case.n_votes > 0
    proposes = waits and adjudication.can_propose(person, case.round, case)
    decides = waits and not proposes and adjudication.can_decide(person, case.round, case)
    holder = adjudication.holder(case)
    mine = decides and holder == person
    look = mine and visibility.must_look_first(person, case)
    leaves = waits and not (proposes or decides) and adjudication.can_close_unresolved(person, case)
    free = proposes and holder is None
    offered: Form | None = sent
    if offered is None and look:
        offered = first_look_form(book, typed=typed)
    elif offered is None and (mine or free or leaves):
        offered = resolution_form(person, case, book, typed=typed)
    return {
        "form": offered,
        "form_is_look": isinstance(offered, FirstLookForm),
        "form_is_late": sent is not None and not (mine or free or leaves),
        "holds": mine,
        "may_ask": (mine or free) and adjudication.can_ask_for_profiles(person, case),
        "may_take": decides and not mine and holder is None,
        "claim_hours": adjudication.CLAIM_HOURS,
        "taken_by": holder if holder != person else None,
        "may_leave_open": isinstance(offered, ResolutionForm) and offered.may_leave_open,
        "only_leaves": leaves,
        "consensus": proposes,
        "nobody_left": case.status == Case.Status.CONFLICT and case.n_votes == 0,
    }


def _alike(person: User, case: Case) -> list[adjudication.SharedTitle]:
    """Job titles that other open conflicts show too, for who may resolve these together."""
    round = case.round
    if case.status != Case.Status.CONFLICT or case.closed_unresolved_at is not None or not case.n_votes:
        return []
    if not (adjudication.can_propose(person, round, case) or adjudication.can_decide(person, round, case)):
        return []
    return adjudication.shared_titles(case)


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


def _outcome(person: User, case: Case) -> dict[str, Any] | None:
    """How the conflict ended, if it did."""
    if case.status != Case.Status.RESOLVED and case.closed_unresolved_at is None:
        return None
    rows = case.adjudications.filter(kind=Adjudication.Kind.FINAL).select_related("flag").order_by("-seq")
    row = rows.first()
    flag = getattr(row, "flag", None) if row is not None else None
    others = 0
    if row is not None and row.together is not None:
        acts = Adjudication.objects.filter(together=row.together, kind=Adjudication.Kind.FINAL)
        others = acts.exclude(pk=row.pk).count()
    return {
        "label": case.final.label if case.final else "",
        "how": case.get_resolution_display() or _("Closed as unresolved"),
        "reason": row.get_reason_display() if row else "",
        "rationale": row.rationale if row else "",
        "others": others,
        "flag": flag,
        "can_edit": flag is not None and can_edit_codebooks(person),
    }
