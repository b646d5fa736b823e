"""Several conflicts that share a job title, resolved in one act: one row for each, all or nothing.

What another person holds, or what is no conflict any more, is left out and named; the rest is resolved.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from classify.adjudication.alike import MAX_TOGETHER, sharing
from classify.adjudication.consensus import offer
from classify.adjudication.deciding import check_first_look
from classify.adjudication.recording import (
    NOTHING,
    Said,
    add,
    category_of,
    check_is_waiting,
    first_look,
    latest_proposals,
    locked_all,
    resolve,
)
from classify.adjudication.rights import check_can_decide, check_can_propose
from classify.models import Adjudication, Case, Category, Round
from polls.models import User


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case that was not resolved with the others, and a sentence why."""

    case: Case
    why: str


@dataclass(frozen=True, slots=True)
class Together:
    """What came of it. `rows` are what was put on record for the cases asked about: finals or proposals;
    `final` says of how many the answer is final now."""

    rows: tuple[Adjudication, ...]
    final: int
    left_out: tuple[LeftOut, ...]


@transaction.atomic
def decide_together(
    *,
    round: Round,
    job_title: int,
    cases: Collection[int],
    by: User,
    category_code: str,
    reason: str,
    rationale: str = "",
    flag: str = "",
    client_id: UUID,
) -> Together:
    """Decide several conflicts as the third person, each on record with the same `together`.

    Where the round asks for a first look, it is stored along for every case whose readings the person has
    not been shown. A repeat of the same `client_id` changes nothing and gets the same reply. Raises
    PollRefused, or ValidationError with a sentence.
    """
    _check_number(cases)
    check_can_decide(by, round)
    found = locked_all(round, cases)
    if (before := _repeated(by, client_id)) is not None:
        return before
    category = category_of(round, category_code)
    said = Said(reason, rationale, flag, client_id)
    said.check()
    rows, left_out = [], []
    shared = set(sharing(round, job_title, among={case.pk for case in found}))
    for case in found:
        try:
            _check_shares(case, shared)
            _check_is_not_theirs(case, by)
            check_is_waiting(case, by)
        except ValidationError as problem:
            left_out.append(LeftOut(case, " ".join(problem.messages)))
            continue
        _look_first(case, by, category, client_id)
        check_first_look(case, by, category, said)
        rows.append(
            add(case, by, Adjudication.Kind.FINAL, category, said, _derived(client_id, f"final {case.pk}"))
        )
        resolve(case, category, Case.Resolution.ADJUDICATED, by)
        said = replace(said, flag="")
    return Together(tuple(rows), len(rows), tuple(left_out))


@transaction.atomic
def propose_together(
    *,
    round: Round,
    job_title: int,
    answers: Mapping[int, str],
    by: User,
    reason: str,
    rationale: str = "",
    flag: str = "",
    confirming: bool = False,
    client_id: UUID,
) -> Together:
    """Propose for several conflicts under the consensus rule: case to the code of a category.

    With `confirming`, only where the other's latest proposal is that very category, so that the answer
    becomes final. A repeat of the same `client_id` changes nothing and gets the same reply. Raises
    PollRefused, or ValidationError with a sentence.
    """
    _check_number(answers)
    check_can_propose(by, round)
    found = locked_all(round, list(answers))
    if (before := _repeated(by, client_id)) is not None:
        return before
    categories = {code: category_of(round, code) for code in set(answers.values())}
    said = Said(reason, rationale, flag, client_id)
    said.check()
    rows, left_out = [], []
    shared = set(sharing(round, job_title, among={case.pk for case in found}))
    for case in found:
        category = categories[answers[case.pk]]
        try:
            _check_shares(case, shared)
            _check_is_one_of_the_two(case, by)
            check_is_waiting(case, by)
            if confirming:
                _check_is_what_the_other_proposed(case, by, category)
        except ValidationError as problem:
            left_out.append(LeftOut(case, " ".join(problem.messages)))
            continue
        rows.append(offer(case, by, category, said, _derived(client_id, f"proposal {case.pk}")))
        said = replace(said, flag="")
    return Together(tuple(rows), _final_among(rows), tuple(left_out))


def _check_number(cases: Collection[int]) -> None:
    if not cases:
        raise ValidationError(_("Tick at least one of them."))
    if len(cases) > MAX_TOGETHER:
        raise ValidationError(
            _("At most %(max)d conflicts are resolved together. Untick some.") % {"max": MAX_TOGETHER}
        )


def _check_shares(case: Case, shared: Collection[int]) -> None:
    if case.pk not in shared:
        raise ValidationError(_("Its headline does not hold this job title."))


def _look_first(case: Case, by: User, category: Category, client_id: UUID) -> None:
    """Without a first look nothing of the readings was shown to this person, so their choice is one."""
    if case.round.adjudicator_first and first_look(case, by) is None:
        unseen = replace(NOTHING, together=client_id)
        add(case, by, Adjudication.Kind.FIRST, category, unseen, _derived(client_id, f"first {case.pk}"))


def _check_is_not_theirs(case: Case, by: User) -> None:
    if by.pk in (case.reviewer1_id, case.reviewer2_id):
        raise ValidationError(_("You read this title yourself."))


def _check_is_one_of_the_two(case: Case, by: User) -> None:
    if by.pk not in (case.reviewer1_id, case.reviewer2_id):
        raise ValidationError(_("Two others read this title and agree on it."))


def _check_is_what_the_other_proposed(case: Case, by: User, category: Category) -> None:
    latest = latest_proposals(case)
    latest.pop(by.pk, None)
    if category.pk not in latest.values():
        raise ValidationError(_("The other proposal has changed meanwhile."))


def _derived(client_id: UUID, what: str) -> UUID:
    """An id of its own for every row of one act, the same whenever the act is repeated."""
    return uuid5(client_id, what)


def _repeated(by: User, client_id: UUID) -> Together | None:
    """What the act with this id did before. Raises ValidationError if that was somebody else's."""
    rows = list(
        Adjudication.objects.filter(together=client_id)
        .exclude(kind=Adjudication.Kind.FIRST)
        .select_related("case", "category")
        .order_by("pk")
    )
    if not rows:
        return None
    if any(row.decided_by_id != by.pk for row in rows):
        raise ValidationError(_("This form was used already. Open the list again."))
    proposals = [row for row in rows if row.kind == Adjudication.Kind.PROPOSAL]
    return Together(tuple(proposals or rows), _final_among(proposals or rows), ())


def _final_among(rows: Collection[Adjudication]) -> int:
    cases = [row.case_id for row in rows]
    return Case.objects.filter(pk__in=cases, status=Case.Status.RESOLVED).count()
