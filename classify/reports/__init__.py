"""From the cases of a round to its figures: one statement (``snapshot``), then plain Python into frozen
dataclasses.

Every figure of a round (final, first and second reading, agreement, bounds, progress) comes from the same
few hundred sums, so totals reconcile by construction: in every option ``classified + unresolved`` equals
the live votes, because unresolved is what classification leaves of them. Nothing here is blind: whoever
shows a result asks ``classify.visibility`` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

from classify import agreement
from classify.association import run_tests, wilson
from classify.models import Case, Category, Round
from classify.reports.complete import reviewers_of
from classify.reports.figures import (
    BASES,
    Agreement,
    Basis,
    CategoryInfo,
    OptionRow,
    Pair,
    Progress,
    Reading,
    Report,
    Share,
)
from classify.reports.snapshot import Cell, Snapshot, take_snapshot

__all__ = ["BASES", "Agreement", "Basis", "Progress", "Report", "agreement_for", "progress_for", "report_for"]

SLOTS_MIX = "with more than two reviewers, the first and the second reading each mix several people"

_READ: dict[Basis, Callable[[Cell], int | None]] = {
    "final": lambda cell: cell.final,
    "first": lambda cell: cell.cat1,
    "second": lambda cell: cell.cat2,
}


def report_for(round_: Round, basis: Basis = "final", *, snapshot: Snapshot | None = None) -> Report:
    """The breakdown of every option by category, its tests, and how it looks under each reading alone."""
    seen = snapshot or take_snapshot(round_)
    poll = round_.poll
    categories = _categories(round_)
    total = sum(seen.live)
    readings = {
        each: _reading(
            seen,
            [pk for pk, _ in categories],
            [info for _, info in categories],
            each,
            total,
            poll.options_are_ordered,
        )
        for each in BASES
    }
    return Report(
        poll=poll.slug,
        question=poll.question,
        ordered=poll.options_are_ordered,
        round=round_.number,
        codebook=round_.version.codebook.code,
        basis=basis,
        votes=total,
        published_total=poll.published_total,
        categories=tuple(info for _, info in categories),
        readings=readings,
        bounds={option.text: _bounds(option) for option in readings[basis].options},
        note=SLOTS_MIX if reviewers_of(round_).count() > 2 else None,
    )


def agreement_for(round_: Round, *, snapshot: Snapshot | None = None) -> Agreement:
    """Agreement of the two standing readings (once sealed, the sealed ones); a case with votes weighs one.

    What was decided after a reveal is left out: it is no independent reading.
    """
    seen = snapshot or take_snapshot(round_)
    categories = _categories(round_)
    place = {pk: position for position, (pk, _) in enumerate(categories)}
    coded = [
        cell
        for cell in seen.cells
        if cell.units and cell.cat1 in place and cell.cat2 in place and not cell.after_reveal
    ]
    reviewers = list(reviewers_of(round_).values_list("user_id", "user__username"))
    pairs: tuple[Pair, ...] | None = None
    counts: agreement.Matrix | None = None
    if len(reviewers) > 2:
        coefficients = agreement.of_pool(_patterns(coded, place), len(place))
        pairs = tuple(_pairs(coded, place, reviewers))
    else:
        counts = _matrix(coded, place, [pk for pk, _ in reviewers])
        coefficients = agreement.of_two(counts)
    return Agreement(
        poll=round_.poll.slug,
        round=round_.number,
        codebook=round_.version.codebook.code,
        codebook_version=round_.version.number,
        reviewers=tuple(username for _, username in reviewers),
        voters=sum(cell.votes for cell in coded),
        categories=tuple(info for _, info in categories),
        coefficients=coefficients,
        counts=counts,
        pairs=pairs,
    )


def progress_for(round_: Round, *, snapshot: Snapshot | None = None) -> Progress:
    """How many cases, and how many live votes, stand where."""
    seen = snapshot or take_snapshot(round_)
    cases = dict.fromkeys(Case.Status.values, 0)
    votes = dict.fromkeys(Case.Status.values, 0)
    for cell in seen.cells:
        cases[cell.status] += cell.cases
        votes[cell.status] += cell.votes
    return Progress(cases, votes, outside=sum(seen.live) - sum(votes.values()))


def _categories(round_: Round) -> list[tuple[int, CategoryInfo]]:
    """Categories of the round's codebook version in its order, each with its id."""
    return [
        (
            category.pk,
            CategoryInfo(
                category.code, category.label, category.group_slug, category.group_label, category.color
            ),
        )
        for category in Category.objects.filter(version_id=round_.version_id).order_by("position")
    ]


def _reading(
    seen: Snapshot, ids: list[int], categories: list[CategoryInfo], basis: Basis, total: int, ordered: bool
) -> Reading:
    """The table under one basis: options in their order by categories in the codebook's."""
    sums: dict[int, list[int]] = {pk: [0] * len(seen.options) for pk in ids}
    for cell in seen.cells:
        category = _READ[basis](cell)
        if category in sums:
            sums[category] = [a + b for a, b in zip(sums[category], cell.per_option, strict=True)]
    table = [[sums[pk][i] for pk in ids] for i in range(len(seen.options))]
    options = tuple(_option(seen, i, counts, categories, total) for i, counts in enumerate(table))
    return Reading(options, run_tests(table, [category.code for category in categories], ordered=ordered))


def _option(
    seen: Snapshot, i: int, counts: list[int], categories: list[CategoryInfo], total: int
) -> OptionRow:
    option, votes, classified = seen.options[i], seen.live[i], sum(counts)
    groups: Counter[str] = Counter()
    for category, n in zip(categories, counts, strict=True):
        groups[category.group] += n
    return OptionRow(
        text=option.text,
        position=option.position,
        votes=votes,
        share=votes / total if total else None,
        published_share=None if option.published_share is None else float(option.published_share / 100),
        classified=classified,
        unresolved=votes - classified,
        categories={
            category.code: _share(n, classified) for category, n in zip(categories, counts, strict=True)
        },
        groups={slug: _share(n, classified) for slug, n in groups.items()},
    )


def _share(n: int, of: int) -> Share:
    return Share(n, n / of, wilson(n, of)) if of else Share(n, None, None)


def _bounds(option: OptionRow) -> dict[str, tuple[float, float] | None]:
    """Each category's lowest and highest possible share once the unresolved votes are read, whatever they
    turn out.
    """
    return {
        code: (share.n / option.votes, (share.n + option.unresolved) / option.votes) if option.votes else None
        for code, share in option.categories.items()
    }


def _matrix(coded: Sequence[Cell], place: dict[int, int], reviewers: Sequence[int]) -> list[list[int]]:
    """Cases by first and second reviewer; a case whose slots are the other way round is turned."""
    matrix = [[0] * len(place) for _ in place]
    for cell in coded:
        row, column = place[cell.cat1 or 0], place[cell.cat2 or 0]
        if [cell.reviewer2, cell.reviewer1] == list(reviewers):
            row, column = column, row
        matrix[row][column] += cell.units
    return matrix


def _patterns(coded: Sequence[Cell], place: dict[int, int]) -> dict[tuple[int, ...], int]:
    return agreement.patterns_of(_matrix(coded, place, []))


def _pairs(coded: Sequence[Cell], place: dict[int, int], reviewers: list[tuple[int, str]]) -> list[Pair]:
    """Every two reviewers of a pool who read at least one case together, in slot order."""
    pairs = []
    for (first, first_name), (second, second_name) in combinations(reviewers, 2):
        shared = [cell for cell in coded if {cell.reviewer1, cell.reviewer2} == {first, second}]
        if not shared:
            continue
        matrix = _matrix(shared, place, [first, second])
        patterns = agreement.patterns_of(matrix)
        pairs.append(
            Pair(
                reviewers=(first_name, second_name),
                units=sum(patterns.values()),
                percent_agreement=agreement.percent_agreement(patterns),
                cohens_kappa=agreement.cohens_kappa(matrix),
                counts=matrix,
            )
        )
    return pairs
