"""Every constraint of the tables of facts refuses what it stands against."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from polls.models import Vote
from tests import factories, refusals, world

pytestmark = pytest.mark.xdist_group("constraints")

# Name, table, and a statement that this one alone refuses.
CHECKS = [
    ("polls_poll_slug_form", "polls_poll", "UPDATE polls_poll SET slug = 'CX Head'"),
    (
        "polls_poll_closes_after_opening",
        "polls_poll",
        "UPDATE polls_poll SET opened_on = '2026-05-08', closed_on = '2026-05-01'",
    ),
    ("polls_poll_published_total_check", "polls_poll", "UPDATE polls_poll SET published_total = -1"),
    (
        "polls_option_position_from_1",
        "polls_option",
        "UPDATE polls_option SET position = 0 WHERE position = 1",
    ),
    (
        "polls_option_position_check",
        "polls_option",
        "UPDATE polls_option SET position = -1 WHERE position = 1",
    ),
    ("polls_option_share_is_percent", "polls_option", "UPDATE polls_option SET published_share = 100.5"),
    ("polls_option_digits_of_a_share", "polls_option", "UPDATE polls_option SET published_digits = 1"),
    ("polls_option_published_digits_check", "polls_option", "UPDATE polls_option SET published_digits = -1"),
    (
        "polls_batch_undone_says_when",
        "polls_batch",
        "UPDATE polls_batch SET undone_by_id = imported_by_id WHERE imported_by_id IS NOT NULL",
    ),
    ("polls_importjob_attempt_check", "polls_importjob", "UPDATE polls_importjob SET attempt = -1"),
    ("polls_importjob_rows_done_check", "polls_importjob", "UPDATE polls_importjob SET rows_done = -1"),
    ("polls_importjob_rows_total_check", "polls_importjob", "UPDATE polls_importjob SET rows_total = -1"),
    ("polls_importjob_kind_known", "polls_importjob", "UPDATE polls_importjob SET kind = 'undo'"),
    ("polls_importjob_ended_says_when", "polls_importjob", "UPDATE polls_importjob SET state = 'done'"),
    ("polls_membership_role_known", "polls_membership", "UPDATE polls_membership SET role = 'owner'"),
    (
        "polls_vote_void_says_who_and_why",
        "polls_vote",
        "UPDATE polls_vote SET voided_at = now() WHERE voided_at IS NULL",
    ),
    (
        "polls_voter_not_merged_into_itself",
        "polls_voter",
        "UPDATE polls_voter SET merged_into_id = id",
    ),
    ("polls_votermerge_two_voters", "polls_votermerge", "UPDATE polls_votermerge SET merged_id = kept_id"),
    (
        "polls_votermerge_undone_says_when",
        "polls_votermerge",
        "UPDATE polls_votermerge SET undone_by_id = merged_by_id",
    ),
    (
        "polls_voterdistinction_lower_first",
        "polls_voterdistinction",
        "UPDATE polls_voterdistinction SET first_id = second_id, second_id = first_id",
    ),
    (
        "polls_vote_option_of_its_poll",
        "polls_vote",
        "UPDATE polls_vote SET option_id = -1",
    ),
    (
        "polls_vote_kind_of_its_poll",
        "polls_vote",
        "UPDATE polls_vote SET single_choice = false WHERE single_choice",
    ),
    (
        "polls_voterkey_scope_fits_scheme",
        "polls_voterkey",
        "UPDATE polls_voterkey SET scope_id = NULL WHERE scheme = 'id'",
    ),
    ("polls_headlinepart_mark_known", "polls_headlinepart", "UPDATE polls_headlinepart SET mark = 'maybe'"),
    (
        "polls_headlinepart_position_check",
        "polls_headlinepart",
        "UPDATE polls_headlinepart SET position = -1",
    ),
]
UNIQUES = refusals.uniques_of("polls")
KEYS = refusals.foreign_keys_of("polls")


# Without the mark on any test chosen, pytest-django makes no test database.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _world_once(django_db_setup, django_db_blocker):
    """The world is built once; every test takes back what it did to it."""
    with django_db_blocker.unblock(), refusals.undone():
        world.build(factories.make_poll())
        yield


@pytest.fixture
def _world(_world_once):
    with refusals.undone():
        yield


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("name", "table", "sql"), CHECKS, ids=[name for name, *_ in CHECKS])
def test_a_check_refuses(name, table, sql):
    refusals.assert_check_refuses(table, name, sql)


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("table", "name"), UNIQUES)
def test_nothing_unique_comes_twice(table, name):
    refusals.assert_unique_refuses(table, name)


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("table", "column"), KEYS)
def test_a_key_points_to_something(table, column):
    refusals.assert_key_refuses(table, column)


@pytest.mark.usefixtures("_world")
def test_no_constraint_is_without_such_a_test():
    tested = {(table, name) for name, table, _ in CHECKS}
    tested |= {(table, refusals.unique_name(table, name)) for table, name in UNIQUES}
    tested |= {(table, refusals.foreign_key_name(table, column)) for table, column in KEYS}
    assert refusals.catalogue("polls") == tested


# Each is refused by the one constraint on excluded votes; the list above asks it only once.
VOID = "polls_vote_void_says_who_and_why"


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("reason", Vote.BY_HAND)
def test_a_vote_that_somebody_excluded_says_who_it_was(reason):
    refusals.assert_refused(VOID, f"UPDATE polls_vote SET voided_at = now(), void_reason = '{reason}'")


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("reason", ["undone", "replaced", "double"])
def test_a_vote_that_an_import_took_away_may_be_nobodys_doing(reason):
    refusals.run(f"UPDATE polls_vote SET voided_at = now(), voided_by_id = NULL, void_reason = '{reason}'")
    refusals.assert_refused(VOID, "UPDATE polls_vote SET voided_at = NULL")
    refusals.assert_refused(VOID, "UPDATE polls_vote SET void_reason = ''")


@pytest.mark.usefixtures("_world")
def test_an_option_of_another_poll_is_refused():
    other = factories.make_poll("other")
    with pytest.raises(IntegrityError, match="polls_vote_option_of_its_poll"), transaction.atomic():
        Vote.objects.update(option=other.options.get(position=1))
