"""What `import_poll` can be told about a file, and every documented export given to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from polls.models import Poll, Vote
from tests.contract import IMPORT, faults
from tests.polls.commands.test_import_poll import ROOT, STUDY, refused, run
from tests.polls.importing.workbooks import xlsx

FORMATS = ROOT / "tests" / "data" / "formats"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_listens(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "voters.csv"
    path.write_text(STUDY)
    return path


def document(*arguments: object) -> dict[str, Any]:
    """The report of an import that went well."""
    code, out, _ = run(*arguments, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def chosen() -> list[tuple[str, str]]:
    return list(Vote.objects.order_by("id").values_list("voter__name", "option__text"))


def test_a_sheet_of_a_workbook_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "voters.xlsx"
    path.write_bytes(xlsx({"About": [["Made", "2026"]], "Voters": [["name", "option"], ["Rosa", "Yes"]]}))
    done = document(path, "--poll", "p", "--sheet", "Voters")
    assert (done["encoding"], done["delimiter"], done["created"]) == ("xlsx", "", 1)
    assert Poll.objects.get().batches.get().sheet == "Voters"
    code, _, err = run(path, "--poll", "p", "--sheet", "Votes")
    assert code == 1
    assert "“Votes”" in err


ZOOM = ("--option", "Extremely important", "--option", "Very important", "--option", "Not important")


@pytest.mark.parametrize(("sheet", "rows"), [("2", 2), ("poll 2: Experience", 2), ("", 2), ("1", 3)])
def test_one_of_several_tables_can_be_named_by_title_or_number(sheet: str, rows: int) -> None:
    options = ("--option", "Yes", "--option", "No") if sheet == "1" else ZOOM
    done = document(FORMATS / "zoom.csv", "--poll", "p", "--sheet", sheet, *options)
    assert (done["rows"], done["rejected"]) == (rows, 0)


def test_a_table_that_is_not_there_is_refused_naming_those_there_are(file: Path) -> None:
    code, err = refused(FORMATS / "zoom.csv", "--poll", "p", "--sheet", "3", *ZOOM)
    assert code == 1
    assert "zoom.csv has no table “3”; its tables are 1 “" in err
    code, err = refused(file, "--poll", "p", "--sheet", "Voters")
    assert code == 1
    assert "voters.csv is no workbook and holds one table only: there is no “Voters” in it." in err


def test_a_column_per_option_can_be_named(file: Path) -> None:
    file.write_text("name,Q1 [Yes],No!,Note\nRosa,x,,\nSam,,x,\n")
    arguments = ("--poll", "p", "--option", "Yes", "--option", "No!", "--option", "Maybe")
    done = document(file, *arguments, "--column", "option=Q1 [Yes]", "--column", "option=No!")
    assert done["votes"] == {"Yes": 1, "No!": 1, "Maybe": 0}
    assert chosen() == [("Rosa", "Yes"), ("Sam", "No!")]


def test_a_column_per_option_names_the_options_of_a_new_poll(file: Path) -> None:
    file.write_text("name,Rather,Hardly\nRosa,1,0\nSam,0,1\n")
    done = document(file, "--poll", "p", "--column", "option=Rather", "--column", "option=Hardly")
    assert done["votes"] == {"Rather": 1, "Hardly": 1}


def test_a_list_of_one_options_voters_is_imported_for_that_option() -> None:
    arguments = ("--poll", "p", "--option", "Yes", "--option", "No", "--everyone", "Yes")
    done = document(FORMATS / "phantombuster-likers.csv", *arguments)
    assert (done["rejected"], done["votes"]["No"]) == (0, 0)
    assert done["votes"]["Yes"] == done["created"] > 0


@pytest.mark.parametrize(("flag", "day"), [("--day-first", (4, 3)), ("--month-first", (3, 4))])
def test_the_order_of_day_and_month_can_be_said(file: Path, flag: str, day: tuple[int, int]) -> None:
    file.write_text("name,option,voted_at\nRosa,Yes,03/04/2026 10:00\n")
    code, _, err = run(file, "--poll", "p", flag)
    assert (code, err) == (0, "")
    vote = Vote.objects.get()
    assert (vote.voted_at.month, vote.voted_at.day, vote.voted_raw) == (*day, "03/04/2026 10:00")


def test_a_date_that_is_two_days_is_kept_as_text_and_said_on_standard_error(file: Path) -> None:
    file.write_text("name,option,voted_at\nRosa,Yes,03/04/2026 10:00\nSam,No,2h\n")
    code, out, err = run(file, "--poll", "p", "--json")
    assert code == 0
    assert "1 date such as 03/04/2026 10:00 can be read in two ways" in err
    assert "notes" not in json.loads(out)
    votes = Vote.objects.order_by("id").values_list("voted_at", "voted_raw")
    assert list(votes) == [(None, "03/04/2026 10:00"), (None, "2h")]


def test_both_orders_at_once_are_wrong_usage(file: Path) -> None:
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("import_poll", str(file), "--poll", "p", "--day-first", "--month-first")


def test_a_preset_can_be_named_and_another_reading_too(file: Path) -> None:
    done = document(FORMATS / "vote-list.csv", "--poll", "p", "--preset", "vote-list")
    assert done["created"] > 0
    assert Poll.objects.get().batches.get().preset == "vote-list"
    assert document(file, "--poll", "q", "--preset", "none")["created"] == 10


def test_what_the_published_percentages_admit_is_told_as_text(file: Path) -> None:
    shares = ("--published-share", "60", "--published-share", "40")
    code, out, _ = run(file, "--poll", "p", "--published-total", 10, *shares)
    assert code == 0
    assert "Only one way to spread 10 votes gives the published percentages: Yes 6, No 4." in out


def test_a_single_one_is_told_as_one(file: Path) -> None:
    file.write_text("name,headline,option\nRosa,CX,Yes\n")
    shares = ("--option", "Yes", "--option", "No", "--published-share", "50", "--published-share", "50")
    _, out, _ = run(file, "--poll", "p", "--published-total", 2, *shares)
    assert "1 row: 1 created, 0 updated, 0 unchanged, 0 rejected.\n1 voter with 1 different title." in out
    assert "(2 votes were published, 1 is imported)" in out
    assert "Yes: 1 vote does not give the published share." in out
    assert "No: 0 votes do not give the published share." in out


# Those that say what was voted for, in the words of the options below.
SAY_THE_OPTION = {
    *("google-forms", "matrix", "mentimeter", "microsoft-forms", "no-header", "phantombuster-poll-voters"),
    *("qualtrics", "qualtrics-legacy", "qualtrics-one-cell", "qualtrics-split", "rolecall", "surveymonkey"),
    *("typeform", "typeform-older", "vote-list", "zoom", "zoom-old"),
}
EXPORTS = sorted(path.name for path in FORMATS.glob("*.csv"))
OPTIONS = [
    *("--option", "Extremely important", "--option", "Very important", "--option", "Not important"),
    *("--option", "Not important, really"),
]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_documented_export_gives_the_document_of_the_contract_or_a_sentence(name: str) -> None:
    encoding = ["--encoding", "cp1252"] if name == "microsoft-forms.csv" else []
    code, out, err = run(FORMATS / name, "--poll", "p", "--json", *OPTIONS, *encoding)
    found = json.loads(out)
    if name.removesuffix(".csv") not in SAY_THE_OPTION:
        assert (code, err.count("\n")) == (1, 1)
        assert err.strip() == found.get("error", err.strip())
        return
    assert faults(found, IMPORT) == []
    assert (code, found["written"], found["created"] + found["rejected"]) == (0, True, found["rows"])
    again = json.loads(run(FORMATS / name, "--poll", "p", "--json", *OPTIONS, *encoding)[1])
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, found["created"])
    assert again["votes"] == found["votes"]
