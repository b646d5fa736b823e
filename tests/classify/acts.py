"""What people do in a round, in one line each, through the domain functions."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from classify import rounds, tagging
from classify.models import Case, CodebookVersion, Round
from classify.tagging import Submitted
from polls.models import Poll, User
from tests import factories


def open_round(
    poll: Poll,
    *,
    reviewers: Sequence[User],
    by: User,
    adjudicators: Sequence[User] = (),
    version: CodebookVersion | None = None,
    unit: str = "headline",
    rule: str | None = None,
    purpose: str = "main",
    seed: int = 1,
    **more: Any,
) -> Round:
    """A round with its cases; consensus unless somebody adjudicates. `more` goes to `create_round`."""
    return rounds.create_round(
        poll=poll,
        version=version or factories.make_codebook(),
        unit=unit,
        rule=rule or ("third_person" if adjudicators else "consensus"),
        purpose=purpose,
        reviewers=reviewers,
        adjudicators=adjudicators,
        by=by,
        seed=seed,
        **more,
    )


def say(round: Round, case: Case | int, by: User, category: str, **more: Any) -> Submitted:
    """Submit a category code, or `unsure`, or `withdrawn`."""
    verdict = category if category in ("unsure", "withdrawn") else "category"
    return tagging.submit_decision(
        round=round,
        case_id=case if isinstance(case, int) else case.pk,
        by=by,
        verdict=verdict,
        category_code=category if verdict == "category" else None,
        client_id=more.pop("client_id", None) or uuid.uuid4(),
        **more,
    )


def read_all(round: Round, by: User, category: str = "cx") -> None:
    """Give the same answer to everything that is left to read."""
    from classify.assignment import next_case

    while (case := next_case(round=round, reviewer=by)) is not None:
        say(round, case.pk, by, category)


def agree_on_all(round: Round, one: User, two: User, category: str = "cx") -> None:
    """Both give the same answer everywhere and hand in."""
    for user in (one, two):
        read_all(round, user, category)
        tagging.hand_in(round=round, by=user)


def practise_all(round: Round, one: User, two: User, *, differ: int = 0) -> None:
    """Both read all and hand in: two categories in turn, and on the first so many they differ."""
    for n, case in enumerate(Case.objects.filter(round=round, n_votes__gt=0).order_by("pk")):
        first = "cx" if n % 2 else "contact-center"
        say(round, case, one, first)
        say(round, case, two, "other" if n < differ else first)
    for person in (one, two):
        tagging.hand_in(round=round, by=person)


def disagree(round: Round, case: Case, one: User, two: User) -> Case:
    """Make a conflict of a case."""
    say(round, case, one, "cx")
    say(round, case, two, "contact-center")
    case.refresh_from_db()
    return case
