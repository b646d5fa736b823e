"""A round: where it stands, who reads, what can be done with it, and what awaits a second reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from classify import assignment, carrying, permissions, rounds, visibility
from classify.forms.rounds import SecondReviewerForm, name_of
from classify.models import CaseSplit, Round, RoundReviewer
from classify.views.calibration import practice_of_round
from classify.views.poll import state_of
from polls.models import User
from polls.permissions import allows, get_poll_or_404
from polls.views.actor import actor


@dataclass(frozen=True, slots=True)
class Reader:
    """A reviewer as the page of the round shows them. `sees_progress`: this person may know how far they are;
    never what they decided."""

    seat: RoundReviewer
    name: str
    mine: bool
    sees_progress: bool
    may_leave: bool


def get_round_or_404(request: HttpRequest, slug: str, number: int) -> Round:
    """A round of a poll that the person is a member of, with what they are in it. Raises Http404."""
    poll = get_poll_or_404(request.user, slug)
    rounds = permissions.with_seat(Round.objects.select_related("version__codebook"), request.user)
    round = get_object_or_404(rounds, poll=poll, number=number)
    round.poll = poll
    if request.method in ("GET", "HEAD"):
        permissions.keep_seat(request.user, round)
    return round


@require_safe
def round_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Where a round stands, for this person: who reads, own progress, what can be done."""
    round = get_round_or_404(request, slug, number)
    by = actor(request)
    counts = visibility.counts_for(by, round)
    context = {
        "poll": round.poll,
        "round": round,
        "state": capfirst(state_of(round)) + ".",
        "counts": counts,
        "revealed": visibility.is_revealed(round),
        **people_of(round, by, sees_progress=counts.reviewers is not None),
        **history_of(round, by),
        **what_can_be_done(round, by),
        **practice_of_round(round, by),
    }
    context["sees_carried"] = carrying.is_carried(round) and carrying.can_look(by, round)
    return render(request, "classify/round.html", context)


def people_of(round: Round, by: User, *, sees_progress: bool) -> dict[str, Any]:
    """Who reads, who left, who judges, and who of them this person may take out."""
    seats = list(round.reviewers.select_related("user").order_by("ordinal"))
    may_set_up = permissions.can_set_up_rounds(by, round.poll)
    is_open = allows(permissions.check_is_open, round)
    readers = [
        Reader(
            seat=seat,
            name=name_of(seat.user),
            mine=seat.user_id == by.pk,
            sees_progress=sees_progress,
            may_leave=is_open and seat.left_at is None and (may_set_up or seat.user_id == by.pk),
        )
        for seat in seats
    ]
    return {
        "readers": readers,
        "mine": next((seat for seat in seats if seat.user_id == by.pk), None),
        "reading": sum(seat.left_at is None for seat in seats),
        "went_back_at": rounds.went_back_at(round=round, user=by),
        **_resolving(round, may_set_up),
        "can_add_adjudicator": may_set_up and allows(permissions.check_is_alive, round),
        "second_form": SecondReviewerForm(round=round, by=by)
        if may_set_up and is_open and len(seats) < 2
        else None,
        "can_join": may_set_up and is_open and len(seats) > 1,
        "may_set_up": may_set_up,
    }


def _resolving(round: Round, may_set_up: bool) -> dict[str, Any]:
    """Who resolves conflicts, who did, and whether to tell an admin that nobody does."""
    named = list(rounds.adjudicators_of(round))
    able = [seat.user for seat in named if seat.able]  # type: ignore[attr-defined]
    needs_one = round.rule == Round.Rule.THIRD_PERSON and allows(permissions.check_is_alive, round)
    return {
        "resolvers": able,
        "former_resolvers": [seat.user for seat in named if seat.user not in able],
        "nobody_resolves": may_set_up and needs_one and not able,
    }


def history_of(round: Round, by: User) -> dict[str, Any]:
    """What happened to the round and what waits, for an admin who holds no open slot."""
    if not visibility.can_see_awaiting(by, round):
        return {"can_see_awaiting": False, "events": (), "free": 0}
    is_open = allows(permissions.check_is_open, round)
    free = sum(assignment.free_slots(round).values()) if is_open else 0
    return {"can_see_awaiting": True, "events": rounds.events_of(round), "free": free}


def what_can_be_done(round: Round, by: User) -> dict[str, bool]:
    """Which buttons the page of the round has for this person."""
    return {
        "can_read": permissions.can_read(by, round),
        "can_hand_in": permissions.can_hand_in(by, round),
        "can_see_conflicts": visibility.can_see_conflicts(by, round),
        "can_see_results": visibility.can_see_results(by, round),
        "can_see_splits": CaseSplit.objects.filter(round=round).exists()
        and visibility.can_see_splits(by, round),
        "can_close": permissions.can_close_coding(by, round),
        "can_reopen": permissions.can_reopen(by, round),
        "can_archive": permissions.can_archive(by, round),
        "can_unarchive": permissions.can_unarchive(by, round),
        "can_discard": permissions.can_discard(by, round),
    }


@require_safe
def round_awaiting(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """What awaits a second reading, and by whom: for an admin who holds no open slot."""
    round = get_round_or_404(request, slug, number)
    after, reader = number_in(request, "after"), number_in(request, "reader")
    found = visibility.awaiting(actor(request), round, after=after or 0, reader=reader)
    context: dict[str, Any] = {
        "poll": round.poll,
        "round": round,
        "found": found,
        "reader": reader,
        "first": not after,
    }
    return render(request, "classify/round_awaiting.html", context)


def number_in(request: HttpRequest, field: str) -> int | None:
    """A whole number that the address gives, None for anything else."""
    said = request.GET.get(field, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 18 else None
