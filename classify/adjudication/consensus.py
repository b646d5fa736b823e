"""The two agree on an answer: each proposes, and it is final when their latest proposals are the same."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction

from classify.adjudication.recording import (
    Said,
    add,
    category_of,
    check_is_waiting,
    known,
    latest_proposals,
    locked,
    resolve,
)
from classify.adjudication.rights import check_can_propose
from classify.models import Adjudication, Case, Category
from polls.models import User


@transaction.atomic
def propose(
    *,
    case: Case,
    by: User,
    category_code: str,
    reason: str,
    rationale: str = "",
    flag: str = "",
    client_id: UUID,
) -> Adjudication:
    """Propose a category under the consensus rule; it is final when the latest proposals of both agree.

    Returns the proposal. A repeat of the same `client_id` changes nothing.
    Raises PollRefused, or ValidationError with a sentence.
    """
    case = locked(case)
    check_can_propose(by, case.round, case)
    if (row := known(case, by, client_id)) is not None:
        return row
    check_is_waiting(case, by)
    return offer(case, by, category_of(case.round, category_code), Said(reason, rationale, flag), client_id)


def offer(case: Case, by: User, category: Category, said: Said, client_id: UUID) -> Adjudication:
    """Put a proposal for the locked case on record, and make it final where the other's is the same."""
    row = add(case, by, Adjudication.Kind.PROPOSAL, category, said, client_id)
    latest = latest_proposals(case)
    if len(latest) == 2 and len(set(latest.values())) == 1:
        # What a check of the stored status starts from, as under the other rule: one row that says final.
        again = Said(said.reason, said.rationale, together=said.together)
        add(case, by, Adjudication.Kind.FINAL, category, again, uuid4())
        resolve(case, category, Case.Resolution.CONSENSUS, by)
    return row
