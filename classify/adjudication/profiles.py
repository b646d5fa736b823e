"""Who resolves a conflict may ask who is behind the title, as its reviewers may: that is recorded first."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from classify.adjudication.claiming import holder, renew
from classify.adjudication.recording import check_is_waiting, locked
from classify.adjudication.rights import can_propose, check_can_ask_for_profiles
from classify.assignment import tell_profiles
from classify.models import Case
from polls.models import User


@transaction.atomic
def ask_for_profiles(*, case: Case, by: User) -> list[str]:
    """Record that the person asks for the profiles behind an open conflict, then give their addresses.

    A third person has to have taken the conflict up: nobody looks people up beyond what they work on.
    Raises PollRefused, or ValidationError with a sentence.
    """
    case = locked(case)
    check_can_ask_for_profiles(by, case)
    check_is_waiting(case, by)
    if not can_propose(by, case.round, case) and holder(case) != by:
        raise ValidationError(_("Take the conflict up first; the profile is shown to who works on it."))
    renew(case=case, by=by)
    return tell_profiles(case=case.pk, seed=case.round.seed, viewer=by)
