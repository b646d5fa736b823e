"""What pages for reading show of a codebook and of a case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.charts import ink_on
from classify.views.reading import Book, book_of, card_of, hint_of
from tests.factories import make_codebook

RULES = ({"words": ["consultant"], "text": "Consultant can be the front line."},)


def luminance(color: str) -> float:
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@given(st.integers(0, 0xFFFFFF))
def test_the_key_is_readable_on_every_colour(number: int) -> None:
    color = f"#{number:06x}"
    lighter, darker = sorted([luminance(color), luminance(ink_on(color))], reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("definition", "hint"),
    [
        ("Works in a center. Every level counts.", "Works in a center"),
        ("Owns the experience: what customers live through.", "Owns the experience"),
        ("", ""),
        (
            "Advises, trains or speaks to others about customers for a living, "
            "on their own account or for a consulting firm.",
            "Advises, trains or speaks to others about customers for a living",
        ),
    ],
)
def test_a_button_shows_the_beginning_of_the_definition(definition: str, hint: str) -> None:
    assert hint_of(definition) == hint


def card(text: str):
    book = Book(title="Role", number=1, categories=(), rules=RULES)
    return card_of(case_id=1, text=text, origin="headline", n_votes=3, book=book)


def test_a_headline_is_shown_in_parts_and_none_is_dropped() -> None:
    shown = card("ex-Head of Care | CX Consultant · aspiring author")
    assert ["".join(segment.text for segment in part.segments) for part in shown.parts] == [
        "ex-Head of Care",
        "CX Consultant",
        "aspiring author",
    ]
    assert [part.mark for part in shown.parts] == ["former", "", "aspiring"]
    assert shown.title == "ex-Head of Care"
    assert shown.has_marks


def test_the_rule_that_speaks_about_a_word_stands_beside_it() -> None:
    shown = card("Data | CX Consultant")
    assert [cue.text for cue in shown.cues] == ["Consultant can be the front line."]
    assert [segment.text for segment in shown.parts[1].segments if segment.marked] == ["Consultant"]


def test_a_case_without_a_headline_has_no_part() -> None:
    shown = card("  ")
    assert (shown.parts, shown.title, shown.has_marks, shown.is_long) == ((), "", False, False)


def test_a_sentence_is_set_smaller_than_a_title() -> None:
    assert card("word " * 30).is_long
    assert not card("Customer Experience Consultant").is_long


def test_every_card_brings_an_id_of_its_own() -> None:
    assert card("x").client_id != card("x").client_id


@pytest.mark.django_db
def test_the_codebook_is_read_once_and_kept(django_assert_num_queries) -> None:
    version = make_codebook()
    with django_assert_num_queries(2):
        book = book_of(version.pk)
    with django_assert_num_queries(0):
        assert book_of(version.pk) is book
    assert [choice.key for choice in book.categories] == ["1", "2", "3", "4", "5"]
    assert book.by_code("cx") is book.by_pk(book.categories[1].pk)
    assert book.by_code("unsure") is None
