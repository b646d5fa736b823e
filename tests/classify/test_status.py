"""The one function that says where a case stands, and its twin in SQL."""

from __future__ import annotations

from itertools import product

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from classify import status
from classify.models import Case

CATS = st.one_of(st.none(), st.just(0), st.integers(1, 4))
RESOLUTIONS = st.sampled_from(["", *Case.Resolution.values])
FINALS = st.one_of(st.none(), st.integers(1, 4))


@given(CATS, CATS, RESOLUTIONS, FINALS)
def test_every_pair_stands_somewhere(cat1, cat2, resolution, final):
    assert status.status_of(cat1, cat2, resolution=resolution, final=final) in status.STATUSES


@given(CATS, CATS, RESOLUTIONS, FINALS)
def test_it_does_not_matter_who_is_first(cat1, cat2, resolution, final):
    how = {"resolution": resolution, "final": final}
    assert status.status_of(cat1, cat2, **how) == status.status_of(cat2, cat1, **how)


@given(CATS, CATS)
def test_without_a_resolution_the_pair_alone_decides(cat1, cat2):
    decided = [cat for cat in (cat1, cat2) if cat is not None]
    if not decided:
        expected = status.WAITING
    elif len(decided) == 1:
        expected = status.ONE_DECISION
    elif cat1 == cat2 != 0:
        expected = status.AGREED
    else:
        expected = status.CONFLICT
    assert status.status_of(cat1, cat2) == expected


@given(st.integers(0, 4))
def test_unsure_agrees_with_nothing_not_even_with_unsure(cat):
    assert status.status_of(0, cat) == status.CONFLICT
    assert not status.agree(0, cat)


@given(CATS, CATS, RESOLUTIONS, FINALS)
def test_a_final_category_is_there_exactly_when_the_case_is_done(cat1, cat2, resolution, final):
    where = status.status_of(cat1, cat2, resolution=resolution, final=final)
    category, how = status.final_of(cat1, cat2, resolution=resolution, final=final)
    assert (category is not None) == (where in status.DONE) == bool(how)


@given(CATS, CATS, RESOLUTIONS, FINALS)
def test_asking_again_with_the_answer_changes_nothing(cat1, cat2, resolution, final):
    where = status.status_of(cat1, cat2, resolution=resolution, final=final)
    category, how = status.final_of(cat1, cat2, resolution=resolution, final=final)
    assert status.status_of(cat1, cat2, resolution=how, final=category) == where


@given(st.lists(st.tuples(CATS, CATS, RESOLUTIONS, FINALS, st.integers(0, 40))))
def test_the_totals_sum_up_to_all_votes(cases):
    standing = [(status.status_of(a, b, resolution=r, final=f), n) for a, b, r, f, n in cases]
    totals = status.totals(standing)
    assert set(totals) == set(status.STATUSES)
    assert sum(totals.values()) == sum(n for *_, n in cases)
    classified = sum(n for where, n in totals.items() if where in status.DONE)
    unresolved = sum(n for where, n in totals.items() if where not in status.DONE)
    assert classified + unresolved == sum(n for *_, n in cases)


@pytest.mark.parametrize(
    ("where", "resolution", "expected"),
    [
        ("waiting", "", "unresolved"),
        ("one_decision", "", "unresolved"),
        ("conflict", "", "unresolved"),
        ("agreed", "agreed", "agreed"),
        ("resolved", "adjudicated", "resolved"),
        ("resolved", "consensus", "resolved"),
        ("resolved", "carried", "carried"),
    ],
)
def test_an_export_has_one_word_for_it(where, resolution, expected):
    assert status.export_status(where, resolution) == expected


def test_the_words_are_those_of_the_table():
    assert set(status.STATUSES) == set(Case.Status.values)


@pytest.mark.django_db
def test_the_sql_twin_says_the_same_of_everything():
    cats, finals = (None, 0, 1, 2), (None, 1, 2)
    every = list(product(cats, cats, ["", *Case.Resolution.values], finals))
    sql = status.status_sql("cat1", "cat2", resolution="resolution", final="final_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql} FROM unnest(%s::int[], %s::int[], %s::text[], %s::int[])"
            " WITH ORDINALITY AS t(cat1, cat2, resolution, final_id, n) ORDER BY n",
            [list(column) for column in zip(*every, strict=True)],
        )
        said = [row[0] for row in cursor.fetchall()]
    assert said == [status.status_of(a, b, resolution=r, final=f) for a, b, r, f in every]
