"""How a poll goes: a page with a part for each round, and reminders that are switched on there."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from classify import dashboard, nudging
from classify.dashboard import Board
from classify.forms.nudging import NudgingForm
from classify.views.board_steps import step_of
from classify.views.poll import Step, state_of
from classify.views.results import THRESHOLD
from classify.views.rounds import get_round_or_404
from classify.visibility.pace import FEWEST, LONGEST_MINUTES, WINDOW
from polls.models import User
from polls.permissions import get_poll_or_404
from polls.views.actor import actor
from polls.wording import figure


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """One reviewer's line: figures, and the same in words."""

    reading: dashboard.Reading
    name: str
    pace: str
    left: str
    state: str
    reminder: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One round as the page shows it. `form` is there for who may switch reminders on."""

    board: Board
    state: str
    step: Step
    mine: ReadingRow | None
    readings: tuple[ReadingRow, ...]
    form: NudgingForm | None


@require_safe
@never_cache
def dashboard_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Where every round of the poll stands, as far as this person may know."""
    poll = get_poll_or_404(request.user, slug)
    by = actor(request)
    rows = [row_of(board, by) for board in dashboard.boards_for(user=by, poll=poll)]
    context = {
        "poll": poll,
        "rows": rows,
        "has_more": dashboard.has_more_rounds(poll),
        "no_mail": nudging.why_no_mail(),
        "most": dashboard.MOST,
        "longest": LONGEST_MINUTES,
        "fewest": FEWEST,
        "window": WINDOW,
    }
    return render(request, "classify/dashboard.html", context)


def row_of(board: Board, by: User) -> BoardRow:
    """The board in words."""
    form = None
    if nudging.can_set(by, board.round):
        days = board.round.nudge_after_days
        form = NudgingForm(initial={"days": days}, prefix=f"round{board.round.number}")
    return BoardRow(
        board=board,
        state=capfirst(state_of(board.round)) + ".",
        step=step_of(board, by),
        mine=None if board.mine is None else reading_row(board.mine, board),
        readings=tuple(reading_row(reading, board) for reading in board.readings or ()),
        form=form,
    )


def reading_row(reading: dashboard.Reading, board: Board) -> ReadingRow:
    """One reviewer's figures, and the same in words."""
    seat = reading.seat
    return ReadingRow(
        reading=reading,
        name=seat.user.get_full_name() or seat.user.get_username(),
        pace=pace_in_words(reading),
        left=left_in_words(reading),
        state=seat_in_words(reading),
        reminder=reminder_in_words(reading, board),
    )


def pace_in_words(reading: dashboard.Reading) -> str:
    """How fast somebody read lately; empty where too little is known."""
    said = []
    if reading.pace.per_hour:
        hourly = max(round(reading.pace.per_hour), 1)
        said.append(ngettext("%(n)s title an hour", "%(n)s titles an hour", hourly) % {"n": figure(hourly)})
    if reading.pace.per_day:
        daily = max(round(reading.pace.per_day), 1)
        said.append(ngettext("%(n)s a day", "%(n)s a day", daily) % {"n": figure(daily)})
    return ", ".join(said)


def left_in_words(reading: dashboard.Reading) -> str:
    """What is left at this pace; empty where nothing is, or where too little is known."""
    if reading.hours_left is None:
        return ""
    hours = hours_in_words(reading.hours_left)
    days = 1 if reading.days_left is None else math.ceil(reading.days_left)
    if days < 2:
        return hours
    return _("%(hours)s, on %(n)s days like those before") % {"hours": hours, "n": figure(days)}


def hours_in_words(hours: float) -> str:
    """A span of reading: minutes below two hours, else hours."""
    if hours < 2:
        minutes = max(round(hours * 60), 1)
        return ngettext("about %(n)s minute", "about %(n)s minutes", minutes) % {"n": figure(minutes)}
    whole = round(hours)
    return ngettext("about %(n)s hour", "about %(n)s hours", whole) % {"n": figure(whole)}


def seat_in_words(reading: dashboard.Reading) -> str:
    """Where one reviewer is."""
    if reading.seat.left_at is not None:
        return _("left the round")
    if reading.seat.handed_in_at is not None:
        return _("handed in")
    if not reading.seat.assigned_count:
        return _("has nothing to read")
    if not reading.left:
        return _("has read all")
    return _("is reading") if reading.seat.decided_count else _("has not begun")


def reminder_in_words(reading: dashboard.Reading, board: Board) -> str:
    """What became of reminders to this reviewer; for admins who may see the round. Empty: nothing to say."""
    seat = reading.seat
    if not board.sees_pace or board.round.nudge_after_days is None or not board.is_open:
        return ""
    if seat.nudge_problem:
        return _("The last reminder did not leave: %(problem)s") % {"problem": seat.nudge_problem}
    if seat.nudges_off:
        return _("wants no reminders")
    if not seat.user.email:
        return _("no e-mail address is known, so no reminder can be sent")
    return ""


@require_safe
@never_cache
def agreement_figure(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Agreement of a revealed round, fetched after the page: it looks at every case of the round."""
    round = get_round_or_404(request, slug, number)
    found = dashboard.agreement_figure(user=actor(request), round=round)
    context = {"round": round, "agreement": found, "threshold": THRESHOLD}
    return render(request, "classify/includes/agreement_figure.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def nudging_set(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Say after how many days reviewers are reminded, or nobody. Opened as a link: where to say so."""
    round = get_round_or_404(request, slug, number)
    nudging.check_can_set(actor(request), round)
    if request.method != "POST":
        said = _(
            "Say here after how many days without a decision reviewers of round %(number)d are reminded."
        )
        messages.info(request, said % {"number": number})
        return redirect(f"{reverse('classify:dashboard', args=[slug])}#round-{number}")
    form = NudgingForm(request.POST, prefix=f"round{number}")
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["days"])))
        return redirect("classify:dashboard", slug)
    days = form.cleaned_data["days"]
    try:
        nudging.set_nudging(round=round, days=days, by=actor(request))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    else:
        messages.success(request, reminded(days, number))
    return redirect("classify:dashboard", slug)


def reminded(days: int | None, number: int) -> str:
    """What was switched, in a sentence."""
    if days is None:
        return _("Nobody is reminded in round %(number)d.") % {"number": number}
    return ngettext(
        "Reviewers of round %(number)d are reminded after %(n)s day without a decision.",
        "Reviewers of round %(number)d are reminded after %(n)s days without a decision.",
        days,
    ) % {"number": number, "n": figure(days)}


@require_POST
def nudges_wanted(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A reviewer says whether they want reminders of this round."""
    round = get_round_or_404(request, slug, number)
    wanted = request.POST.get("wanted") == "yes"
    nudging.want_nudges(round=round, wanted=wanted, by=actor(request))
    said = _("You are reminded again.") if wanted else _("You get no more reminders of this round.")
    messages.success(request, said)
    return redirect("classify:dashboard", slug)
