"""The overview of a poll: its votes, its rounds, and what this person does next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from classify import permissions, rounds, visibility
from classify.models import Round
from polls.models import Poll, User
from polls.permissions import can_import, can_manage_people, get_poll_or_404
from polls.totals import PollTotals, totals_of
from polls.views.actor import actor
from polls.wording import figure, option_rows


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round as the overview shows it: where it stands in words, as far as this person may know."""

    round: Round
    state: str
    own: visibility.Counts
    can_see_results: bool
    can_see_conflicts: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do next: why, where, and what the button says. Without an address, only a sentence."""

    text: str
    url: str = ""
    label: str = ""


@require_safe
def poll(request: HttpRequest, slug: str) -> HttpResponse:
    """Votes per option against the published figures, rounds, people, and the next step."""
    found = get_poll_or_404(request.user, slug)
    by = actor(request)
    totals = totals_of(found)
    every = rounds_of(found)
    rows = [row_of(round, by) for round in every if round.archived_at is None]
    # A total that moves along with a new title would tell what its voter chose.
    blind = visibility.holds_open_slot_in_poll(by, found)
    context: dict[str, Any] = {
        "poll": found,
        "blind": blind,
        "totals": [] if blind else option_rows(asdict(option) for option in totals.options),
        "votes": totals.votes,
        "published": totals.published,
        "rows": rows,
        "archived": [round for round in every if round.archived_at is not None],
        "step": next_step(found, by, totals, rows),
        "can_import": can_import(by, found),
        "can_see_votes": visibility.can_see_votes(by, found),
        "can_manage_people": can_manage_people(by, found),
        "can_set_up": permissions.can_set_up_rounds(by, found),
    }
    return render(request, "classify/poll.html", context)


def rounds_of(found: Poll) -> list[Round]:
    """The rounds of the poll, newest first, each with the poll that knows this person's roles."""
    rounds = list(Round.objects.filter(poll=found).select_related("version__codebook").order_by("-number"))
    for round in rounds:
        round.poll = found
    return rounds


def row_of(round: Round, by: User) -> RoundRow:
    """One round of the overview."""
    counts = visibility.counts_for(by, round)
    return RoundRow(
        round=round,
        state=state_of(round),
        own=counts,
        can_see_results=visibility.can_see_results(by, round),
        can_see_conflicts=visibility.can_see_conflicts(by, round),
    )


def state_of(round: Round) -> str:
    """Where a round stands, in words that tell nobody who decided what, or how much."""
    if round.discarded_at is not None:
        return _("discarded")
    if round.archived_at is not None:
        return _("archived")
    if round.coding_closed_at is not None:
        if rounds.is_doubly_coded(round):
            return _("coding is closed, every case was read by two")
        return _("coding is closed")
    if visibility.is_revealed(round):
        if rounds.is_doubly_coded(round):
            return _("all have handed in, every case was read by two")
        return _("all have handed in")
    if round.reviewers.filter(left_at__isnull=True).count() < 2:
        return _("open, the second reviewer is still to come")
    if round.reopened_at is not None:
        return _("reopened, being read")
    return _("open, being read")


def next_step(found: Poll, by: User, totals: PollTotals, rows: list[RoundRow]) -> Step:
    """What this person should do next in this poll, most pressing first."""
    if not totals.votes and can_import(by, found):
        return Step(
            _("This poll has no votes yet."),
            reverse("polls:import", args=[found.slug]),
            _("Import votes"),
        )
    for row in rows:
        step = step_in_round(row, by)
        if step is not None:
            return step
    live = [row for row in rows if row.round.discarded_at is None]
    if not live and totals.votes and permissions.can_set_up_rounds(by, found):
        return Step(
            _("The votes are here. Choose a codebook and who reads."),
            reverse("classify:round-new", args=[found.slug]),
            _("Set up a round"),
        )
    for row in live:
        if row.can_see_results:
            return Step(
                _("The results of round %(number)d can be seen.") % {"number": row.round.number},
                reverse("classify:report", args=[found.slug, row.round.number]),
                _("Open the report"),
            )
    if not live:
        return Step(_("No round is set up yet. An admin of this poll does that."))
    return Step(_("Nothing waits for you here. Results can be seen once coding is over."))


def step_in_round(row: RoundRow, by: User) -> Step | None:
    """What waits for this person in a round: titles to read, handing in, or conflicts."""
    round, own = row.round, row.own
    address = [round.poll.slug, round.number]
    if permissions.can_hand_in(by, round) and own.total:
        left = max(own.total - (own.decided or 0), 0)
        url = reverse("classify:tag", args=address)
        if left:
            text = ngettext("%(n)s title waits for you.", "%(n)s titles wait for you.", left) % {
                "n": figure(left)
            }
            return Step(text, url, _("Go on reading") if own.decided else _("Start reading"))
        return Step(
            _("You have read every title. Hand in when you are content with them."),
            reverse("classify:hand-in", args=address),
            _("Look through and hand in"),
        )
    may_judge = permissions.can_adjudicate(by, round) or (
        round.rule == Round.Rule.CONSENSUS and own.decided is not None
    )
    if row.can_see_conflicts and own.conflicts and may_judge:
        text = ngettext("%(n)s conflict is ready.", "%(n)s conflicts are ready.", own.conflicts)
        return Step(
            text % {"n": figure(own.conflicts)},
            reverse("classify:conflicts", args=address),
            _("Resolve conflicts"),
        )
    return None
