"""The pages with results: report, agreement, and the chart as a file. None is shown before its time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from classify import visibility
from classify.agreement import Coefficients, Estimate
from classify.calibration import practice_for
from classify.models import Round
from classify.narrative import finding_of, limits_of, methods_of, practice_lines
from classify.permissions import can_set_up_rounds
from classify.reports import agreement_for, report_for
from classify.reports.methods import MethodFacts, methods_for
from classify.reports.snapshot import take_snapshot
from classify.reports.verbatims import verbatims_for
from classify.views.breakdown import break_down, charts_of, matrices_of, voices_of
from polls.permissions import PollRefused, Right, get_poll_or_404, rights_of

THRESHOLD = 0.80
"""Krippendorff's customary lower limit for relying on a coding."""


def visible_round(request: HttpRequest, slug: str, number: int) -> Round:
    """The round whose results the person may see. Raises Http404 or PollRefused."""
    poll = get_poll_or_404(request.user, slug)
    round_ = get_object_or_404(
        Round.objects.select_related("poll", "version__codebook"), poll=poll, number=number
    )
    visibility.check_can_see_results(request.user, round_)
    return round_


@require_safe
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """The way to the newest result a person may see, or why there is none yet and what comes first."""
    poll = get_poll_or_404(request.user, slug)
    reason = ""
    rounds = list(Round.objects.filter(poll=poll, purpose=Round.Purpose.MAIN).order_by("-number"))
    # What is being read does not take the place of what is read.
    rounds.sort(key=lambda round_: not visibility.is_revealed(round_))
    for round_ in rounds:
        try:
            visibility.check_can_see_results(request.user, round_)
        except PollRefused as refusal:
            reason = reason or str(refusal)
        else:
            return redirect("classify:report", slug=slug, number=round_.number)
    context = {
        "poll": poll,
        "reason": reason,
        "has_votes": poll.votes.filter(voided_at__isnull=True).exists(),
        "may_set_up": can_set_up_rounds(request.user, poll),
    }
    return render(request, "classify/no_results.html", context)


@require_safe
def report(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The roles behind every option: finding, facts, chart with its table, tests, limits, methods, voices."""
    round_ = visible_round(request, slug, number)
    snapshot = take_snapshot(round_)
    found = report_for(round_, snapshot=snapshot)
    verbatims = verbatims_for(round_)
    facts = methods_for(round_)
    finding = finding_of(found)
    trends = found.tests.trend or {}
    context = {
        "round": round_,
        "open": round_.coding_closed_at is None,
        "may_import": Right.IMPORT in rights_of(request.user, round_.poll),
        "report": found,
        "finding": finding,
        "lead_trend": trends.get(finding.category.code) if finding.category else None,
        "limits": limits_of(found),
        "facts": facts,
        "methods": _methods(round_, facts),
        "agreement": agreement_for(round_, snapshot=snapshot).coefficients,
        "threshold": THRESHOLD,
        "breakdown": break_down(found),
        "charts": charts_of(found),
        "voices": voices_of(found, verbatims),
        "verbatims": verbatims,
    }
    return render(request, "classify/report.html", context)


@require_safe
def agreement(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How far the independent readings agree, with intervals, by category and as a matrix."""
    round_ = visible_round(request, slug, number)
    found = agreement_for(round_)
    codes = found.categories
    context = {
        "round": round_,
        "open": round_.coding_closed_at is None,
        "agreement": found,
        "coefficients": found.coefficients,
        "equal": sum(found.counts[i][i] for i in range(len(codes))) if found.counts else None,
        "estimates": _estimates(found.coefficients),
        "per_category": list(zip(codes, found.coefficients.per_category, strict=True)),
        "matrices": matrices_of(found),
        "methods": _methods(round_, methods_for(round_)),
        "threshold": THRESHOLD,
    }
    return render(request, "classify/agreement.html", context)


def _methods(round_: Round, facts: MethodFacts) -> list[str]:
    """How the round was read, and what came before it: practice prepares the study, never itself."""
    before = practice_lines(practice_for(round_)) if round_.purpose == Round.Purpose.MAIN else []
    return [*before, *methods_of(facts)]


def _estimates(found: Coefficients) -> list[tuple[str, Estimate, str]]:
    """Each coefficient with its name and what it asks, in words."""
    return [
        (
            _("Percent agreement"),
            found.percent_agreement,
            _("The share of cases with equal readings. Says nothing of what chance alone would give."),
        ),
        (
            _("Cohen’s kappa"),
            found.cohens_kappa,
            _("Agreement beyond chance, with each reviewer’s own habits as chance."),
        ),
        (
            _("Krippendorff’s alpha"),
            found.krippendorffs_alpha,
            _("Agreement beyond chance, with the reviewers taken as interchangeable."),
        ),
        (
            _("Gwet’s AC1"),
            found.gwets_ac1,
            _("Agreement beyond chance, steadier where one category has most of the cases."),
        ),
    ]


@require_safe
def report_chart(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The report's chart as an SVG file."""
    round_ = visible_round(request, slug, number)
    chart, _narrow = charts_of(report_for(round_))
    svg = render_to_string("classify/charts/stacked_bars.svg", {"chart": chart, "standalone": True})
    response = HttpResponse(svg, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{round_.poll.slug}-round-{round_.number}.svg"'
    return response
