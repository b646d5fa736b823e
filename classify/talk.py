"""Talking about a case: open once the round is revealed, with names, and never changed afterwards."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from classify.models import Case, CaseComment, Round
from classify.permissions import check_is_alive, is_adjudicator
from classify.visibility import check_can_see_conflicts, is_revealed, must_look_first
from polls.models import User
from polls.permissions import PollRefused, allows, can_administer

MAX_COMMENT = 4_000
"""Characters."""
MAX_COMMENTS = 300
"""On one case."""


def check_can_comment(user: User, case: Case) -> None:
    """Raises PollRefused unless the person may write about the case.

    Once the round is revealed: the two who read it, the adjudicators of the round and the admins of the
    poll. Who decides first writes after that.
    """
    round = case.round
    check_can_see_conflicts(user, round)
    check_is_alive(round)
    if not is_revealed(round):
        raise PollRefused(_("You can write about a title when all have handed in or coding is closed."))
    if must_look_first(user, case):
        raise PollRefused(_("Decide first on your own; you can read and write about this title after that."))
    if user.pk in (case.reviewer1_id, case.reviewer2_id) or is_adjudicator(user, round):
        return
    if not can_administer(user, round.poll):
        raise PollRefused(_("The two who read this title, the adjudicators and the admins write about it."))


def can_comment(user: User, case: Case) -> bool:
    """May the person write about the case?"""
    return allows(check_can_comment, user, case)


@transaction.atomic
def add_comment(*, case: Case, by: User, text: str, client_id: UUID) -> CaseComment:
    """Write about a case. A repeat of the same `client_id` changes nothing and returns what was written.

    Raises PollRefused, or ValidationError with a sentence.
    """
    case.round = Round.objects.select_related("poll").get(pk=case.round_id)
    check_can_comment(by, case)
    if (known := CaseComment.objects.filter(client_id=client_id).first()) is not None:
        return _checked(known, case, by)
    text = text.replace("\x00", "").strip()
    if not text:
        raise ValidationError(_("Write something first."))
    if len(text) > MAX_COMMENT:
        raise ValidationError(
            _("The comment has %(n)d characters; at most %(max)d are kept. Shorten it.")
            % {"n": len(text), "max": MAX_COMMENT}
        )
    if CaseComment.objects.filter(case=case).count() >= MAX_COMMENTS:
        raise ValidationError(
            _("There are %(max)d comments on this title. No more are kept.") % {"max": MAX_COMMENTS}
        )
    try:
        with transaction.atomic():
            return CaseComment.objects.create(
                round=case.round, case=case, text=text, written_by=by, client_id=client_id
            )
    except IntegrityError:
        # The second of two clicks at the same moment; or the round was opened again in this very moment.
        stored = CaseComment.objects.filter(client_id=client_id).first()
        if stored is None:
            raise ValidationError(_("The round was opened again. Nothing was written.")) from None
        return _checked(stored, case, by)


def _checked(row: CaseComment, case: Case, by: User) -> CaseComment:
    if row.case_id != case.pk or row.written_by_id != by.pk:
        raise ValidationError(_("This form was used for another title. Open the title again."))
    return row
