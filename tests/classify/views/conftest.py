"""A round to read, as the view tests find it."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from classify.models import Round
from tests.classify import pools
from tests.classify.acts import open_round
from tests.factories import make_vote


@pytest.fixture
def titles(poll, ada, rosa, sam, jude) -> Round:
    """Three titles, one of them shown by two voters; Rosa and Sam read, Jude adjudicates."""
    make_vote(
        poll, "CX Consultant | Speaker | ex-Head of Care", option=1, profile_url="https://social.example/a"
    )
    make_vote(
        poll, "cx consultant | speaker | ex-head of care", option=3, profile_url="https://social.example/b"
    )
    make_vote(poll, "Contact Center Manager", option=2, profile_url="https://social.example/c")
    make_vote(poll, "Voice of Customer Lead", option=1)
    cache.clear()
    return open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude], seed=5)


@pytest.fixture
def judged(poll, ada, rosa, sam, jude) -> Round:
    """Three titles; Rosa and Sam read, Jude alone resolves."""
    pools.titles(poll, 3)
    return open_round(poll, reviewers=[rosa, sam], by=ada, adjudicators=[jude])
