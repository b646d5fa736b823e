"""A list of votes on a page: a short one is counted, sorted and numbered, a long one shown in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from classify.forms.votes import FIELDS, VoteFilter
from classify.tables.voters import VoterTable, shortened, votes_of
from classify.views.lists import COUNTED_UP_TO, LAST, Piece, arrange, count_up_to, piece_of
from polls.holders import CURRENT
from polls.models import Headline, JobTitle, PartMark, Vote
from polls.problems import Refused
from polls.search import find_votes

FOUND_UP_TO: Final = 500
"""A search stops at so many votes."""

LIST_FIELDS: Final = (*FIELDS, "sort", "page", "after", "before")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a page shows of a list: its rows, how many there are (`more`: at least so many), the pieces before
    and after where they are not numbered, and why nothing is shown where there is a `problem`."""

    table: VoterTable
    shown: int
    more: bool
    piece: Piece[Vote] | None = None
    problem: str = ""
    last: int = LAST


def listing_of(found: VoteFilter, request: HttpRequest) -> Listing:
    """The votes that fit the filter, as far as a page shows them."""
    votes, form = found.qs, found.form
    problem = " ".join(str(error) for error in form.errors.get("q", []))
    if form.words and not problem:
        try:
            hits = find_votes(votes=votes, polls=[found.poll.pk], words=form.words, most=FOUND_UP_TO)
        except Refused as refused:
            problem = str(refused)
        else:
            votes = votes_of(found.poll).filter(pk__in=hits.votes)
            return _numbered(votes, request, shown=len(hits.votes), more=hits.more)
    if problem:
        return _numbered(votes.none(), request, shown=0, more=False, problem=problem)
    shown = count_up_to(votes)
    if shown <= COUNTED_UP_TO:
        return _numbered(votes, request, shown=shown, more=False)
    piece = piece_of(votes, request.GET)
    table = VoterTable(piece.rows, orderable=False)
    table.request = request
    return Listing(table, COUNTED_UP_TO, True, piece)


def holding_of(found: VoteFilter) -> str:
    """In words, whose votes alone are listed: those with one headline or job title; "" for everybody's."""
    data = found.form.cleaned_data
    votes = Vote.objects.filter(poll=found.poll)
    if data.get("title"):
        title = JobTitle.objects.filter(pk=int(data["title"]), parts__headline__votes__in=votes).first()
        if title is None:
            return _("Only voters with a job title that nobody in this poll shows.")
        marks = dict(PartMark.choices) | {CURRENT: PartMark.NONE.label}
        mark = f" ({marks[data['mark']]})" if data.get("mark") else ""
        return _("Only voters with the job title “%(title)s”%(mark)s.") % {
            "title": shortened(title.text),
            "mark": mark,
        }
    if data.get("headline"):
        headline = Headline.objects.filter(pk=int(data["headline"]), votes__in=votes).first()
        if headline is None:
            return _("Only voters with a headline that nobody in this poll shows.")
        return _("Only voters with the headline “%(headline)s”.") % {"headline": shortened(headline.text)}
    return ""


def _numbered(votes: Any, request: HttpRequest, *, shown: int, more: bool, problem: str = "") -> Listing:
    table = VoterTable(votes.order_by("pk"))
    arrange(table, request, known=shown)
    return Listing(table, shown, more, None, problem)
