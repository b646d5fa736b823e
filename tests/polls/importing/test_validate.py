"""Rows to clean records, and every error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.mapping import guess
from polls.importing.readers import Limits, Record
from polls.importing.validate import Clean, clean_rows
from polls.problems import Refused
from polls.titles import comparison_key, key_hash

HEADERS = ["voter_id", "name", "headline", "profile_url", "option", "voted_at", "comment", "Region"]


def clean(
    *rows: list[str],
    headers: list[str] | None = None,
    options: tuple[str, ...] = ("yes", "no"),
    **limits: int,
) -> list[Clean]:
    headers = headers or HEADERS
    records = [Record(1, headers), *(Record(number, row) for number, row in enumerate(rows, start=2))]
    return list(clean_rows(records, guess(headers), options, Limits(**limits)))


def errors(row: Clean) -> list[tuple[int, str, str, str]]:
    return [(e["row"], e["column"], e["value"], e["reason"]) for e in json.loads(row.errors or "[]")]


GOOD = [
    "v1",
    "Rosa",
    " Head of CX | ex-Google ",
    "https://linkedin.com/in/rosa",
    " Yes ",
    "2026-03-05",
    "a, b\nc",
    "EU",
]


def test_a_good_row_keeps_its_texts_as_written() -> None:
    (row,) = clean(GOOD)
    assert row.errors is None
    assert (row.id_value, row.derived, row.name, row.headline_raw) == ("v1", False, "Rosa", GOOD[2])
    assert row.headline_hash == key_hash(comparison_key(GOOD[2]))
    assert (row.option_key, row.option_text, row.comment, row.extra) == ("yes", "Yes", "a, b\nc", ["EU"])
    assert (row.url_value, row.voted_raw) == ("linkedin.com/in/rosa", "2026-03-05")
    assert row.voted_at is not None


def test_blank_rows_are_no_rows_and_row_numbers_stay() -> None:
    assert [row.row for row in clean([""] * 8, GOOD, [" "] * 8, [], GOOD)] == [3, 6]


def test_every_error_of_a_row_is_told() -> None:
    (row,) = clean(["", "", "", "javascript:x", "Maybe", "2026-02-30", "", ""])
    assert errors(row) == [
        (2, "profile_url", "javascript:x", "is no web address"),
        (2, "voter_id", "", "nothing says who voted: no id, address, name or title"),
        (2, "option", "Maybe", "not an option of this poll"),
        (2, "voted_at", "2026-02-30", "is no date that exists"),
    ]


def test_a_row_without_an_option_says_so() -> None:
    assert errors(clean(["v1", "", "", "", " ", "", "", ""])[0])[0][3].startswith("is empty")


def test_a_date_that_can_be_read_in_two_ways_keeps_its_text() -> None:
    (row,) = clean([*GOOD[:5], "03/04/2026", "", ""])
    assert (row.errors, row.voted_at, row.voted_raw) == (None, None, "03/04/2026")


def test_rows_too_short_or_too_long_name_the_column() -> None:
    short, long, padded = clean(GOOD[:5], [*GOOD, "more"], [*GOOD, "", ""])
    assert errors(short) == [(2, "voted_at", "", "the row is too short: it has 5 cells, the header 8")]
    assert errors(long) == [(3, "column 9", "more", "the row is too long: it has 9 cells, the header 8")]
    assert padded.errors is None


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("a\x00b", "holds a NUL byte, which no text may have"),
        ("Ren\udce9", "holds the byte 0xE9, which is not of the file's encoding"),
        ("half \ud83d", "holds half of a character, which no text may have"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2, 6, 7])
def test_a_cell_that_cannot_be_kept_is_named(cell: str, reason: str, place: int) -> None:
    row = [*GOOD[:place], cell, *GOOD[place + 1 :]]
    ((number, column, value, told),) = errors(clean(row)[0])
    assert (number, column, told) == (2, HEADERS[place], reason)
    assert "\x00" not in value
    value.encode()


@pytest.mark.parametrize("cell", ["x" * (1024 * 1024 + 1), "é" * (512 * 1024 + 1)])
@pytest.mark.parametrize("place", [6, 7])
def test_a_cell_of_over_a_megabyte_is_named(cell: str, place: int) -> None:
    ((_, column, value, reason),) = errors(clean([*GOOD[:place], cell, *GOOD[place + 1 :]])[0])
    assert (column, reason) == (HEADERS[place], "the cell is larger than 1 MB")
    assert len(value) == 80


def test_a_cell_of_a_megabyte_is_taken() -> None:
    assert clean([*GOOD[:6], "x" * 1024 * 1024, ""])[0].errors is None


@pytest.mark.parametrize(
    ("place", "longest"), [(0, 500), (1, 500), (2, 10_000), (3, 2000), (4, 500), (5, 200)]
)
def test_a_field_has_its_own_length(place: int, longest: int) -> None:
    told = errors(clean([*GOOD[:place], "x" * (longest + 1), *GOOD[place + 1 :]])[0])
    assert (HEADERS[place], f"longer than the {longest:,} characters allowed") in [
        (c, r) for _, c, _, r in told
    ]


def test_first_and_last_name_make_a_name() -> None:
    (row,) = clean(["Rosa", "Lux", "Yes"], headers=["first_name", "last_name", "option"])
    assert row.name == "Rosa Lux"


def test_a_voter_without_id_is_known_by_address_else_by_name_and_headline() -> None:
    by_url, by_name, same_name = clean(
        ["", "Rosa", "CX", "linkedin.com/in/rosa", "Yes", "", "", ""],
        ["", "Rosa", "CX ", "", "Yes", "", "", ""],
        ["", "ROSA", "cx", "", "No", "", "", ""],
    )
    assert by_url.id_value.startswith("u-")
    assert by_url.derived
    assert by_url.base_hash is None
    assert by_name.base_hash == same_name.base_hash == key_hash("rosa\x1fcx")


def test_the_derived_id_of_an_address_is_the_same_everywhere() -> None:
    (row,) = clean(["", "", "", "https://www.linkedin.com/in/rosa/", "Yes", "", "", ""])
    assert row.id_value == "u-" + key_hash("linkedin.com/in/rosa").hex()[:20]


def test_a_rejected_row_still_counts_among_those_of_its_name() -> None:
    (row,) = clean(["", "Rosa", "CX", "", "Maybe", "", "", ""])
    assert row.errors
    assert row.base_hash == key_hash("rosa\x1fcx")


def test_without_known_options_every_text_is_one_up_to_a_bound() -> None:
    assert [
        row.option_key
        for row in clean(*([f"v{n}", "", "", "", f"O{n % 3}", "", "", ""] for n in range(9)), options=())
    ] == ["o0", "o1", "o2"] * 3
    with pytest.raises(Refused, match="over 100 different texts"):
        clean(*([f"v{n}", "", "", "", f"O{n}", "", "", ""] for n in range(101)), options=())


def test_options_match_after_trimming_case_spaces_and_quotes() -> None:
    rows = [[f"v{n}", "", "", "", text, "", "", ""] for n, text in enumerate(["don’t  KNOW", "Don't know "])]
    assert {row.option_key for row in clean(*rows, options=("don't know",))} == {"don't know"}


def test_more_rows_than_the_limit_are_refused() -> None:
    with pytest.raises(Refused, match="more than 2 rows"):
        clean(GOOD, GOOD, GOOD, rows=2)


def test_a_formula_stays_as_it_is_and_only_our_own_files_lose_a_quote() -> None:
    row = ["v1", "'=1+1", "'@cx", "Yes"]
    theirs = clean(row, headers=["voter_id", "name", "headline", "option"])[0]
    assert (theirs.name, theirs.headline_raw) == ("'=1+1", "'@cx")
    own = [
        "voter_id",
        "name",
        "headline",
        "option",
        "category",
        "category_label",
        "status",
        "resolved_by",
        "codebook",
    ]
    ours = clean([*row, "", "", "", "", "", ""], headers=[*own, "codebook_version"])[0]
    assert (ours.name, ours.headline_raw) == ("=1+1", "@cx")


def test_a_broken_record_is_one_rejected_row() -> None:
    records = [Record(1, HEADERS), Record(2, ["v1", '"open'], "a quotation mark opens here", 1)]
    (row,) = clean_rows(records, guess(HEADERS), (), Limits())
    assert errors(row) == [(2, "name", '"open', "a quotation mark opens here")]


@given(st.lists(st.lists(st.text(max_size=10), max_size=10), max_size=5))
def test_any_cells_give_a_clean_row_or_errors_that_can_be_stored(rows: list[list[str]]) -> None:
    for row in clean(*rows):
        if row.errors:
            assert "\\u0000" not in row.errors
            assert json.loads(row.errors)
        else:
            assert row.option_key in ("yes", "no")
            assert row.id_hash or row.base_hash
