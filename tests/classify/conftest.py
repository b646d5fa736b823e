"""A poll with enough titles to practise on; five votes with a round, for tests of assignment."""

from __future__ import annotations

from decimal import Decimal

import pytest

from classify import calibration, rounds
from classify.models import Round
from tests import factories
from tests.classify import acts


@pytest.fixture
def codebook_version(db):
    return factories.make_codebook()


@pytest.fixture
def crowd(poll):
    """Thirty titles, the first of them shown by two voters."""
    made = [factories.make_vote(poll, f"Title {n}", option=n % 3 + 1) for n in range(30)]
    return [*made, factories.make_vote(poll, "title 0", option=2)]


@pytest.fixture
def practise(poll, codebook_version, ada, rosa, sam):
    """Make a practice round of Rosa and Sam."""

    def make(size: int | None = calibration.MIN_UNITS, bar: str | None = None, **changes) -> Round:
        given = {
            "version": codebook_version,
            "unit": "headline",
            "rule": "consensus",
            "purpose": "pilot",
            "reviewers": [rosa, sam],
            "adjudicators": [],
            "by": ada,
            "seed": 1,
            "sample_size": size,
            "alpha_required": None if bar is None else Decimal(bar),
        } | changes
        return rounds.create_round(poll=poll, **given)

    return make


@pytest.fixture
def study_round(practise):
    """Make a round that counts."""
    return lambda **changes: practise(None, purpose="main", **changes)


@pytest.fixture
def votes(poll):
    """a, b: CX Lead; c: Agent; d: no headline; e: Analyst."""
    return {
        name: factories.make_vote(poll, text, option=option)
        for name, text, option in [
            ("a", "CX Lead", 1),
            ("b", "cx lead", 2),
            ("c", "Agent", 1),
            ("d", "", 3),
            ("e", "Analyst", 2),
        ]
    }


@pytest.fixture
def round(poll, votes, ada, rosa, sam) -> Round:
    return acts.open_round(poll, reviewers=[rosa, sam], by=ada)
