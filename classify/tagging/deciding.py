"""One decision of one reviewer: stored, counted where it still counts, and the next case with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.models import Case, Decision, ReviewerCase, Round
from classify.status import UNSURE, agree_sql, status_sql
from polls.models import User
from polls.permissions import PollRefused

MAX_NOTE = 2_000
"""Characters."""
MAX_MILLISECONDS = 24 * 3600 * 1000
"""A case left on screen for longer than a day says nothing about reading time."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The reply to a decision: the same for the first and the second one, in time and late.

    `decided` of `total` cases are the reviewer's own progress; `next` is None when all is read, or when the
    next one is not asked for. `text` is what the decided case shows.
    """

    decision: Decision
    text: str
    repeated: bool
    next: ReviewerCase | None
    decided: int
    total: int


@dataclass(frozen=True, slots=True)
class _Seat:
    """A locked case as far as its reviewer's request needs it, and the reviewer's own place in the round.

    `counts` says whether the case has a vote, `order` is its place in the reviewer's reading order.
    """

    case: int
    id: int
    slot: int
    cursor_order: int
    cursor_case: int
    decided: int
    total: int
    handed_in: bool
    left: bool
    category: int | None
    sealed: bool
    counts: bool
    order: int
    text: str


# Seat first, then case: a reviewer's own requests stand in line, and two reviewers meet only at the case.
_LOCK = """
SELECT c.id, r.id, CASE r.user_id WHEN c.reviewer1_id THEN 1 ELSE 2 END, r.cursor_order, r.cursor_case,
       r.decided_count, r.assigned_count, r.handed_in_at IS NOT NULL, r.left_at IS NOT NULL, category.id,
       c.sealed_at IS NOT NULL, c.n_votes > 0,
       CASE r.user_id WHEN c.reviewer1_id THEN c.order1 ELSE c.order2 END, c.text
  FROM classify_roundreviewer r
  JOIN classify_case c ON c.round_id = r.round_id AND r.user_id IN (c.reviewer1_id, c.reviewer2_id)
  LEFT JOIN classify_category category ON category.version_id = %(version)s AND category.code = %(code)s
 WHERE r.round_id = %(round)s AND r.user_id = %(reviewer)s AND c.id = %(case)s
   FOR NO KEY UPDATE OF r, c
"""


def _write_sql(slot: int) -> str:
    """Add the decision, move its case, move the reviewer's own count and cursor: one statement.

    A client id that is known already inserts nothing and so moves nothing. A late decision moves no case.
    The cursor follows first readings only; going back to an old case must not skip what lies between.
    """
    mine, other = ("cat1", "cat2") if slot == 1 else ("cat2", "cat1")
    pair = ("%(cat)s::bigint", f"c.{other}")
    same = agree_sql(*pair)
    status = status_sql(*pair, resolution="c.resolution", final="c.final_id")
    return f"""
WITH last AS (
  SELECT seq, verdict <> 'withdrawn' AS stands FROM classify_decision
   WHERE case_id = %(case)s AND slot = {slot} ORDER BY seq DESC LIMIT 1
), added AS (
  INSERT INTO classify_decision
    (round_id, version_id, case_id, slot, reviewer_id, seq, verdict, category_id, note, evidence,
     milliseconds, client_id, late, source, decided_at)
  SELECT %(round)s, %(version)s, %(case)s, {slot}, %(reviewer)s, COALESCE((SELECT seq FROM last), 0) + 1,
         %(verdict)s, %(category)s, %(note)s, %(evidence)s, %(milliseconds)s, %(client_id)s, %(late)s,
         'web', %(now)s
  ON CONFLICT (client_id) DO NOTHING
  RETURNING id, seq
), moved AS (
  UPDATE classify_case c
     SET decision{slot}_id = CASE WHEN %(cat)s::bigint IS NOT NULL THEN added.id END,
         {mine} = %(cat)s::bigint,
         status = {status},
         final_id = CASE WHEN c.resolution = 'carried' THEN c.final_id
                         WHEN {same} THEN %(cat)s::bigint END,
         resolution = CASE WHEN c.resolution = 'carried' THEN c.resolution
                           WHEN {same} THEN 'agreed' ELSE '' END,
         conflict_since = CASE WHEN ({status}) = 'conflict' THEN COALESCE(c.conflict_since, %(now)s) END,
         after_reveal = c.after_reveal
           OR (SELECT reopened_at IS NOT NULL FROM classify_round WHERE id = %(round)s)
    FROM added
   WHERE c.id = %(case)s AND NOT %(late)s
)
UPDATE classify_roundreviewer r
   SET decided_count = decided_count + CASE WHEN NOT %(counts)s OR stood = stands THEN 0
                                            WHEN stands THEN 1 ELSE -LEAST(1, decided_count) END,
       cursor_order = CASE WHEN added.seq = 1 THEN %(order)s ELSE cursor_order END,
       cursor_case = CASE WHEN added.seq = 1 THEN %(case)s ELSE cursor_case END,
       last_decided_at = %(now)s
  FROM added,
       (SELECT %(verdict)s <> 'withdrawn' AS stands, COALESCE((SELECT stands FROM last), false) AS stood) s
 WHERE r.id = %(seat)s
RETURNING added.id, added.seq, r.decided_count, r.cursor_order, r.cursor_case
"""  # noqa: S608 - of constants


_WRITE = {slot: _write_sql(slot) for slot in (1, 2)}


@transaction.atomic
def submit_decision(
    *,
    round: Round,
    case_id: int,
    by: User,
    verdict: str,
    category_code: str | None = None,
    note: str = "",
    evidence: str = Decision.Evidence.HEADLINE,
    milliseconds: int | None = None,
    client_id: UUID,
    after: tuple[int, int] | None = None,
) -> Submitted:
    """Store one decision and hand out the next case: three statements, whoever was first, sealed or not.

    A repeat of the same `client_id` changes nothing and gets the same reply. A decision on a sealed case is
    stored as late, with the same reply. `verdict` is category, unsure or withdrawn; `milliseconds` the time
    the case was on screen. The next case is the first unread one behind the place `after` (reading order,
    case id), once around; without it, behind the one decided last. Raises Case.DoesNotExist for a case that
    is not this reviewer's, PollRefused for who does not read in the round (any more), ValidationError with a
    sentence for what makes no sense.
    """
    if round.discarded_at is not None:
        permissions.check_is_open(round)
    _check_form(verdict, category_code, note, evidence)
    seat = _lock(round, case_id, by, category_code)
    _check_fits(seat, verdict, category_code)
    category = seat.category if verdict == Decision.Verdict.CATEGORY else None
    decision = Decision(
        round=round,
        version_id=round.version_id,
        case_id=seat.case,
        slot=seat.slot,
        reviewer=by,
        verdict=verdict,
        category_id=category,
        note=note.replace("\x00", ""),
        evidence=evidence,
        milliseconds=milliseconds if milliseconds and 0 < milliseconds <= MAX_MILLISECONDS else None,
        client_id=client_id,
        late=seat.sealed,
        decided_at=timezone.now(),
    )
    row = _write(decision, seat)
    if row is None:
        return _repeated(decision, seat, after)
    decision.pk, decision.seq = row[0], row[1]
    return _reply(decision, seat, repeated=False, decided=row[2], place=after or (row[3], row[4]))


def _check_form(verdict: str, category_code: str | None, note: str, evidence: str) -> None:
    """Raises ValidationError with a sentence for values no page of ours sends."""
    if verdict not in Decision.Verdict.values:
        raise ValidationError(_("Choose a category, or say that you are unsure."))
    if verdict == Decision.Verdict.CATEGORY and not category_code:
        raise ValidationError(_("Choose a category, or say that you are unsure."))
    if evidence not in Decision.Evidence.values:
        raise ValidationError(_("A decision rests on the headline or on the profile."))
    if len(note) > MAX_NOTE:
        raise ValidationError(
            _("The note has %(n)d characters; at most %(max)d are kept. Shorten it.")
            % {"n": len(note), "max": MAX_NOTE}
        )


def _check_fits(seat: _Seat, verdict: str, category_code: str | None) -> None:
    """Raises ValidationError for an unknown category, or for taking back what was handed in."""
    if verdict == Decision.Verdict.CATEGORY and seat.category is None:
        code = str(category_code)[:50]
        raise ValidationError(_("“%(code)s” is no category of this codebook.") % {"code": code})
    if verdict == Decision.Verdict.WITHDRAWN and seat.handed_in:
        # Known to the reviewer already, so that the refusal tells nothing about the seal.
        raise ValidationError(
            _("You have handed in, so a decision cannot be taken back. You can still change it.")
        )


def _lock(round: Round, case_id: int, by: User, category_code: str | None) -> _Seat:
    """Lock the reviewer's seat and the case. Raises PollRefused or Case.DoesNotExist."""
    values = {
        "version": round.version_id,
        "code": category_code and category_code.replace("\x00", "?"),
        "round": round.pk,
        "reviewer": by.pk,
        "case": case_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, values)
        row = cursor.fetchone()
    if row is None:
        if not permissions.is_reviewer(by, round):
            raise PollRefused(_("You are no reviewer of this round."))
        raise Case.DoesNotExist(f"case {case_id} is none of this reviewer's")
    seat = _Seat(*row)
    if seat.left:
        raise PollRefused(permissions.LEFT)
    return seat


def _write(decision: Decision, seat: _Seat) -> tuple[Any, ...] | None:
    """Store it: (id, seq, decided, cursor order, cursor case), or None if that client id is known."""
    cat = UNSURE if decision.verdict == Decision.Verdict.UNSURE else decision.category_id
    values: dict[str, Any] = {
        "round": decision.round_id,
        "version": decision.version_id,
        "case": decision.case_id,
        "reviewer": decision.reviewer_id,
        "seat": seat.id,
        "verdict": decision.verdict,
        "category": decision.category_id,
        "cat": cat,
        "note": decision.note,
        "evidence": decision.evidence,
        "milliseconds": decision.milliseconds,
        "client_id": decision.client_id,
        "late": decision.late,
        "now": decision.decided_at,
        "counts": seat.counts,
        "order": seat.order,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE[seat.slot], values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _repeated(decision: Decision, seat: _Seat, after: tuple[int, int] | None) -> Submitted:
    """The reply to a decision that is stored already. Raises ValidationError if that was another one."""
    stored = (
        Decision.objects.filter(
            client_id=decision.client_id, reviewer=decision.reviewer_id, case=decision.case_id
        )
        .select_related("round__poll")
        .first()
    )
    if stored is None:
        raise ValidationError(
            _("This form was used for another decision. Open the case again and decide anew.")
        )
    place = after or (seat.cursor_order, seat.cursor_case)
    return _reply(stored, seat, repeated=True, decided=seat.decided, place=place)


def _reply(
    decision: Decision, seat: _Seat, *, repeated: bool, decided: int, place: tuple[int, int]
) -> Submitted:
    found: list[ReviewerCase] = []
    if decision.round.coding_closed_at is None:
        found = assignment.upcoming_after(
            round_id=decision.round_id, reviewer_id=decision.reviewer_id, place=place, limit=1
        )
    total = seat.total or assignment.total_of(decision.round)
    return Submitted(decision, seat.text, repeated, next(iter(found), None), decided, total)
