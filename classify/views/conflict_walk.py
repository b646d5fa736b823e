"""How somebody goes through the conflicts of a round: in which order, which of them, and which comes next.

All of it stands in the address, so that a list can be kept, and "next" follows what was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import adjudication, visibility
from classify.models import Case, Round
from classify.status import UNSURE
from classify.views.reading import Book, book_of
from classify.visibility import Pair, Wanted
from polls.models import User
from polls.permissions import PollRefused

FIELDS = ("sort", "pair", "whose")
"""What is remembered of what the address says."""
_BETWEEN = "~"
_UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Walk:
    """What was chosen, as far as this person may choose it. `query` says it again, for further addresses."""

    round: Round
    wanted: Wanted

    @property
    def query(self) -> str:
        """With its question mark; empty for what is shown without a choice."""
        said = {
            "sort": "" if self.wanted.order == Wanted().order else self.wanted.order,
            "pair": code_of(self.wanted.pair, book_of(self.round.version_id)) if self.wanted.pair else "",
            "whose": self.wanted.whose,
            "done": "1" if self.wanted.done else "",
        }
        chosen = urlencode({name: value for name, value in said.items() if value})
        return f"?{chosen}" if chosen else ""

    @property
    def narrows(self) -> bool:
        """Are only some of the conflicts that wait wanted?"""
        return bool(self.wanted.pair or self.wanted.whose)

    @property
    def wider(self) -> Walk:
        """The same order of all that wait."""
        return Walk(self.round, Wanted(self.wanted.order))

    def url(self, name: str, *arguments: int) -> str:
        """The address of a page of this round, going on with what was chosen."""
        return reverse(name, args=[self.round.poll.slug, self.round.number, *arguments]) + self.query


def walk_of(person: User, round: Round, data: QueryDict) -> Walk:
    """What the address says, without what this person may not choose. Raises PollRefused."""
    whose = data.get("whose", "")
    wanted = Wanted(
        order=data.get("sort", ""),
        pair=pair_of(data.get("pair", ""), book_of(round.version_id)),
        whose=whose if whose in ("free", "mine") else "",
        done=data.get("done") == "1",
    )
    return Walk(round, visibility.allowed_wish(person, round, wanted))


def code_of(pair: Pair, book: Book) -> str:
    """A pair as the address names it: `cx~unsure`."""
    return _BETWEEN.join(_UNSURE if pk == UNSURE else _code(book, pk) for pk in (pair.low, pair.high))


def pair_of(text: str, book: Book) -> Pair | None:
    """The pair that the address names, if it is one."""
    known = {_UNSURE: UNSURE} | {category.code: category.pk for category in book.categories}
    found = [known[code] for code in text.split(_BETWEEN) if code in known]
    return Pair(min(found), max(found)) if len(found) == 2 else None


def sides_of(pair: Pair, book: Book) -> list[dict[str, str]]:
    """The two categories of a pair in the codebook's order, unsure last: each with label and colour."""
    places = {category.pk: place for place, category in enumerate(book.categories)}
    sides = sorted((pair.low, pair.high), key=lambda pk: places.get(pk, len(places)))
    return [side_of(pk, book) for pk in sides]


def side_of(pk: int, book: Book) -> dict[str, str]:
    """What one person chose, with label and colour; unsure has none."""
    category = book.by_pk(pk)
    return (
        {"label": category.label, "color": category.color}
        if category
        else {"label": _("Unsure"), "color": ""}
    )


def label_of(pair: Pair, book: Book) -> str:
    """Both in a line."""
    return " / ".join(side["label"] for side in sides_of(pair, book))


def case_or_404(person: User, round: Round, case_id: int) -> Case:
    """A case that is or was a conflict, for who may see conflicts. Raises PollRefused, Http404."""
    visibility.check_can_see_conflicts(person, round)
    done = Q(resolution__in=[Case.Resolution.ADJUDICATED, Case.Resolution.CONSENSUS])
    ever = Q(status=Case.Status.CONFLICT) | done
    case = get_object_or_404(
        Case.objects.select_related("final", "claimed_by"), ever, pk=case_id, round=round
    )
    case.round = round
    return case


def go_on(person: User, walk: Walk, *, after: int) -> HttpResponseRedirect:
    """Go to the next conflict in the order chosen; a third person takes it up with that, since the button
    said so. Without another one, back to the list."""
    round = walk.round
    proposing = adjudication.can_propose(person, round)
    ended = timezone.now() - adjudication.CLAIM_STANDS
    ids = visibility.next_in_line(person, round, walk.wanted, ended=ended, after=after, proposing=proposing)
    for pk in ids:
        if proposing or _claimed(person, round, pk):
            return redirect(walk.url("classify:conflict", pk))
    return redirect(walk.url("classify:conflicts"))


def _claimed(person: User, round: Round, pk: int) -> bool:
    try:
        adjudication.claim(case=Case(pk=pk, round=round), by=person)
    except (ValidationError, PollRefused):
        return False
    return True


def _code(book: Book, pk: int) -> str:
    category = book.by_pk(pk)
    return category.code if category else ""


def refused(problem: ValidationError) -> str:
    """The sentence of a refusal."""
    return " ".join(problem.messages)


def shown_decision(decision: visibility.BlindDecision) -> dict[str, Any]:
    """One decision without a name."""
    evidence = _("By the profile") if decision.evidence == "profile" else _("By the headline")
    if decision.category is not None:
        label, color = decision.category.label, decision.category.color
    else:
        label, color = (_("Unsure") if decision.verdict == "unsure" else _("Taken back")), ""
    return {"label": label, "color": color, "note": decision.note, "evidence": evidence}


def shown_readings(person: User, case: Case) -> list[dict[str, Any]]:
    """The two readings without names, each with what came too late; none before they may be shown."""
    return [
        {
            **(shown_decision(reading.decision) if reading.decision else {"label": _("Taken back")}),
            "late": [shown_decision(decision) for decision in reading.late],
        }
        for reading in visibility.decisions_for_adjudicator(person, case)
    ]
