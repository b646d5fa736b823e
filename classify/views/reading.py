"""What pages for reading show: the codebook as choices, and a case as a card. No statement per case."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.charts import ink_on
from classify.cues import Cue, ListCue, Matcher, Segment
from classify.models import Case, Category, CodebookVersion, ReviewerCase
from classify.views import card_html
from polls.titles import split_headline

LONG_TITLE = 90
"""From this many characters on a first part is a sentence, and set smaller than a title."""

_HINT = 96


@dataclass(frozen=True)
class Choice:
    """A category as it can be chosen. `ink` is readable on `color`; `hint` is the definition's beginning."""

    pk: int
    code: str
    label: str
    group: str
    key: str
    color: str
    ink: str
    hint: str
    definition: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Book:
    """A frozen codebook version: what stands beside every title."""

    title: str
    number: int
    categories: tuple[Choice, ...]
    rules: tuple[Mapping[str, Any], ...]
    code: str = ""

    @cached_property
    def words(self) -> Matcher:
        """The words that its rules and lists look for, made ready once."""
        return Matcher(self.rules, self.categories)

    def by_code(self, code: str) -> Choice | None:
        """The category of that code, if there is one."""
        return next((choice for choice in self.categories if choice.code == code), None)

    def by_pk(self, pk: int | None) -> Choice | None:
        """The category with that id, if there is one."""
        return next((choice for choice in self.categories if choice.pk == pk), None)


@dataclass(frozen=True)
class ShownPart:
    """One part of a headline in segments, with its mark: "", "former" or "aspiring"."""

    segments: tuple[Segment, ...]
    mark: str


@dataclass(frozen=True)
class Card:
    """A case as one person sees it. `verdict` is their own standing one: a code, "unsure", or ""."""

    case_id: int
    origin: str
    n_votes: int
    parts: tuple[ShownPart, ...]
    cues: tuple[Cue | ListCue, ...]
    is_long: bool
    review_again: bool
    verdict: str
    note: str
    client_id: uuid.UUID
    place: str = ""

    @property
    def can_split(self) -> bool:
        """Do several voters share the title, so that each could be read on their own?"""
        return self.origin == Case.Origin.HEADLINE and self.n_votes > 1

    @property
    def title(self) -> str:
        """The first part: what the page and the screen reader call the case."""
        return "".join(segment.text for segment in self.parts[0].segments) if self.parts else ""

    @property
    def has_marks(self) -> bool:
        """Is a part of it no current role?"""
        return any(part.mark for part in self.parts)

    @property
    def tells_lists(self) -> bool:
        """Does a word of it stand on an include or exclude list?"""
        return any(isinstance(cue, ListCue) for cue in self.cues)


def hint_of(definition: str) -> str:
    """The beginning of a definition, short enough for a button: its first sentence or clause."""
    text = definition.split(". ")[0].split(": ")[0].split("; ")[0].rstrip(".")
    if len(text) > _HINT and ", " in text[30:_HINT]:
        text = text[: text.rindex(", ", 0, _HINT)]
    return text


def choice_of(category: Category) -> Choice:
    """A category as it can be chosen."""
    return Choice(
        pk=category.pk,
        code=category.code,
        label=category.label,
        group=category.group,
        key=category.key,
        color=category.color,
        ink=ink_on(category.color),
        hint=hint_of(category.definition),
        definition=category.definition,
        include=tuple(category.include),
        exclude=tuple(category.exclude),
        examples=tuple(category.examples),
    )


@lru_cache(maxsize=64)
def book_of(version_id: int) -> Book:
    """The codebook of a round. Kept in memory: a version that a round uses is frozen, in the database too."""
    version = CodebookVersion.objects.select_related("codebook").get(pk=version_id)
    return Book(
        title=version.title,
        number=version.number,
        categories=tuple(choice_of(category) for category in version.categories.order_by("position")),
        rules=tuple(version.rules),
        code=version.codebook.code,
    )


def card_of(
    *,
    case_id: int,
    text: str,
    origin: str,
    n_votes: int,
    book: Book,
    verdict: str = "",
    note: str = "",
    review_again: bool = False,
    place: str = "",
) -> Card:
    """The card of a case: the headline in parts as written, and what the codebook says of its words.

    The parts come from the text itself, so that the next case costs no further statement. `client_id`
    is new with every card: sent twice, the decision is stored once.
    """
    found = split_headline(text)
    segments, rules, lists = book.words.mark([part.raw for part in found])
    parts = [ShownPart(pieces, part.mark) for part, pieces in zip(found, segments, strict=True)]
    return Card(
        case_id=case_id,
        origin=origin,
        n_votes=n_votes,
        parts=tuple(parts),
        cues=(*rules, *lists),
        is_long=bool(found) and len(found[0].raw) > LONG_TITLE,
        review_again=review_again,
        verdict=verdict,
        note=note,
        client_id=uuid.uuid4(),
        place=place,
    )


def card_json(case: ReviewerCase, book: Book) -> dict[str, Any]:
    """A case as the page keeps it ready: what the reviewer sees and hears of it, and nothing of the other.

    `place` ("order:case") says where it stands in the reviewer's own order; `html` is the title with the
    rules folded under it, `cues` the rules beside it, `sentence` what a screen reader hears when it comes.
    """
    place = f"{case.reading_order}:{case.pk}"
    card = card_of(
        case_id=case.pk,
        text=case.text,
        origin=case.origin,
        n_votes=case.n_votes,
        book=book,
        place=place,
    )
    return {
        "case": card.case_id,
        "place": place,
        "html": card_html.title_html(card) + card_html.cues_inline_html(card),
        "cues": card_html.cues_html(card),
        "title": card.title or _("No title"),
        "votes": card.n_votes,
        "sentence": announced(card),
        "can_split": card.can_split,
    }


def profile_links(urls: Collection[str]) -> list[dict[str, str]]:
    """The addresses of profiles as links without a name; what is no web address is not linked."""
    return [
        {
            "label": _("Profile %(n)d") % {"n": n} if len(urls) > 1 else _("Profile"),
            "url": url if url.lower().startswith(("http://", "https://")) else "",
        }
        for n, url in enumerate(urls, start=1)
    ]


def announced(card: Card | None) -> str:
    """What a screen reader hears of the next case, beside its title, which gets the focus."""
    if card is None:
        return _("That was the last one.")
    n = card.n_votes
    return ngettext("Next title, %(n)d voter.", "Next title, %(n)d voters.", n) % {"n": n}
