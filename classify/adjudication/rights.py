"""Who may resolve a conflict, propose an answer, or leave it unresolved: every rule with its two faces."""

from __future__ import annotations

from django.utils.translation import gettext as _

from classify.adjudication.recording import latest_proposals
from classify.models import Case, Round
from classify.permissions import check_can_adjudicate, check_is_alive, check_is_reviewer
from classify.visibility import AGREE_FIRST, check_can_see_conflicts, holds_open_slot, is_revealed
from polls.models import User
from polls.permissions import PollRefused, allows, can_administer


def check_can_propose(user: User, round: Round, case: Case | None = None) -> None:
    """Raises PollRefused unless the person is one of the two of a revealed round under the consensus rule.

    In a pool only the two who read the case may propose for it.
    """
    check_is_reviewer(user, round)
    if round.rule != Round.Rule.CONSENSUS:
        raise PollRefused(_("In this round a third person decides conflicts."))
    check_is_alive(round)
    if not is_revealed(round):
        raise PollRefused(
            _("You can talk about conflicts when both of you have handed in or coding is closed.")
        )
    if case is not None and user.pk not in (case.reviewer1_id, case.reviewer2_id):
        raise PollRefused(_("You are no reviewer of this case. The two who read it agree on an answer."))


def can_propose(user: User, round: Round, case: Case | None = None) -> bool:
    """Is the person one of the two of a revealed round under the consensus rule?"""
    return allows(check_can_propose, user, round, case)


def check_can_decide(user: User, round: Round, case: Case | None = None) -> None:
    """Raises PollRefused unless the person may decide as the third; under consensus only after the reveal."""
    check_can_adjudicate(user, round, case)
    check_is_alive(round)
    check_can_see_conflicts(user, round)
    # An admin may look before that; taking a case up would seal what the two have yet to agree on.
    if round.rule == Round.Rule.CONSENSUS and not is_revealed(round):
        raise PollRefused(AGREE_FIRST)


def can_decide(user: User, round: Round, case: Case | None = None) -> bool:
    """May the person decide as the third?"""
    return allows(check_can_decide, user, round, case)


def check_can_ask_for_profiles(user: User, case: Case) -> None:
    """Raises PollRefused unless the person may resolve this conflict: as the third, or as one of the two.

    They judge by the same codebook as its reviewers, who may ask too; an admin who only looks may not.
    """
    if not can_propose(user, case.round, case):
        check_can_decide(user, case.round, case)


def can_ask_for_profiles(user: User, case: Case) -> bool:
    """May the person resolve this conflict, and so ask who is behind its title?"""
    return allows(check_can_ask_for_profiles, user, case)


def check_can_close_unresolved(user: User, case: Case) -> None:
    """Raises PollRefused unless the person may leave the case unresolved.

    The adjudicators may; an admin without an open slot may; under consensus either of the two may once both
    have proposed and do not agree: then the deadlock is on record.
    """
    round = case.round
    if can_decide(user, round, case):
        return
    if can_administer(user, round.poll) and not holds_open_slot(user, round):
        check_is_alive(round)
        return
    check_can_propose(user, round, case)
    if len(latest_proposals(case)) < 2:
        raise PollRefused(
            _("Each of you proposes a category first. If you cannot agree, close the case then.")
        )


def can_close_unresolved(user: User, case: Case) -> bool:
    """May the person leave the case unresolved?"""
    return allows(check_can_close_unresolved, user, case)
