"""How the roles were read, for the report and for a methods section."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.models import Round
from classify.reports.methods import MethodFacts


def methods_of(facts: MethodFacts) -> list[str]:
    """One or two sentences per point: what was read, blind to what, and how differences were resolved."""
    return [*_what_was_read(facts), *_blindness(facts), *_differences(facts), _agreement()]


def _what_was_read(facts: MethodFacts) -> list[str]:
    unit = {
        Round.Unit.HEADLINE: _(
            "The {votes} votes show {cases} different headlines; voters with the same headline were read "
            "once and are counted each."
        ),
        Round.Unit.VOTER: _(
            "Each of the {cases} voters was read on their own, also where headlines are the same."
        ),
        Round.Unit.COMMENT: _("Each of the {cases} comments was read on its own."),
    }[Round.Unit(facts.unit)]
    readers = ngettext(
        "One reviewer read them with the codebook “{codebook}”, version {version} ({categories} categories).",
        "{reviewers} reviewers read them on their own, two to each, with the codebook “{codebook}”, "
        "version {version} ({categories} categories).",
        facts.reviewers,
    ).format(
        reviewers=facts.reviewers,
        codebook=facts.codebook,
        version=facts.codebook_version,
        categories=facts.categories,
    )
    said = [*_dates(facts), f"{unit.format(votes=facts.votes, cases=facts.cases)} {readers}"]
    if facts.blank:
        said.append(
            ngettext(
                "{n} vote shows no headline and was read as a case of its own.",
                "{n} votes show no headline and were read as cases of their own.",
                facts.blank,
            ).format(n=facts.blank)
        )
    return said


def _dates(facts: MethodFacts) -> list[str]:
    if facts.opened_on and facts.closed_on:
        return [
            _("The poll was open from {start} to {end}.").format(
                start=date_format(facts.opened_on), end=date_format(facts.closed_on)
            )
        ]
    return []


def _blindness(facts: MethodFacts) -> list[str]:
    said = []
    if facts.read_here:
        said.append(
            _(
                "The reviewers saw headlines only: not the answer a voter had chosen, not the voter’s "
                "name, and not each other’s decisions."
            )
        )
    if facts.profile_views:
        said.append(
            ngettext(
                "They opened {n} profile where the headline left doubt; that was recorded.",
                "They opened {n} profiles where the headline left doubt; each was recorded.",
                facts.profile_views,
            ).format(n=facts.profile_views)
        )
    if facts.informed:
        said.append(
            ngettext(
                "{n} of the reviewers had imported the votes and could have seen the answers beforehand.",
                "{n} of the reviewers had imported votes and could have seen the answers beforehand.",
                facts.informed,
            ).format(n=facts.informed)
        )
    if facts.imported:
        said.append(
            _("Decisions made elsewhere were imported; how blind they were made is not recorded here.")
        )
    return said


def _differences(facts: MethodFacts) -> list[str]:
    said = [
        _("Both readings gave the same category to {agreed} of {cases} cases.").format(
            agreed=facts.agreed, cases=facts.cases
        )
    ]
    if facts.differing:
        said.append(
            ngettext(
                "{n} case was read differently, or a reviewer was unsure.",
                "{n} cases were read differently, or a reviewer was unsure.",
                facts.differing,
            ).format(n=facts.differing)
        )
    resolved = [
        (facts.adjudicated, _("{n} of these were decided by a third person, who saw no names.")),
        (facts.by_consensus, _("{n} of these were settled by the two reviewers together.")),
        (facts.open_conflicts, _("{n} of these are not resolved.")),
    ]
    said += [template.format(n=n) for n, template in resolved if n]
    if facts.unread:
        said.append(
            _("{n} of {cases} cases do not have two readings yet.").format(n=facts.unread, cases=facts.cases)
        )
    return said


def _agreement() -> str:
    return _("Agreement is measured on the two independent decisions, before any difference was resolved.")
