"""Several choices in one cell."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.formats.declaration import SEPARATORS
from polls.importing.splitting import MOST_PIECES, split_choices
from polls.texts import option_key

KNOWN = frozenset(map(option_key, ["Yes", "No", "No, never", "Price; quality", "A / B", "B"]))


def choices(text: str, separators: tuple[str, ...] = SEPARATORS) -> list[str]:
    return [written for _key, written in split_choices(text, KNOWN, separators).options]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Yes", ["Yes"]),
        ("Yes;No;", ["Yes", "No"]),
        ("Yes; No ;", ["Yes", "No"]),
        ("Yes, No", ["Yes", "No"]),
        ("/ Yes / No", ["Yes", "No"]),
        (" / Yes / No", ["Yes", "No"]),
        ("No, never, Yes", ["No, never", "Yes"]),
        ("Yes, No, never", ["Yes", "No, never"]),
        ("no,  NEVER; yes", ["no,  NEVER", "yes"]),
        ("Price; quality; Yes", ["Price; quality", "Yes"]),
        ("A / B / B", ["A / B", "B"]),
        ("Yes; yes; YES", ["Yes"]),
        ("Yes; Maybe", []),
        ("Yes,No", []),
        ("", []),
        (" ; ", []),
    ],
)
def test_choices_are_told_apart_by_the_known_options(text: str, found: list[str]) -> None:
    assert choices(text) == found


def test_the_longest_option_counts_unless_the_rest_then_names_none() -> None:
    known = frozenset({"no", "no, never", "never again"})
    found = split_choices("No, never again", known, SEPARATORS)
    assert [written for _, written in found.options] == ["No", "never again"]


def test_the_first_piece_that_is_no_option_is_named() -> None:
    assert split_choices("Yes; Maybe; Perhaps", KNOWN, SEPARATORS).unknown == "Maybe"


def test_a_format_may_separate_in_its_own_way() -> None:
    assert choices("Yes B", (" ",)) == ["Yes", "B"]
    assert choices("Yes,No, never", (",",)) == ["Yes", "No, never"]


def test_a_cell_of_very_many_pieces_is_not_searched() -> None:
    assert choices("Yes;" * (MOST_PIECES - 1)) == ["Yes"]
    assert choices("Yes;" * (MOST_PIECES + 1)) == []


OPTION = st.text(alphabet="abAB,;/ é", min_size=1, max_size=8).filter(lambda text: option_key(text) != "")


@given(
    st.lists(OPTION, min_size=1, max_size=6, unique_by=option_key), st.sampled_from(SEPARATORS), st.booleans()
)
def test_options_joined_by_any_separator_come_back(options: list[str], separator: str, ends: bool) -> None:
    """Only what is ambiguous (an option that reads as others joined) may come back differently."""
    known = frozenset(map(option_key, options))
    text = separator.join(options) + (separator if ends else "")
    found = split_choices(text, known, SEPARATORS)
    plain = not any(mark.strip() in option for mark in SEPARATORS for option in options)
    if plain:
        assert [key for key, _ in found.options] == [option_key(option) for option in options]
    assert {key for key, _ in found.options} <= known


@given(st.text(alphabet="ab;,/ ", max_size=30))
def test_what_is_found_are_options_once_each_and_nothing_else_was_said(text: str) -> None:
    known = frozenset({"a", "b", "a, b", "a;b"})
    found = split_choices(text, known, SEPARATORS)
    keys = [key for key, _ in found.options]
    assert len(keys) == len(set(keys))
    assert set(keys) <= known
    letters = set(text) & {"a", "b"}
    if keys:
        assert {letter for key in keys for letter in key if letter in "ab"} == letters
        assert found.unknown == ""
    elif letters:
        assert found.unknown in text
        assert found.unknown


def test_a_cell_of_many_pieces_that_is_no_choice_costs_no_square() -> None:
    started = time.process_time()
    for number in range(50):
        assert split_choices(f"{number}, maybe" + ", yes" * 190, KNOWN, SEPARATORS).options == ()
    assert time.process_time() - started < 1.5


def test_where_one_option_or_several_could_be_meant_it_is_the_one() -> None:
    known = frozenset({"no", "never", "no, never"})
    assert split_choices("No, never", known, SEPARATORS).options == (("no, never", "No, never"),)
