"""The markup of a card is that of the templates, written twice so that a reply to a decision is quick."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string

from classify.views import card_html
from classify.views.reading import Book, card_of

RULES = (
    {"words": ["lead", "head of"], "text": "A lead <leads>.", "category": None},
    {"words": ["speaker"], "text": "Speaking is no role & no job.", "category": None},
)
BOOK = Book("Role", 1, (), RULES)
TEXTS = [
    "",
    "CX Lead",
    "CX Lead | Speaker | ex-Head of Care | aspiring Author",
    "Ex-Agent",
    "<script>alert('x')</script> & Co | Head of \"Nothing\"",
    "A sentence of more than ninety characters, which somebody took for a title and which is set smaller",
    "𝗖𝗫 𝗟𝗲𝗮𝗱 | עברית",
]


def plain(html: str) -> str:
    """Without white space between tags, and at the ends of their content."""
    html = re.sub(r"\s+", " ", html)
    return re.sub(r" ?(</?(?:p|h1|h2|ul|li|div|details|summary)\b[^>]*>) ?", r"\1", html).strip()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("origin", "n_votes"), [("headline", 1), ("headline", 40), ("blank", 1), ("voter", 1), ("split", 1)]
)
@pytest.mark.parametrize("again", [True, False])
def test_it_is_what_the_templates_write(text, origin, n_votes, again):
    card = card_of(case_id=7, text=text, origin=origin, n_votes=n_votes, book=BOOK, review_again=again)

    def written(name: str) -> str:
        return plain(render_to_string(f"classify/includes/{name}.html", {"card": card, "codebook": BOOK}))

    assert plain(card_html.title_html(card)) == written("tag_title")
    assert plain(card_html.cues_inline_html(card)) == written("cues_inline")
    wanted = written("cues") if card.cues or card.has_marks else ""
    assert plain(card_html.cues_html(card)) == wanted


def test_nothing_of_a_headline_is_markup():
    card = card_of(case_id=7, text=TEXTS[4], origin="headline", n_votes=1, book=BOOK)
    assert "<script" not in card_html.title_html(card) + card_html.cues_inline_html(card)
