"""How a set of headers was read the last time."""

from __future__ import annotations

import json

import pytest

from polls.importing.reading import Reading
from polls.importing.remembered import recall, remember
from polls.models import RememberedColumns
from tests.factories import make_user

pytestmark = pytest.mark.django_db

HEADERS = ("Wer", "Was", "Ja", "Nein")
READING = Reading(
    columns={"name": "Wer", "headline": "Was", "comment": ""},
    option_columns=(("Ja", "Yes"), ("Nein", "No")),
    preset="none",
    day_first=True,
)


def test_what_was_chosen_comes_back_for_the_same_headers_alone() -> None:
    assert recall(HEADERS) is None
    remember(HEADERS, READING, None)
    assert recall(HEADERS) == READING
    assert recall(list(HEADERS)) == READING
    assert recall((*HEADERS, "Wann")) is None
    assert recall(tuple(reversed(HEADERS))) is None


def test_the_last_choice_replaces_the_one_before() -> None:
    rosa = make_user("rosa")
    remember(HEADERS, READING, None)
    remember(HEADERS, Reading(columns={"name": "Was"}), rosa)
    assert recall(HEADERS) == Reading(columns={"name": "Was"})
    assert RememberedColumns.objects.get().used_by == rosa


def test_nothing_chosen_leaves_what_is_remembered() -> None:
    remember(HEADERS, READING, None)
    remember(HEADERS, Reading(encoding="cp1252"), None)
    assert recall(HEADERS) == READING


def test_what_belongs_to_one_file_or_poll_is_not_remembered() -> None:
    remember(
        HEADERS,
        Reading(
            columns={"name": "Wer"},
            encoding="cp1252",
            sheet="Sheet 1",
            table=2,
            everyone="Extremely important",
        ),
        None,
    )
    assert recall(HEADERS) == Reading(columns={"name": "Wer"})
    kept = RememberedColumns.objects.get()
    assert "Extremely" not in json.dumps(kept.reading)


def test_a_column_that_is_not_there_is_not_recalled() -> None:
    remember(HEADERS, Reading(columns={"name": "Name"}), None)
    assert recall(HEADERS) is None
    remember(HEADERS, Reading(option_columns=(("Vielleicht", "Maybe"),)), None)
    assert recall(HEADERS) is None


def test_what_cannot_be_understood_is_as_if_it_were_not_there() -> None:
    remember(HEADERS, READING, None)
    RememberedColumns.objects.update(reading={"option_columns": [["one"]]})
    assert recall(HEADERS) is None
