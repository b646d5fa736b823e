"""What such votes cannot show: the notice that goes with every report."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classify.reports import Report
from polls.wording import figure

SMALL = 10
"""Below this many classified votes one vote moves a share by more than ten points."""


def limits_of(report: Report) -> list[str]:
    """The limits of a report, most general first. Every line is a sentence or two."""
    return [
        _(
            "The people behind these {n} votes chose to vote. They are no sample of their industry or of "
            "anybody else, so no margin of error is given and nothing may be concluded about people who did "
            "not vote."
        ).format(n=figure(report.votes)),
        _(
            "An association between what people do and how they voted may have many causes. It does not show "
            "that one brings about the other; it raises questions worth research."
        ),
        _(
            "Intervals and tests treat these votes as if they had been drawn by chance. They say how easily "
            "figures like these come about, not how the field at large would answer."
        ),
        *_against_published(report),
        *_small_options(report),
    ]


def _against_published(report: Report) -> list[str]:
    if report.published_total is None:
        return [_("No published total is recorded, so nothing here shows whether every vote was imported.")]
    missing = report.published_total - report.votes
    if missing > 0:
        template = ngettext(
            "The poll published {total} votes; {n} of them is not here and may differ from the others.",
            "The poll published {total} votes; {n} of them are not here and may differ from the others.",
            missing,
        )
        return [template.format(total=figure(report.published_total), n=figure(missing))]
    if missing < 0:
        return [
            _("The poll published {total} votes, fewer than the {n} imported; check the file.").format(
                total=figure(report.published_total), n=figure(report.votes)
            )
        ]
    return []


def _small_options(report: Report) -> list[str]:
    small = [option for option in report.options if 0 < option.classified < SMALL]
    if not small:
        return []
    return [
        _("Some options have fewer than {n} classified votes; there, one vote changes a share a lot.").format(
            n=figure(SMALL)
        )
    ]
