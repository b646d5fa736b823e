"""Import by web page, second step: how the file will be read, its check, and the import."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from polls import jobs, upload_check, uploads
from polls.forms.reading import ReadingForm
from polls.models import ImportJob, Poll, User
from polls.permissions import (
    check_can_create_poll,
    check_can_import,
    get_poll_or_404,
    may_see_votes,
)
from polls.problems import Refused
from polls.views.actor import actor
from polls.views.import_page import page_of

type Outcome = tuple[str, str, ReadingForm | None]
"""Where to go next, or "" and what went wrong, with the form as it was posted."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def poll_new_check(request: HttpRequest, token: str) -> HttpResponse:
    """How the file of a new poll will be read; importing it makes the poll."""
    check_can_create_poll(request.user)
    return check(request, token, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def import_check(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """How a file will be read into a poll that is there."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    return check(request, token, poll)


def check(request: HttpRequest, token: str, poll: Poll | None) -> HttpResponse:
    """Show how the file will be read; a POST reads it otherwise, checks all rows, imports, or cancels."""
    by = actor(request)
    with uploads.held(token) if request.method == "POST" else nullcontext():
        upload = uploads.find(token, by=by, poll=poll.slug if poll else None)
        if upload is None:
            raise Http404
        if elsewhere := moved_on(upload):
            return redirect(elsewhere)
        if request.method != "POST":
            return show(request, upload, poll)
        if request.POST.get("action") == "cancel":
            upload.delete()
            messages.info(request, _("The import was cancelled. Nothing was changed."))
            return redirect("polls:import", poll.slug) if poll else redirect("home")
        done, problem, form = act(request, upload, by, poll)
        if done and not (is_fragment(request) and done == check_address(upload)):
            return redirect(done)
        return show(request, upload, poll, problem, form)


def moved_on(upload: uploads.Upload) -> str:
    """Where this upload went meanwhile: to its result, or to the job that works on it; "" for neither."""
    job = jobs.latest_job(upload.token)
    if job is not None and job.kind == ImportJob.Kind.IMPORT and job.report and not upload.result:
        # The worker was killed after the import was committed and before it could say so.
        upload_check.finish(upload, job.report)
    if upload.result:
        return reverse("polls:import-result", args=[upload.poll, upload.token])
    return job_address(upload) if job is not None and job.state in ImportJob.OPEN else ""


def act(request: HttpRequest, upload: uploads.Upload, by: User, poll: Poll | None) -> Outcome:
    """Take over what was chosen, and check or import if asked to."""
    again = check_address(upload)
    facts, used = upload_check.facts_of(upload)
    if facts is None:
        return choose_encoding(request, upload)
    form = reading_form(upload, facts, used, request.POST)
    if not form.is_valid():
        said = " ".join(map(str, form.non_field_errors()))
        return "", said or _("Choose one of what is offered in each field."), form
    action, changed = request.POST.get("action"), form.changed
    if changed or action != "look":
        form.take_over(upload)
    if action == "check" and facts.big:
        jobs.ask_for_job(upload=upload, kind=ImportJob.Kind.CHECK, by=by)
        return job_address(upload), "", None
    if action != "import":
        return again, "", None
    if changed:
        messages.warning(
            request, _("You changed how the file is read. Look at the rows once more, then import.")
        )
        return again, "", None
    if problem := form.why_not():
        return "", problem, None
    if facts.big or waits_for(upload, by, poll):
        jobs.ask_for_job(upload=upload, kind=ImportJob.Kind.IMPORT, by=by)
        return job_address(upload), "", None
    try:
        upload_check.commit(upload, by=by)
    except Refused as problem:
        return "", str(problem), None
    return reverse("polls:import-result", args=[upload.poll, upload.token]), "", None


def choose_encoding(request: HttpRequest, upload: uploads.Upload) -> Outcome:
    """The answer to the question how the letters of the file are written."""
    encoding = request.POST.get("encoding")
    if not encoding:
        return check_address(upload), "", None
    if encoding not in upload_check.ENCODINGS:
        return "", _("There is no such encoding in the list. Choose one of those shown."), None
    upload.reading = replace(upload.as_told, encoding=encoding).as_json()
    upload.save()
    return check_address(upload), "", None


def show(
    request: HttpRequest,
    upload: uploads.Upload,
    poll: Poll | None,
    problem: str = "",
    form: ReadingForm | None = None,
) -> HttpResponse:
    """The page of the second step, or the part of it that changes while somebody chooses."""
    by = actor(request)
    waiting = waits_for(upload, by, poll)
    look = upload_check.look(upload, by=by, count=not waiting)
    if form is None and look.facts:
        form = reading_form(upload, look.facts, look.used)
    context: dict[str, Any] = {
        "poll": poll,
        "upload": upload,
        "problem": problem or look.problem,
        "form": form,
        "waiting": waiting,
        "failed": last_failure(upload),
        "rejects": rejects_address(upload),
        **page_of(upload, look, blind=poll is not None and not may_see_votes(by, poll)),
    }
    if is_fragment(request):
        # Also when something is wrong: htmx shows only what comes with 200.
        return render(request, "polls/_import_reading.html", context)
    return render(request, "polls/import_check.html", context, status=422 if problem else 200)


def reading_form(
    upload: uploads.Upload,
    facts: upload_check.Facts,
    used: upload_check.Used | None,
    data: Any = None,
) -> ReadingForm:
    """The selects of the page."""
    return ReadingForm(
        data,
        facts=facts,
        used=used,
        options=upload_check.option_texts(upload),
        multiple=upload_check.is_multiple(upload) if upload.is_new else None,
    )


def waits_for(upload: uploads.Upload, by: User, poll: Poll | None) -> ImportJob | None:
    """The open import of another file into the same poll, which comes first: no page waits for it."""
    if poll is None:
        return None
    others = jobs.open_jobs(by, poll).filter(kind=ImportJob.Kind.IMPORT)
    return others.exclude(upload=upload.token).first()


def last_failure(upload: uploads.Upload) -> ImportJob | None:
    """The last job over the upload, if it ended without having done its work."""
    job = jobs.latest_job(upload.token)
    ended = (ImportJob.State.FAILED, ImportJob.State.CANCELLED)
    return job if job is not None and job.state in ended else None


def is_fragment(request: HttpRequest) -> bool:
    """Does htmx ask for the part of the page that changes while somebody chooses?"""
    return bool(getattr(request, "htmx", False)) and request.method == "POST"


def check_address(upload: uploads.Upload) -> str:
    """Where the second step of this upload is."""
    if upload.is_new:
        return reverse("polls:poll-new-check", args=[upload.token])
    return reverse("polls:import-check", args=[upload.poll, upload.token])


def job_address(upload: uploads.Upload) -> str:
    """Where the job over this upload can be watched."""
    if upload.is_new:
        return reverse("polls:poll-new-job", args=[upload.token])
    return reverse("polls:import-job", args=[upload.poll, upload.token])


def rejects_address(upload: uploads.Upload) -> str:
    """Where the rows that would not be taken can be downloaded."""
    if upload.is_new:
        return reverse("polls:poll-new-rejects", args=[upload.token])
    return reverse("polls:import-rejects", args=[upload.poll, upload.token])
