"""Import by web page, second step: how the file will be read, the import, and what became of the rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from polls import upload_check, uploads
from polls.forms.imports import FIELD_LABELS, MappingForm
from polls.models import Poll, User
from polls.permissions import check_can_create_poll, check_can_import, get_poll_or_404
from polls.problems import Refused
from polls.views.actor import actor
from polls.wording import option_rows


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
    """Show how the file will be read; a POST looks again with other columns, imports, or cancels."""
    by = actor(request)
    with uploads.held(token):
        upload = uploads.find(token, by=by, poll=poll.slug if poll else None)
        if upload is None:
            raise Http404
        if upload.result:
            return redirect("polls:import-result", upload.poll, upload.token)
        if request.method == "POST" and request.POST.get("action") == "cancel":
            upload.delete()
            messages.info(request, _("The import was cancelled. Nothing was changed."))
            return redirect("polls:import", poll.slug) if poll else redirect("home")
        problem, form = "", None
        if request.method == "POST":
            done, problem, form = act(request, upload, by)
            if done:
                return redirect(done)
        return show(request, upload, poll, problem, form)


def act(request: HttpRequest, upload: uploads.Upload, by: User) -> tuple[str, str, MappingForm | None]:
    """Take over what was chosen, and import if asked to: (where to go, or what went wrong, and the form)."""
    again = check_address(upload)
    if encoding := request.POST.get("encoding"):
        if encoding not in upload_check.ENCODINGS:
            return "", _("There is no such encoding in the list. Choose one of those shown."), None
        upload.reading = replace(upload.as_told, encoding=encoding).as_json()
        upload.save()
        return again, "", None
    used = upload_check.use(upload)
    if used is None:
        return again, "", None
    before = upload_check.in_full(used)
    form = MappingForm(request.POST, mapping=used.preview.mapping)
    if not form.is_valid():
        said = " ".join(map(str, form.non_field_errors()))
        return "", said or _("Choose one of the offered fields for each column."), form
    chosen = replace(before, columns=form.columns())
    upload.reading = chosen.as_json()
    upload.save()
    if request.POST.get("action") != "import":
        return again, "", None
    if chosen != before:
        messages.warning(request, _("You changed the columns. Look at the rows once more, then import."))
        return again, "", None
    try:
        upload_check.commit(upload, by=by)
    except Refused as problem:
        return "", str(problem), None
    return reverse("polls:import-result", args=[upload.poll, upload.token]), "", None


def show(
    request: HttpRequest, upload: uploads.Upload, poll: Poll | None, problem: str, form: MappingForm | None
) -> HttpResponse:
    """The page of the second step."""
    look = upload_check.look(upload, by=actor(request))
    report = look.report
    mapping = look.used.preview.mapping if look.used else None
    context: dict[str, Any] = {
        "poll": poll,
        "upload": upload,
        "look": look,
        "problem": problem or look.problem,
        "form": form or (MappingForm(mapping=mapping) if mapping else None),
        "labels": [FIELD_LABELS[field] for field in look.fields],
        "report": report,
        "totals": option_rows(report["options"]) if report else [],
        "can_import": report is not None and not report["refused"],
    }
    return render(request, "polls/import_check.html", context, status=422 if problem else 200)


@require_safe
@never_cache
def import_result(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """What became of the rows, and what to do next."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    upload = finished(token, actor(request), poll)
    result = upload.result or {}
    context = {
        "poll": poll,
        "upload": upload,
        "report": result,
        "totals": option_rows(result["options"]),
        "more": more_errors(upload),
    }
    return render(request, "polls/import_result.html", context)


@require_safe
@never_cache
def import_rejects(request: HttpRequest, slug: str, token: str) -> HttpResponseBase:
    """The rows that were not taken, in their original cells, with the reason, as CSV."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    upload = finished(token, actor(request), poll)
    try:
        stream = upload.rejects.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(
        stream, as_attachment=True, filename=f"{poll.slug}-rejected.csv", content_type="text/csv"
    )


def finished(token: str, by: User, poll: Poll) -> uploads.Upload:
    """An upload that was imported. Raises Http404."""
    upload = uploads.find(token, by=by, poll=poll.slug)
    if upload is None or not upload.result:
        raise Http404
    return upload


def more_errors(upload: uploads.Upload) -> int:
    """How many rejected rows are not among the errors shown."""
    result = upload.result or {}
    shown = {error["row"] for error in result.get("errors", ())}
    return max(0, int(result.get("rejected", 0)) - len(shown))


def check_address(upload: uploads.Upload) -> str:
    """Where the second step of this upload is."""
    if upload.is_new:
        return reverse("polls:poll-new-check", args=[upload.token])
    return reverse("polls:import-check", args=[upload.poll, upload.token])
