"""A case looks the same whether a page shows it or a reply to a decision brings it."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from classify.views import card_html
from classify.views.reading import Book, Card, Choice, card_of


def choice(key: str, label: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> Choice:
    return Choice(
        pk=int(key), code=label.lower(), label=label, group="", key=key, color="#0072B2", ink="#ffffff",
        hint="", definition="", include=include, exclude=exclude, examples=(),
    )  # fmt: skip


BOOK = Book(
    title="Role",
    number=1,
    categories=(
        choice("1", "Center <1>", ("Contact center", "coach"), ()),
        choice("2", "CX", ("Customer experience", "coach"), ("“Contact center lead” in a center: Center",)),
    ),
    rules=({"words": ["coach", "ex-"], "text": "A coach is <anybody>."},),
)
TITLES = [
    "",
    "Agent",
    "Contact Center Lead & <b>Coach</b> | ex-Head of Customer Experience | aspiring Customer Experience Lead",
    "مدير Contact Center / Coach",
    "🚀 " * 60,
    "Chief " * 40 + "Coach",
]


def card(text: str, origin: str = "headline", n_votes: int = 3, *, again: bool = False) -> Card:
    return card_of(
        case_id=7, text=text, origin=origin, n_votes=n_votes, book=BOOK, review_again=again
    )  # fmt: skip


def of_template(name: str, shown: Card) -> str:
    return bare(render_to_string(f"classify/includes/{name}.html", {"card": shown}))


def bare(html: str) -> str:
    """Without comments and white space between tags."""
    return re.sub(r"\s*\n\s*", "", re.sub(r">\s+<", "><", html)).strip()


SHARED_BY = [("headline", 3), ("headline", 1), ("headline", 0), ("split", 1), ("blank", 1)]


@pytest.mark.parametrize("text", TITLES)
@pytest.mark.parametrize(("origin", "n_votes"), SHARED_BY)
def test_the_two_ways_of_writing_a_case_are_one(text: str, origin: str, n_votes: int) -> None:
    shown = card(text, origin, n_votes, again=n_votes == 1)
    assert bare(card_html.title_html(shown)) == of_template("tag_title", shown)
    assert bare(card_html.cues_inline_html(shown)) == of_template("cues_inline", shown)
    if shown.cues or shown.has_marks:
        assert bare(card_html.cues_html(shown)) == of_template("cues", shown)


def test_a_word_says_whose_lists_it_stands_on() -> None:
    html = card_html.title_html(card("Contact Center Lead"))
    assert '<mark class="word-both" data-lists="1, not 2">Contact Center</mark>' in html
    assert '<mark class="word-exclude" data-lists="not 2"> Lead</mark>' in html


def test_a_word_that_two_lists_claim_names_both() -> None:
    html = card_html.title_html(card("Coach"))
    assert '<mark class="word-rule word-include" data-lists="1 2">Coach</mark>' in html


def test_the_panel_tells_the_entries_in_full_and_that_it_proposes_nothing() -> None:
    html = card_html.cues_html(card("Contact Center Lead"))
    assert "On the include list of Center &lt;1&gt;" in html
    assert "On the exclude list of CX" in html
    assert "“Contact center lead” in a center: Center" in html
    assert "It is no proposal." in html


def test_former_and_aspiring_parts_are_marked_in_words() -> None:
    html = card_html.title_html(card("Agent | ex-Coach | aspiring Lead"))
    assert '</s></bdi> <span class="part-mark">former</span>' in html
    assert '<span class="part-mark">hoped for</span>' in html


def test_a_title_is_set_in_its_own_direction() -> None:
    html = card_html.title_html(card("مدير | Lead"))
    assert 'class="case-title"><bdi>مدير</bdi>' in html
    assert '<li class="part"><bdi>Lead</bdi></li>' in html


def test_a_case_without_a_vote_says_so() -> None:
    assert "Nobody stands behind this title any more" in card_html.title_html(card("Agent", n_votes=0))
