"""Files to take away: the classified votes, the decisions behind them, the codebook.

Who may see the results of a round may have its files under pseudonyms; files that say who voted for what are
for those who may see the votes themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from classify import exports as files
from classify import visibility
from classify.codebooks import document_of
from classify.models import Round
from classify.views.results import visible_round

CONTENT_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@dataclass(frozen=True)
class Offer:
    """One file that can be had, and what is in it."""

    what: str
    title: str | Promise
    text: str | Promise
    names_voters: bool = True


OFFERS = (
    Offer(
        "classified",
        _("Classified votes"),
        _("One row per vote: the option, the final category, how it came about, and the source columns."),
    ),
    Offer(
        "tags",
        _("Decisions, in rows"),
        _("One row per vote and reviewer, with note and time. import_tags reads this file."),
    ),
    Offer(
        "wide",
        _("Decisions, side by side"),
        _("One row per vote, one column per reviewer. import_tags reads this file, too."),
    ),
    Offer(
        "codebook",
        _("Codebook"),
        _("The version that this round was read with. import_codebook reads the JSON file."),
        names_voters=False,
    ),
)


@require_safe
def exports(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All files of a round that this person may have."""
    round_ = visible_round(request, slug, number)
    context = {
        "round": round_,
        "open": round_.coding_closed_at is None,
        "offers": OFFERS,
        "may_identify": visibility.can_see_votes(request.user, round_.poll),
    }
    return render(request, "classify/exports.html", context)


@require_safe
def export_file(request: HttpRequest, slug: str, number: int, what: str, form: str) -> HttpResponseBase:
    """One file, streamed. `?names=no` puts pseudonyms in the place of voters."""
    round_ = visible_round(request, slug, number)
    offer = next((offer for offer in OFFERS if offer.what == what), None)
    if offer is None or form not in CONTENT_TYPES:
        raise Http404
    hidden = request.GET.get("names") == "no" and offer.names_voters
    if offer.names_voters and not hidden:
        visibility.check_can_see_votes(request.user, round_.poll)
    name = f"{slug}-round-{number}-{what}{'-pseudonymised' if hidden else ''}.{form}"
    return StreamingHttpResponse(
        _pieces(round_, what, form, hidden=hidden),
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _pieces(round_: Round, what: str, form: str, *, hidden: bool) -> Iterator[bytes]:
    pseudonym = files.hasher(files.key_of(settings.ROLECALL_HOME), round_.poll) if hidden else None
    if what == "codebook" and form == "json":
        return iter([json.dumps(document_of(round_.version), ensure_ascii=False, indent=2).encode()])
    if what == "classified":
        table = files.classified(round_.poll, round_, pseudonym=pseudonym)
    elif what == "codebook":
        table = files.codebook(round_.version)
    else:
        table = (files.tags if what == "tags" else files.wide)(round_, pseudonym=pseudonym)
    return files.as_csv(table) if form == "csv" else files.as_json(table)
