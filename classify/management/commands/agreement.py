"""`manage.py agreement`: how far the independent readings of a round agree."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from classify.agreement import Estimate, Matrix
from classify.management.rounds import add_round_options, find_round, openness
from classify.reports import Agreement, agreement_for
from polls.management.contract import ContractCommand, Outcome

NAMES = {
    "percent_agreement": "Percent agreement",
    "cohens_kappa": "Cohen's kappa",
    "krippendorffs_alpha": "Krippendorff's alpha",
    "gwets_ac1": "Gwet's AC1",
}


class Command(ContractCommand):
    help = "Print how far the independent readings of a round agree, before any conflict was resolved."

    def add_options(self, parser: ArgumentParser) -> None:
        add_round_options(parser)

    def run(self, options: dict[str, Any]) -> Outcome:
        round_ = find_round(options["poll"], options["round"])
        found = agreement_for(round_)
        return Outcome(found.as_json(), text_of(found), sentence=openness(round_))


def text_of(found: Agreement) -> str:
    """The agreement as a person reads it in a terminal."""
    lines = [
        f"Agreement: {found.poll}, round {found.round}, "
        f"codebook {found.codebook} version {found.codebook_version}",
        f"{found.coefficients.units} cases with two categories, {found.voters} votes behind them. "
        f"Reviewers: {', '.join(found.reviewers) or 'none'}.",
        "",
    ]
    for name, label in NAMES.items():
        lines.append(f"{label:<22}{estimate_text(getattr(found.coefficients, name))}")
    lines += ["", f"{'Category':<24}{'cases':>6}{'positive agreement':>20}{'kappa':>8}"]
    for info, one in zip(found.categories, found.coefficients.per_category, strict=True):
        lines.append(f"{info.code:<24}{one.n:>6}{_number(one.positive_agreement):>20}{_number(one.kappa):>8}")
    codes = [category.code for category in found.categories]
    if found.counts is not None:
        lines += ["", *matrix_lines(codes, found.counts, found.reviewers)]
    for pair in found.pairs or ():
        lines += [
            "",
            f"{' and '.join(pair.reviewers)}: {pair.units} cases, "
            f"percent agreement {estimate_text(pair.percent_agreement)}, "
            f"kappa {estimate_text(pair.cohens_kappa)}",
            *matrix_lines(codes, pair.counts, pair.reviewers),
        ]
    return "\n".join(lines)


def estimate_text(estimate: Estimate) -> str:
    """A coefficient with its interval, or why there is none."""
    if estimate.value is None:
        return f"not defined: {estimate.reason}"
    if estimate.ci is None:
        return f"{estimate.value:.3f} (no interval: {estimate.reason})"
    return f"{estimate.value:.3f}  95 % interval {estimate.ci[0]:.3f} to {estimate.ci[1]:.3f}"


def matrix_lines(codes: list[str], counts: Matrix, reviewers: tuple[str, ...]) -> list[str]:
    """The confusion matrix: first reviewer down, second across, categories by number where they are long."""
    first, second = (*reviewers, "nobody", "nobody")[:2]
    width = max(6, *(len(code) for code in codes)) + 2 if codes else 8
    header = " " * width + "".join(f"{code:>{width}}" for code in codes)
    rows = [
        f"{code:<{width}}" + "".join(f"{n:>{width}}" for n in row)
        for code, row in zip(codes, counts, strict=True)
    ]
    return [f"Rows: {first}. Columns: {second}.", header, *rows]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
