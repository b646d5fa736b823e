"""A third person decides: where the round asks for it with a first look, before the two are shown."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify.adjudication.claiming import hold
from classify.adjudication.recording import (
    NOTHING,
    Said,
    add,
    category_of,
    check_is_waiting,
    first_look,
    known,
    locked,
    resolve,
)
from classify.adjudication.rights import check_can_close_unresolved, check_can_decide
from classify.models import Adjudication, Case, Category
from classify.permissions import is_adjudicator
from polls.models import User


@transaction.atomic
def look_first(*, case: Case, by: User, category_code: str, client_id: UUID) -> Adjudication:
    """Say what one thinks before the two readings are shown; it stays on record whatever comes of it.

    A repeat of the same `client_id` changes nothing. Raises PollRefused, or ValidationError with a sentence.
    """
    case = locked(case)
    check_can_decide(by, case.round, case)
    if (row := known(case, by, client_id)) is not None:
        return row
    if not case.round.adjudicator_first:
        raise ValidationError(_("In this round the two readings are shown at once."))
    check_is_waiting(case, by)
    if first_look(case, by) is not None:
        raise ValidationError(
            _("Your first look is on record and stays. Confirm it now, or change it and say why.")
        )
    row = add(case, by, Adjudication.Kind.FIRST, category_of(case.round, category_code), NOTHING, client_id)
    hold(case, by)
    return row


@transaction.atomic
def decide(
    *,
    case: Case,
    by: User,
    category_code: str,
    reason: str,
    rationale: str = "",
    flag: str = "",
    client_id: UUID,
) -> Adjudication:
    """Decide a conflict as the third person. A repeat of the same `client_id` changes nothing.

    `flag` says what the codebook should say. Raises PollRefused, or ValidationError with a sentence.
    """
    case = locked(case)
    check_can_decide(by, case.round, case)
    if (row := known(case, by, client_id)) is not None:
        return row
    check_is_waiting(case, by)
    category = category_of(case.round, category_code)
    said = Said(reason, rationale, flag)
    check_first_look(case, by, category, said)
    row = add(case, by, Adjudication.Kind.FINAL, category, said, client_id)
    resolve(case, category, Case.Resolution.ADJUDICATED, by)
    return row


def check_first_look(case: Case, by: User, category: Category | None, said: Said) -> None:
    """Raises ValidationError where a first look is missing, or was changed without a word why."""
    if not case.round.adjudicator_first:
        return
    first = first_look(case, by)
    if first is None:
        raise ValidationError(_("Decide first on your own; the two readings are shown after that."))
    if category is not None and category.pk != first.category_id and not said.rationale.strip():
        raise ValidationError(_("Say in a sentence why you decide otherwise than at first."))


@transaction.atomic
def close_unresolved(
    *, case: Case, by: User, reason: str, rationale: str = "", flag: str = "", client_id: UUID
) -> Adjudication:
    """Leave a conflict unresolved for good: its votes stay unresolved in every figure.

    A repeat of the same `client_id` changes nothing. Raises PollRefused, or ValidationError with a sentence.
    """
    case = locked(case)
    check_can_close_unresolved(by, case)
    if (row := known(case, by, client_id)) is not None:
        return row
    check_is_waiting(case, by)
    said = Said(reason, rationale, flag)
    if is_adjudicator(by, case.round):
        check_first_look(case, by, None, said)
    row = add(case, by, Adjudication.Kind.FINAL, None, said, client_id)
    now = timezone.now()
    case.sealed_at = case.sealed_at or now
    case.closed_unresolved_at = now
    case.save(update_fields=["sealed_at", "closed_unresolved_at"])
    return row
