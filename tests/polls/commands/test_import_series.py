"""`import_series` as a person runs it: exit codes, one document, one sentence per error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polls.models import Poll, Voter
from tests.contract import Ran
from tests.contract import run as run_command

pytestmark = pytest.mark.django_db

HEAD = "name,headline,profile_url,option\n"
ROSA = "Rosa,CX Lead,https://www.linkedin.com/in/rosa,Yes\n"

type Runner = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Runner:
    settings.ROLECALL_AFTER_IMPORT = ""
    settings.ROLECALL_HOME = tmp_path / "home"
    return lambda *argv: run_command(monkeypatch, "import_series", *argv)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two polls with the same voter, and something that is none."""
    path = tmp_path / "polls"
    path.mkdir()
    (path / "march.csv").write_text(HEAD + ROSA)
    (path / "april.csv").write_text(HEAD + ROSA.replace("Yes", "No"))
    (path / "chart.png").write_bytes(b"\x89PNG")
    return path


def test_a_folder_is_imported_with_one_document(run: Runner, folder: Path) -> None:
    ran = run(folder, "--json")
    assert ran.code == 0
    document = ran.json
    assert [(each["poll"], each["created"], each["votes"]) for each in document["polls"]] == [
        ("april", 1, {"No": 1}),
        ("march", 1, {"Yes": 1}),
    ]
    assert (document["written"], document["failed"], document["voters"]) == (2, 0, 1)
    assert ran.err.splitlines() == [
        "Reading april.csv",
        "Reading march.csv",
        "Left out, since it is no table: chart.png",
    ]


def test_a_person_reads_what_came_of_each_file(run: Runner, folder: Path) -> None:
    (folder / "may.csv").write_text("")
    ran = run(folder)
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "Imported: april.csv into april: 1 rows, 1 created, 0 updated, 0 unchanged, 0 rejected; 1 voters.",
        "Imported: march.csv into march: 1 rows, 1 created, 0 updated, 0 unchanged, 0 rejected; 1 voters.",
        "Not imported: may.csv. may.csv is empty.",
        "2 of 3 files written, 1 failed; 1 different voters over all of them.",
    ]


def test_a_dry_run_writes_nothing_and_exits_0(run: Runner, folder: Path) -> None:
    ran = run(folder, "--dry-run", "--json")
    assert (ran.code, ran.json["written"], ran.json["failed"], ran.json["voters"]) == (0, 0, 0, 1)
    assert {each["dry_run"] for each in ran.json["polls"]} == {True}
    assert not Poll.objects.exists()
    assert not Voter.objects.exists()
    assert "Would import: april.csv into april" in run(folder, "--dry-run").out


def test_strict_exits_1_where_it_refused_a_file_and_imports_the_others(run: Runner, folder: Path) -> None:
    (folder / "march.csv").write_text(HEAD + ROSA + "Uma,,,\n")
    ran = run(folder, "--strict", "--json", "--rejects", folder / "rejects")
    assert ran.code == 1
    assert [each["written"] for each in ran.json["polls"]] == [True, False]
    assert "march.csv: nothing was written, since 1 of 2 rows are rejected" in ran.err
    assert (folder / "rejects" / "march.csv").read_text("utf-8-sig").count("\n") == 2
    assert run(folder, "--json").code == 0


def test_a_series_of_which_nothing_is_written_exits_1(run: Runner, folder: Path) -> None:
    for name in ("march.csv", "april.csv"):
        (folder / name).write_text("")
    ran = run(folder, "--json")
    assert (ran.code, ran.json["written"], ran.json["failed"]) == (1, 0, 2)
    assert "Nothing was written. april.csv is empty." in ran.err
    assert run(folder, "--dry-run").code == 1


@pytest.mark.parametrize("arguments", [["absent"], ["{empty}"], ["{empty}", "--dry-run"]])
def test_what_cannot_be_read_at_all_exits_1_with_a_sentence(
    run: Runner, tmp_path: Path, arguments: list[str]
) -> None:
    (tmp_path / "empty").mkdir()
    ran = run(*(argument.format(empty=tmp_path / "empty") for argument in arguments), "--json")
    assert ran.code == 1
    assert json.loads(ran.out).keys() == {"error"}
    assert len(ran.err.strip().splitlines()) == 1


def test_wrong_usage_exits_2_without_a_document(run: Runner) -> None:
    ran = run("--json")
    assert (ran.code, ran.out) == (2, "")
