"""Every constraint and trigger of the tables of judgements refuses what it stands against."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from classify.models import Category, CodebookVersion
from tests import factories, refusals, world

pytestmark = pytest.mark.xdist_group("constraints")

# Name and a statement that this one alone refuses; the table is the one it changes.
CHECKS = [
    ("classify_codebook_code_form", "UPDATE classify_codebook SET code = 'unsure'"),
    ("classify_version_number_from_1", "UPDATE classify_codebookversion SET number = 0"),
    ("classify_codebookversion_number_check", "UPDATE classify_codebookversion SET number = -1"),
    ("classify_codebookversion_revision_check", "UPDATE classify_codebookversion SET revision = -1"),
    (
        "classify_version_no_draft_is_used",
        "UPDATE classify_codebookversion SET published_at = NULL WHERE frozen_at IS NOT NULL",
    ),
    (
        "classify_categorychange_whole",
        "UPDATE classify_categorychange SET kind = 'merged' WHERE others = '{}'",
    ),
    ("classify_category_code_form", "UPDATE classify_category SET code = 'Contact Center' WHERE code = 'cx'"),
    ("classify_category_color_form", "UPDATE classify_category SET color = 'red'"),
    ("classify_category_position_check", "UPDATE classify_category SET position = -1 WHERE position = 1"),
    ("classify_round_number_from_1", "UPDATE classify_round SET number = 0 WHERE number = 1"),
    ("classify_round_number_check", "UPDATE classify_round SET number = -1 WHERE number = 1"),
    ("classify_round_case_count_check", "UPDATE classify_round SET case_count = -1"),
    (
        "classify_round_closed_by_has_time",
        "UPDATE classify_round SET coding_closed_by_id = created_by_id WHERE coding_closed_at IS NULL",
    ),
    (
        "classify_round_only_practice_is_discarded",
        "UPDATE classify_round SET discarded_at = now() WHERE purpose = 'main'",
    ),
    ("classify_round_sample_size_check", "UPDATE classify_round SET sample_size = -1"),
    (
        "classify_round_only_practice_is_sampled",
        "UPDATE classify_round SET sample_size = 5 WHERE purpose = 'main'",
    ),
    (
        "classify_round_threshold_met_or_overridden",
        "UPDATE classify_round SET alpha_required = 0.8, alpha_reached = 0.799 WHERE purpose = 'main'",
    ),
    ("classify_trainingitem_has_a_title", "UPDATE classify_trainingitem SET text = ''"),
    ("classify_trainingitem_position_check", "UPDATE classify_trainingitem SET position = -1"),
    ("classify_traininganswer_run_from_1", "UPDATE classify_traininganswer SET run = 0"),
    ("classify_traininganswer_run_check", "UPDATE classify_traininganswer SET run = -1"),
    ("classify_roundreviewer_ordinal", "UPDATE classify_roundreviewer SET ordinal = 0 WHERE ordinal = 1"),
    (
        "classify_roundreviewer_ordinal_check",
        "UPDATE classify_roundreviewer SET ordinal = -1 WHERE ordinal = 1",
    ),
    ("classify_roundreviewer_decided_count_check", "UPDATE classify_roundreviewer SET decided_count = -1"),
    ("classify_case_n_votes_check", "UPDATE classify_case SET n_votes = -1"),
    ("classify_case_poll_of_its_round", "UPDATE classify_case SET poll_id = -1"),
    (
        "classify_case_headline_has_one",
        "UPDATE classify_case SET headline_id = NULL WHERE origin = 'headline'",
    ),
    (
        "classify_case_two_different_reviewers",
        "UPDATE classify_case SET reviewer2_id = reviewer1_id WHERE reviewer1_id IS NOT NULL",
    ),
    (
        "classify_case_status_follows_decisions",
        "UPDATE classify_case SET status = 'conflict' WHERE status = 'agreed'",
    ),
    ("classify_case_final_iff_done", "UPDATE classify_case SET final_id = NULL WHERE status = 'agreed'"),
    ("classify_case_final_says_how", "UPDATE classify_case SET resolution = '' WHERE status = 'agreed'"),
    ("classify_case_slot_1_whole", "UPDATE classify_case SET cat1 = NULL WHERE cat1 IS NOT NULL"),
    ("classify_case_slot_2_whole", "UPDATE classify_case SET reviewer2_id = NULL WHERE cat2 IS NOT NULL"),
    (
        "classify_case_not_judged_by_its_reviewers",
        "UPDATE classify_case SET resolved_by_id = reviewer2_id WHERE resolution = 'adjudicated'",
    ),
    ("classify_case_claim_seals", "UPDATE classify_case SET sealed_at = NULL WHERE claimed_at IS NOT NULL"),
    (
        "classify_case_carried_is_read_by_nobody",
        "UPDATE classify_case SET reviewer1_id = (SELECT min(id) FROM polls_user)"
        " WHERE resolution = 'carried'",
    ),
    (
        "classify_carriedcase_reopened_when",
        "UPDATE classify_carriedcase SET reopened_by_id = (SELECT min(id) FROM polls_user)",
    ),
    ("classify_carriedcase_round_of_its_case", "UPDATE classify_carriedcase SET round_id = -1"),
    (
        "classify_case_split_from_its_round",
        "UPDATE classify_case SET split_from_id = -1 WHERE origin = 'split'",
    ),
    (
        "classify_case_split_from_one",
        "UPDATE classify_case SET origin = 'voter' WHERE split_from_id IS NOT NULL",
    ),
    ("classify_casesplit_round_of_its_case", "UPDATE classify_casesplit SET round_id = -1"),
    ("classify_casesplit_merged_by_somebody", "UPDATE classify_casesplit SET merged_at = now()"),
    ("classify_casevote_round_of_its_case", "UPDATE classify_casevote SET round_id = -1"),
    ("classify_decision_slot", "UPDATE classify_decision SET slot = 3 WHERE slot = 1"),
    ("classify_decision_seq_check", "UPDATE classify_decision SET seq = -1 WHERE seq = 1"),
    ("classify_decision_milliseconds_check", "UPDATE classify_decision SET milliseconds = -1"),
    (
        "classify_decision_verdict_whole",
        "UPDATE classify_decision SET verdict = 'unsure' WHERE verdict = 'category'",
    ),
    ("classify_decision_round_of_its_case", "UPDATE classify_decision SET round_id = -1"),
    ("classify_decision_version_of_its_round", "UPDATE classify_decision SET version_id = -1"),
    ("classify_decision_category_of_its_version", "UPDATE classify_decision SET category_id = -1"),
    ("classify_adjudication_seq_check", "UPDATE classify_adjudication SET seq = -1"),
    (
        "classify_adjudication_proposal_whole",
        "UPDATE classify_adjudication SET kind = 'proposal', category_id = NULL",
    ),
    ("classify_adjudication_says_who_and_why", "UPDATE classify_adjudication SET reason = ''"),
    ("classify_casecomment_says_something", "UPDATE classify_casecomment SET text = ''"),
    (
        "classify_roundevent_says_why",
        "UPDATE classify_roundevent SET kind = 'reopened', reason = ''",
    ),
    ("classify_roundreviewer_share", "UPDATE classify_roundreviewer SET share = 0"),
    ("classify_roundreviewer_share_check", "UPDATE classify_roundreviewer SET share = -1"),
    ("classify_roundreviewer_assigned_count_check", "UPDATE classify_roundreviewer SET assigned_count = -1"),
    ("classify_round_hold_days", "UPDATE classify_round SET hold_days = 0"),
    ("classify_round_hold_days_check", "UPDATE classify_round SET hold_days = -1"),
    ("classify_round_nudge_days", "UPDATE classify_round SET nudge_after_days = 0"),
    ("classify_round_nudge_after_days_check", "UPDATE classify_round SET nudge_after_days = -1"),
    (
        "classify_round_only_closed_is_archived",
        "UPDATE classify_round SET archived_at = now(), archived_by_id = created_by_id"
        " WHERE coding_closed_at IS NULL",
    ),
    ("classify_casecomment_round_of_its_case", "UPDATE classify_casecomment SET round_id = -1"),
    ("classify_codebookflag_says_something", "UPDATE classify_codebookflag SET text = ''"),
    (
        "classify_codebookflag_settled_by_somebody",
        "UPDATE classify_codebookflag SET settled_at = now() WHERE settled_by_id IS NULL",
    ),
    ("classify_adjudication_round_of_its_case", "UPDATE classify_adjudication SET round_id = -1"),
    ("classify_adjudication_version_of_its_round", "UPDATE classify_adjudication SET version_id = -1"),
    ("classify_adjudication_category_of_its_version", "UPDATE classify_adjudication SET category_id = -1"),
]
UNIQUES = refusals.uniques_of("classify")
KEYS = refusals.foreign_keys_of("classify")
APPEND_ONLY = [
    "classify_categorychange",
    "classify_decision",
    "classify_adjudication",
    "classify_profileview",
    "classify_roundevent",
    "classify_traininganswer",
    "classify_casecomment",
]
FIRST_LOOK = "classify_adjudication_first_look_first"  # tests/classify/test_adjudication_first_look.py
TALK = "classify_casecomment_after_reveal"  # tests/classify/test_talk.py
BAR = "classify_round_bar_stays"  # tests/classify/test_calibration.py
FROZEN_VERSION = "classify_version_frozen"
FROZEN_CATEGORY = "classify_category_frozen"


def table_of(sql: str) -> str:
    return sql.split()[1]


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
@pytest.mark.parametrize(("name", "sql"), CHECKS, ids=[name for name, _ in CHECKS])
def test_a_check_refuses(name, sql):
    refusals.assert_check_refuses(table_of(sql), name, sql)


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("table", "name"), UNIQUES)
def test_nothing_unique_comes_twice(table, name):
    refusals.assert_unique_refuses(table, name)


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(("table", "column"), KEYS)
def test_a_key_points_to_something(table, column):
    refusals.assert_key_refuses(table, column)


@pytest.mark.usefixtures("_world")
def test_no_constraint_and_no_trigger_is_without_such_a_test():
    tested = {(table_of(sql), name) for name, sql in CHECKS}
    tested |= {(table, refusals.unique_name(table, name)) for table, name in UNIQUES}
    tested |= {(table, refusals.foreign_key_name(table, column)) for table, column in KEYS}
    tested |= {(table, f"{table}_append_only") for table in APPEND_ONLY}
    tested |= {("classify_codebookversion", FROZEN_VERSION), ("classify_category", FROZEN_CATEGORY)}
    tested |= {("classify_adjudication", FIRST_LOOK), ("classify_casecomment", TALK)}
    tested |= {("classify_round", BAR)}
    assert refusals.catalogue("classify") == tested


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_what_was_said_is_never_changed_or_deleted(table, sql):
    assert refusals.rows(f"SELECT FROM {table}")
    refusals.run("SET CONSTRAINTS ALL DEFERRED")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(table))


@pytest.fixture
def frozen(_world) -> CodebookVersion:
    return CodebookVersion.objects.get(frozen_at__isnull=False)


@pytest.fixture
def unused(_world) -> CodebookVersion:
    return CodebookVersion.objects.get(codebook__code="unused")


def changes_of(version: CodebookVersion, other: CodebookVersion) -> dict:
    """All that could change a codebook version, as functions without arguments."""
    categories = Category.objects.filter(version=version)
    return {
        "title": lambda: CodebookVersion.objects.filter(pk=version.pk).update(title="Another"),
        "thaw": lambda: CodebookVersion.objects.filter(pk=version.pk).update(frozen_at=None),
        "label": lambda: categories.filter(code="cx").update(label="Customer"),
        "add": lambda: Category.objects.create(
            version=version, code="new", label="New", key="9", position=9, color="#000000"
        ),
        "move in": lambda: Category.objects.filter(version=other, code="cx").update(
            version=version, code="moved", key="8", position=8
        ),
        "move out": lambda: categories.filter(code="cx").update(
            version=other, code="gone", key="7", position=7
        ),
        "delete": lambda: categories.filter(code="other").delete(),
    }


CHANGES = ["title", "thaw", "label", "add", "move in", "move out", "delete"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_used_codebook_version_is_frozen(frozen, change):
    spare = factories.make_codebook("spare")
    with pytest.raises(IntegrityError, match="used by a round"), transaction.atomic():
        changes_of(frozen, spare)[change]()


def test_a_used_codebook_version_is_not_deleted(frozen):
    with (
        pytest.raises(IntegrityError, match="used by a round"),
        transaction.atomic(),
        connection.cursor() as c,
    ):
        c.execute("DELETE FROM classify_codebookversion WHERE id = %s", [frozen.pk])


@pytest.mark.parametrize("change", CHANGES)
def test_an_unused_codebook_version_can_be_changed(unused, change):
    changes_of(unused, factories.make_codebook("spare"))[change]()


@pytest.mark.usefixtures("_world")
def test_a_category_of_another_codebook_is_no_decision(unused):
    with (
        pytest.raises(IntegrityError, match="classify_decision_category_of_its_version"),
        transaction.atomic(),
    ):
        refusals.run(
            "INSERT INTO classify_decision (round_id, version_id, case_id, slot, reviewer_id, seq, verdict,"
            " category_id, note, evidence, client_id, late, source, decided_at)"
            " SELECT round_id, version_id, case_id, slot, reviewer_id, seq + 1, 'category',"
            f" (SELECT min(id) FROM classify_category WHERE version_id = {unused.pk}), '', 'headline',"
            " gen_random_uuid(), false, 'web', now() FROM classify_decision LIMIT 1"
        )
