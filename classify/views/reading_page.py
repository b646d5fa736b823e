"""What the reading page holds: the case, those to come, the last decisions, and the words its script says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.translation import gettext as _

from classify import assignment, visibility
from classify.forms.decision import UNSURE, DecisionForm
from classify.models import Decision, ReviewerCase, Round, RoundReviewer
from classify.views.reading import Book, Card, book_of, card_json, card_of
from polls.models import User

RECENT = 4
"""How many of the last decisions stand beside the case."""
READY = 6
"""Cases that come with the page: the one to read and those behind it. The script asks for more."""
LONG_CODEBOOK = 9
"""With more categories than this a field to search them stands above."""


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


def progress_of(round: Round, seat: RoundReviewer) -> Progress:
    """How much of what is theirs the person has read."""
    total = seat.assigned_count or assignment.total_of(round)
    return Progress(min(seat.decided_count, total), total)


def ending_of(round: Round, seat: RoundReviewer) -> dict[str, bool]:
    """What is said when nothing is left to read."""
    return {"handed_in": seat.handed_in_at is not None, "closed": round.coding_closed_at is not None}


def page_of(
    request: HttpRequest,
    person: User,
    round: Round,
    *,
    case: ReviewerCase | None = None,
    mine: Decision | None = None,
    form: DecisionForm | None = None,
) -> dict[str, Any]:
    """The page at the next case to read, or at `case`, which the person opened, with their decision."""
    book = book_of(round.version_id)
    seat = RoundReviewer.objects.get(round=round, user=person)
    ahead = assignment.upcoming(round=round, reviewer_id=person.pk, after=None, limit=READY)
    shown = case or next(iter(ahead), None)
    card = _card(shown, book, mine, form) if shown else None
    latest: Any = visibility.my_decisions(person, round)[:RECENT]
    recent = [_recent(row, row.text, book) for row in latest]
    progress = progress_of(round, seat)
    context: dict[str, Any] = {
        "round": round,
        "codebook": book,
        "card": card,
        "form": form,
        "progress": progress,
        "recent": recent,
        "is_long": len(book.categories) > LONG_CODEBOOK,
        **ending_of(round, seat),
    }
    cards = [card_json(one, book) for one in ahead]
    opened = card_json(case, book) | _standing(card) if case is not None else None
    context["reading"] = {
        **outbox_of(request, person, round),
        "cards": cards,
        "opened": opened,
        "decided": progress.done,
        "total": progress.total,
        **ending_of(round, seat),
    }
    return context


def outbox_of(request: HttpRequest, person: User, round: Round) -> dict[str, Any]:
    """What a page needs to send the decisions that wait in the browser: whose, of what, where to."""
    slug, number = round.poll.slug, round.number
    at = {
        name: reverse(f"classify:{route}", args=[slug, number, 0])
        for name, route in [
            ("case", "tag-case"),
            ("decide", "decide"),
            ("card", "card"),
            ("profile", "tag-profile"),
            ("split", "split"),
        ]
    }
    at |= {
        "read": reverse("classify:tag", args=[slug, number]),
        "upcoming": reverse("classify:upcoming", args=[slug, number]),
        "login": reverse("login"),
    }
    return {
        "user": person.pk,
        "round": round.pk,
        "csrf": get_token(request),
        "urls": at,
        "categories": [
            {"code": choice.code, "label": choice.label, "color": choice.color}
            for choice in book_of(round.version_id).categories
        ],
        "words": _words(),
    }


def verdict_shown(decision: Decision, book: Book) -> tuple[str, str]:
    """What a decision is called on a page, and its colour ("" for none)."""
    choice = book.by_pk(decision.category_id)
    if choice is not None:
        return choice.label, choice.color
    return (_("Unsure") if decision.verdict == Decision.Verdict.UNSURE else _("Taken back")), ""


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


def _standing(card: Card | None) -> dict[str, str]:
    return {"verdict": card.verdict, "note": card.note} if card else {}


def _recent(decision: Decision, text: str, book: Book) -> Recent:
    label, color = verdict_shown(decision, book)
    return Recent(decision.case_id, text, label, color, decision.note)


def _words() -> dict[str, str]:
    """What the script says, in the language of the page. {n} is a number, {label} a category."""
    return {
        "saved": _("All saved"),
        "notAccepted": _("Not accepted: {n}"),
        "saving": _("Saving…"),
        "waiting": _("Not saved yet: {n}"),
        "offline": _("Offline. Kept on this device: {n}"),
        "itemSaved": _("saved"),
        "itemSaving": _("saving…"),
        "itemKept": _("kept on this device"),
        "itemRefused": _("not accepted"),
        "itemLate": _("arrived after the close, does not count"),
        "unsure": _("Unsure"),
        "withdrawn": _("Taken back"),
        "noTitle": _("No title"),
        "note": _("note"),
        "now": _("Your decision so far"),
        "progress": _("{done} of {total}"),
        "chosen": _("{label}."),
        "last": _("That was the last one."),
        "undecidedOne": _("One title is not decided"),
        "undecided": _("Titles that are not decided: {n}"),
        "closed": _("Coding of this round is closed."),
        "afterClose": _(
            "Coding of this round is closed. Decisions made here that arrived after the close: {n}. "
            "They are kept on record, but do not count."
        ),
        "back": _("You are back at a title you have decided: {label}."),
        "elsewhere": _("That title was decided in another window."),
        "keptHere": _(
            "The server cannot be reached. Your decisions are kept on this device "
            "and sent when it is back: {n}"
        ),
        "reachable": _("The server can be reached again."),
        "loggedOut": _(
            "You are logged out. Log in again; your decisions are kept on this device until then: {n}"
        ),
        "otherPerson": _(
            "Somebody else is logged in on this browser now. Your decisions are kept "
            "until you log in again: {n}"
        ),
        "logIn": _("Log in again"),
        "tooOld": _(
            "This page is too old to save with. Reload it; your decisions are kept on this device: {n}"
        ),
        "reload": _("Reload the page"),
        "memory": _(
            "This browser keeps nothing for this page "
            "(private window, or its storage is full). Leave the page open until all is saved."
        ),
        "refused": _("This decision was not accepted and is not stored."),
        "anew": _("Decide this title anew"),
        "anewFirst": _("Decide the first of them anew"),
        "dismiss": _("I have read this"),
        "profileOffline": _(
            "Showing a profile needs the server, which cannot be reached. Try again when it is back."
        ),
        "profileRefused": _("The profile cannot be shown. Reload the page and try again."),
        "splitOffline": _(
            "Splitting a title needs the server, which cannot be reached. Try again when it is back."
        ),
        "cardOffline": _("That title is not on this device, and the server cannot be reached."),
        "nothingBack": _("There is no earlier decision to go back to."),
        "matches": _("{n} of {total} categories. Enter chooses {label}."),
        "noMatch": _("No category is called that. Escape shows all of them."),
        "pending": _("Decisions that are kept on this device and not saved yet: {n}"),
    }
