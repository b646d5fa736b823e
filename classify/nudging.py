"""Reminders by e-mail to reviewers who have titles left and have not decided for a while.

Off unless an admin asks for them in a round. A reminder tells a reviewer only of their own reading. That one
leaves is written down before it is handed to the mail server, so that a worker that is killed and begun again
never sends it twice; a server that cannot be reached is found out before anything is written down.
"""

from __future__ import annotations

import logging
import smtplib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.mail import EmailMessage, mailers
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.models import Round, RoundEvent, RoundReviewer
from polls.models import Poll, User
from polls.permissions import PollRefused, allows, check_can_administer

MAX_DAYS: Final = 365
MOST_AT_ONCE: Final = 200
"""Reminders in one go; the rest leave with the next one."""

_DUMMY: Final = "django.core.mail.backends.dummy.EmailBackend"
_PROBLEMS: Final = (OSError, smtplib.SMTPException, ImproperlyConfigured, ValueError)
"""What a mail server, the way to it, or an address that no server takes may raise."""

# The last decision is asked of the decisions, by their index (so compared and ordered as in
# `visibility.pace`): what was never written down cannot be wrong.
_DUE: Final = """
SELECT s.id
  FROM classify_roundreviewer s
  JOIN classify_round r ON r.id = s.round_id
  JOIN polls_user u ON u.id = s.user_id
  LEFT JOIN LATERAL (SELECT d.decided_at FROM classify_decision d
                      WHERE (d.round_id, d.reviewer_id) >= (s.round_id, s.user_id)
                        AND (d.round_id, d.reviewer_id) <= (s.round_id, s.user_id)
                      ORDER BY d.round_id, d.reviewer_id, d.id DESC LIMIT 1) last ON true
 WHERE r.nudge_after_days IS NOT NULL AND r.coding_closed_at IS NULL AND r.discarded_at IS NULL
   AND s.left_at IS NULL AND s.handed_in_at IS NULL AND NOT s.nudges_off
   AND s.decided_count < s.assigned_count AND u.is_active AND u.email <> ''
   AND (u.is_superuser OR EXISTS (SELECT FROM polls_membership m
                                   WHERE m.poll_id = r.poll_id AND m.user_id = u.id AND m.role = 'reviewer'))
   AND greatest(last.decided_at, s.joined_at, r.reopened_at, s.nudged_at)
       <= %(now)s::timestamptz - r.nudge_after_days * interval '1 day'
"""
_DUE_NOW: Final = f"{_DUE} ORDER BY s.nudged_at NULLS FIRST, s.id LIMIT {MOST_AT_ONCE}"
_CLAIM: Final = f"""
UPDATE classify_roundreviewer SET nudged_at = %(now)s, nudge_problem = ''
 WHERE id = %(seat)s AND id IN ({_DUE} AND s.id = %(seat)s FOR NO KEY UPDATE OF s)
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one go: reminders that left, and those that a problem kept."""

    sent: int
    failed: int


def why_no_mail() -> str:
    """The sentence that says what this site lacks to send e-mails; empty when it lacks nothing."""
    missing = []
    if settings.MAILERS.get("default", {}).get("BACKEND") == _DUMMY:
        missing.append("ROLECALL_MAIL")
    if not settings.ROLECALL_SITE:
        missing.append("ROLECALL_SITE")
    if not missing:
        return ""
    return _(
        "This site sends no e-mails yet. Whoever runs it has to set %(names)s; the file README.md tells how."
    ) % {"names": _(" and ").join(missing)}


def check_can_set(user: User, round: Round) -> None:
    """Raises PollRefused unless the person may say when reviewers of the round are reminded."""
    check_can_administer(user, round.poll)
    if round.coding_closed_at is not None or round.discarded_at is not None:
        raise PollRefused(_("Coding of this round is closed, so nobody is reminded."))


def can_set(user: User, round: Round) -> bool:
    """May the person say when reviewers of the round are reminded?"""
    return allows(check_can_set, user, round)


@transaction.atomic
def set_nudging(*, round: Round, days: int | None, by: User) -> None:
    """Remind reviewers after so many days without a decision; None: nobody.

    Raises PollRefused, or ValidationError with a sentence: also where this site cannot send e-mails.
    """
    check_can_set(by, round)
    if days is not None:
        if not 1 <= days <= MAX_DAYS:
            raise ValidationError(_("Choose from 1 to %(max)d days.") % {"max": MAX_DAYS})
        if problem := why_no_mail():
            raise ValidationError(problem)
    Round.objects.filter(pk=round.pk).update(nudge_after_days=days)


@transaction.atomic
def want_nudges(*, round: Round, wanted: bool, by: User) -> None:
    """A reviewer says whether they want to be reminded of this round. Raises PollRefused for others."""
    if not RoundReviewer.objects.filter(round=round, user=by).update(nudges_off=not wanted):
        raise PollRefused(_("You are no reviewer of this round."))


def send_due(now: datetime | None = None) -> Sent:
    """Send every reminder that is due, each at most once per period. To be called outside a transaction.

    A mail server that fails breaks nothing: the admin's page says so, and what was not handed over yet is
    tried again with the next go.
    """
    now = now or timezone.now()
    seats = _ids(_DUE_NOW, {"now": now})
    if not seats or why_no_mail():
        return Sent(0, 0)
    mailer = mailers.default
    try:
        mailer.open()
    except _PROBLEMS as problem:
        # Nothing is written down as sent, so the next go tries all of them again.
        _remember(seats, problem)
        return Sent(0, len(seats))
    sent = 0
    try:
        for seat in seats:
            sent += _remind(mailer, seat, now)
    finally:
        _close(mailer)
    return Sent(sent, len(seats) - sent)


def _remind(mailer: Any, seat_id: int, now: datetime) -> bool:
    """One reminder, if it is still due. Written down first, then handed over."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"seat": seat_id, "now": now})
        if not cursor.rowcount:
            return False
    seat = RoundReviewer.objects.select_related("round__poll", "user").get(pk=seat_id)
    try:
        mailer.send_messages([_message(seat)])
    except _PROBLEMS as problem:
        _remember([seat_id], problem)
        return False
    RoundEvent.objects.create(round=seat.round, kind=RoundEvent.Kind.NUDGED, user=seat.user)
    return True


def _message(seat: RoundReviewer) -> EmailMessage:
    """What a reminder says: how many titles wait, where, and how to get no more of them. Nothing else."""
    left = seat.assigned_count - seat.decided_count
    poll: Poll = seat.round.poll
    titles = ngettext("%(n)d title waits for you", "%(n)d titles wait for you", left) % {"n": left}
    address = [poll.slug, seat.round.number]
    text = _(
        "Hello %(name)s,\n\n"
        "%(titles)s in round %(number)d of the poll “%(question)s”.\n\n"
        "Go on reading: %(read)s\n\n"
        "You get this because you have not decided for %(days)s. To get no more reminders of this\n"
        "round, open %(dashboard)s\nand choose “Do not remind me”.\n"
    ) % {
        "name": seat.user.get_full_name() or seat.user.get_username(),
        "titles": titles,
        "number": seat.round.number,
        "question": poll.question,
        "days": _days(seat.round.nudge_after_days or 1),
        "read": settings.ROLECALL_SITE + reverse("classify:tag", args=address),
        "dashboard": settings.ROLECALL_SITE + reverse("classify:dashboard", args=[poll.slug]),
    }
    # A subject is one line.
    return EmailMessage(" ".join(f"{titles}: {poll.slug}".split()), text, None, [seat.user.email])


def _days(n: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


def _remember(seats: list[int], problem: Exception) -> None:
    """Keep for the admin's page why these reminders did not leave."""
    logging.getLogger(__name__).warning("A reminder did not leave: %s", problem)
    said = " ".join(f"{type(problem).__name__}: {problem}".replace("\x00", "").split())[:300]
    RoundReviewer.objects.filter(pk__in=seats).update(nudge_problem=said)


def _close(mailer: Any) -> None:
    """A server that hangs up first changes nothing about what was sent."""
    try:
        mailer.close()
    except _PROBLEMS as problem:
        logging.getLogger(__name__).info("The mail server hung up: %s", problem)


def _ids(sql: str, values: dict[str, Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [pk for (pk,) in cursor.fetchall()]
