"""Fixtures about practice: a poll with enough titles, and rounds on it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from classify import calibration, rounds
from classify.models import Round
from tests import factories


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
