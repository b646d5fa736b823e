"""The first page: what waits for the person who is logged in, then their polls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from classify import permissions, visibility
from classify.models import Round
from classify.status import AGREED, CONFLICT, RESOLVED
from classify.visibility import Counts
from polls import jobs
from polls.models import Poll, User
from polls.permissions import can_create_poll
from polls.views.actor import actor
from polls.wording import figure

PER_PAGE = 20


@dataclass(frozen=True)
class Task:
    """One thing that waits: of which poll, what exactly, how far it is, and the button that begins it."""

    poll: Poll
    text: str
    url: str
    label: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class PollRow:
    """A poll with its newest round and what this person may know of it. `counts` is null without a round."""

    poll: Poll
    votes: int
    round: Round | None
    counts: Counts | None
    reads: bool
    may_report: bool
    may_set_up: bool

    @property
    def read_by_two(self) -> int | None:
        """How many cases have two decisions; null where that is not this person's to know."""
        if self.counts is None or self.counts.status is None:
            return None
        return sum(self.counts.status[status] for status in (AGREED, CONFLICT, RESOLVED))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, most pressing first, then their polls."""
    person = actor(request)
    reading = sorted(_to_read(person), key=lambda task: task.done == task.total)
    conflicts = list(_to_resolve(person))
    page = Paginator(_polls_of(person), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "heading": _heading(reading, conflicts),
        "tasks": [*reading, *conflicts],
        "rows": [_row(person, poll) for poll in page],
        "page": page,
        "may_create": can_create_poll(person),
        "open_jobs": jobs.open_jobs(person),
    }
    return render(request, "home.html", context)


def _heading(reading: list[Task], conflicts: list[Task]) -> str:
    titles = sum((task.total or 0) - (task.done or 0) for task in reading)
    if titles:
        return ngettext("%(n)s title waits for you", "%(n)s titles wait for you", titles) % {
            "n": figure(titles)
        }
    if reading:
        return _("All is read: hand in")
    if conflicts:
        n = sum(task.total or 0 for task in conflicts)
        return ngettext("%(n)s conflict waits for you", "%(n)s conflicts wait for you", n) % {"n": figure(n)}
    return _("Nothing waits for you")


def _open_rounds(person: User) -> QuerySet[Round]:
    """Rounds of polls that the person is a member of, not discarded, newest first."""
    mine = Round.objects.filter(poll__memberships__user=person, discarded_at__isnull=True).distinct()
    return mine.select_related("poll", "version").order_by("-pk")


def _to_read(person: User) -> Iterator[Task]:
    """The rounds in which this person has titles to read or has yet to hand in."""
    seats = Q(reviewers__user=person, reviewers__handed_in_at__isnull=True, reviewers__left_at__isnull=True)
    rounds = _open_rounds(person).filter(seats, coding_closed_at__isnull=True)
    own = {"decided": F("reviewers__decided_count"), "assigned": F("reviewers__assigned_count")}
    for round in rounds.annotate(**own):
        total, done = int(getattr(round, "assigned", 0)), int(getattr(round, "decided", 0))
        if not total:
            continue
        about = _round_name(round)
        left = max(total - done, 0)
        if not left:
            text = about + " " + _("You have read all titles. Hand in when you are content with them.")
            label = _("Look through and hand in")
        else:
            n_left = ngettext("%(n)s title to read", "%(n)s titles to read", left) % {"n": figure(left)}
            text = (
                about
                + " "
                + _("%(left)s; %(done)s of %(total)s read.")
                % {
                    "left": n_left,
                    "done": figure(done),
                    "total": figure(total),
                }
            )
            label = _("Go on reading") if done else _("Start reading")
        url = reverse("classify:tag", args=[round.poll.slug, round.number])
        yield Task(round.poll, text, url, label, min(done, total), total)


def _to_resolve(person: User) -> Iterator[Task]:
    """The rounds in which conflicts are ready for this person's judgement."""
    theirs = Q(adjudicators__user=person) | Q(reviewers__user=person, rule=Round.Rule.CONSENSUS)
    for round in _open_rounds(person).filter(theirs):
        if not visibility.can_see_conflicts(person, round):
            continue
        conflicts = visibility.counts_for(person, round).conflicts
        if conflicts:
            ready = ngettext("%(n)s conflict ready", "%(n)s conflicts ready", conflicts) % {
                "n": figure(conflicts)
            }
            text = _("%(round)s %(ready)s for your judgement.") % {
                "round": _round_name(round),
                "ready": ready,
            }
            url = reverse("classify:conflicts", args=[round.poll.slug, round.number])
            yield Task(round.poll, text, url, _("Resolve conflicts"), total=conflicts)


def _round_name(round: Round) -> str:
    kind = _("Practice round") if round.purpose == Round.Purpose.PILOT else _("Round")
    return _("%(kind)s %(number)d, %(codebook)s.") % {
        "kind": kind,
        "number": round.number,
        "codebook": round.version.title,
    }


def _polls_of(person: User) -> QuerySet[Poll]:
    """The polls the person is a member of, newest first, with the number of live votes."""
    polls = Poll.objects.all() if person.is_superuser else Poll.objects.filter(memberships__user=person)
    live = Count("votes", filter=Q(votes__voided_at__isnull=True), distinct=True)
    return polls.annotate(n_votes=live).order_by("-created_at", "-pk")


def _told(rounds: QuerySet[Round]) -> Round | None:
    """The round that a poll is told by: the newest that is revealed, else the newest. A round that was just
    begun does not take the finished report away."""
    newest = list(rounds.order_by("-number")[:20])
    return next((round for round in newest if visibility.is_revealed(round)), newest[0] if newest else None)


def _row(person: User, poll: Poll) -> PollRow:
    rounds = Round.objects.filter(poll=poll, discarded_at__isnull=True, purpose=Round.Purpose.MAIN)
    round = _told(rounds.filter(archived_at__isnull=True)) or _told(rounds)
    return PollRow(
        poll=poll,
        votes=int(getattr(poll, "n_votes", 0)),
        round=round,
        counts=visibility.counts_for(person, round) if round else None,
        reads=round is not None and visibility.holds_open_slot(person, round),
        may_report=round is not None and visibility.can_see_results(person, round),
        may_set_up=round is None and permissions.can_set_up_rounds(person, poll),
    )
