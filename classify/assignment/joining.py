"""Which votes stand behind which case: when a round is made, and whenever votes change afterwards.

Every step is one statement over the set of votes it concerns (`opening`, `following`, `counting`), and
running all of them again changes nothing. A vote that moves leaves its row of `CaseVote` behind, so that what
was read for whom can be told later.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from classify import visibility
from classify.assignment import dealing
from classify.assignment.counting import COUNT_CASES, RECOUNT, RECOUNT_DECIDED
from classify.assignment.drawing import DRAWN, draw
from classify.assignment.following import (
    FLAG_CLOSED,
    FLAG_JOINED,
    LEAVE_CHANGED,
    LEAVE_EXCLUDED,
    REJOIN_CLOSED,
    REJOIN_OWN,
    SHOW_NEW_TEXT,
)
from classify.assignment.opening import JOIN_BESIDE, JOIN_HEADLINES, OPEN_HEADLINES, OPEN_SINGLES
from classify.assignment.parting import JOIN_PARTS, OPEN_PARTS
from classify.assignment.reading import unread
from classify.assignment.reopening import REOPEN_JOINED
from classify.models import Case, Round, RoundReviewer
from polls.models import Batch, Option, Poll


def open_cases(round: Round) -> None:
    """Give every live vote of the poll a case in the round, and count. `dealing.deal` says who reads them.

    Of a round on a sample: the votes behind the titles that its seed draws, once and for all.
    """
    values = _values(round, reason="")
    opening = _opening(round)
    if round.sample_size is not None and not Case.objects.filter(round=round).exists():
        values |= draw(round).values
        opening = _opening_all(round)
    _run(values, *opening, RECOUNT)
    _run(values, COUNT_CASES)
    round.refresh_from_db(fields=["case_count"])


@transaction.atomic
def after_votes_changed(*, poll_id: int, batch_id: int | None = None) -> None:
    """Let the cases of every round of the poll follow its votes.

    `polls` calls this through a setting, in the transaction of an import, its undo, a correction or an
    exclusion. In an open round votes leave, join and rejoin cases, and a reviewer who had handed in gets what
    is new to read.
    A closed round loses excluded votes (or its totals would not reconcile) and is flagged, nothing more.
    """
    # A round being made waits for this transaction, or this waits for it: see `rounds.create_round`.
    poll = Poll.objects.select_for_update(no_key=True).get(pk=poll_id)
    reason = _reason(batch_id)
    for round in Round.objects.select_for_update(no_key=True).filter(poll_id=poll_id).order_by("pk"):
        round.poll = poll
        follow_votes(round, reason=reason)


def follow_votes(round: Round, *, reason: str) -> None:
    """Let the cases of one round follow the votes of its poll. Poll and round are locked by the caller."""
    # Seats before cases, as a decision locks them.
    lock_seats(round)
    values = _values(round, reason=reason)
    revealed = visibility.is_revealed(round)
    if round.coding_closed_at is None:
        arriving = [REJOIN_OWN, SHOW_NEW_TEXT, JOIN_PARTS, OPEN_PARTS, *_opening(round)]
        follow = [LEAVE_CHANGED, *arriving, FLAG_JOINED, REOPEN_JOINED]
    else:
        follow = [REJOIN_CLOSED, FLAG_CLOSED]
    if _run(values, LEAVE_EXCLUDED, *follow, RECOUNT):
        _run(values, RECOUNT_DECIDED)
        _run(values, COUNT_CASES)
        dealing.deal(round)
        take_back_hand_ins(round)
        # The last case that waited for a reader may have lost its vote: this reveals it like a hand-in.
        if visibility.is_revealed(round):
            seal_cases(round)
        elif revealed:
            read_on(round)


def open_parts(round: Round, case: Case, *, reason: str) -> None:
    """Give every voter behind a headline that was just split a case of their own, read by the same people.

    The votes have left the shared case. Round and seats are locked by the caller, who counts.
    """
    _run({**_values(round, reason=reason), "case": case.pk}, JOIN_PARTS, OPEN_PARTS, few=True)


def _reason(batch_id: int | None) -> str:
    """Why votes join cases now, as their rows keep it."""
    if batch_id is None:
        return "changed by hand"
    undone = Batch.objects.filter(pk=batch_id, undone_at__isnull=False).exists()
    return f"import {batch_id} undone" if undone else f"import {batch_id}"


def seal_cases(round: Round) -> int:
    """Freeze the standing decisions of every case of the round that is not sealed yet; returns how many."""
    return Case.objects.filter(round=round, sealed_at__isnull=True).update(sealed_at=timezone.now())


def read_on(round: Round) -> None:
    """A round that was revealed has something to read again: what is decided from here on is marked, as after
    a reopening, since people have seen how others decided."""
    Round.objects.filter(pk=round.pk).update(reopened_at=timezone.now())


def _opening(round: Round) -> list[str]:
    """How votes come to cases. A sample takes no new title: only who shows one of its titles joins it."""
    if round.sample_size is not None:
        return [JOIN_HEADLINES, JOIN_BESIDE]
    return _opening_all(round)


def _opening_all(round: Round) -> list[str]:
    if round.unit == Round.Unit.VOTER:
        return [JOIN_BESIDE, OPEN_SINGLES]
    return [OPEN_HEADLINES, JOIN_HEADLINES, JOIN_BESIDE, OPEN_SINGLES]


def lock_seats(round: Round) -> list[RoundReviewer]:
    """Every seat of the round, locked, so that nobody decides meanwhile. The round is locked before."""
    return list(RoundReviewer.objects.select_for_update(no_key=True).filter(round=round).order_by("pk"))


def take_back_hand_ins(round: Round) -> None:
    """Who handed in and now has something to read has not handed in all."""
    if round.coding_closed_at is not None:
        return
    for seat in RoundReviewer.objects.filter(
        round=round, handed_in_at__isnull=False, left_at__isnull=True
    ).order_by("pk"):
        if unread(round=round, seat=seat):
            seat.handed_in_at = None
            seat.save(update_fields=["handed_in_at"])


def _values(round: Round, *, reason: str) -> dict[str, Any]:
    """What the statements above are filled with."""
    # Who reads all needs no dealing afterwards, which would write every case a second time.
    readers = [seat.user_id for seat in dealing.readers_of(round)]
    first, second = [*readers, None, None][:2] if len(readers) <= 2 else (None, None)
    return {
        "round": round.pk,
        "poll": round.poll_id,
        "unit": round.unit,
        "single": round.poll.single_choice,
        "seed": round.seed,
        "reviewer1": first,
        "reviewer2": second,
        "now": timezone.now(),
        "reason": reason,
        "by": None,
        "case": None,
    }


def _run(values: dict[str, Any], *statements: str, few: bool = False) -> int:
    """Run the statements in their order; returns how many rows they touched together.

    Tables that were filled a moment ago have no statistics yet: the planner takes them for empty and would go
    through 100,000 votes once per case. All these statements are over whole sets, so it is told to hash, but
    where they are about a `few` votes.
    """
    last = Option.objects.filter(poll=values["poll"]).aggregate(last=Max("position"))["last"] or 0
    each = ", ".join(f"count(*) FILTER (WHERE o.position = {place})" for place in range(1, last + 1))
    none = ", ".join("0" for _ in range(last))
    drawn = DRAWN if "headlines" in values else ""
    touched = 0
    with connection.cursor() as cursor:
        if not few:
            cursor.execute("SET LOCAL enable_nestloop = off")
        for sql in statements:
            filled = sql.replace("PER_POSITION", each).replace("NO_VOTES", none)
            cursor.execute(filled.replace("ONLY_DRAWN", drawn), values)
            touched += cursor.rowcount
        if not few:
            cursor.execute("SET LOCAL enable_nestloop = on")
    return touched
