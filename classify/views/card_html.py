"""The markup of a case as `includes/tag_title.html`, `cues_inline.html` and `cues.html` write it.

A reply to a decision brings a card, and rendering three templates took as long as storing the decision. The
pages themselves use the templates; a test holds the two equal, but for white space between tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.cues import Cue
from classify.models import Case

if TYPE_CHECKING:
    from classify.views.reading import Card, ShownPart


def title_html(card: Card) -> str:
    """The headline in its parts, and how many show it."""
    look = " is-long" if card.is_long else "" if card.parts else " case-title-none"
    first = _part(card.parts[0]) if card.parts else escape(_("No title"))
    html = [
        f'<p class="quiet mb-0">{_shown_by(card)}</p>',
        f'<h1 id="case-title" tabindex="-1" class="case-title{look}">{first}</h1>',
    ]
    if len(card.parts) > 1:
        label = escape(_("The other parts of the headline"))
        items = "".join(
            f'<li class="part{f" part-{part.mark}" if part.mark else ""}">{_part(part)}</li>'
            for part in card.parts[1:]
        )
        html.append(f'<ul class="parts" aria-label="{label}">{items}</ul>')
    if card.review_again:
        again = _("A later import changed who stands behind this title. Look at it once more.")
        html.append(f'<p class="notice notice-warn">{escape(again)}</p>')
    return "".join(html)


def cues_inline_html(card: Card) -> str:
    """What the codebook says on the words of the headline, folded, for a narrow screen; "" for nothing."""
    if not (card.cues or card.has_marks):
        return ""
    words = "".join(f" <mark>{escape(word)}</mark>" for cue in card.cues for word in cue.words)
    title = escape(_("The codebook on what you see"))
    return (
        f'<details class="cues-inline d-lg-none"><summary>{title}{words}</summary>'
        f"<div>{_cue_texts(card)}</div></details>"
    )


def cues_html(card: Card) -> str:
    """The same for beside the headline on a wide screen."""
    if not (card.cues or card.has_marks):
        return ""
    return f'<h2 class="eyebrow">{escape(_("The codebook on what you see"))}</h2>{_cue_texts(card)}'


def _shown_by(card: Card) -> str:
    if card.origin == Case.Origin.BLANK:
        return escape(_("This voter shows no title"))
    if card.origin in (Case.Origin.VOTER, Case.Origin.SPLIT):
        return escape(_("One voter, read on their own"))
    n = card.n_votes
    return escape(ngettext("%(n)s voter shows this title", "%(n)s voters show this title", n) % {"n": n})


def _part(part: ShownPart) -> str:
    text = "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.marked else escape(piece.text)
        for piece in part.segments
    )
    if part.mark == "former":
        return f'<s>{text}</s> <span class="part-mark">{escape(_("former"))}</span>'
    if part.mark == "aspiring":
        return f'{text} <span class="part-mark">{escape(_("hoped for"))}</span>'
    return text


def _cue_texts(card: Card) -> str:
    html = _rules(card.cues)
    if card.has_marks:
        marks = _("Struck-through parts are former roles, dashed ones are hoped for: code what they do now.")
        html += f'<p class="quiet small mt-2 mb-0">{escape(marks)}</p>'
    return html


def _rules(cues: Iterable[Cue]) -> str:
    return "".join(
        '<div class="cue"><p class="cue-words">'
        + ", ".join(f"<mark>{escape(word)}</mark>" for word in cue.words)
        + f"</p><p>{escape(cue.text)}</p></div>"
        for cue in cues
    )
