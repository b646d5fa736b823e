"""What every act on a conflict needs: the case locked, the rules of the form, and one more row on record."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.models import Adjudication, Case, Category, CodebookFlag, Round
from classify.status import status_of
from polls.models import User

MAX_RATIONALE = 5_000
"""Characters."""
MAX_FLAG = 2_000
"""Characters."""
CLAIM_HOURS = 2
CLAIM_STANDS = timedelta(hours=CLAIM_HOURS)
"""Since the holder last did something. Who takes a case up and never comes back must not keep it for ever."""
TAKEN = "taken"
GONE = "gone"
"""Codes of the two refusals that come of being late: somebody else has the case, or it needs nobody."""


@dataclass(frozen=True, slots=True)
class Said:
    """Why somebody resolves a conflict as they do. `flag` is what the codebook should say, if anything;
    `together` is shared by all that were resolved in one act."""

    reason: str
    rationale: str = ""
    flag: str = ""
    together: UUID | None = None

    def check(self) -> None:
        """Raises ValidationError for a reason that is not on the list or a text too long."""
        if self.reason not in Adjudication.Reason.values:
            raise ValidationError(_("Choose a reason from the list."))
        if len(self.rationale) > MAX_RATIONALE:
            raise ValidationError(
                _("The rationale has %(n)d characters; at most %(max)d are kept. Shorten it.")
                % {"n": len(self.rationale), "max": MAX_RATIONALE}
            )
        if len(self.flag) > MAX_FLAG:
            raise ValidationError(
                _("The note for the codebook has %(n)d characters; at most %(max)d are kept. Shorten it.")
                % {"n": len(self.flag), "max": MAX_FLAG}
            )
        if self.reason == Adjudication.Reason.OTHER and not self.rationale.strip():
            raise ValidationError(_("Say in a sentence why, since the reason is another one."))


NOTHING = Said("")
"""What a first look says beside its category."""


def locked(case: Case) -> Case:
    """The case as it is now, and nobody else moves it until we are done. Raises Case.DoesNotExist.

    Nothing is joined to it: after waiting for the lock the case would be new and what is joined still old.
    """
    case = Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    case.round = Round.objects.select_related("poll", "version").get(pk=case.round_id)
    return case


def locked_all(round: Round, cases: Collection[int]) -> list[Case]:
    """These cases of the round as they are now, locked in the order in which everybody locks.

    The round first: who seals or counts many cases at once holds it, and takes them in no order.
    """
    rounds = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll", "version")
    round = rounds.get(pk=round.pk)
    found = list(
        Case.objects.select_for_update(no_key=True).filter(round=round.pk, pk__in=cases).order_by("pk")
    )
    for case in found:
        case.round = round
    return found


def stands(case: Case) -> bool:
    """Does somebody hold the case at this moment?"""
    return case.claimed_at is not None and case.claimed_at > timezone.now() - CLAIM_STANDS


def check_is_waiting(case: Case, by: User) -> None:
    """Raises ValidationError unless the case is a conflict that nobody else has taken up or resolved."""
    if case.closed_unresolved_at is not None:
        raise ValidationError(_("This case was closed as unresolved."), GONE)
    if case.status == Case.Status.RESOLVED:
        raise ValidationError(_("This conflict is resolved already."), GONE)
    if case.status != Case.Status.CONFLICT:
        raise ValidationError(_("This case is no conflict any more. Take the next one."), GONE)
    if case.n_votes == 0:
        raise ValidationError(_("Nobody shows this title any more, so nothing is to be resolved."), GONE)
    if stands(case) and case.claimed_by_id != by.pk:
        raise ValidationError(
            _("%(name)s has taken this conflict up. Take the next one.") % {"name": case.claimed_by}, TAKEN
        )


def known(case: Case, by: User, client_id: UUID) -> Adjudication | None:
    """What this client id stored before. Raises ValidationError if that was something else."""
    row = Adjudication.objects.filter(client_id=client_id).select_related("category").first()
    if row is not None and (row.case_id != case.pk or row.decided_by_id != by.pk):
        raise ValidationError(_("This form was used for another case. Open the case again."))
    return row


def category_of(round: Round, code: str) -> Category:
    """Raises ValidationError for a code that the round's codebook version does not have."""
    category = Category.objects.filter(version=round.version_id, code=code.replace("\x00", "?")).first()
    if category is None:
        raise ValidationError(_("“%(code)s” is no category of this codebook.") % {"code": code[:50]})
    return category


def first_look(case: Case, by: User) -> Adjudication | None:
    """What the person thought before they saw the two readings, if they said so."""
    return (
        Adjudication.objects.filter(case=case, decided_by=by, kind=Adjudication.Kind.FIRST)
        .select_related("category")
        .first()
    )


def add(
    case: Case, by: User, kind: str, category: Category | None, said: Said, client_id: UUID
) -> Adjudication:
    """Append one row, and with it the note for the codebook. Raises ValidationError."""
    if kind != Adjudication.Kind.FIRST:
        said.check()
    last = Adjudication.objects.filter(case=case).aggregate(last=Max("seq"))["last"] or 0
    try:
        with transaction.atomic():
            row = Adjudication.objects.create(
                case=case,
                round=case.round,
                version_id=case.round.version_id,
                seq=last + 1,
                kind=kind,
                category=category,
                reason=said.reason,
                rationale=said.rationale.replace("\x00", ""),
                together=said.together,
                decided_by=by,
                client_id=client_id,
            )
    except IntegrityError:
        # The same client id at the same moment on another case; on this one the lock forbids it.
        raise ValidationError(_("This form was used for another case. Open the case again.")) from None
    if flag := said.flag.replace("\x00", "").strip():
        CodebookFlag.objects.create(
            codebook_id=case.round.version.codebook_id, adjudication=row, text=flag, raised_by=by
        )
    return row


def latest_proposals(case: Case) -> dict[int, int]:
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


def resolve(case: Case, category: Category, resolution: str, by: User) -> None:
    """Move the case to its final category."""
    now = timezone.now()
    case.final = category
    case.resolution = resolution
    case.status = status_of(case.cat1, case.cat2, resolution=resolution, final=category.pk)
    case.resolved_by, case.resolved_at = by, now
    case.sealed_at = case.sealed_at or now
    case.save(update_fields=["final", "resolution", "status", "resolved_by", "resolved_at", "sealed_at"])
