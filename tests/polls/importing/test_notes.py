"""What an import says of how it understood its file: dates, rows left out, several choices; its rejects."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from polls.importing.reading import Reading
from polls.models import Batch, Vote
from tests.polls.importing.samples import counts

pytestmark = pytest.mark.django_db
HEADER = "voter_id,option,voted_at\n"


def days() -> list[str]:
    votes = Vote.objects.order_by("id").values_list("voted_at", "voted_raw")
    return [moment.strftime("%m-%d") if moment else raw for moment, raw in votes]


def table_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_a_date_that_can_be_read_in_one_way_tells_how_the_others_are_meant(load: Any) -> None:
    report = load(HEADER + "v1,Yes,03/04/2026\nv2,Yes,25/03/2026\n")
    assert days() == ["04-03", "03-25"]
    assert report.notes == (
        "Dates such as 03/04/2026 are read with the day first, as other dates of the file show.",
    )


def test_the_month_may_come_first(load: Any) -> None:
    report = load(HEADER + "v1,Yes,03/04/2026\nv2,Yes,3/25/2026\n")
    assert days() == ["03-04", "03-25"]
    assert "the month first" in report.notes[0]


def test_dates_that_nothing_tells_are_kept_as_text_and_that_is_said(load: Any) -> None:
    report = load(HEADER + "v1,Yes,03/04/2026\nv2,Yes,05/06/2026\nv3,No,2026-03-05\n")
    assert days() == ["03/04/2026", "05/06/2026", "03-05"]
    assert report.notes == (
        "2 dates such as 03/04/2026 can be read in two ways, so nobody knows when that was: "
        "say whether the day or the month comes first.",
    )


def test_dates_that_contradict_each_other_tell_nothing(load: Any) -> None:
    report = load(HEADER + "v1,Yes,25/03/2026\nv2,Yes,03/25/2026\nv3,No,03/04/2026\n")
    assert days() == ["03-25", "03-25", "03/04/2026"]
    assert report.notes[0].startswith("1 date such as 03/04/2026 can be read in two ways")


@pytest.mark.parametrize(("day_first", "day"), [(True, "04-03"), (False, "03-04")])
def test_what_a_person_says_of_the_order_holds(load: Any, day_first: bool, day: str) -> None:
    report = load(HEADER + "v1,Yes,03/04/2026\n", reading=Reading(day_first=day_first))
    assert (days(), report.notes) == ([day], ())


def test_a_file_of_clear_dates_says_nothing_of_them(load: Any) -> None:
    assert load(HEADER + "v1,Yes,2026-03-04\nv2,Yes,25/03/2026\nv3,Yes,2h\n").notes == ()


def test_a_vote_again_is_said(load: Any) -> None:
    report = load(HEADER + "v1,Yes,\nv1,No,\n")
    assert report.notes == (
        "1 voter is in the file more than once: the newest by date counts, else the last; "
        "1 other row is rejected.",
    )


def test_repeated_headers_are_left_out_and_counted(load: Any) -> None:
    report = load("voter_id,name,option\nv1,Rosa,Yes\nvoter_id,name,option\nv2,Sam,No\n")
    assert counts(report) == (2, 2, 0, 0, 0)
    assert report.notes == ("Left out, since they are no votes: 1 repeated header.",)


def test_cells_are_split_only_where_options_are_known(load: Any) -> None:
    report = load("voter_id,option\nv1,Tea;Milk\nv2,Tea\n")
    assert report.as_json()["votes"] == {"Tea;Milk": 1, "Tea": 1}
    report = load("voter_id,option\nv1,Tea;Milk\nv2,Tea\n", poll="q", options=["Tea", "Milk"])
    assert report.as_json()["votes"] == {"Tea": 2, "Milk": 1}


def test_a_batch_notes_as_which_export_it_was_read(load: Any) -> None:
    load(
        "profileLink,firstName,lastName,fullName,occupation,degree\nx.com/in/a,A,B,A B,CX,1st\n",
        reading=Reading(everyone="Yes"),
    )
    assert Batch.objects.get().preset.startswith("phantombuster")


def test_rejects_keep_the_rows_of_the_header_and_can_be_imported_alone(load: Any, tmp_path: Path) -> None:
    text = (
        "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,"
        "Custom Data 1,How important is CX?\n"
        ",,,,,,,,,Response\n"
        "11,1,03/05/2026 10:00:00,03/05/2026 10:01:00,,,Rosa,B,,Very\n"
        "12,1,03/06/2026 10:00:00,03/26/2026 10:01:00,,,Sam,C,,Vrey\n"
    )
    path = tmp_path / "rejects.csv"
    report = load(text, options=["Very", "Hardly"], rejects=path)
    assert counts(report) == (2, 1, 0, 0, 1)
    rows = table_of(path)
    first, second = (line.split(",") for line in text.splitlines()[:2])
    assert rows[0] == [*first, "reason"]
    assert rows[1] == [*second, ""]
    assert [row[0] for row in rows[2:]] == ["12"]
    again = load(path.read_bytes().replace(b",Vrey,", b",Very,"))
    assert counts(again) == (1, 1, 0, 0, 0)
    assert Vote.objects.filter(voter__name="Sam C", option__text="Very").exists()


def test_rejects_of_a_file_without_a_header_get_one(load: Any, tmp_path: Path) -> None:
    text = "".join(
        f"https://www.linkedin.com/in/v{number},Title {number},{'Yes' if number else 'Yse'}\n"
        for number in range(5)
    )
    path = tmp_path / "rejects.csv"
    report = load(text, options=["Yes", "No"], rejects=path)
    assert counts(report) == (5, 4, 0, 0, 1)
    assert table_of(path)[1][0] == "https://www.linkedin.com/in/v0"
    assert table_of(path)[0][-1] == "reason"


def test_notes_above_the_header_are_not_among_the_rejects(load: Any, tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    load("Notes:\nexported today\n\nname,option\nRosa,Maybe\n", options=["Yes"], rejects=path)
    assert table_of(path) == [
        ["name", "option", "reason"],
        ["Rosa", "Maybe", "option: not an option of this poll"],
    ]
