"""The one thing to do next in a round, for who looks at the dashboard."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify import permissions
from classify.dashboard import Board
from classify.models import Round
from classify.views.poll import Step
from polls.models import User
from polls.wording import figure


def step_of(board: Board, by: User) -> Step:
    """What waits for this person first, else what the round waits for, as far as they may know."""
    return _own_reading(board, by) or _conflicts(board, by) or _of_the_round(board, by)


def _url(name: str, board: Board) -> str:
    return reverse(f"classify:{name}", args=[board.round.poll.slug, board.round.number])


def _own_reading(board: Board, by: User) -> Step | None:
    """Titles that wait for this person, or handing in."""
    if (
        board.mine is None
        or board.mine.seat.left_at is not None
        or not permissions.can_hand_in(by, board.round)
    ):
        return None
    left = board.mine.left
    if left:
        text = ngettext("%(n)s title waits for you.", "%(n)s titles wait for you.", left) % {
            "n": figure(left)
        }
        begun = board.mine.seat.decided_count
        return Step(text, _url("tag", board), _("Go on reading") if begun else _("Start reading"))
    return Step(
        _("You have read every title. Hand in when you are content with them."),
        _url("hand-in", board),
        _("Look through and hand in"),
    )


def _conflicts(board: Board, by: User) -> Step | None:
    """Conflicts that this person can resolve."""
    if board.conflicts is None or not board.conflicts.n:
        return None
    together = board.round.rule == Round.Rule.CONSENSUS and board.mine is not None and board.revealed
    if not together and not permissions.can_adjudicate(by, board.round):
        return None
    text = ngettext("%(n)s conflict is ready.", "%(n)s conflicts are ready.", board.conflicts.n)
    return Step(text % {"n": figure(board.conflicts.n)}, _url("conflicts", board), _("Resolve conflicts"))


def _of_the_round(board: Board, by: User) -> Step:
    """What the round waits for."""
    if board.readings is not None and board.is_open and permissions.can_close_coding(by, board.round):
        return _for_the_admin(board)
    if board.sees_results:
        if board.conflicts is not None and board.conflicts.n:
            text = _(
                "Conflicts are still to be resolved; until then their votes are unresolved in the report."
            )
            return Step(text, _url("report", board), _("Open the report"))
        return Step(_("The results can be seen."), _url("report", board), _("Open the report"))
    if board.is_open:
        return Step(_("Nothing waits for you in this round. Results can be seen once coding is over."))
    return Step(_("Nothing waits for you in this round."))


def _for_the_admin(board: Board) -> Step:
    """What an admin who reads nowhere does next in an open round."""
    reading = [one for one in board.readings or () if one.seat.left_at is None]
    if len(reading) < 2:
        text = _("Only one person reads so far. Every title needs two readings.")
        return Step(text, _url("round", board), _("Add a reviewer"))
    if any(one.left for one in reading):
        slow = max(reading, key=lambda one: one.left)
        text = ngettext(
            "The reviewers are still reading; who has most left has %(n)s title to go.",
            "The reviewers are still reading; who has most left has %(n)s titles to go.",
            slow.left,
        )
        if board.awaiting is not None and board.awaiting.n:
            label = _("See what awaits a second reading")
            return Step(text % {"n": figure(slow.left)}, _url("round-awaiting", board), label)
        return Step(text % {"n": figure(slow.left)}, _url("round", board), _("Open the round"))
    if not any(one.seat.assigned_count for one in reading):
        text = _("Nothing is there to read: every title was carried over. Close coding, or have some read.")
        return Step(text, _url("round-close", board), _("Close coding"))
    if any(one.seat.handed_in_at is None for one in reading):
        text = _("All titles are read, but not everybody has handed in. Ask them to, or close coding.")
        return Step(text, _url("round-close", board), _("Close coding"))
    if board.conflicts is not None and board.conflicts.n:
        text = ngettext(
            "Everybody has handed in. %(n)s conflict waits to be resolved.",
            "Everybody has handed in. %(n)s conflicts wait to be resolved.",
            board.conflicts.n,
        )
        return Step(text % {"n": figure(board.conflicts.n)}, _url("conflicts", board), _("See the conflicts"))
    text = _("Everybody has handed in and no conflict is open. Close coding, so that nothing moves any more.")
    return Step(text, _url("round-close", board), _("Close coding"))
