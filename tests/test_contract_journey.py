"""The whole study by commands: import, decisions, agreement, report, export, verify, and there again.

The first test calls the real manage.py in processes of their own; the others the same door in this process.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from polls.models import Poll, User
from tests.contract import AGREEMENT, IMPORT, REPORT, TAGS, VERIFY, Ran, faults, run_in_shell
from tests.contract import run as run_command

Runner = Callable[..., Ran]

TITLES = ["Contact Center Manager", "contact center manager", "CX Lead", "CX Consultant", "Board Member", ""]
VOTES = [(f"v{i}", f"Voter {i}", TITLES[i % 6], ["Very", "Rather", "Not"][i % 3]) for i in range(12)]
VOTERS = "voter_id,name,headline,option,comment,Mood\r\n" + "".join(
    f"{who},{name},{title},{option},{'Well said.' if who == 'v1' else ''},=calm\r\n"
    for who, name, title, option in VOTES
)
BY_TITLE = {
    "Contact Center Manager": ("contact-center", "contact-center", "", ""),
    "CX Lead": ("cx", "cx", "", ""),
    "CX Consultant": ("cx", "consultant", "consultant", "jude"),
    "Board Member": ("unsure", "other", "", ""),
    "": ("cannot-tell", "", "", ""),
}


def _tag_line(who: str, title: str) -> str:
    one, two, final, judge = BY_TITLE[title.title() if title.startswith("contact") else title]
    case = "cc" if title.lower().startswith("contact") else (title.split()[0] + title[-1] if title else who)
    return f"{who},{case},{one},{two},{final},{judge}\n"


TAG_FILE = "voter_id,case,tag:rosa,tag:sam,final,adjudicator\n" + "".join(
    _tag_line(who, title) for who, _, title, _ in VOTES
)
STATUS = {"waiting": 0, "one_decision": 2, "agreed": 2, "conflict": 1, "resolved": 1}
OPTIONS = ("--option", "Very", "--option", "Rather", "--option", "Not")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The file of voters and the file of decisions."""
    voters, tags = tmp_path / "voters.csv", tmp_path / "tags.csv"
    voters.write_text(VOTERS, encoding="utf-8", newline="")
    tags.write_text(TAG_FILE, encoding="utf-8")
    return voters, tags


@pytest.fixture
def run(monkeypatch) -> Runner:
    return lambda *argv, **options: run_command(monkeypatch, *argv, **options)


@pytest.fixture
def study(db, run: Runner, files: tuple[Path, Path]) -> Runner:
    """The small study, imported; gives the runner."""
    voters, tags = files
    imported = run(
        "import_poll", voters, "--poll", "p", "--question", "How?", *OPTIONS, "--published-total", 12
    )
    assert imported.code == 0, imported
    tagged = run("import_tags", tags, "--poll", "p", "--codebook", "role", "--create-users")
    assert tagged.code == 0, tagged
    return run


def the(ran: Ran, shape: Any) -> Any:
    """The document of a command that did its work; nothing else stands on standard output."""
    assert ran.code == 0, ran
    assert ran.out.count("\n") <= 1 or ran.out.strip().startswith("{")
    assert not faults(ran.json, shape), "\n".join(faults(ran.json, shape))
    return ran.json


@pytest.mark.django_db(transaction=True)
def test_the_whole_chain_in_processes_of_their_own(files: tuple[Path, Path], tmp_path: Path):
    voters, tags = files
    done = the(
        run_in_shell("import_poll", voters, "--poll", "p", "--json", "--question", "How?", *OPTIONS), IMPORT
    )
    assert (done["created"], done["voters"], done["distinct_titles"]) == (12, 12, 4)
    done = the(
        run_in_shell("import_tags", tags, "--poll", "p", "--codebook", "role", "--create-users", "--json"),
        TAGS,
    )
    assert done["status"] == STATUS
    agreement = run_in_shell("agreement", "--poll", "p", "--json")
    the(agreement, AGREEMENT)
    report = run_in_shell("report", "--poll", "p", "--json")
    the(report, REPORT)
    assert "open" in report.err, "on an open round a command says so"
    out = tmp_path / "classified.csv"
    assert run_in_shell("export", "--poll", "p", "--what", "classified", "--output", out).code == 0
    assert len(rows_of(out.read_bytes().decode("utf-8"))) == 12
    assert the(run_in_shell("verify", "--json"), VERIFY)["drift"] == []
    refused = run_in_shell("report", "--poll", "nowhere", "--json")
    assert refused.code == 1
    assert "nowhere" in refused.json["error"]
    refused.says("nowhere")
    assert run_in_shell("import_poll", "-", "--poll", "q", stdin=VOTERS.encode()).code == 0


# --- agreement ------------------------------------------------------------------------------


def test_agreement_counts_cases_with_two_categories(study: Runner):
    ran = study("agreement", "--poll", "p", "--json")
    done = the(ran, AGREEMENT)
    assert (done["poll"], done["round"], done["codebook"], done["codebook_version"]) == ("p", 1, "role", 1)
    assert done["reviewers"] == ["rosa", "sam"]
    assert (done["units"], done["voters"]) == (3, 8)
    assert done["categories"] == ["contact-center", "cx", "consultant", "other", "cannot-tell"]
    assert done["percent_agreement"]["value"] == pytest.approx(2 / 3)
    assert done["percent_agreement"]["method"].lower().startswith("wilson")
    low, high = done["percent_agreement"]["ci"]
    assert low < 2 / 3 < high
    assert (done["confusion"]["rows"], done["confusion"]["columns"]) == ("rosa", "sam")
    counts = done["confusion"]["counts"]
    assert len(counts) == 5
    assert (counts[0][0], counts[1][1], counts[1][2], sum(map(sum, counts))) == (1, 1, 1, 3)
    assert done["pairs"] is None
    assert set(done["per_category"]) == set(done["categories"])
    assert "open" in ran.err


def test_agreement_says_why_it_is_not_defined(db, run: Runner, files: tuple[Path, Path], tmp_path: Path):
    voters, tags = files
    run("import_poll", voters, "--poll", "p", *OPTIONS)
    tags.write_text("voter_id,tag:rosa,tag:sam\nv1,cx,cx\nv2,cx,cx\n", encoding="utf-8")
    assert run("import_tags", tags, "--poll", "p", "--codebook", "role", "--create-users").code == 0
    done = the(run("agreement", "--poll", "p", "--json"), AGREEMENT)
    assert done["percent_agreement"]["value"] == 1
    assert done["cohens_kappa"]["value"] is None
    assert done["cohens_kappa"]["reason"]
    assert done["krippendorffs_alpha"]["value"] is None
    assert done["krippendorffs_alpha"]["reason"]


# --- report -------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", ["final", "first", "second"])
def test_the_report_reconciles_in_every_option(basis: str, study: Runner):
    done = the(study("report", "--poll", "p", "--basis", basis, "--json"), REPORT)
    assert done["basis"] == basis
    assert (done["question"], done["votes"], done["published_total"]) == ("How?", 12, 12)
    assert done["classified"] + done["unresolved"] == done["votes"]
    assert sum(option["votes"] for option in done["options"]) == done["votes"]
    groups = {category["code"]: category["group"] for category in done["categories"]}
    assert groups["cx"] == groups["consultant"] == "cx-side"
    assert groups["contact-center"] == "contact-center", "a category without a group is its own"
    for position, option in enumerate(done["options"], start=1):
        assert option["position"] == position
        assert option["classified"] + option["unresolved"] == option["votes"]
        assert sum(one["n"] for one in option["categories"].values()) == option["classified"]
        assert sum(one["n"] for one in option["groups"].values()) == option["classified"]
        assert option["share"] == pytest.approx(option["votes"] / 12)
        for one in [*option["categories"].values(), *option["groups"].values()]:
            assert one["share"] == pytest.approx(one["n"] / option["classified"])
            assert one["ci"][0] <= one["share"] <= one["ci"][1]
        assert set(option["groups"]) == set(groups.values())


def test_the_report_counts_finals_and_bounds_what_is_unresolved(study: Runner):
    done = the(study("report", "--poll", "p", "--json"), REPORT)
    totals = {
        code: sum(o["categories"][code]["n"] for o in done["options"]) for code in ("contact-center", "cx")
    }
    assert totals == {"contact-center": 4, "cx": 2}
    assert done["unresolved"] == 4, "unsure against other, and a title that one has read"
    bounds = done["sensitivity"]["unresolved_bounds"]
    assert set(bounds) == {"Very", "Rather", "Not"}
    for option in done["options"]:
        low, high = bounds[option["text"]]["cx"]
        assert low == pytest.approx(option["categories"]["cx"]["n"] / option["votes"])
        assert high == pytest.approx(
            (option["categories"]["cx"]["n"] + option["unresolved"]) / option["votes"]
        )


def test_the_sensitivity_is_the_report_on_the_other_basis(study: Runner):
    final = the(study("report", "--poll", "p", "--json"), REPORT)
    for basis in ("first", "second"):
        other = the(study("report", "--poll", "p", "--basis", basis, "--json"), REPORT)
        assert final["sensitivity"][basis]["options"] == other["options"]
        assert final["sensitivity"][basis]["tests"] == other["tests"]


def test_residuals_have_a_cell_for_every_option_and_category(study: Runner):
    done = the(study("report", "--poll", "p", "--json"), REPORT)
    rows = done["tests"]["adjusted_residuals"]
    assert len(rows) == 3
    assert {len(row) for row in rows} == {5}
    other = [one["code"] for one in done["categories"]].index("other")
    assert [row[other] for row in rows] == [None, None, None], "a column without a vote is left out"


# --- export and back -----------------------------------------------------------------------


def export(run: Runner, what: str, *more: object, form: str = "csv") -> str:
    ran = run("export", "--poll", "p", "--what", what, "--format", form, *more)
    assert ran.code == 0, ran
    return ran.out


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_classified_has_one_row_per_vote_with_its_status_and_source_columns(study: Runner):
    text = export(study, "classified")
    assert text.startswith("\ufeff")
    assert text.count("\r\n") == 13
    rows = {row["voter_id"]: row for row in rows_of(text)}
    assert len(rows) == 12
    one = rows["v1"]
    assert (one["headline"], one["option"], one["comment"]) == (
        "contact center manager",
        "Rather",
        "Well said.",
    )
    assert (one["category"], one["category_label"], one["status"]) == (
        "contact-center",
        "Contact Center",
        "agreed",
    )
    assert (one["codebook"], one["codebook_version"]) == ("role", "1")
    assert one["source:Mood"] == "'=calm", "a spreadsheet must not execute it"
    assert (rows["v3"]["status"], rows["v3"]["resolved_by"], rows["v3"]["category"]) == (
        "resolved",
        "jude",
        "consultant",
    )
    assert (rows["v4"]["status"], rows["v4"]["category"]) == ("unresolved", "")
    as_json = json.loads(export(study, "classified", form="json"))
    assert len(as_json) == 12


def test_pseudonymised_exports_name_nobody(study: Runner):
    for what in ("classified", "tags", "wide"):
        text = export(study, what, "--pseudonymise")
        for mark in ("Voter 1", "Well said.", "calm", "Contact Center Manager", "\nv1,"):
            assert mark not in text, f"{what} tells {mark!r}"


@pytest.mark.parametrize("what", ["tags", "wide"])
def test_decisions_go_out_and_into_an_empty_installation_with_the_same_figures(
    what: str, study: Runner, files: tuple[Path, Path], tmp_path: Path
):
    before = [study(command, "--poll", "p", "--json").json for command in ("agreement", "report")]
    path = tmp_path / "out.csv"
    path.write_text(export(study, what), encoding="utf-8", newline="")
    header = path.read_text(encoding="utf-8-sig").splitlines()[0]
    assert {"case", "final", "adjudicator"} <= set(header.split(","))
    _empty_the_installation()
    assert (
        study(
            "import_poll", files[0], "--poll", "p", "--question", "How?", *OPTIONS, "--published-total", 12
        ).code
        == 0
    )
    ran = study("import_tags", path, "--poll", "p", "--codebook", "role", "--create-users", "--json")
    assert the(ran, TAGS)["rejected"] == 0
    assert ran.json["status"] == STATUS
    after = [study(command, "--poll", "p", "--json").json for command in ("agreement", "report")]
    assert after == before
    assert the(study("verify", "--json"), VERIFY)["drift"] == []


def test_classified_comes_back_as_the_same_voters(study: Runner, tmp_path: Path):
    path = tmp_path / "out.csv"
    path.write_text(export(study, "classified"), encoding="utf-8", newline="")
    done = the(study("import_poll", path, "--poll", "p", "--json"), IMPORT)
    assert (done["unchanged"], done["rejected"]) == (12, 0)
    assert rows_of(export(study, "classified"))[0]["source:Mood"] == "'=calm"


def _empty_the_installation() -> None:
    from django.db import connection

    tables = [
        table
        for table in connection.introspection.table_names()
        if table.startswith(("classify_", "polls_")) and table != "classify_reviewercase"
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("TRUNCATE " + ", ".join(tables) + " RESTART IDENTITY CASCADE")
    assert not Poll.objects.exists()
    assert not User.objects.exists()
