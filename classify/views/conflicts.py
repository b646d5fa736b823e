"""The conflicts of a round: those that wait, in an order and of a pair of categories, and what is done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classify import adjudication, visibility
from classify.models import Round
from classify.tables.reading import ConflictTable, DoneTable
from classify.views.conflict_walk import FIELDS, Walk, code_of, label_of, side_of, sides_of, walk_of
from classify.views.lists import recall
from classify.views.reading import Book, book_of
from classify.views.rounds import get_round_or_404
from classify.visibility.queue import COUNTED_UP_TO, PAIR_COUNTED_UP_TO
from polls.models import User
from polls.views.actor import actor
from polls.wording import figure


@require_safe
@never_cache
def conflicts(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The conflicts that wait, or those that are done (`?done=1`), in the order of the address."""
    person = actor(request)
    round = get_round_or_404(request, slug, number)
    visibility.check_can_see_conflicts(person, round)
    if request.GET.get("done") != "1":
        elsewhere = recall(request, f"conflicts {slug} {number}", FIELDS)
        if elsewhere is not None:
            return elsewhere
    walk, book = walk_of(person, round, request.GET), book_of(round.version_id)
    ended = timezone.now() - adjudication.CLAIM_STANDS
    piece = visibility.stretch(person, round, walk.wanted, ended=ended, **_place(request))
    if not piece.rows and walk.narrows:
        return _widened(request, person, walk, book)
    proposing = adjudication.can_propose(person, round)
    context = {
        "round": round,
        "walk": walk,
        "table": _table(person, walk, piece, book, proposing),
        "piece": piece,
        "choices": None if walk.wanted.done else _choices(person, walk, book),
        **_counts(person, round),
        **_first(person, walk, proposing),
        "consensus": round.rule == Round.Rule.CONSENSUS,
        "looks_first": visibility.hides_readings(person, round),
        "waiting": not visibility.is_revealed(round),
    }
    return render(request, "classify/conflict_list.html", context)


def _widened(request: HttpRequest, person: User, walk: Walk, book: Book) -> HttpResponse:
    """Nothing of what was chosen waits (any more): go on with all that do, and say so. The choice is
    forgotten with it; the order stays."""
    number, wide = visibility.count_open(person, walk.round), walk.wider
    if number:
        messages.info(request, f"{_none_left(walk.wanted, book)} {_all_shown(number)}")
    return redirect(wide.url("classify:conflicts") + ("" if wide.query else "?clear=1"))


def _none_left(wanted: visibility.Wanted, book: Book) -> str:
    """What the choice was that is empty now."""
    if wanted.pair is not None:
        pair = label_of(wanted.pair, book)
        if wanted.whose:
            return _("No conflict read as “%(pair)s” waits in that choice.") % {"pair": pair}
        return _("No conflict read as “%(pair)s” waits any more.") % {"pair": pair}
    if wanted.whose == "mine":
        return _("You have taken up no conflict at the moment.")
    return _("No conflict is free at the moment: others have taken up all of them.")


def _all_shown(number: int) -> str:
    if number > COUNTED_UP_TO:
        return _("All that wait are shown.")
    said = ngettext("The %(n)s that waits is shown.", "All %(n)s that wait are shown.", number)
    return said % {"n": figure(number)}


def _place(request: HttpRequest) -> dict[str, Any]:
    """Which piece of the list the address asks for."""
    for name in ("after", "before"):
        text = request.GET.get(name, "")
        if text.isascii() and text.isdecimal() and len(text) < 19:
            return {name: int(text)}
    return {"last": True} if request.GET.get("last") == "1" else {}


def _counts(person: User, round: Round) -> dict[str, Any]:
    """How many wait and how many are done; a number that is not counted to its end says so."""
    found: dict[str, Any] = {}
    for name, number in (
        ("open", visibility.count_open(person, round)),
        ("done", visibility.count_done(person, round)),
    ):
        found[f"{name}_count"] = min(number, COUNTED_UP_TO)
        found[f"{name}_more"] = number > COUNTED_UP_TO
    return found


def _first(person: User, walk: Walk, proposing: bool) -> dict[str, Any]:
    """The first conflict that this person could take up, in the order chosen; and whether there is none for
    somebody who does take them up."""
    if walk.wanted.done or not (proposing or adjudication.can_decide(person, walk.round)):
        return {"first": None, "none_for_me": False}
    ended = timezone.now() - adjudication.CLAIM_STANDS
    found = visibility.next_in_line(
        person, walk.round, walk.wanted, ended=ended, after=None, proposing=proposing
    )
    return {"first": found[0] if found else None, "none_for_me": not found}


def _choices(person: User, walk: Walk, book: Book) -> dict[str, Any]:
    """What the list can be narrowed to and ordered by, each with whether it is chosen."""
    wanted, pairs = walk.wanted, visibility.pairs_of(person, walk.round)
    orders = [
        ("conflict_since", _("Longest waiting first")),
        ("-conflict_since", _("Newest first")),
        ("-n_votes", _("Most voters first")),
        ("n_votes", _("Fewest voters first")),
    ]
    if not visibility.hides_readings(person, walk.round):
        orders.append(("pair", _("By pair of categories")))
    counted = {one.pair: one.number for one in pairs}
    if wanted.pair is not None:
        counted.setdefault(wanted.pair, 0)
    most_first = sorted(counted, key=lambda pair: (-counted[pair], label_of(pair, book)))
    whose = [("", _("All that wait")), ("free", _("Free to take up")), ("mine", _("Taken up by me"))]
    by_rule = walk.round.rule == Round.Rule.CONSENSUS
    return {
        "orders": [(value, label, value == wanted.order) for value, label in orders],
        "pairs": [
            (code_of(pair, book), _pair_label(label_of(pair, book), counted[pair]), pair == wanted.pair)
            for pair in most_first
        ],
        "whose": [] if by_rule else [(value, label, value == wanted.whose) for value, label in whose],
    }


def _pair_label(label: str, number: int) -> str:
    if number > PAIR_COUNTED_UP_TO:
        return _("%(pair)s (more than %(n)s)") % {"pair": label, "n": figure(PAIR_COUNTED_UP_TO)}
    return f"{label} ({number})"


def _proposed(by: visibility.Proposers | None, proposing: bool) -> str:
    """Who has proposed, in words; a third person is told no name."""
    if by is None:
        return ""
    if by.mine + by.others > 1:
        return _("Both, not the same")
    if by.mine:
        return _("You")
    return _("The other") if proposing else _("One of the two")


def _table(
    person: User, walk: Walk, piece: visibility.Stretch, book: Book, proposing: bool
) -> ConflictTable | DoneTable:
    by_consensus = walk.round.rule == Round.Rule.CONSENSUS and not walk.wanted.done
    by = visibility.proposers_of(person, walk.round, [row.pk for row in piece.rows]) if by_consensus else {}
    rows = [
        {
            "text": row.text,
            "n_votes": row.n_votes,
            "pair": sides_of(row.pair, book) if row.pair else [],
            "conflict_since": row.since,
            "held_by": _("You") if row.held_by_me else row.held_by,
            "proposed": _proposed(by.get(row.pk), proposing),
            "final": side_of(row.final, book) if row.final else None,
            "resolution": row.resolution,
            "url": walk.url("classify:conflict", row.pk),
        }
        for row in piece.rows
    ]
    if walk.wanted.done:
        return DoneTable(rows)
    shows_pairs = any(row.pair for row in piece.rows)
    hidden = [] if shows_pairs else ["pair"]
    hidden.append("held_by" if by_consensus else "proposed")
    return ConflictTable(rows, exclude=hidden)
