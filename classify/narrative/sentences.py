"""A sentence with its figures apart, and how figures are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from polls.wording import figure

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A translated template, its words, and its figures, which a page sets in bold."""

    template: str
    words: Mapping[str, object] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.template.format(**self.words, **self.figures)

    @property
    def html(self) -> SafeString:
        """Words and figures escaped; the template is ours or a translator's."""
        strong = {name: format_html("<strong>{}</strong>", figure) for name, figure in self.figures.items()}
        if not self.words and not strong:
            return format_html("{}", self.template)
        return format_html(self.template, **self.words, **strong)


def percent(share: float) -> str:
    """A share as whole percent; what is neither none nor all never reads as 0 % or 100 %."""
    if 0 < share < 0.005:
        return f"<1{NBSP}%"
    if 0.995 <= share < 1:
        return f">99{NBSP}%"
    return f"{share * 100:.0f}{NBSP}%"


def out_of(n: int, of: int) -> str:
    """ "84 of 117 (72 %)": the form in which a share appears in a sentence."""
    return _("{n} of {of} ({share})").format(n=figure(n), of=figure(of), share=percent(n / of))


def shorten(text: str, longest: int = 90) -> str:
    """An option's text as a sentence can carry it; the table has it in full."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
