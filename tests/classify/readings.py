"""Rounds that were read already, written straight into the tables: what the statistics start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from classify.models import Case, CaseVote, Category, CodebookVersion, Decision, Round, RoundReviewer
from polls.models import Poll, User, Vote, Voter
from tests import factories


def make_round(
    poll: Poll, reviewers: Sequence[User], version: CodebookVersion | None = None, **fields: Any
) -> Round:
    """A round with these reviewers in slot order."""
    number = fields.pop("number", poll.rounds.count() + 1)
    round_ = Round.objects.create(
        poll=poll, number=number, version=version or factories.make_codebook(), seed=1, **fields
    )
    for ordinal, user in enumerate(reviewers, start=1):
        RoundReviewer.objects.create(round=round_, user=user, ordinal=ordinal)
    return round_


def read_case(
    round_: Round,
    votes: Sequence[Vote],
    first: str | None = None,
    second: str | None = None,
    final: str | None = None,
    reviewers: Sequence[User] | None = None,
    **fields: Any,
) -> Case:
    """A case of these votes, read as category codes, "unsure" or None; ``final`` resolves a conflict."""
    slots = list(reviewers or [row.user for row in round_.reviewers.order_by("ordinal")[:2]])
    categories = {category.code: category for category in Category.objects.filter(version=round_.version)}
    counts = [0] * round_.poll.options.count()
    for vote in votes:
        counts[vote.option.position - 1] += 1
    case = Case.objects.create(
        round=round_,
        poll=round_.poll,
        origin=Case.Origin.VOTER,
        text=votes[0].headline_raw if votes else "",
        n_votes=len(votes),
        option_counts=counts,
        reviewer1=slots[0],
        reviewer2=slots[1] if len(slots) > 1 else None,
        order1=0,
        order2=0,
        **fields,
    )
    for vote in votes:
        CaseVote.objects.create(round=round_, vote=vote, case=case)
    for slot, code in ((1, first), (2, second)):
        if code is not None:
            _decide(case, slot, slots[slot - 1], categories.get(code))
    _settle(case, categories.get(final or ""))
    return case


def _decide(case: Case, slot: int, reviewer: User, category: Category | None) -> None:
    decision = Decision.objects.create(
        round=case.round,
        version=case.round.version,
        case=case,
        slot=slot,
        reviewer=reviewer,
        seq=1,
        verdict="category" if category else "unsure",
        category=category,
    )
    setattr(case, f"decision{slot}", decision)
    setattr(case, f"cat{slot}", category.pk if category else 0)


def _settle(case: Case, final: Category | None) -> None:
    cats = [case.cat1, case.cat2]
    if None in cats:
        case.status = "waiting" if cats == [None, None] else "one_decision"
    elif case.cat1 == case.cat2 and case.cat1:
        case.status, case.resolution, case.final_id = "agreed", "agreed", case.cat1
    elif final:
        case.status, case.resolution, case.final = "resolved", "adjudicated", final
        case.resolved_at = timezone.now()
    else:
        case.status = "conflict"
    case.save()


STUDY = {1: (84, 22, 11), 2: (29, 20, 13), 3: (17, 25, 14)}
"""The sample study: votes of Contact Center, CX and Consultant people per option."""


def read_study(poll: Poll, reviewers: Sequence[User], resolved_by: User) -> Round:
    """The 235 votes of the study, one case each; a seventh of the CX people were a conflict first."""
    round_ = make_round(poll, reviewers)
    plan = [
        (option, code, i)
        for option, row in zip(poll.options.order_by("position"), STUDY.values(), strict=True)
        for code, n in zip(("contact-center", "cx", "consultant"), row, strict=True)
        for i in range(n)
    ]
    voters = Voter.objects.bulk_create(Voter(name=f"Voter {i}") for i in range(len(plan)))
    votes = Vote.objects.bulk_create(
        Vote(poll=poll, voter=voter, option=option, headline_raw=f"{code} {i}")
        for voter, (option, code, i) in zip(voters, plan, strict=True)
    )
    cases = Case.objects.bulk_create(
        Case(
            round=round_,
            poll=poll,
            origin=Case.Origin.VOTER,
            text=vote.headline_raw,
            n_votes=1,
            option_counts=[int(position == option.position) for position in (1, 2, 3)],
            reviewer1=reviewers[0],
            reviewer2=reviewers[1],
            order1=0,
            order2=0,
        )
        for vote, (option, _, _) in zip(votes, plan, strict=True)
    )
    CaseVote.objects.bulk_create(
        CaseVote(round=round_, vote=vote, case=case) for vote, case in zip(votes, cases, strict=True)
    )
    _read_all(round_, cases, plan, resolved_by)
    return round_


def _read_all(round_: Round, cases: list[Case], plan: list[tuple[Any, str, int]], resolved_by: User) -> None:
    categories = {category.code: category for category in Category.objects.filter(version=round_.version)}
    decisions = Decision.objects.bulk_create(
        _decision(case, slot, categories["consultant" if slot == 1 and code == "cx" and i % 7 == 0 else code])
        for case, (_, code, i) in zip(cases, plan, strict=True)
        for slot in (1, 2)
    )
    for case, (_, code, _), one, two in zip(cases, plan, decisions[::2], decisions[1::2], strict=True):
        case.decision1, case.decision2 = one, two
        case.cat1, case.cat2 = one.category_id, two.category_id
        case.final = categories[code]
        case.status = case.resolution = "agreed"
        if case.cat1 != case.cat2:
            case.status, case.resolution, case.resolved_by = "resolved", "adjudicated", resolved_by
    Case.objects.bulk_update(
        cases, ["decision1", "decision2", "cat1", "cat2", "final", "status", "resolution", "resolved_by"]
    )


def _decision(case: Case, slot: int, category: Category) -> Decision:
    reviewer = case.reviewer1 if slot == 1 else case.reviewer2
    return Decision(
        round=case.round,
        version=case.round.version,
        case=case,
        slot=slot,
        reviewer=reviewer,
        seq=1,
        verdict="category",
        category=category,
    )
