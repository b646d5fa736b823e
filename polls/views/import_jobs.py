"""An import that runs beside the pages: how far it is, why it waits, and a way to cancel it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from polls import jobs, uploads
from polls.models import ImportJob, Poll
from polls.permissions import check_can_create_poll, check_can_import, get_poll_or_404
from polls.views.actor import actor
from polls.wording import figure

PHASES = {
    "": gettext_lazy("Opening the file"),
    "reading": gettext_lazy("Reading the rows"),
    "matching": gettext_lazy("Finding out which voters are known"),
    "writing": gettext_lazy("Writing the votes"),
    "cases": gettext_lazy("Putting the titles into cases"),
    "storing": gettext_lazy("Storing it all"),
}
CHECKING = gettext_lazy("Working out what would change")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def import_job(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The job over a file for a poll that is there."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    job = jobs.latest_job(token)
    if job is None or job.poll_slug != poll.slug:
        raise Http404
    return follow(request, job, poll)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def poll_new_job(request: HttpRequest, token: str) -> HttpResponse:
    """The job over the file of a new poll, for who asked for it."""
    check_can_create_poll(request.user)
    job = jobs.latest_job(token)
    if job is None or job.asked_by_id != actor(request).pk:
        raise Http404
    return follow(request, job, None)


def follow(request: HttpRequest, job: ImportJob, poll: Poll | None) -> HttpResponse:
    """Show the job; once it is done, go where its outcome is. A POST cancels it."""
    by = actor(request)
    if request.method == "POST":
        if not jobs.cancel_job(job=job, by=by):
            messages.info(request, _("It had ended before it could be cancelled."))
        return redirect(request.path)
    # The file is its sender's; others who may import into the poll see how far it is, not the file.
    upload = uploads.of_job(job.upload) if job.asked_by_id == by.pk else None
    where = outcome(job, upload)
    is_open = job.state in ImportJob.OPEN
    by_htmx = bool(getattr(request, "htmx", False))
    if by_htmx and not is_open:
        return HttpResponseClientRedirect(where) if where else HttpResponseClientRefresh()
    if where:
        return redirect(where)
    context = {
        "job": job,
        "poll": poll,
        "upload": upload,
        "is_open": is_open,
        "check_url": check_url(upload) if upload else "",
        **(progress(job) if is_open else {}),
    }
    template = "polls/import_job.html"
    return render(request, f"{template}#job" if by_htmx else template, context)


def outcome(job: ImportJob, upload: uploads.Upload | None) -> str:
    """Where a job that is done led to; "" while it is not, or for who cannot go there."""
    if upload is None or job.state != ImportJob.State.DONE:
        return ""
    if upload.result:
        return reverse("polls:import-result", args=[upload.poll, upload.token])
    return check_url(upload) if job.kind == ImportJob.Kind.CHECK else ""


def check_url(upload: uploads.Upload) -> str:
    """The page on which the file is looked at before it is imported."""
    if upload.is_new:
        return reverse("polls:poll-new-check", args=[upload.token])
    return reverse("polls:import-check", args=[upload.poll, upload.token])


def progress(job: ImportJob) -> dict[str, object]:
    """What an open job is doing, in words and figures."""
    stands = jobs.standing(job)
    doing = PHASES.get(job.phase, _("Working"))
    if job.kind == ImportJob.Kind.CHECK and job.phase == "writing":
        doing = CHECKING
    return {
        "stands": stands,
        "doing": doing,
        "rows": _rows(job),
        "rate": figure(round(stands.rate)) if stands.rate else "",
        "left": _left(stands.seconds_left),
    }


def _rows(job: ImportJob) -> str:
    if not job.rows_done:
        return ""
    done = figure(job.rows_done)
    if job.rows_total and job.rows_total >= job.rows_done:
        # An estimate from the size of the file: three digits of it are worth something.
        known = round(job.rows_total, min(0, 3 - len(str(job.rows_total))))
        total = figure(known)
        return _("%(done)s of about %(total)s rows") % {"done": done, "total": total}
    return _("%(done)s rows") % {"done": done}


def _left(seconds: float | None) -> str:
    """Half a minute and more is rounded to minutes: it is an estimate."""
    if seconds is None:
        return ""
    if seconds < 90:
        whole = max(1, round(seconds))
        return ngettext("about %(n)s second left", "about %(n)s seconds left", whole) % {"n": figure(whole)}
    minutes = round(seconds / 60)
    return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": figure(minutes)}
