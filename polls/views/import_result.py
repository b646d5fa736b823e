"""Import by web page, the end: what became of the rows, and those that were not taken."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from polls import upload_check, uploads
from polls.models import Poll
from polls.permissions import check_can_create_poll, check_can_import, get_poll_or_404, may_see_votes
from polls.problems import Refused
from polls.views.actor import actor
from polls.views.import_check import check_address, moved_on
from polls.views.import_page import report_of


@require_safe
@never_cache
def import_result(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """What became of the rows, and what to do next."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    upload = uploads.find(token, by=actor(request), poll=poll.slug)
    if upload is None or not moved_on(upload) or not upload.result:
        raise Http404
    context = {
        "poll": poll,
        "upload": upload,
        "has_rejects": upload.rejects.exists(),
        **report_of(
            upload.result, multiple=not poll.single_choice, blind=not may_see_votes(request.user, poll)
        ),
    }
    return render(request, "polls/import_result.html", context)


@require_safe
@never_cache
def import_rejects(request: HttpRequest, slug: str, token: str) -> HttpResponseBase:
    """The rows that were not taken, or would not be, in their original cells, with the reason, as CSV."""
    poll = get_poll_or_404(request.user, slug)
    check_can_import(request.user, poll)
    return rejects(request, token, poll)


@require_safe
@never_cache
def poll_new_rejects(request: HttpRequest, token: str) -> HttpResponseBase:
    """The same for the file of a new poll, before it is made."""
    check_can_create_poll(request.user)
    return rejects(request, token, None)


def rejects(request: HttpRequest, token: str, poll: Poll | None) -> HttpResponseBase:
    """The file of rejected rows. Raises Http404."""
    by = actor(request)
    with uploads.held(token):
        upload = uploads.find(token, by=by, poll=poll.slug if poll else None)
        if upload is None:
            raise Http404
        try:
            if not upload.result and not upload_check.ensure_checked(upload, by=by):
                return redirect(check_address(upload))
            stream = upload.rejects.open("rb")
        except Refused:
            return redirect(check_address(upload))
        except FileNotFoundError:
            raise Http404 from None
    name = f"{upload.poll}-rejected.csv"
    return FileResponse(stream, as_attachment=True, filename=name, content_type="text/csv")
