"""When somebody voted."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.dates import parse_voted_at


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-05", datetime(2026, 3, 5)),
        ("2026-03-05T10:15:30Z", datetime(2026, 3, 5, 10, 15, 30)),
        ("2026-03-05 10:15:30 UTC", datetime(2026, 3, 5, 10, 15, 30)),
        ("2026-03-05T10:15:30.250+02:00", datetime(2026, 3, 5, 8, 15, 30, 250_000)),
        ("2026-03-05 10:15-0530", datetime(2026, 3, 5, 15, 45)),
        ("2022/10/17 6:31:58 PM", datetime(2022, 10, 17, 18, 31, 58)),
        ("2022/10/17 12:31 am", datetime(2022, 10, 17, 0, 31)),
        ("05 Mar 2024", datetime(2024, 3, 5)),
        ("5 March 2024 14:00", datetime(2024, 3, 5, 14)),
        ("Mar 5, 2024", datetime(2024, 3, 5)),
        ("March 5th, 2024, 3:07 pm", datetime(2024, 3, 5, 15, 7)),
        ("05.03.2024 14:30", datetime(2024, 3, 5, 14, 30)),
    ],
)
def test_what_can_be_read_in_one_way_is_read(text: str, moment: datetime) -> None:
    assert parse_voted_at(text) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2h", "03/04/2024", "yesterday", "2024", "17 Smarch 2024", "5 Mar", "10:15", "20240305"]
)
def test_what_can_be_read_in_two_ways_or_none_is_left(text: str) -> None:
    assert parse_voted_at(text) is None


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31.04.2024", "2026-01-01 25:00", "2026-01-01 13:00 pm", "0000-01-01"]
)
def test_a_day_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date that exists"):
        parse_voted_at(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "1066-10-14"])
def test_a_year_out_of_reach_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date"):
        parse_voted_at(text)


@given(st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2199, 1, 1)))
def test_what_python_writes_is_read_back(moment: datetime) -> None:
    assert parse_voted_at(moment.isoformat()) == moment.replace(tzinfo=UTC)


@given(st.text(max_size=30))
def test_any_text_is_read_left_or_refused(text: str) -> None:
    with suppress(ValueError):
        moment = parse_voted_at(text)
        assert moment is None or moment.tzinfo is UTC
