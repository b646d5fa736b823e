"""Bringing in decisions that were made elsewhere: the sheet of two coders, looked at first, then imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classify import visibility
from classify.forms.bring_in import MOST_NAMES, WhoIsWhoForm
from classify.importing_tags import TagFile, TagReport, import_tags, read_tags
from polls import uploads
from polls.forms.imports import SourceForm
from polls.importing.reading import Reading
from polls.models import Poll, User
from polls.permissions import get_poll_or_404
from polls.problems import Refused, WrongUsage
from polls.upload_check.opening import open_upload
from polls.uploads import Upload
from polls.views.actor import actor

MOST_ROWS = 100_000
"""What a page reads while somebody waits for it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One person of the file: how many of their rows say something, and how many say they were unsure."""

    name: str
    rows: int
    unsure: int


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring_in(request: HttpRequest, slug: str) -> HttpResponse:
    """The sheet: a file, or pasted rows. It waits on the server for the next page."""
    poll = get_poll_or_404(request.user, slug)
    visibility.check_can_see_votes(request.user, poll)
    form = SourceForm(request.POST, request.FILES) if request.method == "POST" else SourceForm()
    form.fields["pasted"].help_text = _("Cells copied from a sheet, header row included.")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            upload = uploads.keep(
                by=actor(request), poll=_kept_for(poll), file=data["file"], text=data["pasted"]
            )
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("classify:import-tags-check", slug, upload.token)
    context = {"poll": poll, "form": form}
    return render(request, "classify/bring_in.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def bring_in_check(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Who is who, what the sheet would become, and every row that cannot be taken; then the import."""
    poll = get_poll_or_404(request.user, slug)
    visibility.check_can_see_votes(request.user, poll)
    by = actor(request)
    with uploads.held(token):
        upload = uploads.find(token, by=by, poll=_kept_for(poll))
        if upload is None:
            raise Http404
        if request.POST.get("action") == "cancel":
            upload.delete()
            messages.success(request, _("Nothing was brought in, and the file is deleted."))
            return redirect("classify:poll", slug)
        if upload.result:
            # The second of two clicks finds what the first one made.
            return redirect("classify:round", slug, upload.result["round"])
        return _look(request, poll, upload, by)


def _look(request: HttpRequest, poll: Poll, upload: Upload, by: User) -> HttpResponse:
    """Read the sheet; ask, try or import. Nothing is stored before somebody says so."""
    context: dict[str, Any] = {"poll": poll, "upload": upload}
    try:
        file = _read(upload)
    except Refused as problem:
        return render(
            request, "classify/bring_in_check.html", context | {"problem": str(problem)}, status=422
        )
    form = WhoIsWhoForm(_said(request, upload), poll=poll, file=file)
    if request.method == "POST":
        upload.details = {name: form.data.get(name, "") for name in form.fields}
        upload.save()
    context |= {"form": form, "columns": _columns(file), "rows": file.count, "wide": file.wide}
    if form.is_bound and form.is_valid():
        importing = request.POST.get("action") == "import"
        try:
            report = _run(upload, poll, by, form.asked(), dry_run=not importing)
        except (Refused, WrongUsage) as problem:
            form.add_error(None, str(problem))
        else:
            if importing and not report.nothing_taken:
                return _done(request, poll, upload, report)
            context["report"] = report
    wrong = request.method == "POST" and bool(form.errors)
    return render(request, "classify/bring_in_check.html", context, status=422 if wrong else 200)


def _kept_for(poll: Poll) -> str:
    """Whose file it is: no slug holds a colon, so the import of votes never takes it for its own."""
    return f"tags:{poll.slug}"


def _said(request: HttpRequest, upload: Upload) -> Mapping[str, Any] | None:
    """What was said of people and round: just now, or before; None at first."""
    if request.method == "POST":
        return request.POST
    return upload.details or None


def _read(upload: Upload) -> TagFile:
    """The rows of the sheet. Raises Refused for what is no sheet of decisions, or names too many people."""
    with open_upload(upload, Reading()) as source:
        if source.row_estimate > MOST_ROWS:
            raise Refused(
                _(
                    "%(name)s has more than %(n)d rows. Bring it in by parts, or with the command "
                    "import_tags of whoever runs this installation."
                )
                % {"name": upload.file_name, "n": MOST_ROWS}
            )
        file = read_tags(source)
    if len(file.reviewers | file.adjudicators) > MOST_NAMES:
        raise Refused(
            _("%(name)s names more than %(n)d people. Is the column “reviewer” the right one?")
            % {"name": upload.file_name, "n": MOST_NAMES}
        )
    if not file.count:
        raise Refused(_("%(name)s has a header and no rows.") % {"name": upload.file_name})
    return file


def _run(upload: Upload, poll: Poll, by: User, asked: dict[str, Any], *, dry_run: bool) -> TagReport:
    with open_upload(upload, Reading()) as source:
        return import_tags(source=source, poll=poll.slug, by=by, dry_run=dry_run, **asked)


def _columns(file: TagFile) -> list[Column]:
    """What each person of the file said, in numbers."""
    said: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    for row in file.rows:
        for tag in row.tags:
            said[tag.reviewer] += bool(tag.category)
            unsure[tag.reviewer] += tag.category.casefold() == "unsure"
    return [Column(shown, said[name], unsure[name]) for name, shown in file.reviewers.items()]


def _done(request: HttpRequest, poll: Poll, upload: Upload, report: TagReport) -> HttpResponse:
    """Say what was taken, delete the file, and show the round."""
    taken = ngettext(
        "%(n)d row was brought into round %(round)d.",
        "%(n)d rows were brought into round %(round)d.",
        report.created,
    ) % {"n": report.created, "round": report.round}
    known = (
        " "
        + ngettext("%(n)d was there already.", "%(n)d were there already.", report.unchanged)
        % {"n": report.unchanged}
        if report.unchanged
        else ""
    )
    left = (
        " "
        + ngettext("%(n)d was not taken.", "%(n)d were not taken.", report.rejected) % {"n": report.rejected}
        if report.rejected
        else ""
    )
    messages.success(request, f"{taken}{known}{left}")
    upload.result = {"round": report.round}
    upload.save()
    upload.drop_data()
    return redirect("classify:round", poll.slug, report.round)
