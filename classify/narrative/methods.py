"""How the roles were read, for the report and for a methods section."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.models import Round
from classify.reports.methods import MethodFacts
from polls.wording import day, figure


def methods_of(facts: MethodFacts) -> list[str]:
    """One or two sentences per point: what was read, blind to what, and how differences were resolved."""
    return [*_what_was_read(facts), *_blindness(facts), *_differences(facts), _agreement(facts)]


def _what_was_read(facts: MethodFacts) -> list[str]:
    unit = {
        Round.Unit.HEADLINE: ngettext(
            "The {votes} votes show {headlines} headline; voters with the same headline were read "
            "once and are counted each.",
            "The {votes} votes show {headlines} different headlines; voters with the same headline were read "
            "once and are counted each.",
            facts.headlines,
        ),
        Round.Unit.VOTER: _(
            "Each of the {cases} voters was read on their own, also where headlines are the same."
        ),
        Round.Unit.COMMENT: _("Each of the {cases} comments was read on its own."),
    }[Round.Unit(facts.unit)]
    counted = unit.format(
        votes=figure(facts.votes), cases=figure(facts.cases), headlines=figure(facts.headlines)
    )
    said = [*_dates(facts), f"{counted} {_readers(facts)}"]
    if facts.carried:
        said.append(_carried(facts))
    if facts.split:
        said.append(_split(facts))
    if facts.left:
        said.append(_left(facts))
    if facts.blank:
        said.append(
            ngettext(
                "{n} vote shows no headline and was read as a case of its own.",
                "{n} votes show no headline and were read as cases of their own.",
                facts.blank,
            ).format(n=figure(facts.blank))
        )
    return said


def _split(facts: MethodFacts) -> str:
    """Which headlines were not read once for all who show them."""
    return ngettext(
        "Only of {n} headline, which did not tell by itself, the {voters} were read one by one.",
        "Only of {n} headlines, which did not tell by themselves, the {voters} were read one by one.",
        facts.split_titles,
    ).format(
        n=figure(facts.split_titles),
        voters=ngettext("{n} voter", "{n} voters", facts.split).format(n=figure(facts.split)),
    )


def _left(facts: MethodFacts) -> str:
    """Who left; that others took over is not said before it is so."""
    if facts.unread:
        return ngettext(
            "{n} of the reviewers left before the end.",
            "{n} of the reviewers left before the end.",
            facts.left,
        ).format(n=figure(facts.left))
    return ngettext(
        "{n} of the reviewers left before the end; somebody else read what was left.",
        "{n} of the reviewers left before the end; others read what was left.",
        facts.left,
    ).format(n=figure(facts.left))


def _carried(facts: MethodFacts) -> str:
    """What was not read again, since the same people had been read before."""
    return ngettext(
        "{n} case ({voters}) was carried over from earlier rounds and not read again.",
        "{n} cases ({voters}) were carried over from earlier rounds and not read again.",
        facts.carried,
    ).format(
        n=figure(facts.carried),
        voters=ngettext("{n} voter", "{n} voters", facts.carried_voters).format(
            n=figure(facts.carried_voters)
        ),
    )


def _readers(facts: MethodFacts) -> str:
    if facts.reviewers == 1:
        template = _(
            "One reviewer read them with the codebook “{codebook}”, version {version} "
            "({categories} categories)."
        )
    elif facts.reviewers == 2 and (facts.carried or not facts.doubly_coded):
        # Not called read by two before it is.
        template = _(
            "Two reviewers read them, each on their own, with the codebook “{codebook}”, version {version} "
            "({categories} categories)."
        )
    elif facts.reviewers == 2:
        template = _(
            "Two reviewers read all of them, each on their own, with the codebook “{codebook}”, "
            "version {version} ({categories} categories)."
        )
    elif not facts.doubly_coded:
        template = _(
            "{reviewers} reviewers shared them, each on their own, with the codebook “{codebook}”, "
            "version {version} ({categories} categories). Every case is meant for two of them."
        )
    else:
        template = _(
            "{reviewers} reviewers shared them so that two read each, on their own, with the codebook "
            "“{codebook}”, version {version} ({categories} categories)."
        )
    return template.format(
        reviewers=facts.reviewers,
        codebook=facts.codebook,
        version=facts.codebook_version,
        categories=facts.categories,
    )


def _dates(facts: MethodFacts) -> list[str]:
    if facts.opened_on and facts.closed_on:
        return [
            _("The poll was open from {start} to {end}.").format(
                start=day(facts.opened_on), end=day(facts.closed_on)
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
            ).format(n=figure(facts.profile_views))
        )
    if facts.informed:
        said.append(
            ngettext(
                "{n} of the reviewers had imported the votes and could have seen the answers beforehand.",
                "{n} of the reviewers had imported votes and could have seen the answers beforehand.",
                facts.informed,
            ).format(n=figure(facts.informed))
        )
    if facts.imported:
        said.append(
            _("Decisions made elsewhere were imported; how blind they were made is not recorded here.")
        )
    return said


def _differences(facts: MethodFacts) -> list[str]:
    said = [
        _("Both readings gave the same category to {agreed} of {cases} cases.").format(
            agreed=figure(facts.agreed), cases=figure(facts.read_cases)
        )
    ]
    if facts.differing:
        said.append(
            ngettext(
                "{n} case was read differently, or a reviewer was unsure.",
                "{n} cases were read differently, or a reviewer was unsure.",
                facts.differing,
            ).format(n=figure(facts.differing))
        )
    resolved = [
        ngettext(
            "{n} of these was decided by a third person, who was not told whose reading was whose.",
            "{n} of these were decided by a third person, who was not told whose reading was whose.",
            facts.adjudicated,
        ).format(n=figure(facts.adjudicated)),
        ngettext(
            "{n} of these was settled by the two reviewers together.",
            "{n} of these were settled by the two reviewers together.",
            facts.by_consensus,
        ).format(n=figure(facts.by_consensus)),
        ngettext(
            "{n} of these is not resolved.",
            "{n} of these are not resolved.",
            facts.open_conflicts,
        ).format(n=figure(facts.open_conflicts)),
    ]
    counts = (facts.adjudicated, facts.by_consensus, facts.open_conflicts)
    said += [sentence for n, sentence in zip(counts, resolved, strict=True) if n]
    said += _how_conflicts_were_resolved(facts)
    if facts.unread:
        said.append(
            _("{n} of {cases} cases do not have two readings yet.").format(
                n=figure(facts.unread), cases=figure(facts.read_cases)
            )
        )
    return said


def _how_conflicts_were_resolved(facts: MethodFacts) -> list[str]:
    """Whose profiles the third person saw, whether they decided before seeing, what was resolved at once."""
    said = []
    if facts.third_views:
        said.append(
            ngettext(
                "The third person opened {n} profile; that was recorded.",
                "The third person opened {n} profiles; each was recorded.",
                facts.third_views,
            ).format(n=figure(facts.third_views))
        )
    if facts.joint_views:
        said.append(
            ngettext(
                "While they agreed on answers, the two opened {n} profile; that was recorded.",
                "While they agreed on answers, the two opened {n} profiles; each was recorded.",
                facts.joint_views,
            ).format(n=figure(facts.joint_views))
        )
    if facts.looks is not None:
        said.append(
            _(
                "The third person decided each on their own before the two readings were shown, and changed "
                "{changed} of {seen} first decisions after seeing them."
            ).format(changed=figure(facts.looks.changed), seen=figure(facts.looks.seen))
        )
    if facts.looks is not None and facts.looks.unseen:
        said.append(
            ngettext(
                "{n} more was decided without the two readings being shown at all.",
                "{n} more were decided without the two readings being shown at all.",
                facts.looks.unseen,
            ).format(n=figure(facts.looks.unseen))
        )
    if facts.together:
        said.append(
            ngettext(
                "{n} was resolved in one act with others that share a job title.",
                "{n} were resolved in one act with others that share a job title.",
                facts.together,
            ).format(n=figure(facts.together))
        )
    return said


def _agreement(facts: MethodFacts) -> str:
    said = _("Agreement is measured on the two independent decisions, before any difference was resolved.")
    if not facts.after_reveal:
        return said
    left_out = ngettext(
        "Reading went on after a reveal: {n} case was decided then and is left out of agreement.",
        "Reading went on after a reveal: {n} cases were decided then and are left out of agreement.",
        facts.after_reveal,
    ).format(n=figure(facts.after_reveal))
    return f"{said} {left_out}"
