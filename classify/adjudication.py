"""Resolving a conflict, by a third person or by the two in consensus. What they said on their own stays."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.models import Adjudication, Case, Category, Round
from classify.permissions import check_can_adjudicate, check_is_reviewer
from classify.status import status_of
from classify.visibility import check_can_see_conflicts, holds_open_slot, is_revealed
from polls.models import User
from polls.permissions import PollRefused, allows, can_administer

MAX_RATIONALE = 5_000
"""Characters."""
CLAIM_STANDS = timedelta(hours=12)
"""Somebody who takes a case up and never comes back must not keep it from the others for ever."""


def queue(user: User, round: Round) -> QuerySet[Case]:
    """The conflicts of the round that wait for a resolution, oldest first, without who said what.

    Raises PollRefused for who may not see them.
    """
    check_can_see_conflicts(user, round)
    return (
        Case.objects.filter(round=round, status=Case.Status.CONFLICT, closed_unresolved_at__isnull=True)
        .defer("reviewer1", "reviewer2", "decision1", "decision2", "cat1", "cat2", "order1", "order2")
        .select_related("claimed_by")
        .order_by("conflict_since", "pk")
    )


def check_can_propose(user: User, round: Round) -> None:
    """Raises PollRefused unless the person is one of the two of a revealed round under the consensus rule."""
    check_is_reviewer(user, round)
    if round.rule != Round.Rule.CONSENSUS:
        raise PollRefused(_("In this round a third person decides conflicts."))
    if round.discarded_at is not None:
        raise PollRefused(_("This practice round was discarded."))
    if not is_revealed(round):
        raise PollRefused(
            _("You can talk about conflicts when both of you have handed in or coding is closed.")
        )


def can_propose(user: User, round: Round) -> bool:
    """Is the person one of the two of a revealed round under the consensus rule?"""
    return allows(check_can_propose, user, round)


def check_can_decide(user: User, round: Round, case: Case | None = None) -> None:
    """Raises PollRefused unless the person may decide as the third; under consensus only after the reveal."""
    check_can_adjudicate(user, round, case)
    check_can_see_conflicts(user, round)


def check_can_close_unresolved(user: User, case: Case) -> None:
    """Raises PollRefused unless the person may leave the case unresolved.

    The adjudicators may; an admin without an open slot may; under consensus either of the two may once both
    have proposed and do not agree: then the deadlock is on record.
    """
    round = case.round
    if allows(check_can_decide, user, round, case):
        return
    if can_administer(user, round.poll) and not holds_open_slot(user, round):
        return
    check_can_propose(user, round)
    if len(_latest_proposals(case)) < 2:
        raise PollRefused(
            _("Each of you proposes a category first. If you cannot agree, close the case then.")
        )


def can_close_unresolved(user: User, case: Case) -> bool:
    """May the person leave the case unresolved?"""
    return allows(check_can_close_unresolved, user, case)


@transaction.atomic
def claim(*, case: Case, by: User) -> Case:
    """Take a conflict up: from here on the two decisions are sealed. The same person may do so again.

    Raises PollRefused, or ValidationError with a sentence when it is no conflict any more or somebody has it.
    """
    case = _locked(case)
    check_can_decide(by, case.round, case)
    _check_is_waiting(case, by)
    now = timezone.now()
    case.claimed_by, case.claimed_at = by, now
    case.sealed_at = case.sealed_at or now
    case.save(update_fields=["claimed_by", "claimed_at", "sealed_at"])
    return case


@transaction.atomic
def decide(
    *, case: Case, by: User, category_code: str, reason: str, rationale: str = "", client_id: UUID
) -> Adjudication:
    """Decide a conflict as the third person. A repeat of the same `client_id` changes nothing.

    Raises PollRefused, or ValidationError with a sentence.
    """
    case = _locked(case)
    check_can_decide(by, case.round, case)
    if (known := _known(case, by, client_id)) is not None:
        return known
    _check_is_waiting(case, by)
    category = _category(case, category_code)
    row = _add(case, by, Adjudication.Kind.FINAL, category, reason, rationale, client_id)
    _resolve(case, category, Case.Resolution.ADJUDICATED, by)
    return row


@transaction.atomic
def propose(
    *, case: Case, by: User, category_code: str, reason: str, rationale: str = "", client_id: UUID
) -> Adjudication:
    """Propose a category under the consensus rule; it is final when the latest proposals of both agree.

    Returns the proposal. A repeat of the same `client_id` changes nothing.
    Raises PollRefused, or ValidationError with a sentence.
    """
    case = _locked(case)
    check_can_propose(by, case.round)
    if by.pk not in (case.reviewer1_id, case.reviewer2_id):
        raise PollRefused(_("You are no reviewer of this case."))
    if (known := _known(case, by, client_id)) is not None:
        return known
    _check_is_waiting(case, by)
    category = _category(case, category_code)
    row = _add(case, by, Adjudication.Kind.PROPOSAL, category, reason, rationale, client_id)
    latest = _latest_proposals(case)
    if len(latest) == 2 and len(set(latest.values())) == 1:
        # What a check of the stored status starts from, as under the other rule: one row that says final.
        _add(case, by, Adjudication.Kind.FINAL, category, reason, rationale, uuid4())
        _resolve(case, category, Case.Resolution.CONSENSUS, by)
    return row


@transaction.atomic
def close_unresolved(
    *, case: Case, by: User, reason: str, rationale: str = "", client_id: UUID
) -> Adjudication:
    """Leave a conflict unresolved for good: its votes stay unresolved in every figure.

    A repeat of the same `client_id` changes nothing. Raises PollRefused, or ValidationError with a sentence.
    """
    case = _locked(case)
    check_can_close_unresolved(by, case)
    if (known := _known(case, by, client_id)) is not None:
        return known
    _check_is_waiting(case, by)
    row = _add(case, by, Adjudication.Kind.FINAL, None, reason, rationale, client_id)
    now = timezone.now()
    case.sealed_at = case.sealed_at or now
    case.closed_unresolved_at = now
    case.save(update_fields=["sealed_at", "closed_unresolved_at"])
    return row


def _locked(case: Case) -> Case:
    """The case as it is now, and nobody else moves it until we are done. Raises Case.DoesNotExist.

    Nothing is joined to it: after waiting for the lock the case would be new and what is joined still old.
    """
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    case.round = Round.objects.select_related("poll").get(pk=case.round_id)
    return case


def _check_is_waiting(case: Case, by: User) -> None:
    """Raises ValidationError unless the case is a conflict that nobody else has taken up or resolved."""
    if case.closed_unresolved_at is not None:
        raise ValidationError(_("This case was closed as unresolved."))
    if case.status == Case.Status.RESOLVED:
        raise ValidationError(_("This conflict is resolved already."))
    if case.status != Case.Status.CONFLICT:
        raise ValidationError(_("This case is no conflict any more. Take the next one."))
    taken = case.claimed_at is not None and case.claimed_at > timezone.now() - CLAIM_STANDS
    if taken and case.claimed_by_id != by.pk:
        raise ValidationError(
            _("%(name)s has taken this conflict up. Take the next one.") % {"name": case.claimed_by}
        )


def _known(case: Case, by: User, client_id: UUID) -> Adjudication | None:
    """What this client id stored before. Raises ValidationError if that was something else."""
    row = Adjudication.objects.filter(client_id=client_id).select_related("category").first()
    if row is not None and (row.case_id != case.pk or row.decided_by_id != by.pk):
        raise ValidationError(_("This form was used for another case. Open the case again."))
    return row


def _category(case: Case, code: str) -> Category:
    """Raises ValidationError for a code that the round's codebook version does not have."""
    category = Category.objects.filter(version=case.round.version_id, code=code).first()
    if category is None:
        raise ValidationError(_("“%(code)s” is no category of this codebook.") % {"code": code[:50]})
    return category


def _add(
    case: Case, by: User, kind: str, category: Category | None, reason: str, rationale: str, client_id: UUID
) -> Adjudication:
    """Append one row. Raises ValidationError for a reason that is not on the list or a text too long."""
    if reason not in Adjudication.Reason.values:
        raise ValidationError(_("Choose a reason from the list."))
    if len(rationale) > MAX_RATIONALE:
        raise ValidationError(
            _("The rationale has %(n)d characters; at most %(max)d are kept. Shorten it.")
            % {"n": len(rationale), "max": MAX_RATIONALE}
        )
    if reason == Adjudication.Reason.OTHER and not rationale.strip():
        raise ValidationError(_("Say in a sentence why, since the reason is another one."))
    last = Adjudication.objects.filter(case=case).aggregate(last=Max("seq"))["last"] or 0
    try:
        with transaction.atomic():
            return Adjudication.objects.create(
                case=case,
                round=case.round,
                version_id=case.round.version_id,
                seq=last + 1,
                kind=kind,
                category=category,
                reason=reason,
                rationale=rationale.replace("\x00", ""),
                decided_by=by,
                client_id=client_id,
            )
    except IntegrityError:
        # The same client id at the same moment on another case; on this one the lock forbids it.
        raise ValidationError(_("This form was used for another case. Open the case again.")) from None


def _latest_proposals(case: Case) -> dict[int, int]:
    """Reviewer to category, of the latest proposal of each of the two."""
    rows = (
        Adjudication.objects.filter(
            case=case,
            kind=Adjudication.Kind.PROPOSAL,
            decided_by__in=[case.reviewer1_id, case.reviewer2_id],
        )
        .order_by("decided_by", "-seq")
        .distinct("decided_by")
    )
    return {
        row.decided_by_id: row.category_id
        for row in rows
        if row.decided_by_id is not None and row.category_id is not None
    }


def _resolve(case: Case, category: Category, resolution: str, by: User) -> None:
    now = timezone.now()
    case.final = category
    case.resolution = resolution
    case.status = status_of(case.cat1, case.cat2, resolution=resolution, final=category.pk)
    case.resolved_by, case.resolved_at = by, now
    case.sealed_at = case.sealed_at or now
    case.save(update_fields=["final", "resolution", "status", "resolved_by", "resolved_at", "sealed_at"])
