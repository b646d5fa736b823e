"""`import_tags`, `verify`, `import_codebook` and what all commands share, sentence by sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classify.models import Case, Decision, Round
from polls.models import User
from tests import factories
from tests.contract import CODEBOOK, TAGS, VERIFY, Ran, faults
from tests.contract import run as run_command

pytestmark = pytest.mark.django_db

Runner = Callable[..., Ran]

VOTERS = "voter_id,name,headline,option,profile_url\r\n" + "".join(
    f"v{i},Voter {i},{title},{option},https://www.linkedin.com/in/v{i}\r\n"
    for i, (title, option) in enumerate(
        [
            ("Contact Center Manager", "Very"),
            ("contact center manager", "Not"),
            ("CX Lead", "Very"),
            ("Helping leaders win", "Not"),
            ("", "Very"),
        ],
        start=1,
    )
)


@pytest.fixture
def run(monkeypatch) -> Runner:
    return lambda *argv, **options: run_command(monkeypatch, *argv, **options)


@pytest.fixture
def poll(run: Runner, tmp_path: Path) -> None:
    """A poll of five votes, two of which share a headline; Rosa and Sam have accounts."""
    path = tmp_path / "voters.csv"
    path.write_text(VOTERS, encoding="utf-8", newline="")
    assert run("import_poll", path, "--poll", "p", "--question", "How important?").code == 0
    for username in ("rosa", "sam", "jude"):
        factories.make_user(username)


@pytest.fixture
def tag(run: Runner, tmp_path: Path, poll: None) -> Callable[..., Any]:
    """Import those decisions with --json and give the document."""

    def tag(lines: list[str], *options: object, code: int = 0) -> Any:
        path = tmp_path / "tags.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        ran = run("import_tags", path, "--poll", "p", "--codebook", "role", "--json", *options)
        assert ran.code == code, ran
        if "error" in ran.json:
            ran.says(ran.json["error"])
            return ran.json
        assert not faults(ran.json, TAGS), faults(ran.json, TAGS)
        document = ran.json
        assert document["created"] + document["unchanged"] + document["rejected"] == document["rows"]
        return document

    return tag


WIDE = [
    "voter_id,case,tag:rosa,tag:sam",
    "v1,one,contact-center,contact-center",
    "v2,one,contact-center,contact-center",
    "v3,two,cx,consultant",
    "v4,three,unsure,unsure",
    "v5,four,other,",
]
LONG = [
    "voter_id,reviewer,category,note,case",
    "v1,rosa,contact-center,first,one",
    "v1,sam,Contact Center,,one",
    "v2,rosa,contact-center,,one",
    "v2,sam,CONTACT CENTER,,one",
    "v3,rosa,cx,,two",
    "v3,sam,Consultant,,two",
    "v4,rosa,unsure,,three",
    "v4,sam,unsure,,three",
    "v5,rosa,other,,four",
]
STATUS = {"waiting": 0, "one_decision": 1, "agreed": 1, "conflict": 2, "resolved": 0}


@pytest.mark.parametrize(("lines", "rows"), [(WIDE, 5), (LONG, 9)], ids=["wide", "long"])
def test_both_forms_say_the_same(lines: list[str], rows: int, tag):
    done = tag(lines)
    assert (done["poll"], done["round"], done["rows"], done["created"]) == ("p", 1, rows, rows)
    assert done["status"] == STATUS
    again = tag(lines)
    assert (again["created"], again["unchanged"], again["round"]) == (0, rows, 1)
    assert again["status"] == STATUS


def test_rows_of_one_case_are_one_case(tag):
    tag(WIDE)
    assert Case.objects.count() == 4
    assert Case.objects.get(status="agreed").n_votes == 2


def test_without_the_column_each_voter_is_a_case(tag):
    done = tag(["voter_id,tag:rosa,tag:sam", "v1,cx,cx", "v2,cx,cx"])
    assert done["status"]["agreed"] == 2
    assert Round.objects.get().unit == "voter"


def test_a_voter_can_be_named_by_profile(tag):
    done = tag(["profile_url,reviewer,category", "http://linkedin.com/in/v1/?trk=x,rosa,cx"])
    assert done["created"] == 1


def test_reviewers_are_in_the_order_of_columns_or_of_first_appearance(tag):
    tag(["voter_id,tag:sam,tag:rosa", "v1,cx,cx"])
    assert [seat.user.username for seat in Round.objects.get().reviewers.order_by("ordinal")] == [
        "sam",
        "rosa",
    ]


def test_usernames_match_without_case(tag):
    assert tag(["voter_id,reviewer,category", "v1,ROSA,cx"])["created"] == 1
    assert User.objects.filter(username__iexact="rosa").count() == 1


def test_unknown_reviewers_are_all_named_and_nothing_is_written(tag):
    done = tag(["voter_id,tag:nobody,tag:stranger", "v1,cx,cx"], code=1)
    assert "nobody" in done["error"]
    assert "stranger" in done["error"]
    assert not Decision.objects.exists()
    assert not Round.objects.exists()


def test_created_users_cannot_log_in(tag, client):
    tag(["voter_id,tag:rosa,tag:newcomer", "v1,cx,cx"], "--create-users")
    newcomer = User.objects.get(username="newcomer")
    assert not newcomer.has_usable_password()
    assert not newcomer.is_active


@pytest.mark.parametrize(
    ("line", "word"),
    [("v99,cx,cx", "v99"), ("v1,nonsense,cx", "nonsense")],
    ids=["unknown voter", "unknown category"],
)
def test_a_row_that_names_something_unknown_is_rejected_whole(line: str, word: str, tag):
    done = tag(["voter_id,tag:rosa,tag:sam", line, "v2,cx,cx"])
    assert (done["created"], done["rejected"]) == (1, 1)
    assert done["errors"][0]["row"] == 2
    assert word in json.dumps(done["errors"][0])
    assert Decision.objects.count() == 2


def test_an_empty_cell_is_no_decision(tag):
    assert tag(["voter_id,tag:rosa,tag:sam", "v1,cx,", "v2,,"])["status"]["one_decision"] == 1


def test_a_third_reviewer_of_a_case_is_a_rejected_row(tag):
    done = tag(
        ["voter_id,reviewer,category", "v1,rosa,cx", "v1,sam,cx", "v1,jude,cx"],
    )
    assert (done["created"], done["rejected"]) == (2, 1)
    assert done["errors"][0]["row"] == 4


def test_a_different_second_value_is_a_further_decision_while_unsealed(tag):
    tag(["voter_id,tag:rosa,tag:sam", "v1,cx,consultant"])
    done = tag(["voter_id,tag:rosa,tag:sam", "v1,consultant,consultant"])
    assert done["created"] == 1
    assert done["status"]["agreed"] == 1
    assert Decision.objects.count() == 3


def test_after_the_seal_a_different_value_is_a_rejected_row(tag):
    tag(["voter_id,tag:rosa,tag:sam", "v1,cx,consultant"])
    round = Round.objects.get()
    Case.objects.filter(round=round).update(sealed_at="2026-01-01T00:00:00Z")
    done = tag(["voter_id,tag:rosa,tag:sam", "v1,other,consultant"])
    assert (done["rejected"], done["created"]) == (1, 0)
    assert Decision.objects.count() == 2


def test_final_resolves_a_conflict_and_names_its_adjudicator(tag):
    done = tag(
        ["voter_id,tag:rosa,tag:sam,final,adjudicator", "v1,cx,consultant,cx,jude", "v2,unsure,cx,other,jude"]
    )
    assert done["status"]["resolved"] == 2
    assert {case.resolved_by.username for case in Case.objects.filter(status="resolved")} == {"jude"}


@pytest.mark.parametrize(
    "line",
    ["v1,cx,cx,other,jude", "v1,cx,,cx,jude", "v1,cx,consultant,nonsense,jude"],
    ids=["unlike an agreement", "one decision", "unknown category"],
)
def test_a_final_that_cannot_be_is_a_rejected_row(line: str, tag):
    done = tag(["voter_id,tag:rosa,tag:sam,final,adjudicator", line])
    assert done["rejected"] == 1
    assert not Case.objects.filter(status="resolved").exists()


def test_an_agreed_final_beside_equal_decisions_is_taken(tag):
    done = tag(["voter_id,tag:rosa,tag:sam,final,adjudicator", "v1,cx,cx,cx,"])
    assert (done["created"], done["status"]["agreed"]) == (1, 1)


def test_one_of_the_two_does_not_adjudicate_unless_by_consensus(tag):
    done = tag(["voter_id,tag:rosa,tag:sam,final,adjudicator", "v1,cx,consultant,cx,rosa"])
    assert done["rejected"] == 1


def test_into_a_headline_round_rows_of_one_case_must_agree(tag, run):
    from classify import rounds
    from classify.codebooks import ensure_ready_made, newest_version
    from polls.models import Poll

    ensure_ready_made()
    poll = Poll.objects.get(slug="p")
    ada = factories.make_member("ada", poll, "admin")
    readers = [factories.make_member(name, poll, "reviewer") for name in ("rosa", "sam")]
    rounds.create_round(
        poll=poll,
        version=newest_version("role"),
        unit="headline",
        rule="consensus",
        purpose="main",
        reviewers=readers,
        adjudicators=[],
        by=ada,
    )
    done = tag(["voter_id,tag:rosa,tag:sam", "v1,cx,cx", "v2,consultant,cx"])
    assert done["rejected"] >= 1
    assert Decision.objects.filter(reviewer__username="rosa").count() <= 1


def test_a_dry_run_of_decisions_writes_nothing_and_says_how_it_would_be(tag):
    done = tag(WIDE, "--dry-run")
    assert done["status"] == STATUS
    assert not Round.objects.exists()
    assert not Decision.objects.exists()


# --- verify -----------------------------------------------------------------------------------------------


def test_verify_finds_nothing_where_nothing_is_wrong(tag, run):
    tag(WIDE)
    ran = run("verify", "--json")
    assert ran.code == 0
    assert not faults(ran.json, VERIFY), faults(ran.json, VERIFY)
    assert (ran.json["cases"], ran.json["votes"], ran.json["drift"]) == (4, 5, [])


def test_verify_finds_a_count_that_drifted_and_exits_1(tag, run):
    tag(WIDE)
    Case.objects.filter(status="agreed").update(n_votes=7)
    ran = run("verify", "--poll", "p", "--json")
    assert ran.code == 1
    assert not faults(ran.json, VERIFY), faults(ran.json, VERIFY)
    drift = ran.json["drift"]
    assert drift
    assert any(one["stored"] == 7 and one["recomputed"] == 2 for one in drift)
    assert {one["round"] for one in drift} == {1}


# --- codebooks --------------------------------------------------------------------------------------------


def test_a_codebook_goes_out_and_comes_in_unchanged(tag, run, tmp_path):
    tag(WIDE)
    out = run("export", "--poll", "p", "--what", "codebook", "--format", "json")
    assert out.code == 0, out
    assert not faults(out.json, CODEBOOK), faults(out.json, CODEBOOK)
    assert [one["code"] for one in out.json["categories"]] == [
        "contact-center",
        "cx",
        "consultant",
        "other",
        "cannot-tell",
    ]
    path = tmp_path / "role.json"
    path.write_text(out.out, encoding="utf-8")
    assert run("import_codebook", path, "--json").code == 0
    again = run("export", "--poll", "p", "--what", "codebook", "--format", "json")
    assert again.json == out.json


def test_a_codebook_that_differs_is_a_new_version_and_the_round_keeps_its_own(tag, run, tmp_path):
    tag(WIDE)
    book = run("export", "--poll", "p", "--what", "codebook", "--format", "json").json
    book["categories"][0]["label"] = "Contact centre"
    path = tmp_path / "role.json"
    path.write_text(json.dumps(book), encoding="utf-8")
    assert run("import_codebook", path).code == 0
    assert Round.objects.get().version.categories.get(code="contact-center").label == "Contact Center"
