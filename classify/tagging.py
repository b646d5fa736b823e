"""One decision of one reviewer: stored, counted where it still counts, and the next case with the same request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify import assignment, permissions
from classify.models import Case, Decision, ProfileView, ReviewerCase, Round, RoundReviewer
from classify.status import UNSURE, agree_sql, status_sql
from polls.models import User, Vote
from polls.permissions import PollRefused

MAX_NOTE = 2_000
"""Characters."""
MAX_MILLISECONDS = 24 * 3600 * 1000
"""A case left on screen for longer than a day says nothing about reading time."""
MAX_PROFILES = 100


@dataclass(frozen=True, slots=True)
class Submitted:
    """The reply to a decision: the same for the first and the second one, in time and late."""

    decision: Decision
    repeated: bool
    next: ReviewerCase | None
    decided: int
    total: int


# Seat first, then case: a reviewer's own requests stand in line, and two reviewers meet only at the case.
_LOCK = """
SELECT c.id, r.id, r.ordinal, r.cursor_order, r.cursor_case, r.handed_in_at IS NOT NULL, cat.id,
       c.sealed_at IS NOT NULL, c.n_votes > 0,
       CASE r.ordinal WHEN 1 THEN c.order1 ELSE c.order2 END
  FROM classify_roundreviewer r
  JOIN classify_case c ON c.round_id = r.round_id
   AND r.user_id = CASE r.ordinal WHEN 1 THEN c.reviewer1_id WHEN 2 THEN c.reviewer2_id END
  LEFT JOIN classify_category cat ON cat.version_id = %(version)s AND cat.code = %(code)s
 WHERE r.round_id = %(round)s AND r.user_id = %(reviewer)s AND c.id = %(case)s
   FOR NO KEY UPDATE OF r, c
"""


def _write_sql(slot: int) -> str:
    """Add the decision, move its case and the reviewer's own count, in one statement.

    A client id that is known already inserts nothing, and so moves nothing. A late decision moves no case.
    """
    mine, other = ("cat1", "cat2") if slot == 1 else ("cat2", "cat1")
    pair = ("%(cat)s::bigint", f"c.{other}")
    same = agree_sql(*pair)
    status = status_sql(*pair, resolution="c.resolution", final="c.final_id")
    return f"""
WITH last AS (
  SELECT seq, verdict FROM classify_decision WHERE case_id = %(case)s AND slot = {slot} ORDER BY seq DESC LIMIT 1
), added AS (
  INSERT INTO classify_decision
    (round_id, version_id, case_id, slot, reviewer_id, seq, verdict, category_id, note, evidence, milliseconds,
     client_id, late, source, entered_by_id, decided_at)
  SELECT %(round)s, %(version)s, %(case)s, {slot}, %(reviewer)s, COALESCE((SELECT seq FROM last), 0) + 1,
         %(verdict)s, %(category)s, %(note)s, %(evidence)s, %(milliseconds)s, %(client_id)s, %(late)s, 'web', NULL,
         %(now)s
  ON CONFLICT (client_id) DO NOTHING
  RETURNING id, seq, late
), moved AS (
  UPDATE classify_case c
     SET decision{slot}_id = CASE WHEN %(cat)s::bigint IS NULL THEN NULL ELSE added.id END,
         {mine} = %(cat)s::bigint,
         status = {status},
         final_id = CASE WHEN c.resolution = 'carried' THEN c.final_id WHEN {same} THEN %(cat)s::bigint END,
         resolution = CASE WHEN c.resolution = 'carried' THEN c.resolution WHEN {same} THEN 'agreed' ELSE '' END,
         conflict_since = CASE WHEN ({status}) <> 'conflict' THEN NULL
                               ELSE COALESCE(c.conflict_since, %(now)s) END
    FROM added WHERE c.id = %(case)s AND NOT added.late
), own AS (
  UPDATE classify_roundreviewer r
     SET decided_count = decided_count
           + CASE WHEN NOT %(counts)s THEN 0
                  ELSE (%(verdict)s <> 'withdrawn')::int
                       - COALESCE((SELECT (verdict <> 'withdrawn')::int FROM last), 0) END,
         cursor_order = CASE WHEN added.seq = 1 THEN %(order)s ELSE cursor_order END,
         cursor_case = CASE WHEN added.seq = 1 THEN %(case)s ELSE cursor_case END
    FROM added WHERE r.id = %(seat)s
  RETURNING r.decided_count, r.cursor_order, r.cursor_case
)
SELECT added.id, added.seq, added.late, own.decided_count, own.cursor_order, own.cursor_case FROM added, own
"""


_WRITE = {slot: _write_sql(slot) for slot in (1, 2)}


@dataclass(frozen=True, slots=True)
class _Seat:
    """A locked case as its reviewer may know it, and the reviewer's own place in the round."""

    case: int
    id: int
    slot: int
    cursor: tuple[int, int]
    handed_in: bool
    category: int | None
    sealed: bool
    counts: bool
    order: int


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
) -> Submitted:
    """Store one decision and hand out the next case: three statements, whoever was first and whatever is sealed.

    A repeat of the same `client_id` changes nothing and gets the same reply. A decision on a sealed case is
    stored as late, with the same reply. `verdict` is category, unsure or withdrawn; `milliseconds` the time the
    case was on screen. Raises Case.DoesNotExist for a case that is not this reviewer's, PollRefused for who
    does not read in the round, ValidationError with a sentence for what makes no sense.
    """
    if round.discarded_at is not None:
        permissions.check_is_open(round)
    _check_form(verdict, category_code, note, evidence)
    seat = _lock(round, case_id, by, category_code)
    if verdict == Decision.Verdict.CATEGORY and seat.category is None:
        raise ValidationError(
            _("“%(code)s” is no category of this codebook.") % {"code": str(category_code)[:50]}
        )
    if verdict == Decision.Verdict.WITHDRAWN and seat.handed_in:
        raise ValidationError(
            _("You have handed in, so a decision cannot be taken back. You can still change it.")
        )
    category = seat.category if verdict == Decision.Verdict.CATEGORY else None
    cats = {Decision.Verdict.CATEGORY: category, Decision.Verdict.UNSURE: UNSURE}
    values = {
        "round": round.pk,
        "version": round.version_id,
        "case": seat.case,
        "reviewer": by.pk,
        "seat": seat.id,
        "verdict": verdict,
        "category": category,
        "cat": cats.get(Decision.Verdict(verdict)),
        "note": note.replace("\x00", ""),
        "evidence": evidence,
        "milliseconds": milliseconds if milliseconds and 0 < milliseconds <= MAX_MILLISECONDS else None,
        "client_id": client_id,
        "late": seat.sealed,
        "now": timezone.now(),
        "counts": seat.counts,
        "order": seat.order,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE[seat.slot], values)
        row = cursor.fetchone()
    if row is None:
        return _repeated(round, seat, by, client_id)
    decision = Decision(
        pk=row[0],
        round=round,
        version_id=round.version_id,
        case_id=seat.case,
        slot=seat.slot,
        reviewer=by,
        seq=row[1],
        verdict=verdict,
        category_id=category,
        note=values["note"],
        evidence=evidence,
        milliseconds=values["milliseconds"],
        client_id=client_id,
        late=row[2],
        decided_at=values["now"],
    )
    return _reply(round, seat, by, decision, repeated=False, decided=row[3], cursor=(row[4], row[5]))


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


def _lock(round: Round, case_id: int, by: User, category_code: str | None) -> _Seat:
    """Lock the reviewer's seat and the case. Raises PollRefused or Case.DoesNotExist."""
    values = {
        "version": round.version_id,
        "code": category_code,
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
    return _Seat(
        case=row[0],
        id=row[1],
        slot=row[2],
        cursor=(row[3], row[4]),
        handed_in=row[5],
        category=row[6],
        sealed=row[7],
        counts=row[8],
        order=row[9],
    )


def _repeated(round: Round, seat: _Seat, by: User, client_id: UUID) -> Submitted:
    """The reply to a decision that is stored already. Raises ValidationError if it is another one."""
    decision = Decision.objects.filter(
        client_id=client_id, reviewer=by, round=round, case_id=seat.case
    ).first()
    if decision is None:
        raise ValidationError(
            _("This form was used for another decision. Open the case again and decide anew.")
        )
    fresh = RoundReviewer.objects.get(pk=seat.id)
    return _reply(
        round,
        seat,
        by,
        decision,
        repeated=True,
        decided=fresh.decided_count,
        cursor=(fresh.cursor_order, fresh.cursor_case),
    )


def _reply(
    round: Round,
    seat: _Seat,
    by: User,
    decision: Decision,
    *,
    repeated: bool,
    decided: int,
    cursor: tuple[int, int],
) -> Submitted:
    upcoming = None
    if round.coding_closed_at is None:
        upcoming = assignment.next_after(round_id=round.pk, reviewer_id=by.pk, slot=seat.slot, cursor=cursor)
    return Submitted(decision, repeated, upcoming, decided, assignment.total_of(round))


@transaction.atomic
def hand_in(*, round: Round, by: User) -> None:
    """Say that all is read. When both have, every case is sealed and the round revealed.

    A second time changes nothing. Raises PollRefused, or ValidationError while something is left to read.
    """
    round = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)
    permissions.check_can_read(by, round)
    seats = list(RoundReviewer.objects.select_for_update(no_key=True).filter(round=round, user=by))
    seat = seats[0]
    if seat.handed_in_at is not None:
        return
    left = assignment.unread(round=round, seat=seat)
    if left:
        raise ValidationError(
            ngettext(
                "%(n)d case still waits for your decision. Read it, then hand in.",
                "%(n)d cases still wait for your decision. Read them, then hand in.",
                left,
            )
            % {"n": left}
        )
    others = (
        RoundReviewer.objects.filter(round=round).exclude(pk=seat.pk).values_list("handed_in_at", flat=True)
    )
    if others and all(others):
        assignment.seal_cases(round)
    seat.handed_in_at = timezone.now()
    seat.save(update_fields=["handed_in_at"])


@transaction.atomic
def record_profile_view(*, round: Round, case_id: int, by: User) -> list[str]:
    """Record that the reviewer asked for the profiles behind a case, then give their addresses (at most 100).

    The order is hashed, since a file is often sorted by option. Raises PollRefused or Case.DoesNotExist.
    """
    permissions.check_can_read(by, round)
    if not ReviewerCase.objects.filter(round=round, reviewer=by, case=case_id).exists():
        raise Case.DoesNotExist(f"case {case_id} is none of this reviewer's")
    votes = Vote.objects.raw(
        "SELECT v.id, o.profile_url FROM classify_casevote cv JOIN polls_vote v ON v.id = cv.vote_id"
        "  JOIN polls_voter o ON o.id = v.voter_id"
        " WHERE cv.round_id = %(round)s AND cv.case_id = %(case)s AND cv.left_at IS NULL AND o.profile_url <> ''"
        " ORDER BY hashint8extended(v.id, %(seed)s) LIMIT %(limit)s",
        {"round": round.pk, "case": case_id, "seed": round.seed, "limit": MAX_PROFILES},
    )
    found: list[Any] = list(votes)
    ProfileView.objects.bulk_create(
        [ProfileView(vote_id=vote.pk, case_id=case_id, viewer=by) for vote in found]
    )
    return [str(vote.profile_url) for vote in found]
