"""The words of a headline that a codebook rule speaks about."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from classify.cues import Segment, mark

RULES = [
    {"words": ["consultant", "consulting"], "text": "Consultant can be front-line staff."},
    {"words": ["customer service consultant"], "text": "This is the front line."},
    {"words": ["CX"], "text": "CX can be a product."},
    {"words": ["SAP CX"], "text": "SAP CX is a product."},
    {"words": ["ex-"], "text": "A former role is not the current one."},
]


def words_marked(text: str) -> list[str]:
    segments, _ = mark([text], RULES)
    return [segment.text for segment in segments[0] if segment.marked]


def test_a_word_is_marked_as_it_is_written() -> None:
    assert words_marked("Senior CONSULTANT, retail") == ["CONSULTANT"]


def test_a_word_inside_another_word_is_not_marked() -> None:
    assert words_marked("Consultants' excellence in CXO matters") == []


def test_a_word_that_ends_in_a_hyphen_may_be_followed_by_anything() -> None:
    assert words_marked("ex-Head of Sales, apex-level") == ["ex-"]


def test_the_finer_rule_speaks_where_two_rules_meet() -> None:
    _, cues = mark(["Customer  Service\tConsultant"], RULES)
    assert [cue.text for cue in cues] == ["This is the front line."]
    assert cues[0].words == ("Customer  Service\tConsultant",)


def test_the_broader_rule_still_speaks_about_its_other_places() -> None:
    _, cues = mark(["SAP CX lead", "CX strategist"], RULES)
    assert [cue.text for cue in cues] == ["CX can be a product.", "SAP CX is a product."]


def test_each_rule_is_given_once_in_the_codebooks_order() -> None:
    _, cues = mark(["CX consultant", "consultant", "Consultant CX"], RULES)
    assert [cue.words for cue in cues] == [("consultant", "Consultant"), ("CX",)]


def test_without_rules_nothing_is_marked() -> None:
    assert mark(["CX consultant"], []) == ([(Segment("CX consultant", marked=False),)], [])


def test_a_rule_without_words_never_applies() -> None:
    assert mark(["anything"], [{"words": ["", "  "], "text": "never"}])[1] == []


@given(st.text(alphabet="CXcx ex-SAPconsultant\t|·", max_size=60))
def test_the_segments_joined_are_the_text_again(text: str) -> None:
    segments, cues = mark([text], RULES)
    assert "".join(segment.text for segment in segments[0]) == text
    assert bool(cues) == any(segment.marked for segment in segments[0])


@given(st.text(max_size=200), st.lists(st.text(max_size=8), max_size=4))
def test_no_text_and_no_rule_word_breaks_it(text: str, words: list[str]) -> None:
    segments, _ = mark([text], [{"words": words, "text": "rule"}])
    assert "".join(segment.text for segment in segments[0]) == text
