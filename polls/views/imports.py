"""Import by web page, first step: the poll and its file. The second step is `polls.views.import_check`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from polls import csvio, jobs, uploads
from polls.forms.imports import NewPollForm, SourceForm
from polls.models import User
from polls.permissions import check_can_create_poll, check_can_import, get_poll_or_404
from polls.problems import Refused
from polls.views.actor import actor
from polls.views.import_check import check_address

EXAMPLE_OPTIONS = ["Extremely important", "Moderately important", "Not very important"]
BATCHES_SHOWN = 5
TEMPLATE_HEADERS = [
    "voter_id",
    "name",
    "headline",
    "organisation",
    "country",
    "profile_url",
    "option",
    "voted_at",
    "comment",
]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def poll_new(request: HttpRequest) -> HttpResponse:
    """A new poll and the file of its voters. Nothing is made before the file was looked at and imported."""
    check_can_create_poll(request.user)
    form = NewPollForm(request.POST, request.FILES) if request.method == "POST" else NewPollForm()
    if request.method == "POST" and form.is_valid():
        details = form.details()
        upload = store(form, by=actor(request), poll=form.cleaned_data["slug"], is_new=True, details=details)
        if upload is not None:
            return redirect(check_address(upload))
    return render(request, "polls/poll_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def import_votes(request: HttpRequest, slug: str) -> HttpResponse:
    """A file of votes for a poll that is there."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    form = SourceForm(request.POST, request.FILES) if request.method == "POST" else SourceForm()
    if request.method == "POST" and form.is_valid():
        upload = store(form, by=actor(request), poll=poll.slug)
        if upload is not None:
            return redirect(check_address(upload))
    context = {
        "poll": poll,
        "form": form,
        "options": poll.options.order_by("position"),
        "open_jobs": jobs.open_jobs(actor(request), poll),
        "batches": poll.batches.select_related("imported_by").order_by("-pk")[:BATCHES_SHOWN],
    }
    return render(request, "polls/import.html", context, status=422 if form.errors else 200)


@require_safe
def import_template(request: HttpRequest, slug: str = "") -> HttpResponse:
    """A CSV to fill in, with example rows; for a poll, with its own options."""
    options = EXAMPLE_OPTIONS
    if slug:
        poll = get_poll_or_404(request.user, slug)
        check_can_import(request.user, poll)
        options = list(poll.options.order_by("position").values_list("text", flat=True)) or options
    else:
        check_can_create_poll(request.user)
    rows = [
        ["v1", "Robin Example", "Head of Contact Center | Speaker", "Example Ltd", "Ireland", "", options[0]],
        ["v2", "Kim Example", "CX Consultant", "", "", "", options[-1], "2026-03-14", "It depends."],
    ]
    rows = [row + [""] * (len(TEMPLATE_HEADERS) - len(row)) for row in rows]
    response = HttpResponse(b"".join(csvio.csv_chunks(TEMPLATE_HEADERS, rows)), content_type="text/csv")
    response["Content-Disposition"] = 'attachment; filename="rolecall-template.csv"'
    return response


def store(
    form: SourceForm,
    *,
    by: User,
    poll: str,
    is_new: bool = False,
    details: dict[str, Any] | None = None,
) -> uploads.Upload | None:
    """Keep what the form brought until it was looked at; what cannot be kept is said on the form."""
    data = form.cleaned_data
    try:
        return uploads.keep(
            by=by, poll=poll, file=data["file"], text=data["pasted"], is_new=is_new, details=details
        )
    except Refused as problem:
        form.add_error(None, str(problem))
        return None
