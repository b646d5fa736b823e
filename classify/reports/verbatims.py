"""Comments as they were written, by the role of who wrote them; never with a name."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q

from classify.models import Round
from polls.models import Vote

MOST = 200
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Verbatim:
    """One comment. ``category`` is a code, None while the vote behind it is not classified."""

    text: str
    category: str | None
    option: str
    shortened: bool


@dataclass(frozen=True, slots=True)
class Verbatims:
    """The first comments in the codebook's and the options' order, and how many there are in all."""

    shown: tuple[Verbatim, ...]
    total: int


def verbatims_for(round_: Round) -> Verbatims:
    """Comments of the live votes of a round's poll, at most ``MOST`` of them."""
    votes = (
        Vote.objects.filter(poll=round_.poll_id, voided_at__isnull=True)
        .exclude(comment="")
        .annotate(
            here=FilteredRelation(
                "case_votes", condition=Q(case_votes__round=round_.pk, case_votes__left_at__isnull=True)
            )
        )
    )
    rows = (
        votes.annotate(category=F("here__case__final__code"))
        .order_by(F("here__case__final__position").asc(nulls_last=True), "option__position", "pk")
        .values_list("comment", "category", "option__text")[:MOST]
    )
    shown = tuple(
        Verbatim(comment[:LONGEST], category, option, len(comment) > LONGEST)
        for comment, category, option in rows
    )
    return Verbatims(shown, votes.count() if len(shown) == MOST else len(shown))
