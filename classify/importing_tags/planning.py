"""What a file of decisions would change in a round, row by row. Plain values in, plain values out.

A row is taken or rejected whole. A reviewer's decisions on a case are numbered as they come; where the case
stands then is asked of `classify.status`, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from classify.importing_tags.reading import Tag, TagRow
from classify.importing_tags.state import Cases, CaseState, Reject, Said, Terms
from classify.status import BY_AGREEMENT, CONFLICT, UNSURE, agree, status_of
from polls.importing.report import RowError

CONSENSUS_MARK: Final = ";"
"""Two usernames joined by this, as our own export writes them: resolved by the two in consensus."""


@dataclass(slots=True)
class Planned:
    """The outcome: cases with something to write, and how the rows were counted."""

    cases: list[CaseState]
    created: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)


@dataclass(slots=True)
class _Taken:
    row: TagRow
    vote: int
    cats: list[tuple[Tag, int, int]]
    final: int | None


def plan(rows: Iterable[TagRow], cases: Cases, terms: Terms) -> Planned:
    """Sort the rows into cases, judge each case as a whole, and say what every row came to."""
    by_case: dict[int, tuple[CaseState, list[_Taken]]] = {}
    planned = Planned([])
    for row in rows:
        try:
            vote = _vote_of(row, terms)
            case = cases.of(row, vote)
            taken = _Taken(row, vote, list(_cats_of(row, case, terms)), _final_of(row, terms))
        except Reject as no:
            planned.errors.append(RowError(row.row, no.column, no.value[:80], no.reason))
            continue
        by_case.setdefault(id(case), (case, []))[1].append(taken)
    for case, together in by_case.values():
        _settle(case, together, terms, planned)
    planned.errors.sort(key=lambda error: error.row)
    return planned


def _vote_of(row: TagRow, terms: Terms) -> int:
    column = "profile_url" if row.by_url else "voter_id"
    found = terms.votes.get((row.by_url, row.voter))
    if found is None:
        raise Reject(column, row.voter, "no voter of this poll")
    vote, live = found
    if not live:
        raise Reject(column, row.voter, "the vote of this voter is excluded")
    return vote


def _cats_of(row: TagRow, case: CaseState, terms: Terms) -> Iterable[tuple[Tag, int, int]]:
    for tag in row.tags:
        try:
            category = terms.category(tag.category)
        except KeyError:
            raise Reject(tag.column, tag.category, "no category of this codebook") from None
        if category is None:
            continue
        slot = _slot(case, terms.people[tag.reviewer], terms)
        if slot is None:
            raise Reject(tag.column, tag.category, "the case has two other reviewers already")
        yield tag, slot, category


def _slot(case: CaseState, person: int, terms: Terms) -> int | None:
    """The slot of a person on a case, None where two others have it.

    A free one is taken. In a pool also one that was dealt to somebody who has not decided: what was read
    elsewhere needs no third reading.
    """
    if person in case.reviewers:
        case.named.add(case.reviewers.index(person))
        return case.reviewers.index(person) + 1
    if person not in terms.seats:
        return None
    pool = len(terms.seats) > 2
    places = (terms.seats.index(person),) if case.pk is None and not pool else (0, 1)
    undone = [index for index in places if pool and case.cats[index] is None and index not in case.named]
    for index in [*(index for index in places if case.reviewers[index] is None), *undone]:
        case.reviewers[index] = person
        case.named.add(index)
        return index + 1
    return None


def _final_of(row: TagRow, terms: Terms) -> int | None:
    try:
        final = terms.category(row.final)
    except KeyError:
        raise Reject("final", row.final, "no category of this codebook") from None
    if final == UNSURE:
        raise Reject("final", row.final, "unsure cannot be the final category")
    return final


def _settle(case: CaseState, together: list[_Taken], terms: Terms, planned: Planned) -> None:
    """Judge all rows of one case: decisions first, then its final category."""
    before = tuple(case.cats)
    said: dict[tuple[int, int], int] = {}
    kept: list[tuple[_Taken, bool]] = []
    first = together[0].row
    for taken in together:
        try:
            if (taken.row.final, taken.row.adjudicator.lower()) != (first.final, first.adjudicator.lower()):
                raise Reject(
                    "final",
                    taken.row.final,
                    f"final and adjudicator differ from row {first.row} of this case",
                )
            for tag, slot, category in taken.cats:
                _check_tag(case, tag, slot, category, taken.vote, said, terms)
        except Reject as no:
            planned.errors.append(RowError(taken.row.row, no.column, no.value[:80], no.reason))
            continue
        kept.append((taken, _add(case, taken, said)))
        if case.pk is None and taken.vote not in case.votes:
            case.votes += terms.together.get(taken.vote, (taken.vote,))
    if not kept:
        return
    try:
        resolved = _resolve(case, kept[0][0], terms)
    except Reject as no:
        case.added.clear()
        planned.errors.extend(
            RowError(taken.row.row, no.column, no.value[:80], no.reason) for taken, _repeat in kept
        )
        return
    for taken, repeat in kept:
        known = all(before[slot - 1] == category for _tag, slot, category in taken.cats)
        if repeat or (known and not resolved):
            planned.unchanged += 1
        else:
            planned.created += 1
    if case.added or resolved or case.pk is None:
        planned.cases.append(case)


def _check_tag(
    case: CaseState,
    tag: Tag,
    slot: int,
    category: int,
    vote: int,
    said: dict[tuple[int, int], int],
    terms: Terms,
) -> None:
    standing = case.pair()[slot - 1]
    if standing == category:
        return
    if terms.closed or case.sealed:
        raise Reject(tag.column, tag.category, "the case is sealed: its decisions count as they are")
    if standing is None:
        return
    if any(of == slot and voter != vote for voter, of in said):
        raise Reject(
            tag.column, tag.category, f"{tag.reviewer} decided otherwise in another row of the same case"
        )
    if not case.imported[slot - 1]:
        raise Reject(tag.column, tag.category, f"{tag.reviewer} decided otherwise here, and that stands")


def _add(case: CaseState, taken: _Taken, said: dict[tuple[int, int], int]) -> bool:
    """Add what is new; says whether an earlier row of the file said all of this about the same voter."""
    repeat = bool(taken.cats)
    for tag, slot, category in taken.cats:
        repeat &= said.get((taken.vote, slot)) == category
        if case.pair()[slot - 1] != category:
            case.added.append(Said(slot, category, tag.note, tag.at, taken.vote))
        said[taken.vote, slot] = category
    return repeat


def _resolve(case: CaseState, taken: _Taken, terms: Terms) -> bool:
    """Let `final` resolve the case; says whether that is new. Rejects what is no resolution."""
    final, text = taken.final, taken.row.final
    pair = case.pair()
    if final is None or (case.final == final and not case.added):
        return False
    if agree(*pair):
        if final != pair[0]:
            raise Reject("final", text, "both reviewers agree on another category")
        return False
    if status_of(*pair) != CONFLICT:
        raise Reject("final", text, "a final category needs the decisions of two reviewers")
    if case.resolution not in ("", BY_AGREEMENT):
        raise Reject("final", text, "the case is resolved already, with another category")
    case.new_final = final
    case.new_resolution, case.resolved_by = _resolver(case, taken.row.adjudicator, terms)
    return True


def _resolver(case: CaseState, adjudicator: str, terms: Terms) -> tuple[str, int | None]:
    people = [
        terms.people[name.strip().lower()] for name in adjudicator.split(CONSENSUS_MARK) if name.strip()
    ]
    if not people:
        return ("consensus" if terms.consensus else "adjudicated"), None
    two = set(case.reviewers) & set(people)
    if len(people) > 1 and (len(people) > 2 or len(two) != 2):
        raise Reject("adjudicator", adjudicator, "name one adjudicator, or both reviewers after a consensus")
    if not two:
        return "adjudicated", people[0]
    if not terms.consensus:
        raise Reject(
            "adjudicator", adjudicator, "one of the two reviewers; in this round a third person decides"
        )
    return "consensus", people[0] if len(people) == 1 else None
