"""The words of a headline that the codebook speaks about: trap rules, include and exclude lists."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify.cues import MAX_HITS, MAX_PHRASES, MAX_SHOWN, MAX_TEXT, ListCue, Matcher, Segment

RULES = [
    {"words": ["consultant", "consulting"], "text": "Consultant can be front-line staff."},
    {"words": ["customer service consultant"], "text": "This is the front line."},
    {"words": ["CX"], "text": "CX can be a product."},
    {"words": ["SAP CX"], "text": "SAP CX is a product."},
    {"words": ["ex-"], "text": "A former role is not the current one."},
]
TRAPS = Matcher(RULES)


@dataclass(frozen=True)
class Category:
    key: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    label: str = "Label"
    color: str = "#0072B2"


def words_marked(text: str) -> list[str]:
    segments, _, _ = TRAPS.mark([text])
    return [segment.text for segment in segments[0] if segment.marked]


def rules_on(*texts: str):
    return TRAPS.mark(texts)[1]


def listed(text: str, *categories: Category) -> list[tuple[str, str, str]]:
    """(text, keys on include lists, keys on exclude lists) of every stretch that stands on a list."""
    segments, _, _ = Matcher([], categories).mark([text])
    return [
        (each.text, "".join(one.key for one in each.include), "".join(one.key for one in each.exclude))
        for each in segments[0]
        if each.kind
    ]


class TestTraps:
    def test_a_word_is_marked_as_it_is_written(self) -> None:
        assert words_marked("Senior CONSULTANT, retail") == ["CONSULTANT"]

    def test_a_word_inside_another_word_is_not_marked(self) -> None:
        assert words_marked("Consultants' excellence in CXO matters") == []

    def test_a_word_that_ends_in_a_hyphen_needs_one(self) -> None:
        assert words_marked("ex-Head of Sales, apex-level, ex officio") == ["ex-"]

    def test_the_finer_rule_speaks_where_two_rules_meet(self) -> None:
        [cue] = rules_on("Customer  Service\tConsultant")
        assert (cue.text, cue.words) == ("This is the front line.", ("Customer  Service\tConsultant",))

    def test_the_broader_rule_still_speaks_about_its_other_places(self) -> None:
        cues = rules_on("SAP CX lead", "CX strategist")
        assert [cue.text for cue in cues] == ["CX can be a product.", "SAP CX is a product."]

    def test_each_rule_is_given_once_in_the_codebooks_order(self) -> None:
        cues = rules_on("CX consultant", "consultant", "Consultant CX")
        assert [cue.words for cue in cues] == [("consultant", "Consultant"), ("CX",)]

    def test_without_rules_nothing_is_marked(self) -> None:
        assert Matcher([]).mark(["CX consultant"]) == ([(Segment("CX consultant", marked=False),)], [], [])

    def test_a_rule_without_words_never_applies(self) -> None:
        assert Matcher([{"words": ["", "  "], "text": "never"}]).mark(["anything"])[1] == []


class TestLists:
    def test_a_word_says_on_which_list_of_which_category_it_stands(self) -> None:
        one, two = Category("1", include=("Call center",)), Category("2", exclude=("Manager",))
        assert listed("CALL CENTER Manager", one, two) == [("CALL CENTER", "1", ""), ("Manager", "", "2")]

    def test_every_category_that_claims_a_word_is_named(self) -> None:
        some = [Category(str(n), include=("coach",)) for n in range(1, 4)]
        assert listed("Coach", *some) == [("Coach", "123", "")]

    def test_a_word_on_an_include_and_an_exclude_list_is_told_as_both(self) -> None:
        assert listed("Coach", Category("1", ("coach",)), Category("2", (), ("coach",))) == [
            ("Coach", "1", "2")
        ]
        assert listed("Coach", Category("1", ("coach",), ("coach: Other",))) == [("Coach", "1", "1")]

    def test_overlapping_words_are_cut_where_either_begins_or_ends(self) -> None:
        one, two = Category("1", ("customer service",)), Category("2", ("service design",))
        assert listed("Customer service design", one, two) == [
            ("Customer ", "1", ""),
            ("service", "12", ""),
            (" design", "2", ""),
        ]

    def test_the_finer_entry_of_a_category_speaks_alone(self) -> None:
        one = Category("1", ("consultant",), ("“customer service consultant”: Other",))
        assert listed("Customer Service Consultant", one) == [("Customer Service Consultant", "", "1")]

    def test_the_finer_entry_of_another_category_silences_nothing(self) -> None:
        one, two = Category("1", ("consultant",)), Category("2", ("service consultant",))
        assert listed("Service Consultant", one, two) == [("Service ", "2", ""), ("Consultant", "12", "")]

    def test_the_entries_are_told_in_full_include_first(self) -> None:
        entry = "“Head of CX”, where the work is a center: Contact Center"
        one = Category("1", ("Head of CX",), (entry,))
        _, _, lists = Matcher([], [one]).mark(["Head of CX", "head of cx"])
        assert lists == [
            ListCue(("Head of CX", "head of cx"), one, excluded=False, entries=("Head of CX",)),
            ListCue(("Head of CX", "head of cx"), one, excluded=True, entries=(entry,)),
        ]

    @pytest.mark.parametrize(
        ("entry", "text", "found"),
        [
            ("Straße", "STRASSE 1", "STRASSE"),
            ("ΟΔΟΣ", "οδός οδοσ", "οδοσ"),
            ("fi", "ﬁ", "ﬁ"),
            ("call center", "Ｃａｌｌ　Ｃｅｎｔｅｒ lead", "Ｃａｌｌ　Ｃｅｎｔｅｒ"),
            ("cafe\u0301", "Café", "Café"),
            ("consultant", "Con\u00adsul\u200btant", "Con\u00adsul\u200btant"),
            ("call center", "call-center agent", "call-center"),
            ("self-employed", "Self employed", "Self employed"),
            ("менеджер", "Старший МЕНЕДЖЕР", "МЕНЕДЖЕР"),
            ("مدير", "مدير خدمة العملاء", "مدير"),
            ("顧客体験", "顧客体験部長", "顧客体験"),
            ("センター", "コールセンター長", "センター"),
            ("ผู้จัดการ", "เป็นผู้จัดการฝ่าย", "ผู้จัดการ"),
            ("상담원", "콜센터 상담원", "상담원"),
            ("🚀", "We 🚀 growth", "🚀"),
            ("R&D", "Head of R&D", "R&D"),
            ("C++", "C++ developer", "C++"),
        ],
    )
    def test_a_word_is_met_in_any_script_and_case(self, entry: str, text: str, found: str) -> None:
        assert [each[0] for each in listed(text, Category("1", (entry,)))] == [found]

    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            ("manager", "managers management Managerial"),
            ("call center", "call, center"),
            ("مدير", "المديرون"),
            ("상담", "상담원"),
            ("cafe", "Café"),
        ],
    )
    def test_a_part_of_a_word_is_no_word(self, entry: str, text: str) -> None:
        assert listed(text, Category("1", (entry,))) == []

    def test_a_headline_that_meets_many_lists_tells_a_bounded_number(self) -> None:
        some = [Category(str(n), ("coach",)) for n in range(MAX_SHOWN + 5)]
        assert len(Matcher([], some).mark(["Coach"])[2]) == MAX_SHOWN

    def test_long_lists_and_long_headlines_stay_fast(self) -> None:
        entries = tuple(f"word{n} of{n % 7} it" for n in range(MAX_PHRASES + 10))
        matcher = Matcher(RULES, [Category("1", entries), Category("2", ("a a", "a"))])
        text = " ".join(f"word{n} of{n % 7} it" for n in range(400)) + " consultant" * 300
        begin = time.process_time()
        segments, _, lists = matcher.mark([text, text])
        assert time.process_time() - begin < 1
        assert all(segment.text for segment in segments[0])
        assert len([each for each in segments[0] if each.kind or each.marked]) <= MAX_HITS
        assert len(lists) == 1
        assert "".join(segment.text for segment in segments[0]) == text
        assert len(text) > MAX_TEXT


ANY_TEXT = st.text(max_size=120) | st.text(alphabet="CXcx ex-SAPconsultant\t|·é", max_size=60)


@given(ANY_TEXT)
def test_the_segments_joined_are_the_text_again(text: str) -> None:
    segments, cues, _ = TRAPS.mark([text])
    assert "".join(segment.text for segment in segments[0]) == text
    assert bool(cues) == any(segment.marked for segment in segments[0])


@given(ANY_TEXT, st.lists(st.text(max_size=12), max_size=4), st.lists(st.text(max_size=12), max_size=4))
def test_no_text_and_no_entry_breaks_it(text: str, include: list[str], exclude: list[str]) -> None:
    one = Category("1", tuple(include), tuple(exclude))
    segments, _, lists = Matcher([{"words": include, "text": "rule"}], [one]).mark([text])
    assert "".join(segment.text for segment in segments[0]) == text
    assert bool(lists) == any(segment.kind for segment in segments[0])


@given(st.text(alphabet="abc ÄßΣ体験é", min_size=1, max_size=20))
def test_a_short_entry_is_met_where_it_is_written_itself(word: str) -> None:
    one = Category("1", (word,))
    found = listed(word, one)
    from classify.words import phrases_of

    assert bool(found) == bool(phrases_of(word, excluded=False))
