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

from classify.cues import Cue, ListCue, Segment
from classify.models import Case
from classify.templatetags.cues import keys_of_lists

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
    words = "".join(
        f" <mark{_list_look(cue)}>{escape(word)}</mark>" for cue in card.cues for word in cue.words
    )
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
    if not n:
        return escape(_("Nobody stands behind this title any more; nothing that is said of it counts"))
    return escape(ngettext("%(n)s voter shows this title", "%(n)s voters show this title", n) % {"n": n})


def _part(part: ShownPart) -> str:
    text = "".join(
        f"<mark{_look(piece)}>{escape(piece.text)}</mark>"
        if piece.marked or piece.kind
        else escape(piece.text)
        for piece in part.segments
    )
    if part.mark == "former":
        return f'<bdi><s>{text}</s></bdi> <span class="part-mark">{escape(_("former"))}</span>'
    if part.mark == "aspiring":
        return f'<bdi>{text}</bdi> <span class="part-mark">{escape(_("hoped for"))}</span>'
    return f"<bdi>{text}</bdi>"


def _look(piece: Segment) -> str:
    """How a word is marked that stands on a list: by which kind of list, and of which categories."""
    if not piece.kind:
        return ""
    rule = "word-rule " if piece.marked else ""
    return f' class="{rule}word-{piece.kind}" data-lists="{escape(keys_of_lists(piece))}"'


def _cue_texts(card: Card) -> str:
    html = _rules(card.cues)
    if card.tells_lists:
        lists = _("A mark says on which list a word stands. It is no proposal.")
        html += f'<p class="quiet small mt-2 mb-0">{escape(lists)}</p>'
    if card.has_marks:
        marks = _("Struck-through parts are former roles, dashed ones are hoped for: code what they do now.")
        html += f'<p class="quiet small mt-2 mb-0">{escape(marks)}</p>'
    return html


def _rules(cues: Iterable[Cue | ListCue]) -> str:
    return "".join(_list(cue) if isinstance(cue, ListCue) else _rule(cue) for cue in cues)


def _rule(cue: Cue) -> str:
    words = ", ".join(f"<mark>{escape(word)}</mark>" for word in cue.words)
    return f'<div class="cue"><p class="cue-words">{words}</p><p>{escape(cue.text)}</p></div>'


def _list_look(cue: Cue | ListCue) -> str:
    if not isinstance(cue, ListCue):
        return ""
    return ' class="word-exclude"' if cue.excluded else ' class="word-include"'


def _list(cue: ListCue) -> str:
    words = ", ".join(f"<mark{_list_look(cue)}>{escape(word)}</mark>" for word in cue.words)
    told = _("On the exclude list of %(label)s") if cue.excluded else _("On the include list of %(label)s")
    entries = "".join(f'<p class="cue-entry">{escape(entry)}</p>' for entry in cue.entries[:3])
    return (
        f'<div class="cue cue-list"><p class="cue-words">{words}</p>'
        f"<p>{dot_html(cue.category.color)}{escape(told % {'label': cue.category.label})}</p>{entries}</div>"
    )


def dot_html(color: str) -> str:
    """A category's colour, as `includes/dot.html` draws it."""
    return (
        '<svg class="dot" viewBox="0 0 10 10" aria-hidden="true" focusable="false">'
        f'<rect width="10" height="10" rx="2.5" fill="{escape(color)}"/></svg>'
    )
