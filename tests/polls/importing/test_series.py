"""Several polls from one folder or zip."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from polls.importing.progress import Cancelled
from polls.importing.readers import Limits
from polls.importing.report import ImportReport
from polls.importing.series import Failure, SeriesReport, import_series
from polls.models import Batch, Option, Poll, Vote, Voter
from polls.problems import Refused
from tests.factories import make_user
from tests.polls.importing.workbooks import xlsx, zipped

pytestmark = pytest.mark.django_db

HEAD = "name,headline,profile_url,option\n"
ROSA = "Rosa,CX Lead,https://www.linkedin.com/in/rosa,Yes\n"
SAM = "Sam,Agent,https://www.linkedin.com/in/sam,No\n"
ROSA_AGAIN = "Rosa L.,Head of CX,https://de.linkedin.com/in/Rosa/?trk=x,Maybe\n"

type Series = Callable[..., SeriesReport]


@pytest.fixture(autouse=True)
def _nobody_is_told(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """`series({"a.csv": "..."}, as_zip=True, ...)` imports those files."""

    def run(files: dict[str, str | bytes], *, as_zip: bool = False, **wishes: Any) -> SeriesReport:
        path = tmp_path / "series"
        if as_zip:
            path.write_bytes(zipped(files))
        else:
            path.mkdir(exist_ok=True)
            for name, content in files.items():
                (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        wishes = {"by": None, "spool": tmp_path} | wishes
        return import_series(path=path, **wishes)

    return run


def done(report: SeriesReport) -> list[tuple[str, str, int]]:
    """File, poll and accepted rows of each import."""
    assert all(isinstance(each, ImportReport) for each in report.polls), report.polls
    return [(each.file, each.poll, each.accepted) for each in report.polls]  # type: ignore[union-attr]


def errors(report: SeriesReport) -> dict[str, str]:
    return {each.file: each.error for each in report.polls if isinstance(each, Failure)}


@pytest.mark.parametrize("as_zip", [False, True])
def test_each_table_is_a_poll_named_after_its_file(series: Series, as_zip: bool) -> None:
    files = {
        "CX_Head — 2026.csv": HEAD + ROSA + SAM,
        "tools.xlsx": xlsx({"A": [["name", "option"], ["Uma", "Yes"]]}),
        "Möbel.tsv": HEAD.replace(",", "\t") + SAM.replace(",", "\t"),
        "README.txt": "Which polls these are.\n",
        "chart.png": b"\x89PNG",
        ".DS_Store": b"\x00",
        "~$tools.xlsx": b"\x00",
    }
    report = series(files, as_zip=as_zip, by=make_user("ada"))
    assert done(report) == [
        ("CX_Head — 2026.csv", "cx-head-2026", 2),
        ("Möbel.tsv", "mobel", 1),
        ("tools.xlsx", "tools", 1),
    ]
    assert (report.written, report.failed) == (3, 0)
    assert set(Batch.objects.values_list("imported_by__username", flat=True)) == {"ada"}


def test_the_same_voter_across_polls_is_one_voter(series: Series) -> None:
    report = series({"march.csv": HEAD + ROSA + SAM, "april.csv": HEAD + ROSA_AGAIN})
    assert report.voters == 2
    assert Voter.objects.count() == 2
    polls = Vote.objects.filter(voter__name__startswith="Rosa").values_list("poll__slug", flat=True)
    assert sorted(polls) == ["april", "march"]


def test_voters_without_an_address_are_of_their_poll_alone(series: Series) -> None:
    report = series({"a.csv": "name,option\nRosa,Yes\n", "b.csv": "name,option\nRosa,Yes\n"})
    assert report.voters == Voter.objects.count() == 2


def test_a_file_that_fails_does_not_undo_the_others(series: Series) -> None:
    report = series(
        {
            "a.csv": HEAD + ROSA,
            "b.csv": b"name,option\nRen\xe9,Yes\n",
            "c.csv": "just,words\n1,2\n",
            "d.csv": HEAD + SAM,
            "e.xlsx": b"PK\x03\x04 broken",
            "f.csv": "",
        }
    )
    assert (report.written, report.failed, report.voters) == (2, 4, 2)
    assert set(Poll.objects.values_list("slug", flat=True)) == {"a", "d"}
    found = errors(report)
    assert found.keys() == {"b.csv", "c.csv", "e.xlsx", "f.csv"}
    assert "b.csv is not UTF-8" in found["b.csv"]
    assert "option" in found["c.csv"]
    assert "f.csv is empty" in found["f.csv"]


def test_the_document_has_each_import_or_its_error(series: Series) -> None:
    document = series({"a.csv": HEAD + ROSA, "b.csv": ""}).as_json()
    assert json.loads(json.dumps(document)) == document
    assert document.keys() == {"polls", "written", "failed", "voters"}
    assert (document["written"], document["failed"], document["voters"]) == (1, 1, 1)
    assert document["polls"][0]["poll"] == "a"
    assert document["polls"][0]["created"] == 1
    assert document["polls"][1] == {"file": "b.csv", "error": "b.csv is empty."}


def test_the_same_series_twice_is_unchanged(series: Series) -> None:
    files: dict[str, str | bytes] = {"a.csv": HEAD + ROSA + SAM, "b.csv": HEAD + ROSA}
    series(files)
    before = list(Voter.objects.order_by("pk").values())
    report = series(files)
    assert [each.unchanged for each in report.polls if isinstance(each, ImportReport)] == [2, 1]
    assert list(Voter.objects.order_by("pk").values()) == before


def test_a_dry_run_counts_as_the_real_run_would_and_writes_nothing(series: Series) -> None:
    files: dict[str, str | bytes] = {"a.csv": HEAD + ROSA + SAM, "b.csv": HEAD + ROSA_AGAIN, "c.csv": ""}
    tried = series(files, dry_run=True)
    assert (tried.written, tried.failed, tried.voters) == (0, 1, 2)
    assert not Poll.objects.exists()
    assert not Voter.objects.exists()
    for each in tried.polls[:2]:
        assert isinstance(each, ImportReport)
        assert (each.dry_run, each.written, each.poll_id, each.batch_id) == (True, False, None, None)
    real = series(files)
    assert [each.created for each in real.polls[:2]] == [each.created for each in tried.polls[:2]]  # type: ignore[union-attr]
    assert real.voters == tried.voters


def test_strict_refuses_the_file_with_a_rejected_row_and_imports_the_others(series: Series) -> None:
    report = series({"a.csv": HEAD + ROSA + "Uma,,,\n", "b.csv": HEAD + SAM}, strict=True)
    assert (report.written, report.failed) == (1, 1)
    assert "1 of 2 rows are rejected" in report.polls[0].refused  # type: ignore[union-attr]
    assert list(Poll.objects.values_list("slug", flat=True)) == ["b"]
    assert report.voters == 1


def test_rejected_rows_go_to_a_file_per_import(series: Series, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "rejects"
    series(
        {
            "polls.csv": "file,slug\na.csv,p\nb.csv,p\nc.csv,\n",
            "a.csv": HEAD + ROSA + "Uma,,,\n",
            "b.csv": HEAD + SAM + "Jo,,,\n",
            "c.csv": HEAD + ROSA + "Li,,,\n",
        },
        rejects=folder,
    )
    assert sorted(path.name for path in folder.iterdir()) == ["c.csv", "p-2.csv", "p.csv"]
    assert "Jo,,," in (folder / "p-2.csv").read_text("utf-8-sig")


def test_rejects_that_cannot_be_written_are_refused_before_anything_is_read(
    series: Series, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="The rejected rows cannot be written to"):
        series({"a.csv": HEAD + ROSA}, rejects=tmp_path / "file")
    assert not Poll.objects.exists()


MANIFEST = (
    "File;Slug;Question;Options;Published total;published-shares;opened_on;closed_on;preset;sheet;encoding;\n"
    "book.xlsx;cx-head;How important?;Very|Somewhat|Not;2;50|50 %|0;2026-03-01;2026-03-08;;March;;\n"
    "book.xlsx;cx-tools;;;;;;;;April;;\n"
    ";;;;;;;;;;;\n"
    "old.csv;cx-head;;;;;;;;;cp1252;\n"
)


def test_the_manifest_says_more_and_may_send_several_files_to_one_poll(series: Series) -> None:
    book = xlsx(
        {
            "Notes": [["nothing to see"]],
            "March": [["name", "option"], ["Uma", "Very"]],
            "April": [["name", "option"], ["Uma", "Yes"]],
        }
    )
    report = series({"Polls.csv": MANIFEST, "book.xlsx": book, "old.csv": b"name,option\nRen\xe9,Somewhat\n"})
    assert done(report) == [
        ("book.xlsx", "cx-head", 1),
        ("book.xlsx", "cx-tools", 1),
        ("old.csv", "cx-head", 1),
    ]
    poll = Poll.objects.get(slug="cx-head")
    assert (poll.question, poll.published_total) == ("How important?", 2)
    assert (poll.opened_on, poll.closed_on) == (date(2026, 3, 1), date(2026, 3, 8))
    options = Option.objects.filter(poll=poll).order_by("position")
    assert [(option.text, option.published_share) for option in options] == [
        ("Very", Decimal(50)),
        ("Somewhat", Decimal(50)),
        ("Not", Decimal(0)),
    ]
    last = report.polls[-1]
    assert isinstance(last, ImportReport)
    assert last.published.consistent is True
    assert set(Vote.objects.filter(poll=poll).values_list("voter__name", flat=True)) == {"Uma", "René"}


def test_a_poll_may_come_as_a_list_of_voters_per_option(series: Series) -> None:
    report = series(
        {
            "polls.csv": "file,slug,options,everyone\nyes.txt,p,Yes|No,Yes\nno.csv,p,,No\n",
            "yes.txt": "Rosa Lux\n• 2nd\nHead of CX\nSam Smith\n• 3rd\nAgent\n",
            "no.csv": "name,headline\nUma,Clerk\n",
        }
    )
    assert done(report) == [("yes.txt", "p", 2), ("no.csv", "p", 1)]
    votes = Vote.objects.values_list("voter__name", "option__text").order_by("voter__name")
    assert list(votes) == [("Rosa Lux", "Yes"), ("Sam Smith", "Yes"), ("Uma", "No")]


def test_an_unknown_preset_is_an_error_of_its_file(series: Series) -> None:
    report = series({"polls.csv": "file,preset\na.csv,fax\n", "a.csv": HEAD + ROSA, "b.csv": HEAD + SAM})
    assert "fax" in errors(report)["a.csv"]
    assert report.written == 1


def test_files_that_the_manifest_does_not_name_go_by_their_name(series: Series) -> None:
    report = series({"polls.csv": "file,question\nb.csv,Why?\n", "a.csv": HEAD + ROSA, "b.csv": HEAD + SAM})
    assert done(report) == [("b.csv", "b", 1), ("a.csv", "a", 1)]
    assert Poll.objects.get(slug="b").question == "Why?"


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("absent.csv,p,,", "There is no file absent.csv in series."),
        ("a.csv,Not A Slug,,", "“Not A Slug” cannot name a poll"),
        ("../a.csv,p,,", "polls.csv, row 2: “../a.csv” must be the name of a file beside it"),
        ("C:\\a.csv,p,,", "polls.csv, row 2: “C:\\a.csv” must be the name of a file beside it"),
        (",p,,", "polls.csv, row 2: “” must be the name of a file beside it"),
        ("a.csv,p,many,", "polls.csv, row 2: published_total must be a whole number, not “many”."),
        ("a.csv,p,,1.3.2026", "polls.csv, row 2: opened_on must be a date such as 2026-11-21"),
    ],
)
def test_a_row_of_the_manifest_that_means_nothing_is_an_error_of_its_file(
    series: Series, row: str, sentence: str
) -> None:
    report = series(
        {
            "polls.csv": f"file,slug,published_total,opened_on\n{row}\n",
            "a.csv": HEAD + ROSA,
            "b.csv": HEAD + SAM,
        }
    )
    first = report.polls[0]
    assert isinstance(first, Failure)
    assert sentence in first.error
    assert Poll.objects.filter(slug="b").exists()
    assert not Poll.objects.filter(slug="p").exists()


def test_a_share_that_is_no_percentage_is_an_error_of_its_file(series: Series) -> None:
    report = series({"polls.csv": "file,published_shares\na.csv,half|half\n", "a.csv": HEAD + ROSA})
    assert "published_shares must be percentages such as 26|74" in errors(report)["a.csv"]


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        ("file,colour\na.csv,red\n", "polls.csv has a column “colour”, which means nothing"),
        ("slug,question\np,Why?\n", "polls.csv has no column “file”"),
        ("file,slug,slug\na.csv,p,q\n", "polls.csv has a column twice"),
        ('file,slug\na.csv,"p\n', "polls.csv, row 2: a quotation mark opens here"),
        ("", "polls.csv is empty"),
    ],
)
def test_a_manifest_that_cannot_be_read_stops_all(series: Series, manifest: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        series({"polls.csv": manifest, "a.csv": HEAD + ROSA})
    assert not Poll.objects.exists()


def test_two_files_of_one_name_are_no_one_poll_unless_the_manifest_says_so(series: Series) -> None:
    report = series({"cx head.csv": HEAD + ROSA, "CX-Head.csv": HEAD + SAM})
    assert errors(report) == {
        "cx head.csv": "cx head.csv names the same poll as CX-Head.csv: say in polls.csv which it is."
    }
    assert list(Vote.objects.values_list("voter__name", flat=True)) == ["Sam"]


def test_a_name_without_a_latin_letter_wants_a_slug(series: Series) -> None:
    report = series({"投票.csv": HEAD + ROSA, "a.csv": HEAD + SAM})
    assert "gives no slug for its poll: name one in polls.csv" in errors(report)["投票.csv"]
    assert done(series({"polls.csv": "file,slug\n投票.csv,vote\n", "投票.csv": HEAD + ROSA}))[0][1] == "vote"


def test_folders_within_a_zip_are_only_names(series: Series, tmp_path: Path) -> None:
    report = series(
        {"2026/march.csv": HEAD + ROSA, "../../april.csv": HEAD + SAM, "__MACOSX/._march.csv": "x"},
        as_zip=True,
    )
    assert sorted(done(report)) == [("april.csv", "april", 1), ("march.csv", "march", 1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["series"]


def test_the_same_name_twice_in_a_zip_is_refused(series: Series) -> None:
    report = series({"a/march.csv": HEAD + ROSA, "b/march.csv": HEAD + SAM}, as_zip=True)
    assert errors(report) == {
        "march.csv": "series has several files called march.csv: give each a name of its own."
    }


@pytest.mark.parametrize("as_zip", [False, True])
def test_a_zip_within_is_refused(series: Series, as_zip: bool) -> None:
    inner = zipped({"b.csv": HEAD + SAM})
    report = series({"a.csv": HEAD + ROSA, "inner.zip": inner}, as_zip=as_zip)
    assert errors(report) == {"inner.zip": "inner.zip is a zip within series: unpack it first."}
    renamed = series({"a.csv": HEAD + ROSA, "inner.xlsx": inner}) if not as_zip else None
    assert renamed is None or "a zip of 1 file and no workbook" in errors(renamed)["inner.xlsx"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(HEAD + ROSA)
    folder = tmp_path / "series"
    folder.mkdir()
    (folder / "a.csv").symlink_to(tmp_path / "secret.csv")
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        entry = zipfile.ZipInfo("a.csv")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "../secret.csv")
    (tmp_path / "series.zip").write_bytes(linked.getvalue())
    for path in (folder, tmp_path / "series.zip"):
        report = import_series(path=path, by=None, spool=tmp_path)
        assert errors(report) == {"a.csv": "a.csv is a link to another place, which is not followed."}
    assert not Poll.objects.exists()


def test_a_zip_beyond_the_bounds_is_refused_as_a_whole(series: Series, tmp_path: Path) -> None:
    many: dict[str, str | bytes] = {f"{number}.csv": HEAD for number in range(30)}
    with pytest.raises(Refused, match="holds more than 20 files"):
        series(many, as_zip=True, limits=Limits(entries=20))
    with pytest.raises(Refused, match="would unpack to more than 1 MB"):
        series({"a.csv": HEAD + ROSA * 40_000}, as_zip=True, limits=Limits(unpacked=1024 * 1024))
    with pytest.raises(Refused, match="packed more than 200 times smaller"):
        series({"a.csv": HEAD + "x" * 20_000_000}, as_zip=True)
    (tmp_path / "series").unlink()
    with pytest.raises(Refused, match="holds more than 20 files"):
        series(many, limits=Limits(entries=20))


def test_a_file_of_a_zip_larger_than_a_file_may_be_is_an_error_of_its_own(series: Series) -> None:
    report = series(
        {"a.csv": HEAD + ROSA * 40_000, "b.csv": HEAD + SAM},
        as_zip=True,
        limits=Limits(file_bytes=1024 * 1024),
    )
    assert errors(report) == {"a.csv": "a.csv is larger than 1 MB: split it."}
    assert report.written == 1


def test_a_damaged_part_of_a_zip_is_an_error_of_its_own(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": HEAD + ROSA, "b.csv": HEAD + SAM}))
    data[data.find(b"a.csv") + 10] ^= 0xFF
    (tmp_path / "series.zip").write_bytes(data)
    report = import_series(path=tmp_path / "series.zip", by=None, spool=tmp_path)
    assert errors(report) == {"a.csv": "a.csv cannot be unpacked: series.zip is damaged there."}
    assert report.written == 1


def test_what_is_neither_folder_nor_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + ROSA)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 broken")
    for name, sentence in {
        "absent": "There is no folder or zip",
        "a.csv": "neither a folder nor a zip; a single file is imported by import_poll",
        "empty": "empty holds no table to import",
        "broken.zip": "broken.zip is damaged or was cut off",
        "a\x00b": "cannot be read",
    }.items():
        with pytest.raises(Refused, match=sentence):
            import_series(path=tmp_path / name, by=None, spool=tmp_path)


def test_a_cancelled_series_keeps_the_files_that_were_done(series: Series) -> None:
    class Impatient:
        phases = 0

        def phase(self, name: str, total: int | None = None) -> None:
            self.phases += name == "reading"
            if self.phases > 1:
                raise Cancelled

        def advance(self, rows: int) -> None:
            """Goes on."""

    with pytest.raises(Cancelled):
        series({"a.csv": HEAD + ROSA, "b.csv": HEAD + SAM}, progress=Impatient())
    assert list(Poll.objects.values_list("slug", flat=True)) == ["a"]


def test_each_file_is_told_before_it_is_read(series: Series) -> None:
    heard: list[str] = []
    series({"b.csv": "", "a.csv": HEAD + ROSA}, tell=heard.append)
    assert heard == ["a.csv", "b.csv"]
