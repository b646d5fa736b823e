"""What a row votes for: in one cell, in a column per option, or as everybody in the file."""

from __future__ import annotations

import json

import pytest

from polls.importing.ballot import MOST_OPTIONS
from polls.importing.mapping import preview
from polls.importing.readers import open_upload
from polls.importing.reading import Reading
from polls.importing.validate import Clean, clean_rows
from polls.problems import Refused, WrongUsage
from polls.texts import option_key

OPTIONS = ("Yes", "No", "No, never")


def read(
    text: str,
    reading: Reading | None = None,
    options: tuple[str, ...] = OPTIONS,
    *,
    multiple: bool = False,
    day_first: bool | None = None,
) -> list[Clean]:
    with open_upload(text, name="voters.csv") as source:
        mapping = preview(source, reading, known_options=options).mapping
        keys = map(option_key, options)
        return list(
            clean_rows(source.records(), mapping, keys, source.limits, day_first=day_first, multiple=multiple)
        )


def errors(row: Clean) -> list[tuple[int, str, str, str]]:
    return [(e["row"], e["column"], e["value"], e["reason"]) for e in json.loads(row.errors or "[]")]


def test_several_choices_are_all_kept_with_the_first_one_ahead() -> None:
    (row,) = read("name|vote\nRosa|No; Yes;\n", multiple=True)
    assert (row.option_key, row.option_text) == ("no", "No")
    assert (row.option_keys, row.option_texts) == (["no", "yes"], ["No", "Yes"])


def test_one_choice_leaves_the_lists_null_also_where_several_are_allowed() -> None:
    (row,) = read("name;vote\nRosa;Yes, \n", multiple=True)
    assert (row.option_key, row.option_keys, row.option_texts) == ("yes", None, None)


def test_several_choices_where_a_voter_has_one_are_an_error_that_says_so() -> None:
    (row,) = read("name|vote\nRosa|Yes; No\n")
    assert errors(row) == [
        (2, "vote", "Yes; No", "names 2 options (“Yes”, “No”), and a voter of this poll has one choice")
    ]


def test_an_option_with_separators_in_it_is_one_choice() -> None:
    rows = read("name|vote\nRosa|No, never\nSam|No, never, Yes\n", multiple=True)
    assert [row.option_texts or [row.option_text] for row in rows] == [["No, never"], ["No, never", "Yes"]]


def test_a_choice_that_is_none_is_named() -> None:
    alone, among = read("name|vote\nRosa|Maybe\nSam|Yes; Maybe\n", multiple=True)
    assert errors(alone) == [(2, "vote", "Maybe", "not an option of this poll")]
    assert errors(among) == [(3, "vote", "Yes; Maybe", "“Maybe” is not an option of this poll")]


def test_without_known_options_a_cell_that_may_hold_several_is_not_guessed_at() -> None:
    one, several = read("name|vote\nRosa|Yes\nSam|Yes; No\n", options=(), multiple=True)
    assert one.option_text == "Yes"
    assert errors(several) == [
        (
            *(3, "vote", "Yes; No"),
            "may hold several choices: give the poll its options first, so that they can be told apart",
        )
    ]


def test_an_option_that_only_an_erroneous_row_names_is_not_made_known() -> None:
    text = "name,vote,profile_url\nRosa,Maybe,not an address\n" + "".join(
        f"V{n},Option {n},\n" for n in range(MOST_OPTIONS)
    )
    rows = read(text, options=())
    assert [bool(row.errors) for row in rows] == [True, *[False] * MOST_OPTIONS]


@pytest.mark.parametrize(
    "mark", ["x", "X", "1", "true", "TRUE", "yes", "Ja", "✓", "No, never", " no, NEVER "]
)
def test_a_column_per_option_is_marked_in_many_ways(mark: str) -> None:
    (row,) = read(f'name,No,"No, never"\nRosa,,"{mark}"\n', options=("No", "No, never"))
    assert (row.errors, row.option_key, row.option_text) == (None, "no, never", "No, never")


@pytest.mark.parametrize("mark", ["", " ", "0", "false", "FALSE", "no", "nein", "-"])
def test_a_column_per_option_is_left_unmarked_in_many_ways(mark: str) -> None:
    (row,) = read(f"name,Good,Bad\nRosa,x,{mark}\n", options=("Good", "Bad"))
    assert (row.errors, row.option_key) == (None, "good")


COLUMNS = Reading(option_columns=(("Good", "Good"), ("Bad", "Bad")))


def test_any_other_mark_is_an_error_that_names_its_column() -> None:
    (row,) = read("name,Good,Bad\nRosa,perhaps,2\n", COLUMNS, ("Good", "Bad"))
    reason = "says neither yes (x, 1, true, yes or the option) nor no (empty, 0, false, no)"
    assert errors(row) == [(2, "Good", "perhaps", reason), (2, "Bad", "2", reason)]


def test_no_mark_and_two_marks_in_a_poll_of_one_choice_are_errors() -> None:
    none, two = read("name,Good,Bad\nRosa,,\nSam,x,1\n", COLUMNS, ("Good", "Bad"))
    assert errors(none) == [(2, "Good", "", "no option is marked, so nothing says what was voted for")]
    assert errors(two)[0][3] == "names 2 options (“Good”, “Bad”), and a voter of this poll has one choice"


def test_two_marks_where_several_are_allowed_are_two_choices() -> None:
    (row,) = read("name,Good,Bad\nSam,x,1\n", COLUMNS, ("Good", "Bad"), multiple=True)
    assert (row.option_key, row.option_keys) == ("good", ["good", "bad"])


def test_columns_can_be_named_for_options_and_make_them_known() -> None:
    reading = Reading(option_columns=(("a", "Good"), ("b", "Bad")))
    rows = read("name,a,b\nRosa,x,\nSam,,x\n", reading, options=())
    assert [row.option_text for row in rows] == ["Good", "Bad"]
    (wrong,) = read("name,a,b\nRosa,x,\n", reading, options=("Bad",))
    assert errors(wrong) == [(2, "a", "x", "not an option of this poll")]


def test_everybody_in_a_file_may_have_chosen_the_same() -> None:
    rows = read("name,title\nRosa,CX\nSam,Coach\n", Reading(everyone="yes"))
    assert [(row.option_key, row.option_text, row.errors) for row in rows] == [("yes", "yes", None)] * 2


def test_what_everybody_chose_has_to_be_an_option() -> None:
    (row,) = read("name\nRosa\n", Reading(everyone="Maybe"))
    assert errors(row) == [(2, "", "Maybe", "not an option of this poll")]


def test_what_everybody_chose_goes_before_a_column_that_looks_like_the_option() -> None:
    with open_upload("name,vote\nRosa,5\n", name="voters.csv") as source:
        mapping = preview(source, Reading(everyone="Yes")).mapping
    assert "option" not in mapping.fields
    assert mapping.extras == ((1, "vote"),)


@pytest.mark.parametrize(
    ("reading", "sentence"),
    [
        (Reading(columns={"option": "a"}, everyone="Yes"), "only one of these can be asked for"),
        (Reading(option_columns=(("a", "Yes"),), everyone="Yes"), "only one of these can be asked for"),
        (Reading(columns={"name": "a"}, option_columns=(("a", "Yes"),)), "both name and the option “Yes”"),
        (Reading(option_columns=(("a", "Yes"), ("A", "No"))), "One column is named for two options"),
        (Reading(option_columns=(("a", " "),)), "needs the text of its option"),
    ],
)
def test_ways_to_tell_the_option_that_exclude_each_other_are_wrong_usage(
    reading: Reading, sentence: str
) -> None:
    with pytest.raises(WrongUsage, match=sentence):
        read("name,a\nRosa,x\n", reading)


def test_a_column_for_an_option_has_to_be_there() -> None:
    with pytest.raises(Refused, match="no column “c” for an option; the columns are “name”, “a”"):
        read("name,a\nRosa,x\n", Reading(option_columns=(("c", "Yes"),)))


def test_days_and_months_are_read_in_the_order_that_was_said() -> None:
    text = "name,vote,date\nRosa,Yes,03/04/2026\n"
    found = [read(text, day_first=order)[0].voted_at for order in (True, False, None)]
    assert [moment and (moment.day, moment.month) for moment in found] == [(3, 4), (4, 3), None]
