"""When somebody voted."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.dates import day_order, parse_voted_at, reads_two_ways


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
        # Google Forms, with the zone's abbreviation of the sheet.
        ("2022/10/17 6:31:58 PM EST", datetime(2022, 10, 17, 23, 31, 58)),
        ("2022/10/17 6:31:58 PM GMT+2", datetime(2022, 10, 17, 16, 31, 58)),
        ("2022/10/17 18:31:58 MEZ", datetime(2022, 10, 17, 17, 31, 58)),
        ("2022/10/17 6:31:58 a.m. AEST", datetime(2022, 10, 16, 20, 31, 58)),
        ("2022/07/17 10:31:58 AM BST", datetime(2022, 7, 17, 9, 31, 58)),
        # Microsoft Forms, SurveyMonkey and LinkedIn's invitations, where only one reading is a day.
        ("7/27/26 19:06:23", datetime(2026, 7, 27, 19, 6, 23)),
        ("03/15/2024 08:09:10", datetime(2024, 3, 15, 8, 9, 10)),
        ("15/3/2024", datetime(2024, 3, 15)),
        ("7/27/26, 3:43 PM", datetime(2026, 7, 27, 15, 43)),
        ("7/27/26, 3:43\u202fPM", datetime(2026, 7, 27, 15, 43)),
        ("05/05/2024 10:00", datetime(2024, 5, 5, 10)),
        ("27-07-2026 19:06", datetime(2026, 7, 27, 19, 6)),
        # LinkedIn's archive, Qualtrics, Typeform, Kobo, Zoom, a scraper.
        ("2026-07-01 10:00:00 UTC", datetime(2026, 7, 1, 10)),
        ("2020-07-17 18:52:45", datetime(2020, 7, 17, 18, 52, 45)),
        ("2020-07-17 18:52", datetime(2020, 7, 17, 18, 52)),
        ("2021-03-09T10:15:30.250+05:30", datetime(2021, 3, 9, 4, 45, 30, 250_000)),
        ("Sep 20, 2021 10:05:12", datetime(2021, 9, 20, 10, 5, 12)),
        ("2026-08-24T10:00:00.000Z", datetime(2026, 8, 24, 10)),
        ("Mon Jul 27 2026 19:06:23 GMT+0200 (CEST)", datetime(2026, 7, 27, 17, 6, 23)),
        ("Mon, 27 Jul 2026 19:06:23 +0200", datetime(2026, 7, 27, 17, 6, 23)),
        # Germany, France, Spain.
        ("27.07.2026 19:06", datetime(2026, 7, 27, 19, 6)),
        ("27.07.26 19:06", datetime(2026, 7, 27, 19, 6)),
        ("27.07.2026, 19:06 Uhr", datetime(2026, 7, 27, 19, 6)),
        ("Montag, 27. Juli 2026 um 19.06 Uhr", datetime(2026, 7, 27, 19, 6)),
        ("5. März 2024", datetime(2024, 3, 5)),
        ("3. Jänner 2024", datetime(2024, 1, 3)),
        ("1er août 2024 à 19h06", datetime(2024, 8, 1, 19, 6)),
        ("14 déc. 2024 10:15", datetime(2024, 12, 14, 10, 15)),
        ("5 de marzo de 2024", datetime(2024, 3, 5)),
        ("24 dic 2024", datetime(2024, 12, 24)),
    ],
)
def test_what_can_be_read_in_one_way_is_read(text: str, moment: datetime) -> None:
    assert parse_voted_at(text) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "2024", "17 Smarch 2024", "5 Mar", "10:15", "20240305"),
        # Two days each.
        *("03/04/2024", "10/9/2024 11:02", "7/8/26, 3:43 PM", "03-04-2024", "27-07-26"),
        # Ages and what a machine counts; never the moment of a vote.
        *("2h", "3d", "1w", "2 mo", "3 days ago", "vor 2 Tagen", "hace 3 días", "il y a 2 h", "just now"),
        *("45125.79", "45125", "1690484783", "10.05.12"),
        # A zone that is several, or none; months that are two.
        *("2022/10/17 6:31:58 PM IST", "2022/10/17 6:31:58 PM XYZ", "3 jui 2024", "2026-03-05 10:15 m"),
        "2026-03-05 " * 20,
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_left(text: str) -> None:
    assert parse_voted_at(text) is None


@pytest.mark.parametrize(
    ("text", "day_first", "moment"),
    [
        ("03/04/2024", True, datetime(2024, 4, 3)),
        ("03/04/2024", False, datetime(2024, 3, 4)),
        ("10/9/2024 11:02", False, datetime(2024, 10, 9, 11, 2)),
        ("7/8/26, 3:43 PM", True, datetime(2026, 8, 7, 15, 43)),
        ("03-04-1999", True, datetime(1999, 4, 3)),
        ("3/4/99", True, datetime(1999, 4, 3)),
        # Where the text itself says it, the answer is not asked.
        ("03.04.2024", False, datetime(2024, 4, 3)),
        ("2024/03/04", True, datetime(2024, 3, 4)),
    ],
)
def test_what_can_be_read_in_two_ways_is_read_as_somebody_said(
    text: str, day_first: bool, moment: datetime
) -> None:
    assert parse_voted_at(text, day_first) == moment.replace(tzinfo=UTC)


def test_a_day_that_is_none_in_the_order_given_is_refused_saying_so() -> None:
    with pytest.raises(ValueError, match="is no date that exists where the month comes first"):
        parse_voted_at("25/03/2026", day_first=False)
    with pytest.raises(ValueError, match="is no date that exists where the day comes first"):
        parse_voted_at("03/25/2026", day_first=True)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2024", "25/03/2024", ""], True),
        (["03/04/2024", "3/25/24 10:00", "2024-01-01"], False),
        (["03/04/2024", "05/06/2024"], None),
        (["25/03/2024", "03/25/2024"], None),
        (["2024-03-25", "25.03.2024", "13/13/2024", "2h"], None),
        ([], None),
    ],
)
def test_the_order_is_what_the_dates_of_a_file_show(texts: list[str], order: bool | None) -> None:
    assert day_order(texts) is order


@pytest.mark.parametrize(
    ("text", "two"),
    [("03/04/2024", True), ("25/03/2024", False), ("5/5/24", False), ("2024-03-04", False), ("2h", False)],
)
def test_only_a_date_that_is_two_days_has_to_be_asked_about(text: str, two: bool) -> None:
    assert reads_two_ways(text) is two


@pytest.mark.parametrize(
    "text",
    [
        *("2026-02-30", "31.04.2024", "2026-01-01 25:00", "2026-01-01 13:00 pm", "0000-01-01"),
        *("13/13/2024", "2/30/26", "00/00/2024", "2026-01-01 10:00 +99:00"),
    ],
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


@given(
    st.datetimes(min_value=datetime(1901, 1, 1), max_value=datetime(2199, 1, 1)),
    st.sampled_from(["T", " "]),
    st.sampled_from(["", "Z", " UTC", "+00:00", "+05:30", "-0800"]),
)
def test_the_quick_way_and_the_form_read_the_same(moment: datetime, separator: str, zone: str) -> None:
    text = moment.isoformat(separator) + zone
    assert parse_voted_at(text) == parse_voted_at(text.replace("-", "/", 2))


@given(st.text(max_size=30))
def test_any_text_is_read_left_or_refused(text: str) -> None:
    with suppress(ValueError):
        moment = parse_voted_at(text)
        assert moment is None or moment.tzinfo is UTC


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2068, 1, 1)),
    st.booleans(),
    st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y"]),
    st.sampled_from([" %H:%M:%S", " %I:%M:%S %p", ", %I:%M:%S%p", "T%H:%M:%S"]),
)
def test_a_slashed_date_is_read_back_in_the_order_it_was_written(
    moment: datetime, day_first: bool, day: str, time: str
) -> None:
    text = moment.strftime(
        (day if day_first else day.replace("%d", "#").replace("%m", "%d").replace("#", "%m")) + time
    )
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert parse_voted_at(text, day_first) == moment
    assert parse_voted_at(text) == (None if reads_two_ways(text) else moment)
    assert day_order([text]) in (None, day_first)


@given(st.lists(st.dates(), min_size=1), st.booleans())
def test_a_file_written_in_one_order_never_shows_the_other(days: list[date], day_first: bool) -> None:
    texts = [
        f"{d.day}/{d.month}/{d.year:04}" if day_first else f"{d.month}/{d.day}/{d.year:04}" for d in days
    ]
    assert day_order(texts) == (day_first if any(d.day > 12 for d in days) else None)
