"""`manage.py report`: the roles behind every option of a poll."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from classify.association import AssociationTests
from classify.management.rounds import add_round_options, find_round, openness
from classify.narrative import finding_of, limits_of
from classify.reports import BASES, Report, report_for
from classify.reports.figures import OptionRow, Share
from polls.management.contract import ContractCommand, Outcome
from polls.problems import WrongUsage


class Command(ContractCommand):
    help = "Print who voted for what: every option by category, with intervals, tests and sensitivity."

    def add_options(self, parser: ArgumentParser) -> None:
        add_round_options(parser)
        parser.add_argument(
            "--basis",
            default="final",
            metavar="|".join(BASES),
            help="Final categories, or what the first or the second reviewer said alone. Default: final.",
        )

    def run(self, options: dict[str, Any]) -> Outcome:
        basis = options["basis"]
        if basis not in BASES:
            raise WrongUsage(f"--basis must be final, first or second, not “{basis}”.")
        round_ = find_round(options["poll"], options["round"])
        report = report_for(round_, basis)
        return Outcome(report.as_json(), text_of(report), sentence=openness(round_))


def text_of(report: Report) -> str:
    """The report as a person reads it in a terminal."""
    published = "" if report.published_total is None else f" of {report.published_total} published"
    lines = [
        report.question,
        f"{report.poll}, round {report.round}, codebook {report.codebook}, basis: {report.basis}",
        f"{report.votes} votes{published}, {report.classified} classified, {report.unresolved} unresolved",
        "",
        finding_of(report).text,
    ]
    used = [c for c in report.categories if any(o.categories[c.code].n for o in report.options)]
    for option in report.options:
        lines += ["", *_option_lines(report, option, [category.code for category in used])]
    lines += ["", *_test_lines(report.tests)]
    if report.note:
        lines += ["", f"Note: {report.note}."]
    return "\n".join([*lines, "", *limits_of(report)])


def _option_lines(report: Report, option: OptionRow, used: list[str]) -> list[str]:
    head = f"{option.text}: {option.votes} votes"
    if option.share is not None:
        head += f" ({option.share:.0%}"
        head += ")" if option.published_share is None else f", published {option.published_share:.0%})"
    lines = [head + f", {option.classified} classified, {option.unresolved} unresolved"]
    labels = {category.code: category.label for category in report.categories}
    lines += [f"  {labels[code]:<28}{_share(option.categories[code])}" for code in used]
    groups = {category.group: category.group_label for category in report.categories}
    lines += [
        f"  {groups[slug]:<28}{_share(share)}"
        for slug, share in option.groups.items()
        if slug not in labels and share.n
    ]
    return lines


def _share(share: Share) -> str:
    if share.share is None or share.ci is None:
        return f"{share.n:>6}"
    return f"{share.n:>6}  {share.share:>6.1%}  ({share.ci[0]:.1%} to {share.ci[1]:.1%})"


def _test_lines(tests: AssociationTests) -> list[str]:
    if tests.chi_square.p is None or tests.exact.p is None or tests.cramers_v.value is None:
        return [f"No test of association: {tests.chi_square.reason}."]
    v = tests.cramers_v
    corrected = "" if v.bias_corrected is None else f", {v.bias_corrected:.3f} corrected for bias"
    lines = [
        f"Chi-square {tests.chi_square.statistic:.2f}, {tests.chi_square.df} degrees of freedom, "
        f"p = {tests.chi_square.p:.2g}",
        f"{tests.exact.method}: p = {tests.exact.p:.2g}",
        f"Cramer's V {v.value:.3f}{corrected}",
    ]
    for code, trend in (tests.trend or {}).items():
        if trend.statistic is not None:
            lines.append(f"Trend of {code} (Cochran-Armitage): z = {trend.statistic:.2f}, p = {trend.p:.2g}")
    return lines
