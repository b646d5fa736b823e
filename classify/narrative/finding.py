"""The finding: one comparison, with denominators, and whether each reading alone bears it out.

On a scale it compares the first and the last option that have classified votes; where options have no order,
the two that differ most. It speaks of the category that most votes have overall, which is chosen without
looking at how it differs between options, so that the finding is not the largest of many differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.narrative.sentences import Sentence, out_of, shorten
from classify.reports import Basis, Report
from classify.reports.figures import CategoryInfo, OptionRow, Reading
from polls.wording import figure

RESIDUAL = frozenset({"other", "cannot-tell", "none"})
"""Categories that say what somebody is not: they lead only where nothing else was used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``holds`` under both readings alone; None where that cannot be said or there is no difference."""

    sentences: tuple[Sentence, ...]
    category: CategoryInfo | None = None
    holds: bool | None = None

    @property
    def text(self) -> str:
        return " ".join(sentence.text for sentence in self.sentences)


def finding_of(report: Report) -> Finding:
    """The finding of a report under its basis."""
    told = [option for option in report.options if option.classified]
    if not told:
        return Finding((_nothing_classified(report),))
    lead = leading_category(report.categories, report.reading)
    if len(told) == 1:
        return Finding((*_opening(report), _of_one(told[0], lead), *_unresolved(report)), lead)
    one, other = (told[0], told[-1]) if report.ordered else _furthest_apart(told, lead)
    sentences = [*_opening(report), _of_two(one, other, lead)]
    holds = None
    if report.basis == "final" and _difference(report.reading, one, other, lead):
        holds, said = _under_each_reading(report, one, other, lead)
        sentences += [said, *_by_chance(report)]
    return Finding((*sentences, *_unresolved(report), *_bounds(report, one, other, lead)), lead, holds)


def leading_category(categories: Sequence[CategoryInfo], reading: Reading) -> CategoryInfo:
    """The category most votes have, whatever their option; ties go to the codebook's order."""
    totals = {
        category.code: sum(option.categories[category.code].n for option in reading.options)
        for category in categories
    }

    def weight(category: CategoryInfo) -> tuple[bool, int]:
        n = totals[category.code]
        return n > 0 and category.code not in RESIDUAL, n

    return max(categories, key=weight)


def _n(option: OptionRow, lead: CategoryInfo) -> str:
    return out_of(option.categories[lead.code].n, option.classified)


def _share(option: OptionRow, lead: CategoryInfo) -> float:
    return option.categories[lead.code].share or 0.0


def _furthest_apart(told: Iterable[OptionRow], lead: CategoryInfo) -> tuple[OptionRow, OptionRow]:
    """Options without an order: the highest and the lowest share, the earlier option where they tie."""
    ranked = sorted(told, key=lambda option: (-_share(option, lead), option.position))
    lowest = min(reversed(ranked), key=lambda option: _share(option, lead))
    return ranked[0], lowest if lowest is not ranked[0] else ranked[-1]


def _opening(report: Report) -> list[Sentence]:
    """Says whose reading this is, where it is not the final one."""
    if report.basis == "first":
        return [Sentence(_("Read by the first reviewer alone:"))]
    if report.basis == "second":
        return [Sentence(_("Read by the second reviewer alone:"))]
    return []


def _nothing_classified(report: Report) -> Sentence:
    if not report.votes:
        return Sentence(_("This poll has no votes yet, so there is nothing to report."))
    template = ngettext(
        "The only vote is not classified yet, so there is no finding.",
        "None of the {n} votes is classified yet, so there is no finding.",
        report.votes,
    )
    return Sentence(template, {"n": figure(report.votes)})


def _of_one(option: OptionRow, lead: CategoryInfo) -> Sentence:
    return Sentence(
        _(
            "Of those who answered “{option}”, {figure} are classified as {category}; no other option has "
            "classified votes to compare with."
        ),
        {"option": shorten(option.text), "category": lead.label},
        {"figure": _n(option, lead)},
    )


def _of_two(one: OptionRow, other: OptionRow, lead: CategoryInfo) -> Sentence:
    return Sentence(
        _(
            "Of those who answered “{one}”, {figure} are classified as {category}; of those who answered "
            "“{other}”, {other_figure}."
        ),
        {"one": shorten(one.text), "other": shorten(other.text), "category": lead.label},
        {"figure": _n(one, lead), "other_figure": _n(other, lead)},
    )


def _difference(reading: Reading, one: OptionRow, other: OptionRow, lead: CategoryInfo) -> int | None:
    """+1 where the first named option has the larger share, -1 the other, 0 equal, None without votes.

    Shares are compared as fractions of whole numbers, so that equal ones are equal.
    """
    first = reading.options[_place(reading, one)]
    last = reading.options[_place(reading, other)]
    if not first.classified or not last.classified:
        return None
    left = first.categories[lead.code].n * last.classified
    right = last.categories[lead.code].n * first.classified
    return (left > right) - (left < right)


def _place(reading: Reading, option: OptionRow) -> int:
    return next(i for i, each in enumerate(reading.options) if each.position == option.position)


def _bears_out(
    report: Report, basis: Basis, one: OptionRow, other: OptionRow, lead: CategoryInfo
) -> bool | None:
    """Does a reading alone show the same direction of difference? None without votes to compare."""
    found = _difference(report.readings[basis], one, other, lead)
    return None if found is None else found == _difference(report.reading, one, other, lead)


def _under_each_reading(
    report: Report, one: OptionRow, other: OptionRow, lead: CategoryInfo
) -> tuple[bool | None, Sentence]:
    """What becomes of the finding when only one reviewer is believed."""
    first = _bears_out(report, "first", one, other, lead)
    second = _bears_out(report, "second", one, other, lead)
    if first is None or second is None:
        return None, Sentence(
            _(
                "Whether each reading alone shows the same cannot be said: one of them has no category for "
                "one of these options."
            )
        )
    if first and second:
        return True, Sentence(_("The finding holds under each reviewer’s reading alone."))
    if not first and not second:
        return False, Sentence(_("The finding holds under neither reviewer’s reading alone."))
    template = (
        _(
            "The finding does not hold under the second reviewer’s reading alone: "
            "{figure} against {other_figure}."
        )
        if first
        else _(
            "The finding does not hold under the first reviewer’s reading alone: "
            "{figure} against {other_figure}."
        )
    )
    options = report.readings["second" if first else "first"].options
    figures = {
        "figure": _n(options[_place(report.reading, one)], lead),
        "other_figure": _n(options[_place(report.reading, other)], lead),
    }
    return False, Sentence(template, {}, figures)


def _by_chance(report: Report) -> list[Sentence]:
    """Says so where the whole table is no further from an even mix than chance easily brings about."""
    p = report.tests.exact.p
    if p is None or p < 0.05:
        return []
    return [
        Sentence(
            _("Differences like those in this table come about easily by chance (exact test, {figure})."),
            {},
            {"figure": f"p = {p:.2f}"},
        )
    ]


def _unresolved(report: Report) -> list[Sentence]:
    if not report.unresolved:
        return []
    template = ngettext(
        "{figure} vote is unresolved and in none of these shares.",
        "{figure} votes are unresolved and in none of these shares.",
        report.unresolved,
    )
    unresolved = _("{n} of {of}").format(n=figure(report.unresolved), of=figure(report.votes))
    return [Sentence(template, {}, {"figure": unresolved})]


def _bounds(report: Report, one: OptionRow, other: OptionRow, lead: CategoryInfo) -> list[Sentence]:
    """Could the unresolved votes of the two options still turn the difference round?"""
    difference = _difference(report.reading, one, other, lead)
    if not difference or not (one.unresolved or other.unresolved):
        return []
    larger, smaller = (one, other) if difference > 0 else (other, one)
    low, high = report.bounds[larger.text][lead.code], report.bounds[smaller.text][lead.code]
    if low is not None and high is not None and low[0] > high[1]:
        return [Sentence(_("Whichever way these turn out, the difference stays in the same direction."))]
    return [Sentence(_("Depending on how these turn out, the difference could disappear or turn round."))]
