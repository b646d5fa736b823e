"""A report as its page lays it out: which columns, which rows, and the chart beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from classify.association import Trend
from classify.charts import NARROW, WIDE, Bar, Series, StackedBars, stacked_bars
from classify.narrative import percent
from classify.reports import BASES, Agreement, Basis, Report
from classify.reports.figures import CategoryInfo, OptionRow, Share
from classify.reports.verbatims import Verbatim, Verbatims


@dataclass(frozen=True, slots=True)
class Line:
    """One option with its shares in the order of the columns, each with the name of its column."""

    option: OptionRow
    cells: tuple[tuple[str, Share], ...]
    groups: tuple[tuple[str, Share], ...]


@dataclass(frozen=True, slots=True)
class Departure:
    """An option's adjusted residuals, each with the name of its column; None where there is none."""

    text: str
    residuals: tuple[tuple[str, float | None], ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """One share under every basis, and how far the unresolved votes could move it."""

    category: CategoryInfo
    n: tuple[tuple[Share, int], ...]
    bounds: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Voices:
    """Comments of one role; ``category`` is None for votes that are not classified."""

    category: CategoryInfo | None
    verbatims: tuple[Verbatim, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Categories that are also counted together, such as CX side."""

    slug: str
    label: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who is in the rows and who in the columns, and the counts, a row per category."""

    rows: str
    columns: str
    lines: tuple[tuple[CategoryInfo, tuple[tuple[int, bool], ...]], ...]


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Everything the report page repeats over. Columns are the categories that at least one vote has."""

    columns: tuple[CategoryInfo, ...]
    unused: tuple[str, ...]
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    published: bool
    departures: tuple[Departure, ...]
    trends: tuple[tuple[CategoryInfo, Trend], ...]
    sensitivity: tuple[tuple[OptionRow, tuple[Compared, ...]], ...]


def break_down(report: Report) -> Breakdown:
    """Lay a report out."""
    columns = _used(report)
    codes = {category.code for category in columns}
    groups = _real_groups(report)
    places = [i for i, category in enumerate(report.categories) if category.code in codes]
    trends = report.tests.trend or {}
    return Breakdown(
        columns=columns,
        unused=tuple(category.label for category in report.categories if category.code not in codes),
        groups=groups,
        lines=tuple(
            Line(
                option,
                tuple((category.label, option.categories[category.code]) for category in columns),
                tuple((group.label, option.groups[group.slug]) for group in groups),
            )
            for option in report.options
        ),
        published=any(option.published_share is not None for option in report.options),
        departures=tuple(
            Departure(option.text, tuple((report.categories[i].label, row[i]) for i in places))
            for option, row in zip(report.options, report.tests.adjusted_residuals, strict=True)
        ),
        trends=tuple((category, trends[category.code]) for category in columns if category.code in trends),
        sensitivity=tuple(
            (option, _compared(report, place, columns)) for place, option in enumerate(report.options)
        ),
    )


def charts_of(report: Report) -> tuple[StackedBars, StackedBars]:
    """The chart for wide pages and paper, and the one for phones."""
    return _chart(report, WIDE, "chart-wide"), _chart(report, NARROW, "chart-narrow")


def voices_of(report: Report, verbatims: Verbatims) -> list[Voices]:
    """Comments grouped by role, in the codebook's order, the unclassified last."""
    found = []
    for category in (*report.categories, None):
        code = None if category is None else category.code
        mine = tuple(each for each in verbatims.shown if each.category == code)
        if mine:
            found.append(Voices(category, mine))
    return found


def matrices_of(found: Agreement) -> list[Matrix]:
    """The matrix of two reviewers, or one per pair of a pool; each count knows if it is of equals."""
    if found.counts is not None:
        first, second = (*found.reviewers, "–", "–")[:2]
        pairs = [(first, second, found.counts)]
    else:
        pairs = [(*pair.reviewers, pair.counts) for pair in found.pairs or ()]
    return [
        Matrix(
            rows,
            columns,
            tuple(
                (category, tuple((n, i == j) for j, n in enumerate(line)))
                for i, (category, line) in enumerate(zip(found.categories, counts, strict=True))
            ),
        )
        for rows, columns, counts in pairs
    ]


def _used(report: Report) -> tuple[CategoryInfo, ...]:
    """Categories that a vote has under any basis, so that a column never hides what a reviewer said."""
    return tuple(
        category
        for category in report.categories
        if any(
            option.categories[category.code].n for basis in BASES for option in report.readings[basis].options
        )
    )


def _real_groups(report: Report) -> tuple[Group, ...]:
    """Groups that join several categories; a category on its own has its column already."""
    members: dict[str, list[CategoryInfo]] = {}
    for category in report.categories:
        members.setdefault(category.group, []).append(category)
    return tuple(
        Group(slug, joined[0].group_label, tuple(category.label for category in joined))
        for slug, joined in members.items()
        if len(joined) > 1
    )


def _compared(report: Report, place: int, columns: Iterable[CategoryInfo]) -> tuple[Compared, ...]:
    option = report.options[place]
    alike: tuple[Basis, ...] = BASES
    return tuple(
        Compared(
            category,
            tuple(
                (
                    report.readings[basis].options[place].categories[category.code],
                    report.readings[basis].options[place].classified,
                )
                for basis in alike
            ),
            report.bounds[option.text][category.code] if option.unresolved else None,
        )
        for category in columns
    )


def _chart(report: Report, width: int, name: str) -> StackedBars:
    columns = [
        category
        for category in report.categories
        if any(option.categories[category.code].n for option in report.options)
    ]
    bars = [
        Bar(
            text=option.text,
            note=_note(option),
            shares=tuple(option.categories[category.code].share or 0.0 for category in columns),
            labels=tuple(percent(option.categories[category.code].share or 0.0) for category in columns),
            empty=_("No vote is classified"),
        )
        for option in report.options
    ]
    return stacked_bars(
        [Series(category.label, category.color) for category in columns],
        bars,
        name=name,
        title=_("Roles behind each answer: {question}").format(question=report.question),
        description=" ".join(_described(option, columns) for option in report.options),
        width=width,
    )


def _note(option: OptionRow) -> str:
    if option.unresolved:
        return _("n = {n}, {unresolved} unresolved").format(n=option.classified, unresolved=option.unresolved)
    return _("n = {n}").format(n=option.classified)


def _described(option: OptionRow, columns: list[CategoryInfo]) -> str:
    """An option in words, for who cannot see the bars."""
    if not option.classified:
        return _("{option}: no vote is classified.").format(option=option.text)
    parts = [
        _("{category} {n} ({share})").format(
            category=category.label,
            n=option.categories[category.code].n,
            share=percent(option.categories[category.code].share or 0.0),
        )
        for category in columns
    ]
    return _("{option}, {n} classified votes: {parts}.").format(
        option=option.text, n=option.classified, parts=", ".join(parts)
    )
