"""Reminders by e-mail: off by default, about one's own reading alone, and never twice."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from classify import nudging, rounds
from classify.models import Case, Round, RoundEvent, RoundReviewer
from classify.nudging import Sent
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.test_tagging_race import at_once

SITE = "https://rolecall.example.org"
REFUSING = "tests.classify.test_nudging.RefusingBackend"
AWAY = "tests.classify.test_nudging.AwayBackend"


class RefusingBackend(EmailBackend):
    """A server that can be reached and takes nothing."""

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({"rosa@example.org": (550, b"no such box")})


class AwayBackend(EmailBackend):
    """A server that cannot be reached."""

    def open(self):
        raise ConnectionRefusedError("nobody listens there")


@pytest.fixture(autouse=True)
def _can_send(settings):
    settings.ROLECALL_SITE = SITE
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}


@pytest.fixture
def round(poll, ada, rosa, sam) -> Round:
    for n in range(3):
        factories.make_vote(poll, f"Title {n}")
    for user in (rosa, sam):
        user.email = f"{user.username}@example.org"
        user.save()
    made = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    nudging.set_nudging(round=made, days=3, by=ada)
    made.refresh_from_db()
    return made


def later(days: float = 3.1):
    return timezone.now() + timedelta(days=days)


def seat_of(user) -> RoundReviewer:
    return RoundReviewer.objects.get(user=user)


def recipients() -> list[str]:
    return sorted(to for message in mail.outbox for to in message.to)


def test_nobody_is_reminded_by_default(poll, ada, rosa, sam):
    factories.make_vote(poll)
    rosa.email = "rosa@example.org"
    rosa.save()
    made = acts.open_round(poll, reviewers=[rosa, sam], by=ada)
    assert made.nudge_after_days is None
    assert nudging.send_due(later(1000)) == Sent(0, 0)
    assert mail.outbox == []


def test_who_has_not_decided_for_so_long_gets_one_email(round, rosa, sam):
    acts.say(round, Case.objects.filter(round=round).earliest("pk"), rosa, "cx")
    assert nudging.send_due(later(2.9)) == Sent(0, 0), "nobody is late yet"
    assert nudging.send_due(later()) == Sent(2, 0)
    assert recipients() == ["rosa@example.org", "sam@example.org"]
    message = next(one for one in mail.outbox if one.to == ["rosa@example.org"])
    assert message.subject == "2 titles wait for you: cx-head"
    assert "2 titles wait for you in round 1" in message.body
    assert f"{SITE}/polls/cx-head/rounds/1/read/" in message.body
    assert "choose “Do not remind me”" in message.body
    assert not message.attachments
    events = RoundEvent.objects.filter(round=round, kind="nudged")
    assert sorted(event.user.username for event in events) == ["rosa", "sam"]


def test_the_email_says_nothing_of_the_other(round, rosa, sam):
    nudging.send_due(later())
    before = next(one.body for one in mail.outbox if one.to == ["rosa@example.org"])
    mail.outbox.clear()
    RoundReviewer.objects.update(nudged_at=None)
    acts.read_all(round, sam)
    nudging.send_due(later())
    (message,) = mail.outbox
    assert (message.to, message.body) == (["rosa@example.org"], before)
    assert "sam" not in message.body.casefold()


def test_at_most_one_per_period(round):
    at = later()
    assert nudging.send_due(at).sent == 2
    assert nudging.send_due(at).sent == 0
    assert nudging.send_due(at + timedelta(days=2.9)).sent == 0
    assert nudging.send_due(at + timedelta(days=3.1)).sent == 2


def test_a_decision_begins_the_wait_anew(round, rosa):
    nudging.send_due(later())
    mail.outbox.clear()
    RoundReviewer.objects.update(nudged_at=None)
    seat = seat_of(rosa)
    seat.joined_at = timezone.now() - timedelta(days=50)
    seat.save()
    acts.say(round, Case.objects.filter(round=round).earliest("pk"), rosa, "cx")
    assert nudging.send_due(timezone.now() + timedelta(days=2.9)) == Sent(0, 0)


@pytest.mark.parametrize(
    "reason", ["read all", "handed in", "left", "no address", "wants none", "cannot log in", "closed"]
)
def test_whom_it_does_not_concern_is_left_alone(reason, round, ada, rosa, sam):
    if reason in ("read all", "handed in"):
        acts.read_all(round, rosa)
    if reason == "handed in":
        RoundReviewer.objects.filter(user=rosa).update(handed_in_at=timezone.now())
    if reason == "left":
        RoundReviewer.objects.filter(user=rosa).update(left_at=timezone.now())
    if reason == "no address":
        rosa.email = ""
    if reason == "cannot log in":
        rosa.is_active = False
    rosa.save()
    if reason == "wants none":
        nudging.want_nudges(round=round, wanted=False, by=rosa)
    if reason == "closed":
        rounds.close_coding(round=round, by=ada)
    nudging.send_due(later(30))
    assert "rosa@example.org" not in recipients()
    assert recipients() == ([] if reason == "closed" else ["sam@example.org"])


def test_who_wants_none_can_want_them_again(round, rosa):
    nudging.want_nudges(round=round, wanted=False, by=rosa)
    nudging.want_nudges(round=round, wanted=True, by=rosa)
    nudging.send_due(later())
    assert "rosa@example.org" in recipients()


def test_only_a_reviewer_wants_or_does_not(round, ada):
    with pytest.raises(PollRefused):
        nudging.want_nudges(round=round, wanted=False, by=ada)


def test_a_server_that_is_away_breaks_nothing_and_all_is_tried_again(round, rosa, settings):
    settings.MAILERS = {"default": {"BACKEND": AWAY}}
    assert nudging.send_due(later()) == Sent(0, 2)
    seat = seat_of(rosa)
    assert (seat.nudged_at, seat.nudge_problem) == (None, "ConnectionRefusedError: nobody listens there")
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert nudging.send_due(later()) == Sent(2, 0)
    assert seat_of(rosa).nudge_problem == ""


def test_a_server_that_refuses_is_not_asked_again_at_once(round, rosa, settings):
    settings.MAILERS = {"default": {"BACKEND": REFUSING}}
    at = later()
    assert nudging.send_due(at) == Sent(0, 2)
    assert "no such box" in seat_of(rosa).nudge_problem
    assert not RoundEvent.objects.filter(kind="nudged").exists(), "nobody was reminded"
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert nudging.send_due(at) == Sent(0, 0), "it may have been delivered all the same"
    assert nudging.send_due(at + timedelta(days=4)) == Sent(2, 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_after_writing_it_down_sends_nothing_twice(round, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    at = later()
    monkeypatch.setattr("classify.nudging._message", die)
    with pytest.raises(Killed):
        nudging.send_due(at)
    monkeypatch.undo()
    assert nudging.send_due(at) == Sent(1, 0), "the other one; the first waits for the next period"
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_remind_everybody_once(round):
    at = later()
    done = at_once(lambda: nudging.send_due(at), lambda: nudging.send_due(at))
    assert sum(one.sent for one in done) == 2
    assert recipients() == ["rosa@example.org", "sam@example.org"]


@pytest.mark.parametrize("missing", ["ROLECALL_SITE", "ROLECALL_MAIL"])
def test_a_site_that_lacks_something_says_what_and_sends_nothing(missing, round, ada, settings):
    if missing == "ROLECALL_SITE":
        settings.ROLECALL_SITE = ""
    else:
        settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}}
    assert missing in nudging.why_no_mail()
    with pytest.raises(ValidationError, match=missing):
        nudging.set_nudging(round=round, days=5, by=ada)
    nudging.set_nudging(round=round, days=None, by=ada)
    Round.objects.update(nudge_after_days=1)
    assert nudging.send_due(later()) == Sent(0, 0)
    assert RoundReviewer.objects.filter(nudged_at__isnull=False).count() == 0


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_span_that_makes_no_sense_is_refused(days, round, ada):
    with pytest.raises(ValidationError, match="from 1 to 365 days"):
        nudging.set_nudging(round=round, days=days, by=ada)


def test_only_an_admin_says_when_and_only_while_coding_is_open(round, ada, rosa):
    with pytest.raises(PollRefused):
        nudging.set_nudging(round=round, days=5, by=rosa)
    rounds.close_coding(round=round, by=ada)
    round.refresh_from_db()
    with pytest.raises(PollRefused, match="closed"):
        nudging.set_nudging(round=round, days=5, by=ada)


def test_the_clock_calls_it(round):
    from classify.tasks import nudge

    RoundReviewer.objects.update(joined_at=timezone.now() - timedelta(days=9))
    nudge(0)
    assert recipients() == ["rosa@example.org", "sam@example.org"]


def test_a_question_of_several_lines_makes_no_header(round, poll):
    poll.question = "How?\nBcc: everybody@example.org"
    poll.save()
    assert nudging.send_due(later()).sent == 2
    assert "\n" not in mail.outbox[0].subject


def test_who_is_no_reviewer_of_the_poll_any_more_is_not_reminded(round, rosa):
    rosa.memberships.all().delete()
    nudging.send_due(later())
    assert recipients() == ["sam@example.org"]
