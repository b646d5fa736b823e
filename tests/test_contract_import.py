"""`import_poll`, sentence by sentence of the contract."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polls.models import Poll, Vote
from tests.contract import IMPORT, Ran, faults
from tests.contract import run as run_command

pytestmark = pytest.mark.django_db

Runner = Callable[..., Ran]

HEADER = "voter_id,name,headline,option,profile_url,voted_at,comment,Mood\r\n"
SHARES = ("--published-share", "66.7", "--published-share", "33.3")
ROWS = [
    "v1,Ann,Contact Center Manager,Very,https://www.linkedin.com/in/ann,2026-01-02 10:00:00,Hello,good",
    "v2,Ben,contact center  manager,very ,,,,",
    "v3,Cas,CX Lead,Not,,,,bad",
]


@pytest.fixture
def run(monkeypatch) -> Runner:
    return lambda *argv, **options: run_command(monkeypatch, *argv, **options)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of votes: rows, or bytes as they are."""

    def write(rows: list[str] | bytes, name: str = "voters.csv", header: str = HEADER) -> Path:
        path = tmp_path / name
        path.write_bytes(
            rows if isinstance(rows, bytes) else (header + "".join(r + "\r\n" for r in rows)).encode()
        )
        return path

    return write


@pytest.fixture
def load(run: Runner, write: Callable[..., Path]) -> Callable[..., Any]:
    """Import those rows with --json and give the document; the exit code must be 0."""

    def load(rows: list[str] | bytes, *options: object, code: int = 0, header: str = HEADER) -> Any:
        ran = run("import_poll", write(rows, header=header), "--poll", "p", "--json", *options)
        assert ran.code == code, ran
        assert not faults(ran.json, IMPORT), faults(ran.json, IMPORT)
        document = ran.json
        parts = ("created", "updated", "unchanged", "rejected")
        assert sum(document[part] for part in parts) == document["rows"]
        return document

    return load


def test_the_document_has_the_shape_and_the_figures(load):
    done = load(ROWS, "--question", "How important?", "--published-total", 3, *SHARES)
    assert done["poll"] == "p"
    assert (done["dry_run"], done["written"]) == (False, True)
    assert (done["file"], done["encoding"], done["delimiter"]) == ("voters.csv", "utf-8", ",")
    assert (done["rows"], done["created"], done["rejected"]) == (3, 3, 0)
    assert (done["voters"], done["distinct_titles"]) == (3, 2)
    assert list(done["votes"].items()) == [("Very", 2), ("Not", 1)]
    assert done["published"]["total"] == 3
    assert done["published"]["consistent"] is True
    assert done["errors"] == []
    assert done["rejects_file"] is None
    assert Poll.objects.get(slug="p").question == "How important?"


def test_the_same_file_again_leaves_everything_unchanged(load):
    load(ROWS)
    again = load(ROWS)
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 3)
    assert again["voters"] == 3


def test_a_known_field_that_changed_is_an_update_and_an_empty_cell_erases_nothing(load):
    load(ROWS)
    emptied = load(["v1,,,Very,,,,"])
    assert emptied["unchanged"] == 1
    changed = load(["v3,Cas,Head of CX,Not,,,,bad"])
    assert (changed["updated"], changed["voters"]) == (1, 3)
    vote = Vote.objects.get(poll__slug="p", headline_raw="Contact Center Manager")
    assert vote.comment == "Hello"


def test_rows_that_are_wholly_blank_are_not_counted_but_keep_their_number(load):
    done = load([ROWS[0], ",,,,,,,", "", "v9,Eve,Clerk,Maybe,,,,"], "--option", "Very", "--option", "Not")
    assert done["rows"] == 2
    assert done["errors"][0]["row"] == 5
    assert done["errors"][0]["column"] == "option"
    assert done["errors"][0]["value"] == "Maybe"
    assert "option" in done["errors"][0]["reason"]


def test_a_preamble_counts_as_rows_of_the_file(load):
    preamble = b'Notes:\r\n"Votes, copied by hand"\r\n\r\n' + HEADER.encode() + b"v9,Eve,Clerk,,,,,\r\n"
    done = load(preamble, code=1)
    assert done["errors"][0]["row"] == 5


def test_rejected_rows_alone_exit_0(load):
    done = load([*ROWS, "v9,Eve,Clerk,Maybe,,,,"], "--option", "Very", "--option", "Not")
    assert (done["written"], done["rejected"], done["created"]) == (True, 1, 3)


def test_strict_with_a_rejected_row_writes_nothing_and_says_what_a_dry_run_says(load):
    rows = [*ROWS, "v9,Eve,Clerk,Maybe,,,,"]
    options = ("--option", "Very", "--option", "Not")
    dry = load(rows, "--dry-run", *options)
    strict = load(rows, "--strict", *options, code=1)
    assert strict["written"] is dry["written"] is False
    assert not Poll.objects.filter(slug="p").exists()
    for key in ("rows", "created", "updated", "unchanged", "rejected", "voters", "votes", "distinct_titles"):
        assert strict[key] == dry[key]
    assert (strict["dry_run"], dry["dry_run"]) == (False, True)


def test_rows_of_which_none_is_accepted_exit_1_and_make_no_poll(load):
    done = load(["v9,Eve,Clerk,,,,,"], code=1)
    assert done["written"] is False
    assert not Poll.objects.filter(slug="p").exists()


def test_a_header_without_rows_exits_0(load):
    done = load([])
    assert done["rows"] == 0


def test_a_dry_run_of_a_new_poll_tells_how_it_would_be_and_makes_none(load):
    done = load(ROWS, "--dry-run")
    assert (done["voters"], done["votes"]) == (3, {"Very": 2, "Not": 1})
    assert not Poll.objects.filter(slug="p").exists()


def test_options_keep_the_order_of_the_command_and_can_only_be_added_to(load, run, write):
    load(ROWS, "--option", "Not", "--option", "Very")
    assert list(Poll.objects.get(slug="p").options.values_list("text", flat=True)) == ["Not", "Very"]
    more = load(["v4,Dee,Clerk,Perhaps,,,,"], "--option", "Perhaps")
    assert list(more["votes"]) == ["Not", "Very", "Perhaps"]
    unknown = load(["v5,Fay,Clerk,Maybe,,,,"], code=1)
    assert unknown["errors"][0]["reason"] == "not an option of this poll"
    assert unknown["errors"][0]["row"] == 2


@pytest.mark.parametrize("text", ["  VERY ", "Ｖery", "very", "Very\u00a0"])
def test_options_match_however_they_are_written(text: str, load):
    load(ROWS)
    done = load([f"v7,Gus,Clerk,{text},,,,"])
    assert done["votes"] == {"Very": 3, "Not": 1}


def test_options_match_after_straightening_quotes(load):
    load(['v1,Ann,Clerk,"Don\'t know",,,,'])
    assert load(["v2,Ben,Clerk,Don’t know,,,,"])["votes"] == {"Don't know": 2}


def test_the_same_voter_twice_the_newest_vote_is_kept_and_the_other_names_its_row(load):
    rows = [
        "v1,Ann,Clerk,Very,,2026-01-03 10:00:00,,",
        "v1,Ann,Clerk,Not,,2026-01-02 10:00:00,,",
        "v2,Ben,Clerk,Very,,,,",
        "v2,Ben,Clerk,Not,,,,",
    ]
    done = load(rows, "--option", "Very", "--option", "Not")
    assert (done["created"], done["rejected"]) == (2, 2)
    assert done["votes"] == {"Very": 1, "Not": 1}
    assert {error["row"] for error in done["errors"]} == {3, 4}
    kept = {error["row"]: error["reason"] for error in done["errors"]}
    assert "2" in kept[3]
    assert "5" in kept[4]


def test_voters_missing_from_a_later_file_stay(load):
    load(ROWS)
    assert load(ROWS[:1])["voters"] == 3


def test_without_id_and_url_equal_name_and_headline_are_matched_by_occurrence(load, write):
    header = "name,headline,option\r\n"
    rows = ["Ann,Clerk,Very", "Ann,Clerk,Not", "Ben,,Very"]
    done = load(rows, header=header)
    assert (done["created"], done["voters"]) == (3, 3)
    again = load(rows, header=header)
    assert (again["unchanged"], again["voters"]) == (3, 3)


def test_published_differences_name_the_option(load):
    done = load(ROWS, "--published-total", 4, "--published-share", "50", "--published-share", "33")
    assert done["published"]["consistent"] is False
    differences = {one["option"]: one for one in done["published"]["differences"]}
    assert differences["Very"]["votes"] == 2
    assert differences["Very"]["published_share"] == pytest.approx(0.5)
    assert differences["Very"]["share"] == pytest.approx(2 / 3)
    assert "Not" not in differences, "33 is 33.3 at its printed precision"


def test_nothing_published_is_null_with_a_reason(load):
    done = load(ROWS)
    assert done["published"]["total"] is None
    assert done["published"]["consistent"] is None
    assert done["published"]["reason"]


def test_rejects_hold_the_original_cells_and_the_reason(load, tmp_path):
    path = tmp_path / "rejects.csv"
    done = load(
        [*ROWS, 'v9,"Eve, B.",=1+1,Maybe,,,,x'], "--option", "Very", "--option", "Not", "--rejects", path
    )
    assert done["rejects_file"] == str(path)
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert rows[0][-1] == "reason"
    assert rows[0][:-1] == HEADER.strip().split(",")
    assert len(rows) == 2
    assert rows[1][1] == "Eve, B."
    assert rows[1][-1]


def test_errors_are_the_first_hundred(load):
    done = load(
        [*ROWS, *(f"x{i},Eve,Clerk,Maybe,,,," for i in range(150))], "--option", "Very", "--option", "Not"
    )
    assert done["rejected"] == 150
    assert len(done["errors"]) == 100
    assert done["errors"][0]["row"] == 5
