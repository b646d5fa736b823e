"""Rounds that several people share, for tests: set up in one line, and who reads what told in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from classify import rounds
from classify.assignment import next_case
from classify.models import Case, Round, RoundReviewer
from classify.verify import verify
from polls.models import Poll, User
from tests import factories
from tests.classify import acts


def make_pool(
    poll: Poll, reviewers: Sequence[User], by: User, shares: Mapping[User, int] | None = None, **more: Any
) -> Round:
    """A round of the poll under the consensus rule; `seed` is 1 unless given."""
    given: dict[str, Any] = {
        "version": more.get("version") or factories.make_codebook(),
        "unit": "headline",
        "rule": "consensus",
        "purpose": "main",
        "adjudicators": [],
        "seed": 1,
    } | more
    weights = {user.pk: share for user, share in (shares or {}).items()}
    return rounds.create_round(poll=poll, reviewers=reviewers, by=by, shares=weights, **given)


def titles(poll: Poll, count: int, start: int = 0) -> None:
    """So many voters with a title each."""
    for n in range(start, start + count):
        factories.make_vote(poll, f"Title {n}", option=n % 3 + 1)


def held(round: Round) -> dict[str, int]:
    """Username -> how many cases with a vote they hold a slot of, counted from the cases."""
    counted: Counter[str] = Counter()
    for one, two in Case.objects.filter(round=round, n_votes__gt=0).values_list(
        "reviewer1__username", "reviewer2__username"
    ):
        counted.update(name for name in (one, two) if name is not None)
    return dict(counted)


def read_some(round: Round, by: User, count: int, category: str = "cx") -> list[int]:
    """Let somebody decide so many cases in their own order; their ids."""
    read = []
    for _ in range(count):
        case = next_case(round=round, reviewer=by)
        assert case is not None
        acts.say(round, case.pk, by, category)
        read.append(case.pk)
    return read


def seat_of(round: Round, user: User) -> RoundReviewer:
    return RoundReviewer.objects.get(round=round, user=user)


def assert_no_drift(round: Round) -> None:
    """Everything stored follows from the decisions, and nobody reads a case twice."""
    assert verify(round.poll).drift == ()
