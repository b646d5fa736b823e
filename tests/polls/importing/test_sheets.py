"""Workbooks to rows: sheets, cells, and files made to do harm."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.readers import Limits, Source, open_path, open_upload
from polls.importing.sheets.cells import as_text
from polls.importing.zips import open_zip, read_part
from polls.problems import Refused, WrongUsage
from tests.polls.importing.workbooks import (
    Failed,
    Formula,
    Rows,
    column_name,
    compound_file,
    ods,
    xls,
    xlsx,
    zipped,
)

NAUGHTY = json.loads((Path(__file__).parents[2] / "data" / "blns" / "blns.json").read_text("utf-8"))
NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SMALL: Rows = [["name", "option"], ["Rosa Lux", "Yes"], ["Sam", "No"]]


def opened(data: bytes, **options: object) -> Source:
    return open_upload(data, name="voters.xlsx", **options)  # type: ignore[arg-type]


def rows(data: bytes, **options: object) -> list[list[str]]:
    with opened(data, **options) as source:
        return [record.cells for record in source.records()]


@pytest.mark.parametrize(
    ("data", "kind"), [(xlsx({"A": SMALL}), "xlsx"), (ods({"A": SMALL}), "ods"), (xls(SMALL), "xls")]
)
def test_each_kind_of_workbook_is_read(data: bytes, kind: str) -> None:
    with opened(data) as source:
        assert (source.kind, source.encoding, source.delimiter) == ("workbook", kind, "")
        assert source.row_estimate == 3
        assert [record.cells for record in source.records()] == SMALL
        assert [record.row for record in source.records()] == [1, 2, 3]


def test_a_workbook_is_known_by_what_it_is_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "voters.csv"
    path.write_bytes(xlsx({"A": SMALL}))
    with open_path(path, spool=tmp_path) as source:
        assert [record.cells for record in source.records()] == SMALL
    assert list(tmp_path.iterdir()) == [path]


def test_the_first_sheet_that_looks_like_a_table_is_read_and_the_others_are_named() -> None:
    book = xlsx({"Empty": [], "Cover": [["Poll of"], ["March"]], "Voters": SMALL, "Totals": [["Yes", 1]]})
    with opened(book) as source:
        assert (source.sheets, source.sheet) == (("Empty", "Cover", "Voters", "Totals"), "Voters")
    assert rows(xlsx({"Empty": [], "Cover": [["Poll of"], ["March"]]})) == [["Poll of"], ["March"]]
    assert rows(book, sheet="Totals") == [["Yes", "1"]]
    assert rows(book, sheet=" totals ") == [["Yes", "1"]]


def test_hidden_sheets_are_not_offered_but_read_when_named() -> None:
    book = xlsx(
        {"Old": [["x"]], "Voters": SMALL, "Deep": [["y"]]}, states={"Old": "hidden", "Deep": "veryHidden"}
    )
    with opened(book) as source:
        assert (source.sheets, source.sheet) == (("Voters",), "Voters")
    assert rows(book, sheet="Old") == [["x"]]
    only = xlsx({"Old": [["x"]]}, states={"Old": "hidden"})
    with opened(only) as source:
        assert (source.sheets, source.sheet) == (("Old",), "Old")


def test_a_sheet_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx has no sheet “Voter”; it has “Cover”, “Voters”\."):
        opened(xlsx({"Cover": [["x"]], "Voters": SMALL}), sheet="Voter")
    with pytest.raises(Refused, match=r"The sheet “Cover” of voters\.xlsx is empty"):
        opened(xlsx({"Cover": [], "Voters": SMALL}), sheet="Cover")
    with pytest.raises(WrongUsage, match=r"voters\.csv is no workbook, so it has no sheet “A”"):
        open_upload("name,option\nRosa,Yes\n", name="voters.csv", sheet="A")


def test_cells_come_as_the_texts_a_person_reads() -> None:
    cells = {
        "text": "Head of CX | “Lead”, EMEA\nSpeaker ",
        "id": 1234567890123456,
        "whole": 12.0,
        "share": 26.5,
        "noisy": 0.1 + 0.2,
        "moment": datetime(2026, 7, 27, 19, 6, 23),
        "day": date(2026, 7, 27),
        "clock": time(9, 5, 14),
        "long": timedelta(hours=30, minutes=5, seconds=7),
        "yes": True,
        "sum": Formula("1+1", 2.0),
        "joined": Formula('A1&"x"', "Rosa"),
        "failed": Failed("#N/A"),
        "none": None,
        "last": "x",
    }
    found = dict(zip(*rows(xlsx({"A": [list(cells), list(cells.values())]})), strict=True))
    assert found == {
        "text": "Head of CX | “Lead”, EMEA\nSpeaker ",
        "id": "1234567890123456",
        "whole": "12",
        "share": "26.5",
        "noisy": "0.3",
        "moment": "2026-07-27 19:06:23",
        "day": "2026-07-27",
        "clock": "09:05:14",
        "long": "30:05:07",
        "yes": "true",
        "sum": "2",
        "joined": "Rosa",
        "failed": "",
        "none": "",
        "last": "x",
    }


def test_an_open_document_holds_the_same_kinds_of_cells() -> None:
    table: Rows = [
        ["a", "b", "c", "d"],
        ["two\nlines", 12, datetime(2026, 7, 27, 19, 6, 23), True],
        [],
        ["x"],
    ]
    assert rows(ods({"A": table})) == [
        ["a", "b", "c", "d"],
        ["two\nlines", "12", "2026-07-27 19:06:23", "true"],
        ["", "", "", ""],
        ["x", "", "", ""],
    ]


def test_days_are_counted_from_1904_where_the_workbook_says_so() -> None:
    assert rows(xlsx({"A": [["day", "x"], [date(2026, 7, 27), "x"]]}, date1904=True))[1][0] == "2030-07-28"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, "false"),
        (-0.0, "0"),
        (1e22, "1e+22"),
        (2.5e-9, "2.5e-09"),
        (float("inf"), "inf"),
        (datetime(2026, 7, 27, 19, 6, 22, 999_600), "2026-07-27 19:06:23"),
        (timedelta(hours=-1, minutes=-30), "-01:30:00"),
        (7, "7"),
    ],
)
def test_odd_cells_have_a_text_too(value: object, text: str) -> None:
    assert as_text(value) == text  # type: ignore[arg-type]


@given(st.integers(-(2**53), 2**53))
def test_a_whole_number_reads_as_its_digits(number: int) -> None:
    assert as_text(float(number)) == str(number)


@pytest.mark.parametrize("write", [xlsx, ods])
def test_naughty_strings_come_back_exactly(write: Callable[[dict[str, Rows]], bytes]) -> None:
    strings = [text for text in NAUGHTY if not NOT_IN_XML.search(text)]
    if write is ods:  # where several spaces are one, unless written in a way of their own
        strings = [text for text in strings if " ".join(text.split()) == text]
    assert len(strings) > 430
    sheet: Rows = [["headline", "option"], *([text, "Yes"] for text in strings)]
    assert [row[0] for row in rows(write({"A": sheet}))[1:]] == strings


def test_row_numbers_are_those_a_person_sees() -> None:
    sheet: Rows = [[], [None, "name", "option"], [], [None, "Rosa", "Yes"], [None, "Sam"]]
    with opened(xlsx({"A": sheet})) as source:
        assert [(record.row, record.cells) for record in source.records()] == [
            (1, ["", "", ""]),
            (2, ["", "name", "option"]),
            (3, ["", "", ""]),
            (4, ["", "Rosa", "Yes"]),
            (5, ["", "Sam", ""]),
        ]


def test_a_stray_cell_far_right_does_not_widen_every_row() -> None:
    sheet: Rows = [
        ["name", "option"],
        *([f"V{n}", "Yes"] for n in range(60)),
        ["W", "No", *[None] * 900, "x"],
    ]
    found = rows(xlsx({"A": sheet}))
    assert {len(row) for row in found[:-1]} == {2}
    assert (len(found[-1]), found[-1][-1]) == (903, "x")


def test_a_cell_merged_over_rows_says_the_same_for_each_of_them() -> None:
    sheet: Rows = [
        ["Votes of March"],
        ["name", "option"],
        ["Rosa", "Yes"],
        ["Sam"],
        ["Uma"],
        ["Jo", "No"],
        ["Li"],
    ]
    found = rows(xlsx({"A": sheet}, merged=["A1:B1", "B3:B5", "B6:B7"]))
    assert found == [
        ["Votes of March", ""],
        ["name", "option"],
        ["Rosa", "Yes"],
        ["Sam", "Yes"],
        ["Uma", "Yes"],
        ["Jo", "No"],
        ["Li", "No"],
    ]


def test_merged_headers_stay_as_they_are() -> None:
    sheet: Rows = [["name", "vote", None], [None, "first", "second"], ["Rosa", "Yes", "No"]]
    assert rows(xlsx({"A": sheet}, merged=["A1:A2", "B1:C1"]))[1] == ["", "first", "second"]


@pytest.mark.parametrize("data", [xlsx({"A": []}), xlsx({"A": [], "B": []}), ods({"A": []})])
def test_a_workbook_without_a_cell_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx has nothing in it: every sheet is empty"):
        opened(data)


ENCRYPTED_ODS = zipped(
    {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": "<manifest:encryption-data/>",
        "content.xml": b"\x01\x02",
    }
)


def locked_zip() -> bytes:
    """A zip whose directory says that its parts are encrypted."""
    data = bytearray(xlsx({"A": SMALL}))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize("data", [compound_file("EncryptedPackage", b"x"), ENCRYPTED_ODS, locked_zip()])
def test_a_workbook_with_a_password_is_refused(data: bytes) -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx is locked by a password"):
        opened(data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (zipped({"a.csv": "x", "b.csv": "y"}), "a zip of 2 files and no workbook.*import_series"),
        (zipped({"word/document.xml": "x"}), "a text document"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a text document"),
        (zipped({"Index/Tables/1.iwa": "x"}), "a Numbers document"),
        (zipped({}), "an empty zip"),
        (compound_file("WordDocument", b"x"), "a text document"),
        (compound_file("Contents", b"x"), "an old Excel file, or one of another program"),
    ],
)
def test_what_is_no_workbook_is_told_by_what_it_is(data: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=rf"voters\.xlsx is {sentence}"):
        opened(data)


@pytest.mark.parametrize(
    "data",
    [
        xlsx({"A": SMALL})[:-40],
        xlsx({"A": SMALL})[:200],
        xlsx({"A": '<row r="1"><c r="A1" t="s"><v>5</v></c></row>'}),
        zipped({"xl/workbook.xml": "<nothing"}),
        b"PK\x03\x04 and so on",
    ],
    ids=["no end", "cut", "text that is not there", "no workbook part", "no zip"],
)
def test_a_broken_workbook_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx is damaged or was cut off"):
        opened(data)


def test_a_part_packed_too_tightly_is_refused_before_it_is_unpacked() -> None:
    bomb = xlsx({"A": f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"x" * 20_000_000}</t></is></c></row>'})
    assert len(bomb) < 100_000
    with pytest.raises(Refused, match=r"voters\.xlsx holds a part packed more than 200 times smaller"):
        opened(bomb)


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx would unpack to more than 1 MB"):
        opened(xlsx({"A": [["x" * 1_100_000]]}), limits=Limits(unpacked=1024 * 1024))


def test_a_workbook_that_holds_more_text_than_it_says_is_refused() -> None:
    text, count = "x" * 30_000, 1010
    shared = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    )
    sheet = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, count))
    with zipfile.ZipFile(io.BytesIO(xlsx({"A": sheet}))) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    relations = "xl/_rels/workbook.xml.rels"
    more = (
        '<Relationship Id="t" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/sharedStrings"/></Relationships>'
    )
    parts[relations] = str(parts[relations], "utf-8").replace("</Relationships>", more)
    parts["xl/sharedStrings.xml"] = shared
    with pytest.raises(Refused, match=r"voters\.xlsx holds more than 2 MB of text"):
        opened(zipped(parts), limits=Limits(unpacked=2 * 1024 * 1024))


def test_two_cells_at_the_far_corners_of_a_sheet_take_down_nothing() -> None:
    corners = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(Refused, match=r"voters\.xlsx needs more than 512 MB of memory to be read"):
        opened(xlsx({"A": corners}), limits=Limits(memory=512 * 1024 * 1024))


def test_a_workbook_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(Refused, match=r"Reading voters\.xlsx took longer than 0\.01 seconds"):
        opened(xlsx({"A": SMALL}), limits=Limits(seconds=0.01))


def test_a_workbook_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(Refused, match=r"voters\.xlsx is larger than 0 MB"):
        opened(xlsx({"A": SMALL}), limits=Limits(file_bytes=500))


def test_a_zip_of_too_many_files_is_refused_before_they_are_listed() -> None:
    many = zipped({f"{number}": "" for number in range(300)}, zipfile.ZIP_STORED)
    with pytest.raises(Refused, match=r"voters\.xlsx holds more than 200 files"):
        opened(many, limits=Limits(entries=200))
    # An end that claims a list of 4 GB is not believed either way.
    at = many.rfind(b"PK\x05\x06")
    lying = many[: at + 12] + struct.pack("<L", 0xFFFFFFF0) + many[at + 16 :]
    with pytest.raises(Refused, match=r"voters\.xlsx holds more than 5,000 files"):
        opened(lying)


ZIPS = [xlsx({"A": SMALL}), ods({"A": SMALL}), zipped({"a.csv": "x", "b": "y"}, zipfile.ZIP_STORED)]


@given(
    st.sampled_from(ZIPS),
    st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), min_size=1, max_size=5),
)
def test_any_zip_is_listed_and_read_or_refused(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    broken = bytearray(data)
    for place, change in changes:
        at = place % len(data)
        broken[at : at + max(1, len(change))] = change
    with suppress(Refused), open_zip(io.BytesIO(bytes(broken)), "v.xlsx", Limits()) as archive:
        for part in archive.namelist():
            read_part(archive, part, 1000)


def test_an_upload_that_is_no_file_on_disk_is_read_and_left_open() -> None:
    upload = io.BytesIO(xlsx({"A": SMALL}))
    with open_upload(upload, name="voters.xlsx") as source:
        assert len(list(source.records())) == len(list(source.records())) == 3
    assert not upload.closed


def test_an_owned_file_is_closed_once_its_sheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "v.xlsx").write_bytes(xlsx({"A": SMALL}))
    file = (tmp_path / "v.xlsx").open("rb")
    with open_upload(file, name="v.xlsx", owned=True) as source:
        assert [record.cells for record in source.records()] == SMALL
    assert file.closed


def test_the_text_of_a_sheet_is_kept_for_the_next_time(tmp_path: Path) -> None:
    book = xlsx({"A": SMALL, "B": [["name", "option"]]})
    # With no time to read the workbook only what is kept can be read.
    for limits in (Limits(), Limits(seconds=0.01)):
        with opened(book, keep=tmp_path, limits=limits) as source:
            assert (source.encoding, source.sheets, source.sheet) == ("xlsx", ("A", "B"), "A")
            assert source.row_estimate == 3
    assert rows(book, keep=tmp_path) == SMALL
    assert len(list(tmp_path.iterdir())) == 2
    assert rows(book, keep=tmp_path, sheet="B") == [["name", "option"]]
    assert rows(xlsx({"A": [["other"]]}), keep=tmp_path) == [["other"]]


def test_what_was_kept_only_in_part_is_read_anew(tmp_path: Path) -> None:
    book = xlsx({"A": SMALL})
    assert rows(book, keep=tmp_path) == SMALL
    for described in tmp_path.glob("*.json"):
        described.write_text('{"kind": "xl')
    assert rows(book, keep=tmp_path) == SMALL
    with pytest.raises(Refused, match="damaged"):
        opened(book[:-40], keep=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def children() -> set[str]:
    """The processes begun by this one, ended but not asked for included."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            found |= {stat.parent.name} if parent == str(os.getpid()) else set()
    return found


def test_no_process_is_left_behind() -> None:
    before = children()
    opened(xlsx({"A": SMALL})).close()
    with pytest.raises(Refused):
        opened(xlsx({"A": SMALL}), limits=Limits(seconds=0.01))
    # A browser's driver may be among them.
    assert children() <= before
    assert signal.getsignal(signal.SIGCHLD) in (signal.SIG_DFL, None)


def test_columns_are_named_as_in_a_sheet() -> None:
    assert [column_name(index) for index in (0, 25, 26, 16_383)] == ["A", "Z", "AA", "XFD"]
