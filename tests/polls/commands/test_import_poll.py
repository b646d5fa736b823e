"""`import_poll` to the letter of the contract: exit codes, one document, one sentence."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from polls.management.contract import sentence_for
from polls.models import Poll, Vote
from tests import database

ROOT = Path(__file__).parents[3]
STUDY = "voter_id,name,headline,option\n" + "".join(
    f"v{n},Voter {n},CX Lead {n},{'Yes' if n < 7 else 'No'}\n" for n in range(10)
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_listens(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "voters.csv"
    path.write_text(STUDY)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("import_poll", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    return code, out.getvalue(), err.getvalue()


def refused(*arguments: object) -> tuple[int, str]:
    """Exit code and the one sentence of a command that wrote nothing and printed nothing else."""
    code, out, err = run(*arguments)
    assert out == ""
    assert err.endswith(".\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not Vote.objects.exists()
    return code, err


def test_a_file_is_imported_and_told_as_text(file: Path) -> None:
    code, out, err = run(file, "--poll", "cx-head")
    assert (code, err) == (0, "")
    assert "10 rows: 10 created, 0 updated, 0 unchanged, 0 rejected." in out
    assert Vote.objects.count() == 10


def test_json_is_one_document_and_nothing_else(file: Path) -> None:
    code, out, err = run(
        file,
        "--poll",
        "cx-head",
        "--json",
        "--question",
        "How so?",
        "--published-total",
        10,
        "--published-share",
        "70",
        "--published-share",
        "30 %",
        "--opened-on",
        "2026-03-01",
        "--closed-on",
        "2026-03-08",
    )
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document.pop("seconds") >= 0
    assert document == {
        "poll": "cx-head",
        "dry_run": False,
        "written": True,
        "file": "voters.csv",
        "encoding": "utf-8",
        "delimiter": ",",
        "rows": 10,
        "created": 10,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
        "voters": 10,
        "distinct_titles": 10,
        "votes": {"Yes": 7, "No": 3},
        "published": {"total": 10, "consistent": True, "differences": []},
        "errors": [],
        "rejects_file": None,
    }
    poll = Poll.objects.get()
    assert (poll.question, str(poll.opened_on), str(poll.closed_on)) == (
        "How so?",
        "2026-03-01",
        "2026-03-08",
    )


def test_the_same_file_twice_is_unchanged(file: Path) -> None:
    run(file, "--poll", "cx-head")
    document = json.loads(run(file, "--poll", "cx-head", "--json")[1])
    assert (document["created"], document["unchanged"], document["written"]) == (0, 10, True)


def test_rejected_rows_alone_exit_0_and_strict_exits_1_with_the_same_counts(file: Path) -> None:
    file.write_text(STUDY + "v99,Uma,CX,Maybe\n")
    options = ["--poll", "cx-head", "--option", "Yes", "--option", "No", "--json"]
    code, out, err = run(file, *options, "--strict")
    strict = json.loads(out)
    assert (code, strict["written"], strict["created"], strict["rejected"]) == (1, False, 10, 1)
    assert "row 12, column “option”: not an option of this poll" in err
    assert not Poll.objects.exists()
    code, out, _ = run(file, *options, "--dry-run")
    dry = json.loads(out)
    assert code == 0
    assert dry | {"dry_run": False, "seconds": 0} == strict | {"seconds": 0}
    code, out, err = run(file, *options)
    assert (code, err, json.loads(out)["errors"]) == (
        0,
        "",
        [{"row": 12, "column": "option", "value": "Maybe", "reason": "not an option of this poll"}],
    )


def test_no_accepted_row_exits_1_with_the_counts(file: Path) -> None:
    file.write_text("voter_id,option\n,Yes\n")
    code, out, err = run(file, "--poll", "cx-head", "--json")
    document = json.loads(out)
    assert (code, document["rows"], document["rejected"], document["written"]) == (1, 1, 1, False)
    assert "no row can be taken" in err
    assert not Poll.objects.exists()


def test_a_header_alone_exits_0(file: Path) -> None:
    file.write_text("voter_id,option\n")
    assert run(file, "--poll", "cx-head", "--json")[0] == 0


def test_rejects_are_written_with_their_reason(file: Path, tmp_path: Path) -> None:
    file.write_text(STUDY + ",,,Yes\n")
    code, out, _ = run(file, "--poll", "cx-head", "--rejects", tmp_path / "no.csv", "--json")
    assert (code, json.loads(out)["rejects_file"]) == (0, str(tmp_path / "no.csv"))
    assert (tmp_path / "no.csv").read_text("utf-8-sig").splitlines()[1].startswith(",,,Yes,")


def test_columns_can_be_named(file: Path) -> None:
    file.write_text("Wer=x,Was\nRosa,Yes\n")
    assert run(file, "--poll", "cx-head", "--column", "name=Wer=x", "--column", "option=Was")[0] == 0
    assert Vote.objects.get().voter.name == "Rosa"


def test_an_old_encoding_can_be_named(file: Path) -> None:
    file.write_bytes("name,option\nRené – CX,Yes\n".encode("cp1252"))
    code, err = refused(file, "--poll", "cx-head")
    assert code == 1
    assert "voters.csv is not UTF-8 (line 2 has the byte 0xE9): name its encoding (--encoding)" in err
    assert (
        json.loads(run(file, "--poll", "cx-head", "--encoding", "cp1252", "--json")[1])["encoding"]
        == "cp1252"
    )
    assert Vote.objects.get().voter.name == "René – CX"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--poll", "CX Head"], "“CX Head” is no slug"),
        (["--poll", "a" * 51], "is no slug"),
        (["--poll", "p", "--published-total", "-1"], "--published-total must be a whole number"),
        (["--poll", "p", "--published-total", "many"], "--published-total must be a whole number"),
        (["--poll", "p", "--published-total", "99999999999"], "--published-total must be a whole number"),
        (["--poll", "p", "--published-share", "half"], "--published-share must be a percentage"),
        (["--poll", "p", "--published-share", "101"], "from 0 to 100"),
        (["--poll", "p", "--published-share", "-3"], "from 0 to 100"),
        (["--poll", "p", "--published-share", "50"], "1 published share was given, but p has 2 options"),
        (
            ["--poll", "p", "--option", "A", "--option", "B", "--published-share", "5"],
            "one --published-share per option",
        ),
        (["--poll", "p", "--opened-on", "01.03.2026"], "--opened-on must be a date such as 2026-11-21"),
        (["--poll", "p", "--opened-on", "2026-03-02", "--closed-on", "2026-03-01"], "cannot close"),
        (["--poll", "p", "--column", "option"], "--column wants FIELD=HEADER"),
        (["--poll", "p", "--column", "size=option"], "“size” is no field"),
        (["--poll", "p", "--column", "name=name", "--column", "name=headline"], "--column names name twice"),
        (["--poll", "p", "--option", "Yes", "--option", "YES"], "given twice"),
        (["--poll", "p", "--encoding", "klingon"], "“klingon” is no encoding"),
        (["--poll", "p", "--preset", "linkedin"], "“linkedin” is no preset; the presets are "),
        (["--poll", "p", "--column", "option=Yes", "--column", "option=Yes"], "“Yes” for two options"),
        (
            ["--poll", "p", "--column", "option=option", "--everyone", "Yes"],
            "only one of these can be asked for",
        ),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_wrong_usage_exits_2_with_a_sentence_and_no_document(
    file: Path, arguments: list[str], sentence: str, form: list[str]
) -> None:
    code, err = refused(file, *arguments, *form)
    assert code == 2
    assert sentence in err


def test_a_broken_workbook_exits_1(file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 and so on")
    code, out, err = run(file, "--poll", "p", "--json")
    assert code == 1
    assert "voters.csv is damaged or was cut off" in err
    assert "damaged" in json.loads(out)["error"]


def test_rejects_over_the_file_itself_exit_2(file: Path) -> None:
    assert refused(file, "--poll", "p", "--rejects", file)[0] == 2
    assert file.read_text() == STUDY


def test_missing_arguments_are_wrong_usage(file: Path) -> None:
    with pytest.raises(CommandError, match="--poll"):
        call_command("import_poll", str(file))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: path.unlink(), "There is no file"),
        (lambda path: (path.unlink(), path.mkdir()), "is a folder, not a file"),
        (lambda path: path.write_bytes(b""), "voters.csv is empty"),
        (lambda path: path.write_bytes(b"\n\n"), "has no header row"),
        (
            lambda path: path.write_bytes(b"a,b\n1,2\n"),
            "No column holds the option voted for. The columns are “a”, “b”",
        ),
        (lambda path: path.write_bytes(b"option\nYes\n"), "No column tells the voters apart"),
        (lambda path: path.write_bytes(b"%PDF-1.4"), "is a PDF"),
        (
            lambda path: path.write_bytes((",".join(f"c{n}" for n in range(501))).encode()),
            "has 501 columns; at most 500",
        ),
    ],
)
def test_a_file_that_cannot_be_used_exits_1_with_a_sentence(file: Path, make: Any, sentence: str) -> None:
    make(file)
    code, err = refused(file, "--poll", "p")
    assert code == 1
    assert sentence in err
    code, out, err = run(file, "--poll", "p", "--json")
    assert code == 1
    assert sentence in json.loads(out)["error"]
    assert json.loads(out).keys() == {"error"}
    assert sentence in err


def test_a_column_that_is_not_there_exits_1(file: Path) -> None:
    code, err = refused(file, "--poll", "p", "--column", "option=Vote")
    assert code == 1
    assert "There is no column “Vote” for option; the columns are “voter_id”, “name”" in err


def test_too_big_a_file_exits_1(file: Path, settings: Any) -> None:
    settings.ROLECALL_MAX_FILE_BYTES = 100
    assert "is larger than" in refused(file, "--poll", "p")[1]


def test_what_should_not_happen_is_a_sentence_too(file: Path, settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.fail"
    code, err = refused(file, "--poll", "p")
    assert code == 1
    assert "(RuntimeError: no)" in err
    assert not Poll.objects.exists()


def test_an_error_of_the_system_names_its_file() -> None:
    assert (
        sentence_for(OSError(28, "No space left on device", "/x/y.csv"))
        == "/x/y.csv: no space left on device."
    )


@pytest.mark.django_db(transaction=True)
def test_a_real_process_reads_standard_input_and_leaves_nothing_else_on_standard_output(
    settings: Any, tmp_path: Path
) -> None:
    environment = os.environ | {
        "DATABASE_URL": database.address(),
        "ROLECALL_HOME": str(tmp_path),
        "PYTHONIOENCODING": "ascii",
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", "import_poll", "-", "--poll", "from-stdin", "--json"]

    def process(data: bytes, *more: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*command, *more], input=data, capture_output=True, cwd=ROOT, env=environment, timeout=60
        )

    done = process("name,option\nRené,Да\n".encode(), "--strict")
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["votes"] == {"Да": 1}
    assert Vote.objects.get().voter.name == "René"
    reading, writing = os.pipe()
    os.write(writing, b"name,option\nUma,Nein\n")
    os.close(writing)
    pipe = [sys.executable, "manage.py", "import_poll", f"/dev/fd/{reading}", "--poll", "from-pipe"]
    piped = subprocess.run(
        pipe, capture_output=True, cwd=ROOT, env=environment, timeout=60, pass_fds=[reading]
    )
    os.close(reading)
    assert (piped.returncode, piped.stderr) == (0, b"")
    done = process(b"")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"error": "- is empty."})
    done = process(b"name,option\n", "--wrong")
    assert (done.returncode, done.stdout) == (2, b"")
