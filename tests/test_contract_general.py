"""What all commands promise: exit codes, one sentence per error, one document and nothing beside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract import Ran
from tests.contract import run as run_command

pytestmark = pytest.mark.django_db

Runner = Callable[..., Ran]

COMMANDS = [
    "import_poll",
    "import_series",
    "import_tags",
    "agreement",
    "report",
    "export",
    "import_codebook",
    "verify",
    "seed_demo",
    "embedded_db",
]


@pytest.fixture
def run(monkeypatch) -> Runner:
    return lambda *argv, **options: run_command(monkeypatch, *argv, **options)


@pytest.fixture
def voters(tmp_path: Path) -> Path:
    """A file of two votes."""
    path = tmp_path / "voters.csv"
    path.write_text("voter_id,headline,option\nv1,CX Lead,Very\nv2,Clerk,Not\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, run: Runner):
    ran = run(name, "--help")
    assert ran.code == 0
    assert ran.out.startswith("usage:")


WRONG_USAGE = [
    ["import_poll"],
    ["import_poll", "{file}"],
    ["import_poll", "{file}", "--poll", "Not A Slug"],
    ["import_poll", "{file}", "--poll", "p" * 51],
    ["import_poll", "{file}", "--poll", "p", "--column", "nonsense"],
    ["import_poll", "{file}", "--poll", "p", "--column", "shoe_size=headline"],
    ["import_poll", "{file}", "--poll", "p", "--published-total", "many"],
    ["import_poll", "{file}", "--poll", "p", "--published-share", "150"],
    ["import_poll", "{file}", "--poll", "p", "--opened-on", "yesterday"],
    ["import_poll", "{file}", "--poll", "p", "--encoding", "klingon"],
    ["import_poll", "{file}", "--poll", "p", "--preset", "phantombuster"],
    ["report", "--poll", "p", "--basis", "third"],
    ["report", "--poll", "p", "--round", "one"],
    ["agreement"],
    ["export", "--poll", "p"],
    ["export", "--poll", "p", "--what", "everything"],
    ["export", "--poll", "p", "--what", "bundle"],
    ["export", "--poll", "p", "--what", "conflicts"],
    ["export", "--poll", "p", "--what", "tags", "--format", "xlsx"],
    ["verify", "--everything"],
]


@pytest.mark.parametrize("argv", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_and_what_is_not_built_exit_2_and_print_no_document(argv, run: Runner, voters: Path):
    words = [word.format(file=voters) for word in argv]
    for more in ([], ["--json"] if argv[0] != "export" else []):
        ran = run(*words, *more)
        assert ran.code == 2, ran
        assert ran.out == ""
        assert re.search(r"[a-z]{3}.*", ran.err)
        assert "Traceback" not in ran.err


NOTHING_WRITTEN = [
    (["import_poll", "{file}", "--poll", "p", "--sheet", "One"], "voters.csv"),
    (["import_poll", "no-such-file.csv", "--poll", "p"], "no-such-file.csv"),
    (["import_tags", "no-such-file.csv", "--poll", "p"], "no-such-file.csv"),
    (["import_tags", "{tags}", "--poll", "nowhere"], "nowhere"),
    (["import_codebook", "no-such-file.json"], "no-such-file.json"),
    (["import_codebook", "{file}"], "voters.csv"),
    (["report", "--poll", "nowhere"], "nowhere"),
    (["agreement", "--poll", "nowhere"], "nowhere"),
    (["verify", "--poll", "nowhere"], "nowhere"),
]


@pytest.mark.parametrize(("argv", "named"), NOTHING_WRITTEN, ids=lambda one: " ".join(one))
def test_what_cannot_be_done_exits_1_with_one_sentence_and_one_document(
    argv, named: str, run: Runner, voters: Path
):
    tags = voters.with_name("tags.csv")
    tags.write_text("voter_id,reviewer,category\nv1,rosa,cx\n", encoding="utf-8")
    words = [word.format(file=voters, tags=tags) for word in argv]
    ran = run(*words)
    assert (ran.code, ran.out) == (1, "")
    ran.says(named)
    assert len(ran.err.strip().splitlines()) == 1
    as_json = run(*words, "--json")
    assert as_json.code == 1
    assert list(as_json.json) == ["error"]
    assert named in as_json.json["error"]


def test_an_export_of_an_unknown_poll_exits_1(run: Runner):
    ran = run("export", "--poll", "nowhere", "--what", "classified")
    assert (ran.code, ran.out) == (1, "")
    ran.says("nowhere")


def test_a_poll_without_a_round_says_so(run: Runner, voters: Path):
    assert run("import_poll", voters, "--poll", "p").code == 0
    for command in ("report", "agreement"):
        ran = run(command, "--poll", "p", "--json")
        assert ran.code == 1
        assert "round" in ran.json["error"]


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"", "empty"),
        (b"PK\x03\x04 rest of a workbook", "CSV"),
        ("voter_id,option\nv1,Gr\u00fc\u00dfe\n".encode("cp1252"), "encoding"),
        (b"a,b\n1,2\n", "option"),
    ],
    ids=["empty", "workbook", "not UTF-8", "no option column"],
)
def test_a_file_that_cannot_be_read_gets_one_sentence(raw: bytes, named: str, run: Runner, voters: Path):
    voters.write_bytes(raw)
    ran = run("import_poll", voters, "--poll", "p", "--json")
    assert ran.code in {1, 2}, ran
    ran.says("voters.csv", named)
    assert len(ran.err.strip().splitlines()) == 1
    if ran.code == 1:
        assert ran.json["error"]


def test_standard_input_is_a_file_too(run: Runner, voters: Path):
    ran = run("import_poll", "-", "--poll", "p", "--json", stdin=voters.read_bytes())
    assert ran.code == 0, ran
    assert ran.json["created"] == 2


def test_without_json_a_person_can_read_it(run: Runner, voters: Path):
    ran = run("import_poll", voters, "--poll", "p")
    assert ran.code == 0
    assert "2" in ran.out
    assert not ran.out.lstrip().startswith("{")
