"""Files that are broken, refused or only tried: what is told, and that nothing is left behind."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import (
    Batch,
    Headline,
    JobTitle,
    Option,
    Poll,
    Vote,
    Voter,
)
from polls.problems import Refused, WrongUsage
from tests.polls.importing import hooks
from tests.polls.importing.samples import NAUGHTY, THREE, counts, reasons, table

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "options", [["Yes", " yes "], ["", "No"], ["x" * 501], [f"O{n}" for n in range(101)], ["a\x00"]]
)
def test_options_that_cannot_be_are_wrong_usage(load: Any, options: list[str]) -> None:
    with pytest.raises(WrongUsage):
        load("voter_id,option\nv1,Yes\n", options=options)


def test_a_dry_run_tells_what_would_be_and_writes_nothing(load: Any) -> None:
    report = load(THREE, dry_run=True)
    assert (report.dry_run, report.written, report.poll_id) == (True, False, None)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert (report.voters, report.as_json()["votes"]) == (3, {"Yes": 2, "No": 1})
    for model in (Poll, Option, Voter, Vote, Headline, JobTitle, Batch):
        assert not model.objects.exists()


def test_a_dry_run_on_a_known_poll_leaves_it(load: Any) -> None:
    load(THREE)
    report = load(THREE.replace("Trainer", "Agent"), dry_run=True, options=["Maybe"], question="Other?")
    assert counts(report) == (3, 0, 1, 2, 0)
    assert report.as_json()["votes"] == {"Yes": 2, "No": 1, "Maybe": 0}
    assert Vote.objects.get(voter__name="Sam").headline_raw == "Trainer; Coach"
    assert (Option.objects.count(), Poll.objects.get().question) == (2, "P")


def test_strict_with_a_rejected_row_writes_nothing_and_says_why(load: Any) -> None:
    report = load(THREE + "v4,Uma,,,Maybe,,,,\n", strict=True, options=["Yes", "No"])
    assert (report.written, counts(report)) == (False, (4, 3, 0, 0, 1))
    assert report.refused == (
        "voters.csv: nothing was written, since 1 of 4 rows are rejected "
        "(row 5, column “option”: not an option of this poll)."
    )
    assert not Poll.objects.exists()
    assert load(THREE, strict=True).written


def test_a_file_of_which_no_row_is_accepted_writes_nothing(load: Any) -> None:
    report = load("voter_id,option\n,Yes\n,No\n")
    assert (report.written, counts(report)) == (False, (2, 0, 0, 0, 2))
    assert "no row can be taken" in report.refused
    assert not Poll.objects.exists()


def test_a_header_without_rows_is_no_error(load: Any) -> None:
    report = load("voter_id,option\n\n,\n", options=["Yes"])
    assert (report.written, report.refused, counts(report)) == (True, "", (0, 0, 0, 0, 0))


def test_as_many_shares_as_options_are_wanted(load: Any) -> None:
    with pytest.raises(WrongUsage, match=r"3 published shares were given, but p has 2 options \(Yes, No\)"):
        load(THREE, published_shares=[Decimal(50), Decimal(30), Decimal(20)])
    assert not Poll.objects.exists()


@pytest.mark.parametrize("share", ["-1", "100.1", "NaN", "Infinity", "33.33333"])
def test_a_share_that_cannot_be_is_wrong_usage(load: Any, share: str) -> None:
    with pytest.raises(WrongUsage, match="percentage"):
        load(THREE, published_shares=[Decimal(share), Decimal(50)])


@pytest.mark.parametrize("slug", ["", "CX", "a_b", "a--b", "-a", "a-", "é", "a" * 51, "a\n"])
def test_a_slug_that_cannot_be_is_wrong_usage(load: Any, slug: str) -> None:
    with pytest.raises(WrongUsage, match="cannot name a poll"):
        load(THREE, poll=slug)


def test_a_file_without_an_option_column_names_those_it_has(load: Any) -> None:
    with pytest.raises(
        Refused, match=r"voters.csv: No column holds the option voted for\. The columns are “voter_id”"
    ):
        load("voter_id,headline\nv1,CX\n")


def test_a_poll_with_votes_keeps_how_many_choices_it_allows(load: Any) -> None:
    load(THREE)
    with pytest.raises(WrongUsage, match="p has votes and allows one choice per voter"):
        load(THREE, multiple=True)
    load(THREE, poll="many", multiple=True)
    with pytest.raises(WrongUsage, match="many has votes and allows several choices per voter"):
        load(THREE, poll="many", multiple=False)


def test_only_the_first_hundred_errors_are_told_and_all_go_to_the_file(load: Any, tmp_path: Path) -> None:
    bad = "".join(f"v{n},Maybe,n{n}\n" for n in range(150))
    path = tmp_path / "rejects.csv"
    report = load("voter_id,option,note\nok,Yes,\n" + bad + '"open,Yes\n', options=["Yes"], rejects=path)
    assert len(report.errors) == 100
    assert report.rejects_file == str(path)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    assert rows[0] == ["voter_id", "option", "note", "reason"]
    assert rows[1] == ["v0", "Maybe", "n0", "option: not an option of this poll"]
    assert len(rows) == 152
    assert rows[-1][:2] == ['"open', "Yes"]


def test_rejected_rows_that_were_mended_can_be_imported(load: Any, tmp_path: Path) -> None:
    path = tmp_path / "rejects.csv"
    load('voter_id,headline,option\nv1,CX,Yes\nv2,"=1+1, ""x""",Ja\n', options=["Yes"], rejects=path)
    mended = path.read_text("utf-8-sig").replace("Ja", "Yes")
    report = load(mended)
    assert counts(report) == (1, 1, 0, 0, 0)
    assert Vote.objects.order_by("-id").first().headline_raw == '=1+1, "x"'


def test_rejects_that_cannot_be_written_stop_the_import(load: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be written to .*; nothing was written"):
        load(THREE, rejects=tmp_path / "absent" / "rejects.csv")
    assert not Poll.objects.exists()


def test_naughty_strings_come_back_from_the_database_exactly(load: Any) -> None:
    rows = [["voter_id", "name", "headline", "option", "comment"]]
    rows += [[f"v{number}", text, text, "Yes", text] for number, text in enumerate(NAUGHTY)]
    report = load(table(*rows))
    assert report.rejected == 0
    for number, vote in enumerate(Vote.objects.order_by("id").select_related("voter")):
        text = NAUGHTY[number] if NAUGHTY[number].strip() else ""
        assert (vote.headline_raw, vote.comment, vote.voter.name) == (text, text, text.strip())
    assert load(table(*rows)).unchanged == report.rows


def test_naughty_strings_as_options_come_back_exactly(load: Any) -> None:
    total = 0
    for start in range(0, len(NAUGHTY), 60):
        texts = NAUGHTY[start : start + 60]
        load(
            table(["voter_id", "option"], *([f"v{n}", text] for n, text in enumerate(texts))),
            poll=f"p{start}",
        )
        kept = {option.text for option in Option.objects.filter(poll__slug=f"p{start}")}
        assert kept <= {text.strip() for text in texts}
        total += len(kept)
    assert total > 480


def test_a_file_with_everything_wrong_still_gives_its_good_rows(load: Any) -> None:
    data = (
        b"voter_id,name,headline,option\n"
        b"v1,Rosa,CX,Yes\n"
        b"v2,Sa\x00m,CX,Yes\n"
        b"v3,Tim,CX,Perhaps\n"
        b"v4,Uma,CX\n"
        b"v5,Vic,CX,Yes,and more\n"
        b'v6,Wim,"CX,Yes\n'
        b",,,Yes\n"
        b"v1,Rosa,CX,No\n"
        b"v8," + b"x" * 1_100_000 + b",CX,Yes\n"
        b"v9,Ren\xe9,CX,Yes\n"
        b"\n"
        b'v10,"=HYPERLINK(1)",=1+1,No\n'
    )
    report = load(data, encoding="utf-8", options=["Yes", "No"])
    assert counts(report) == (11, 2, 0, 0, 9)
    assert [row for row, _, _ in reasons(report)] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    assert [column for _, column, _ in reasons(report)] == [
        "voter_id",
        "name",
        "option",
        "option",
        "column 5",
        "headline",
        "voter_id",
        "name",
        "name",
    ]
    assert Vote.objects.get(voter__name="=HYPERLINK(1)").headline_raw == "=1+1"


def test_a_file_of_two_hundred_columns_is_imported(load: Any) -> None:
    names = [f"c{n}" for n in range(196)]
    header = ",".join(["voter_id", "name", "headline", "option", *names])
    report = load(header + "\nv1,Rosa,CX,Yes," + ",".join(names) + "\n")
    assert counts(report) == (1, 1, 0, 0, 0)
    assert Vote.objects.get().extra == names


def test_nothing_is_left_when_the_callback_fails(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.fail"
    with open_upload(THREE, name="voters.csv") as source, pytest.raises(RuntimeError, match="no"):
        run_import(source=source, poll="p", by=None)
    assert not Poll.objects.exists()
    assert not Voter.objects.exists()


def test_the_callback_is_told_once_and_only_of_what_is_written(load: Any, settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = "tests.polls.importing.hooks.remember"
    hooks.CALLS.clear()
    load(THREE, dry_run=True)
    load("voter_id,option\n,Yes\n")
    assert hooks.CALLS == []
    report = load(THREE)
    assert [(report.poll_id, report.batch_id, 3)] == hooks.CALLS
