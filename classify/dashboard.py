"""How a poll goes, round by round, as far as somebody may know: who read how much, how fast, what waits.

Every figure is one that a million cases do not slow down: counters kept on rounds and seats, counts by
partial indexes that stop at `MOST`, and a pace from the newest decisions. Agreement needs a look at all cases
and is asked for on its own (`agreement_figure`), after the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from classify import visibility
from classify.models import CarriedCase, Case, Round, RoundReviewer
from classify.reports import Agreement, agreement_for
from classify.visibility.pace import UNKNOWN, Pace, paces_of
from polls.models import Poll, User
from polls.permissions import PollRefused, can_administer

MOST: Final = 10_000
"""Counting stops here; the page says "more than"."""
ROUNDS: Final = 10
"""The newest rounds that are shown; the older ones have pages of their own."""
AGREEMENT_SECONDS: Final = 10
"""How long the figure of agreement may take."""


@dataclass(frozen=True, slots=True)
class Many:
    """A count that stops at `MOST`: `more` says that there are more."""

    n: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How far one reviewer is: titles decided of those they have, how fast, and what is left at that pace.

    `hours_left` are hours of reading, `days_left` days on which they read as on those before; None where too
    little is known, or where nothing is left.
    """

    seat: RoundReviewer
    mine: bool
    pace: Pace

    @property
    def left(self) -> int:
        return max(self.seat.assigned_count - self.seat.decided_count, 0)

    @property
    def hours_left(self) -> float | None:
        return self.pace.hours_for(self.left) if self.left else None

    @property
    def days_left(self) -> float | None:
        return self.pace.days_for(self.left) if self.left else None


@dataclass(frozen=True, slots=True)
class Board:
    """One round as a person may see it; None means that it is not theirs to know (yet).

    `readings` are everybody's, `mine` the person's own. `awaiting` cases have one decision; `conflicts` wait
    for a resolution, the oldest since `oldest`; `carried` came over from earlier rounds.
    """

    round: Round
    mine: Reading | None
    readings: tuple[Reading, ...] | None
    awaiting: Many | None
    conflicts: Many | None
    oldest: datetime | None
    carried: Many | None
    revealed: bool
    sees_results: bool
    sees_pace: bool

    @property
    def shows_agreement(self) -> bool:
        """Agreement is told once the round is revealed, to nobody before."""
        return self.revealed and self.sees_results and self.round.discarded_at is None

    @property
    def is_open(self) -> bool:
        return self.round.coding_closed_at is None and self.round.discarded_at is None


def boards_for(*, user: User, poll: Poll) -> list[Board]:
    """The newest rounds of the poll that were not discarded, newest first, as the person may see them."""
    rounds = Round.objects.filter(poll=poll, discarded_at__isnull=True, archived_at__isnull=True)
    found = []
    for round in rounds.select_related("version__codebook").order_by("-number")[:ROUNDS]:
        round.poll = poll
        found.append(board_for(user=user, round=round))
    return found


def board_for(*, user: User, round: Round) -> Board:
    """One round as the person may see it."""
    sees_all = visibility.can_see_results(user, round)
    sees_conflicts = visibility.can_see_conflicts(user, round)
    sees_pace = sees_all and can_administer(user, round.poll)
    seats = list(RoundReviewer.objects.filter(round=round).select_related("user").order_by("ordinal"))
    mine = next((seat for seat in seats if seat.user_id == user.pk), None)
    paces = paces_of(seats if sees_pace else [seat for seat in seats if seat is mine])
    readings = tuple(
        Reading(seat, seat is mine, paces.get(seat.pk, UNKNOWN)) for seat in seats if sees_all or seat is mine
    )
    open_conflicts = Case.objects.filter(
        round=round, status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True, n_votes__gt=0
    )
    awaiting = Case.objects.filter(round=round, status=Case.Status.ONE_DECISION, n_votes__gt=0)
    carried = CarriedCase.objects.filter(round=round, reopened_at__isnull=True)
    return Board(
        round=round,
        mine=next((reading for reading in readings if reading.mine), None),
        readings=readings if sees_all else None,
        awaiting=count_up(awaiting) if sees_all else None,
        conflicts=count_up(open_conflicts) if sees_conflicts else None,
        oldest=oldest_of(open_conflicts) if sees_conflicts else None,
        carried=count_up(carried) if sees_all or mine is not None else None,
        revealed=visibility.is_revealed(round),
        sees_results=sees_all,
        sees_pace=sees_pace,
    )


def count_up(rows: QuerySet[Case] | QuerySet[CarriedCase]) -> Many:
    """How many rows there are, counted as far as `MOST`."""
    n = rows.order_by().values("pk")[: MOST + 1].count()
    return Many(min(n, MOST), n > MOST)


def oldest_of(conflicts: QuerySet[Case]) -> datetime | None:
    """Since when the oldest of these conflicts waits, by the index of the queue that is sorted by age. None
    where there is none, or where it was imported and nobody knows."""
    ever = RawSQL("'-infinity'::timestamptz", ())
    aged = conflicts.alias(age=Coalesce("conflict_since", ever)).filter(age__gt=ever).order_by("age", "pk")
    return aged.values_list("conflict_since", flat=True).first()


def check_can_see_agreement(user: User, round: Round) -> None:
    """Raises PollRefused unless the round is revealed and its results may be seen by the person.

    An admin who reads nowhere sees results at any time, but not this: on a page that people have open while
    they talk to each other, a figure that moves would be told.
    """
    visibility.check_can_see_results(user, round)
    if not visibility.is_revealed(round):
        raise PollRefused(visibility.STILL_OPEN)


def agreement_figure(*, user: User, round: Round) -> Agreement | None:
    """Agreement of the round, as its page has it; None if it took too long. Raises PollRefused."""
    check_can_see_agreement(user, round)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{AGREEMENT_SECONDS}s"])
            found = agreement_for(round)
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError:
        return None
    return found


def has_more_rounds(poll: Poll) -> bool:
    """Has the poll more rounds than the dashboard shows?"""
    shown = Q(discarded_at__isnull=True, archived_at__isnull=True)
    return Round.objects.filter(poll=poll).count() > min(
        Round.objects.filter(shown, poll=poll).count(), ROUNDS
    )
