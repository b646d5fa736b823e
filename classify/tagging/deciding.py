"""One decision of one reviewer: stored, counted where it still counts, and the next case with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.models import Case, Decision, ReviewerCase, Round, RoundReviewer
from classify.tagging.storing import Outcome, store
from polls.models import User
from polls.permissions import PollRefused

type Address = tuple[str, int]
"""Slug of the poll and number of the round."""

MAX_NOTE = 2_000
"""Characters."""
MAX_MILLISECONDS = 24 * 3600 * 1000
"""A case left on screen for longer than a day says nothing about reading time."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The reply to a decision: the same for the first and the second one, in time and late.

    `decided` of `total` cases are the reviewer's own progress; `next` is None when all is read, or when the
    next one is not asked for. `text` is what the decided case shows. `closed`: coding is closed, which
    everybody knows.
    """

    decision: Decision
    text: str
    repeated: bool
    next: ReviewerCase | None
    decided: int
    total: int
    closed: bool

    @property
    def late(self) -> bool:
        """Did this decision come too late to count? Said once coding is closed, never before: a seal that
        came earlier tells of a conflict."""
        return self.closed and self.decision.late


def submit_decision(
    *,
    round: Round | Address,
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
    """Store one decision and hand out the next case, in one statement, whoever was first, sealed or not.

    A repeat of the same `client_id` changes nothing and gets the same reply. A decision on a sealed case is
    stored as late, with the same reply. `verdict` is category, unsure or withdrawn; `milliseconds` the time
    the case was on screen. The next case is the first unread one behind the place `after` (reading order,
    case id), once around; without it, behind the one decided last. Raises Case.DoesNotExist for a case that
    is not this reviewer's, PollRefused for who does not read in the round (any more), ValidationError with a
    sentence for what makes no sense.
    """
    _check_form(verdict, category_code, note, evidence)
    sent: dict[str, Any] = {
        "reviewer": by.pk,
        "superuser": by.is_superuser,
        "case": case_id,
        "verdict": str(verdict),
        "code": category_code and category_code.replace("\x00", "?"),
        "note": note.replace("\x00", ""),
        "evidence": str(evidence),
        "milliseconds": milliseconds if milliseconds and 0 < milliseconds <= MAX_MILLISECONDS else None,
        "client_id": client_id,
        "now": timezone.now(),
        "after_order": after[0] if after else None,
        "after_case": after[1] if after else None,
        **_named(round),
    }
    outcome = store(sent)
    if outcome is None:
        _refuse(round, case_id, by)
    if outcome.decision is None and (stored := _stored(sent)) is not None:
        return _reply(outcome, stored)
    _check(outcome, verdict, category_code)
    return _reply(outcome, _decision(outcome, sent))


def _named(round: Round | Address) -> dict[str, Any]:
    """How the statement is told which round is meant."""
    if isinstance(round, Round):
        return {"round": round.pk}
    return {"slug": round[0], "number": round[1]}


def _refuse(round: Round | Address, case_id: int, by: User) -> NoReturn:
    """Say why there is nothing to decide. Raises Http404, PollRefused or Case.DoesNotExist."""
    if not isinstance(round, Round):
        round = permissions.get_round_to_read(by, *round)
    if not permissions.is_reviewer(by, round):
        raise PollRefused(_("You are no reviewer of this round."))
    if RoundReviewer.objects.filter(round=round, user=by, left_at__isnull=False).exists():
        raise PollRefused(permissions.LEFT)
    raise Case.DoesNotExist(f"case {case_id} is none of this reviewer's")


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


def _check(outcome: Outcome, verdict: str, category_code: str | None) -> None:
    """Raises PollRefused for who may not decide, ValidationError for what cannot be stored.

    These are the conditions under which the statement stores nothing.
    """
    if not outcome.may_read:
        raise PollRefused(_("You are no reviewer of this round."))
    if outcome.has_left:
        raise PollRefused(permissions.LEFT)
    if outcome.discarded:
        raise PollRefused(permissions.DISCARDED)
    if verdict == Decision.Verdict.CATEGORY and outcome.category is None:
        code = str(category_code)[:50]
        raise ValidationError(_("“%(code)s” is no category of this codebook.") % {"code": code})
    if verdict == Decision.Verdict.WITHDRAWN and outcome.handed_in:
        # Known to the reviewer already, so that the refusal tells nothing about the seal.
        raise ValidationError(
            _("You have handed in, so a decision cannot be taken back. You can still change it.")
        )


def _stored(sent: dict[str, Any]) -> Decision | None:
    """What this person stored under that id before, on this case: answered alike, even once they left."""
    return Decision.objects.filter(
        client_id=sent["client_id"], reviewer=sent["reviewer"], case=sent["case"]
    ).first()


def _decision(outcome: Outcome, sent: dict[str, Any]) -> Decision:
    """What is stored now. Raises ValidationError where the client id was used for something else."""
    if outcome.decision is None:
        raise ValidationError(
            _("This form was used for another decision. Open the case again and decide anew.")
        )
    return Decision(
        id=outcome.decision,
        round_id=outcome.round,
        version_id=outcome.version,
        case_id=sent["case"],
        slot=outcome.slot,
        reviewer_id=sent["reviewer"],
        seq=outcome.seq,
        verdict=sent["verdict"],
        category_id=outcome.category if sent["verdict"] == Decision.Verdict.CATEGORY else None,
        note=sent["note"],
        evidence=sent["evidence"],
        milliseconds=sent["milliseconds"],
        client_id=sent["client_id"],
        late=outcome.late,
        decided_at=sent["now"],
    )


def _reply(outcome: Outcome, decision: Decision) -> Submitted:
    upcoming = outcome.next
    if upcoming is None and not outcome.closed:
        # The end of the order: once around, then what was taken back.
        found = assignment.upcoming_after(
            round_id=outcome.round, reviewer_id=decision.reviewer_id, place=outcome.place
        )
        upcoming = next(iter(found), None)
    return Submitted(
        decision=decision,
        text=outcome.text,
        repeated=outcome.decision is None,
        next=upcoming,
        decided=outcome.decided,
        total=outcome.total,
        closed=outcome.closed,
    )
