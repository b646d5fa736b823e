"""CSV as we write it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.csvio import csv_chunks, defuse, undo_defuse

risky = st.text(alphabet=st.sampled_from("'=+-@＝＋－＠\t\r\n\",;aé "), max_size=12)


@pytest.mark.parametrize(
    "text", ["=1+1", "+44 20", "- text", "@handle", "＝1", "＋1", "－1", "＠x", "\tx", "\rx", "'=1", "''@x"]
)
def test_a_text_that_could_be_a_formula_gets_a_quote(text: str) -> None:
    assert defuse(text) == "'" + text
    assert undo_defuse("'" + text) == text


@pytest.mark.parametrize("text", ["", "'", "''", "'quoted'", "Rosa", " =1", "1=1", "'t Hooft", "O'Neill"])
def test_other_texts_stay(text: str) -> None:
    assert defuse(text) == text
    assert undo_defuse(text) == text


@given(st.one_of(risky, st.text()))
def test_undoing_gives_the_text_back(text: str) -> None:
    assert undo_defuse(defuse(text)) == text


@given(st.one_of(risky, st.text()))
def test_no_cell_starts_a_formula(text: str) -> None:
    assert not defuse(text).startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r"))


def test_the_file_has_a_mark_and_lines_that_end_in_crlf() -> None:
    data = b"".join(csv_chunks(["name", "n"], [["Rosa", 1], [None, -2], ['a"b,c', 0.5]]))
    assert data == b'\xef\xbb\xbfname,n\r\nRosa,1\r\n,-2\r\n"a""b,c",0.5\r\n'


@given(st.lists(st.tuples(risky, risky), max_size=5))
def test_a_reader_gets_the_cells_back(rows: list[tuple[str, str]]) -> None:
    text = b"".join(csv_chunks(["a", "b"], rows)).decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert [[undo_defuse(cell) for cell in row] for row in read[1:]] == [list(row) for row in rows]


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(csv_chunks(["a"], ([str(number) * 10] for number in range(20_000))))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 70_000
