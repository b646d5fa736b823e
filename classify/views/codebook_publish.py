"""Where a draft ends and where codebooks come from: publish, discard, start a new one, bring in a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from classify import codebook_editing as editing
from classify import codebooks, permissions, visibility
from classify.codebook_editing import Stale
from classify.codebook_files import CodebookError, CodebookText, parse_codebook
from classify.forms.new_codebooks import ImportForm, NewCodebookForm
from classify.models import Codebook, CodebookFlag
from classify.views.codebook_edit import Desk, desk_of, say
from classify.views.voters import posted
from polls.models import User
from polls.problems import Refused
from polls.views.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_publish(request: HttpRequest, code: str) -> HttpResponse:
    """What the draft changes, and which flags it answers; a POST publishes it."""
    desk = desk_of(request, code)
    person = actor(request)
    if not desk.version.is_draft:
        messages.info(request, _("There is no draft: nothing was changed since this version."))
        return redirect("classify:codebook", code)
    if request.method == "POST":
        try:
            made = editing.publish_draft(
                codebook=desk.book,
                by=person,
                seen=request.POST.get("seen", ""),
                since=_number(request.POST.get("since", "")),
                settles=[pk for pk in map(_number, request.POST.getlist("settles")[:500]) if pk is not None],
            )
        except Refused as problem:
            say(request, problem)
            return _publish_page(request, desk_of(request, code), person, status=409)
        said = _(
            "Version %(number)s is published. New rounds can use it; rounds that are read stay as they are."
        )
        messages.success(request, said % {"number": made.number})
        return redirect(reverse("classify:codebook-look-again", args=[code]) + f"?version={made.number}")
    return _publish_page(request, desk, person)


def _number(text: str) -> int | None:
    """A number that a page carried, None for none or for what is no number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _publish_page(request: HttpRequest, desk: Desk, person: User, *, status: int = 200) -> HttpResponse:
    newest = codebooks.newest_version(desk.book.code)
    asked = request.POST.getlist("settles") if request.method == "POST" else []
    flags = list(visibility.open_flags(person).filter(codebook=desk.book)[:500])
    cases = visibility.flagged_cases(person, flags)
    chosen = {str(desk.flag.pk)} if desk.flag is not None and not asked else set(asked)
    based = desk.version.based_on
    context = desk.context(
        newest=newest,
        stale=newest is not None and based is not None and based.number < newest.number,
        comparison=editing.compare_versions(newest, desk.version) if newest is not None else None,
        categories=desk.version.categories.order_by("position"),
        flags=[(flag, cases.get(flag.pk), str(flag.pk) in chosen) for flag in flags],
    )
    return render(request, "classify/codebook_publish.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_discard(request: HttpRequest, code: str) -> HttpResponse:
    """Ask whether the draft is to be thrown away; a POST does it."""
    desk = desk_of(request, code)
    if not desk.version.is_draft:
        return redirect("classify:codebook", code)
    if request.method == "POST":
        try:
            left = editing.discard_draft(
                codebook=desk.book, by=actor(request), seen=request.POST.get("seen", "")
            )
        except Refused as problem:
            say(request, problem)
            return redirect(desk.to("codebook-edit"))
        messages.success(request, _("The draft was discarded. What was published stays as it is."))
        return redirect("classify:codebook", code) if left else redirect("classify:codebooks")
    context = desk.context(newest=codebooks.newest_version(code))
    return render(request, "classify/codebook_discard.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_new(request: HttpRequest) -> HttpResponse:
    """A codebook from scratch, or from a copy (`?copy=` is the id of the version to start with)."""
    permissions.check_can_edit_codebooks(request.user)
    sources = codebooks.published().order_by("codebook__code", "-number")
    form = NewCodebookForm(
        posted(request), sources=sources, initial={"source": _number(request.GET.get("copy", ""))}
    )
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            book = editing.create_codebook(
                code=sent["code"],
                title=sent["title"],
                subject=sent["subject"],
                source=sent["source"],
                by=actor(request),
            )
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, _("The codebook is begun. Rounds can use it once you publish it."))
            return redirect("classify:codebook-edit", book.code)
    return render(request, "classify/codebook_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_import(request: HttpRequest) -> HttpResponse:
    """A codebook from a JSON file: what it would change is shown first, a second POST publishes it."""
    permissions.check_can_edit_codebooks(request.user)
    form = ImportForm(posted(request), request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        return _import_page(request, form)
    try:
        book = parse_codebook(form.cleaned_data["raw"])
    except CodebookError as problem:
        form.add_error("file" if form.cleaned_data.get("file") else "text", str(problem))
        return _import_page(request, form)
    if request.POST.get("action") != "import":
        return _import_page(request, form, book=book)
    try:
        version, new = editing.import_version(
            book=book, by=actor(request), since=_number(form.cleaned_data["since"])
        )
    except Stale as problem:
        say(request, problem)
        return _import_page(request, form, book=book, status=409)
    except CodebookError as problem:
        form.add_error("text", str(problem))
        return _import_page(request, form)
    said = _("%(version)s is published.") if new else _("Nothing differs from %(version)s.")
    messages.success(request, said % {"version": version})
    return redirect("classify:codebook", book.code)


def _import_page(
    request: HttpRequest, form: ImportForm, *, book: CodebookText | None = None, status: int = 0
) -> HttpResponse:
    """The form; with a codebook that was read, what it would change, and the text to send again."""
    context: dict[str, Any] = {"form": form, "read": book}
    if book is not None:
        newest = codebooks.newest_version(book.code)
        there = Codebook.objects.filter(code=book.code).first()
        context |= {
            "newest": newest,
            "raw": form.cleaned_data["raw"].decode("utf-8-sig"),
            "clash": there is not None and there.subject != book.subject,
            "draft": codebooks.draft_of(there) if there is not None else None,
            "comparison": editing.compare_with_file(newest, book) if newest is not None else None,
        }
    return render(
        request, "classify/codebook_import.html", context, status=status or (422 if form.errors else 200)
    )


@require_POST
def codebook_flag_aside(request: HttpRequest, code: str, flag_id: int) -> HttpResponse:
    """Settle a flag without changing the codebook."""
    permissions.check_can_edit_codebooks(request.user)
    book = get_object_or_404(Codebook, code=code)
    try:
        editing.set_flag_aside(codebook=book, flag_id=flag_id, by=actor(request))
    except CodebookFlag.DoesNotExist:
        raise Http404 from None
    except Refused as problem:
        say(request, problem)
    else:
        messages.success(request, _("The flag was set aside. The codebook stays as it is."))
    return redirect("classify:codebook", code)
