"""What goes out: the classified file, the decisions behind it, the codebook; whole, safe, nobody named."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from classify import exports
from classify.models import Round
from polls import votes
from polls.csvio import undo_defuse
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll, User
from tests import factories
from tests.classify.readings import make_round, read_case
from tests.contract import Ran
from tests.contract import run as run_command

Row = dict[str, str]


def csv_rows(table: exports.Table) -> list[Row]:
    text = b"".join(exports.as_csv(table)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def json_rows(table: exports.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(b"".join(exports.as_json(table)))
    return rows


@pytest.fixture
def run(monkeypatch) -> Callable[..., Ran]:
    return lambda *argv, **options: run_command(monkeypatch, *argv, **options)


@pytest.fixture
def read(poll: Poll, rosa: User, sam: User, jude: User) -> Round:
    """Five votes: agreed, resolved, an open conflict, one decision, none."""
    round_ = make_round(poll, [rosa, sam])
    made = [
        factories.make_vote(poll, headline=f"Title {n}", voter_id=f"v{n}", name=f"Secret {n}")
        for n in range(1, 6)
    ]
    read_case(round_, [made[0]], "cx", "cx")
    read_case(round_, [made[1]], "cx", "consultant", final="consultant", resolved_by=jude)
    read_case(round_, [made[2]], "unsure", "other")
    read_case(round_, [made[3]], "cx")
    read_case(round_, [made[4]])
    return round_


def test_every_vote_has_one_row_that_says_how_its_category_came_about(poll, read):
    rows = csv_rows(exports.classified(poll, read))
    assert [(row["voter_id"], row["category"], row["status"], row["resolved_by"]) for row in rows] == [
        ("v1", "cx", "agreed", ""),
        ("v2", "consultant", "resolved", "jude"),
        ("v3", "", "unresolved", ""),
        ("v4", "", "unresolved", ""),
        ("v5", "", "unresolved", ""),
    ]
    assert {(row["codebook"], row["codebook_version"]) for row in rows} == {("role", "1")}
    assert rows[0]["category_label"] == "CX"


def test_the_columns_are_the_voters_then_the_judgement(poll, read):
    assert exports.classified(poll, read).header == (
        "voter_id",
        "name",
        "headline",
        "organisation",
        "profile_url",
        "country",
        "voted_at",
        "comment",
        "option",
        "category",
        "category_label",
        "status",
        "resolved_by",
        "codebook",
        "codebook_version",
    )


def test_a_poll_that_nobody_has_read_is_all_unresolved(poll):
    factories.make_vote(poll)
    rows = json_rows(exports.classified(poll, None))
    assert [(row["status"], row["category"], row["codebook"]) for row in rows] == [("unresolved", None, None)]


def test_a_category_carried_over_is_told_from_one_resolved_here(poll, rosa, sam):
    round_ = make_round(poll, [rosa, sam])
    case = read_case(round_, [factories.make_vote(poll)])
    case.status, case.resolution = "resolved", "carried"
    case.reviewer1 = case.reviewer2 = None
    case.final = round_.version.categories.get(code="cx")
    case.resolved_at = timezone.now()
    case.save()
    (row,) = csv_rows(exports.classified(poll, round_))
    assert (row["category"], row["status"]) == ("cx", "carried")
    (row,) = csv_rows(exports.wide(round_))
    assert (row["final"], row["tag:rosa"]) == ("", ""), "it resolves no two decisions"


def test_under_consensus_both_are_named(poll, rosa, sam):
    round_ = make_round(poll, [rosa, sam], rule="consensus")
    case = read_case(round_, [factories.make_vote(poll)], "cx", "other", final="cx")
    case.resolution, case.resolved_by = "consensus", rosa
    case.save()
    (row,) = csv_rows(exports.classified(poll, round_))
    assert row["resolved_by"] == "rosa;sam"
    assert {row["adjudicator"] for row in csv_rows(exports.tags(round_))} == {"rosa;sam"}


def test_excluded_votes_stay_out(poll, read, ada):
    vote = poll.votes.earliest("pk")
    votes.exclude_vote(vote=vote, reason="test", note="", by=ada)
    for table in (exports.classified(poll, read), exports.wide(read)):
        assert "v1" not in {row["voter_id"] for row in csv_rows(table)}


def test_source_columns_of_all_imports_stand_under_one_header(poll, rosa):
    def load(text: str) -> None:
        with open_upload(text, name="x.csv") as source:
            run_import(source=source, poll=poll.slug, by=rosa)

    load("voter_id,option,Region,Mood\nv1,Extremely important,North,=calm\n")
    load("voter_id,option,Mood,Team\nv2,Not very important,glad,Blue\n")
    assert Batch.objects.count() == 2
    one, two = csv_rows(exports.classified(poll, None))
    assert (one["source:Region"], one["source:Mood"], one["source:Team"]) == ("North", "'=calm", "")
    assert (two["source:Region"], two["source:Mood"], two["source:Team"]) == ("", "glad", "Blue")


def test_tags_have_a_row_per_vote_and_slot_also_without_a_decision(read):
    rows = csv_rows(exports.tags(read))
    assert len(rows) == 10
    assert [row["reviewer"] for row in rows[:6]] == ["rosa"] * 5 + ["sam"]
    said = {(row["voter_id"], row["reviewer"]): row["category"] for row in rows}
    assert said["v3", "rosa"] == "unsure"
    assert said["v4", "sam"] == ""
    finals = {row["voter_id"]: (row["final"], row["adjudicator"]) for row in rows}
    assert finals["v1"] == ("cx", "")
    assert finals["v2"] == ("consultant", "jude")
    assert finals["v3"] == ("", "")


def test_wide_has_a_column_for_each_reviewer_in_slot_order(read):
    table = exports.wide(read)
    assert table.header == ("voter_id", "case", "tag:rosa", "tag:sam", "final", "adjudicator")
    rows = {row["voter_id"]: row for row in csv_rows(table)}
    assert (rows["v2"]["tag:rosa"], rows["v2"]["tag:sam"]) == ("cx", "consultant")


def test_votes_of_one_case_share_its_number(poll, rosa, sam):
    round_ = make_round(poll, [rosa, sam])
    pair = [factories.make_vote(poll), factories.make_vote(poll)]
    read_case(round_, pair, "cx", "cx")
    read_case(round_, [factories.make_vote(poll)], "cx", "cx")
    cases = [row["case"] for row in csv_rows(exports.wide(round_))]
    assert cases[0] == cases[1] != cases[2]


def test_late_decisions_and_earlier_ones_are_not_the_standing_one(poll, rosa, sam, ada, jude):
    from classify import rounds
    from tests.classify.acts import open_round, say

    factories.make_vote(poll)
    round_ = open_round(poll, reviewers=[rosa, sam], adjudicators=[jude], by=ada)
    case = round_.cases.get()
    say(round_, case, rosa, "other")
    say(round_, case, rosa, "cx")
    say(round_, case, sam, "cx")
    rounds.close_coding(round=round_, by=ada)
    (row,) = csv_rows(exports.wide(round_))
    assert (row["tag:rosa"], row["tag:sam"], row["final"]) == ("cx", "cx", "cx")


# --- pseudonyms -----------------------------------------------------------------------------


def test_pseudonyms_replace_ids_and_drop_what_tells_who_voted(poll, read):
    hidden = exports.hasher(b"key", poll)
    table = exports.classified(poll, read, pseudonym=hidden)
    assert not {"name", "headline", "organisation", "profile_url", "comment"} & set(table.header)
    assert not [name for name in table.header if name.startswith("source:")]
    rows = csv_rows(table)
    assert len({row["voter_id"] for row in rows}) == 5
    assert not {"v1", "v2", "v3", "v4", "v5"} & {row["voter_id"] for row in rows}
    tags = exports.tags(read, pseudonym=hidden)
    assert "note" not in tags.header
    wide = csv_rows(exports.wide(read, pseudonym=hidden))
    assert {row["voter_id"] for row in csv_rows(tags)} == {row["voter_id"] for row in wide}


def test_pseudonyms_depend_on_key_and_poll_and_on_nothing_else(poll):
    other = factories.make_poll("other")
    here, again = exports.hasher(b"key", poll), exports.hasher(b"key", poll)
    assert here("v1") == again("v1") != here("v2")
    assert here("v1") != exports.hasher(b"other key", poll)("v1")
    assert here("v1") != exports.hasher(b"key", other)("v1")


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    home = tmp_path / "home"
    key = exports.key_of(home)
    assert exports.key_of(home) == key
    assert len(key) == 32
    assert stat.S_IMODE((home / "pseudonym-key").stat().st_mode) == 0o600
    assert [path.name for path in home.iterdir()] == ["pseudonym-key"]


# --- formats --------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@effort(deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8))
def test_any_text_survives_both_formats(rows):
    header = ("one", "two")
    text = b"".join(exports.as_csv(exports.Table(header, iter(rows)))).decode("utf-8-sig")
    back = list(csv.reader(io.StringIO(text, newline="")))
    assert [tuple(undo_defuse(cell) for cell in row) for row in back[1:]] == rows
    found = json.loads(b"".join(exports.as_json(exports.Table(header, iter(rows)))))
    assert [tuple(row.values()) for row in found] == rows


def test_json_without_rows_is_an_empty_list():
    assert json_rows(exports.Table(("one",), iter(()))) == []


# --- the command ----------------------------------------------------------------------------


def test_csv_begins_with_a_byte_order_mark_and_ends_lines_as_spreadsheets_do(read, run):
    ran = run("export", "--poll", "cx-head", "--what", "wide")
    assert ran.code == 0
    assert ran.out.startswith("\ufeffvoter_id,")
    assert ran.out.count("\r\n") == ran.out.count("\n") == 6
    assert "open" in ran.err


def test_an_output_file_is_there_whole_and_nothing_beside_it(read, run, tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("old")
    ran = run("export", "--poll", "cx-head", "--what", "classified", "--output", path, "--json")
    assert ran.code == 0
    assert (ran.json["file"], ran.json["bytes"]) == (str(path), path.stat().st_size)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfvoter_id")
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "home"] == ["out.csv"]


def test_json_alone_is_the_only_thing_on_standard_output(read, run):
    ran = run("export", "--poll", "cx-head", "--what", "wide", "--json")
    assert ran.code == 0
    assert len(ran.json) == 5


@pytest.mark.parametrize(
    ("options", "code", "word"),
    [
        (["--what", "bundle"], 2, "not built yet"),
        (["--what", "conflicts"], 2, "not built yet"),
        (["--what", "everything"], 2, "everything"),
        (["--what", "wide", "--format", "xlsx"], 2, "not built yet"),
        (["--what", "wide", "--format", "pdf"], 2, "pdf"),
        (["--what", "wide", "--format", "csv", "--json"], 2, "--output"),
        (["--what", "wide", "--round", "7"], 1, "no round 7"),
        (["--what", "wide", "--round", "x"], 2, "--round"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_a_sentence(options, code, word, read, run):
    ran = run("export", "--poll", "cx-head", *options)
    assert ran.code == code
    ran.says(word)
    assert not ran.out or ran.json["error"]


def test_an_unknown_poll_is_named(db, run):
    ran = run("export", "--poll", "nowhere", "--what", "classified", "--json")
    assert ran.code == 1
    assert "nowhere" in ran.json["error"]


@pytest.mark.parametrize("where", [".", "missing/out.csv"])
def test_a_place_that_cannot_be_written_is_named(where, read, run, tmp_path):
    ran = run("export", "--poll", "cx-head", "--what", "wide", "--output", tmp_path / where)
    assert ran.code == 1
    ran.says(str(tmp_path))


def test_the_votes_of_an_unread_poll_go_out_but_its_decisions_do_not(poll, run):
    factories.make_vote(poll)
    assert run("export", "--poll", "cx-head", "--what", "classified").code == 0
    refused = run("export", "--poll", "cx-head", "--what", "tags")
    assert refused.code == 1
    refused.says("no round")


def test_pseudonyms_of_the_command_hold_between_runs(read, run):
    first, second = (
        run("export", "--poll", "cx-head", "--what", "wide", "--pseudonymise").out for _ in range(2)
    )
    assert first == second
    assert "v1," not in first
    assert (Path(settings.ROLECALL_HOME) / "pseudonym-key").exists()


def test_the_codebook_goes_out_as_a_table_too(read, run):
    ran = run("export", "--poll", "cx-head", "--what", "codebook")
    rows = list(csv.DictReader(io.StringIO(ran.out.removeprefix("\ufeff"), newline="")))
    assert [(row["code"], row["group"]) for row in rows][:2] == [("contact-center", ""), ("cx", "CX side")]
    assert {row["codebook_version"] for row in rows} == {"1"}
