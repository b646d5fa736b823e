"""The codebook editor: the draft as a whole, and one category at a time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classify import codebook_editing as editing
from classify import codebooks, permissions, visibility
from classify.codebook_editing import Stale
from classify.codebook_files import MAX_CATEGORIES, MAX_RULES, free_color
from classify.forms.codebooks import CategoryForm, TitleForm, initial_of
from classify.models import Category, Codebook, CodebookFlag, CodebookVersion
from classify.views.voters import posted
from classify.visibility import FlaggedCase
from polls.models import User
from polls.problems import Refused
from polls.views.actor import actor


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies before somebody who edits: the codebook, the state they change, and the flag that brought
    them here, with its case as far as they may see it."""

    book: Codebook
    version: CodebookVersion
    flag: CodebookFlag | None
    case: FlaggedCase | None

    def to(self, name: str, *args: object) -> str:
        """The address of a page of this codebook, which keeps the flag beside it."""
        query = f"?flag={self.flag.pk}" if self.flag is not None else ""
        return reverse(f"classify:{name}", args=[self.book.code, *args]) + query

    def context(self, **more: Any) -> dict[str, Any]:
        """What every page of the editor shows."""
        return {
            "book": self.book,
            "version": self.version,
            "mark": editing.mark_of(self.version),
            "flag": self.flag,
            "flagged": self.case,
            "query": f"?flag={self.flag.pk}" if self.flag is not None else "",
            **more,
        }


def desk_of(request: HttpRequest, code: str) -> Desk:
    """What is before the person; `?flag=` names an open flag. Raises PollRefused, Http404."""
    person = actor(request)
    permissions.check_can_edit_codebooks(person)
    book = get_object_or_404(Codebook, code=code)
    version = editing.current_version(book)
    if version is None:
        raise Http404
    version.codebook = book
    flag, wanted = None, request.GET.get("flag", "")
    if wanted:
        if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
            raise Http404
        flag = get_object_or_404(visibility.visible_flags(person), codebook=book, pk=int(wanted))
        if flag.settled_at is not None:
            flag = None
    case = visibility.flagged_cases(person, [flag]).get(flag.pk) if flag is not None else None
    return Desk(book, version, flag, case)


def identity_of(request: HttpRequest) -> uuid.UUID:
    """The category that a button names. Raises Http404."""
    try:
        return uuid.UUID(request.POST.get("identity", ""))
    except ValueError:
        raise Http404 from None


def number_of(request: HttpRequest, name: str) -> int:
    """A small number that a button names. Raises Http404."""
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Http404
    return int(text)


def say(request: HttpRequest, problem: Exception) -> None:
    """Show why nothing was written."""
    told = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
    messages.error(request, " ".join(told))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_edit(request: HttpRequest, code: str) -> HttpResponse:
    """The draft as a whole: its categories in order, trap rules, title. A POST carries out one button."""
    desk = desk_of(request, code)
    form = TitleForm(initial={"title": desk.version.title, "seen": editing.mark_of_title(desk.version)})
    if request.method == "POST":
        action = ACTIONS.get(request.POST.get("action", ""))
        if action is None:
            raise Http404
        try:
            done = action(request, desk, actor(request))
        except (Category.DoesNotExist, IndexError):
            messages.error(request, _("It is not in the draft any more. Look at the draft as it is now."))
            return redirect(desk.to("codebook-edit"))
        except (Refused, ValidationError) as problem:
            say(request, problem)
            return redirect(desk.to("codebook-edit"))
        if done is None:
            return redirect(desk.to("codebook-edit"))
        form = done
    rules = codebooks.rules_of(desk.version)
    rows = list(desk.version.categories.order_by("position"))
    context = desk.context(
        form=form,
        categories=rows,
        rules=rules,
        archived=editing.archived_categories(desk.version),
        newest=codebooks.newest_version(code),
        full=len(rows) >= MAX_CATEGORIES,
        rules_full=len(rules) >= MAX_RULES,
    )
    return render(request, "classify/codebook_edit.html", context, status=422 if form.errors else 200)


def _move(request: HttpRequest, desk: Desk, by: User) -> None:
    editing.move_category(
        codebook=desk.book,
        identity=identity_of(request),
        place=number_of(request, "place"),
        by=by,
        seen=request.POST.get("seen", ""),
    )


def _archive(request: HttpRequest, desk: Desk, by: User) -> None:
    gone = editing.archive_category(
        codebook=desk.book, identity=identity_of(request), by=by, seen=request.POST.get("seen", "")
    )
    said = _("“%(label)s” is left out of the next version. You can take it back below.")
    messages.success(request, said % {"label": gone.label})


def _restore(request: HttpRequest, desk: Desk, by: User) -> None:
    back = editing.restore_category(
        codebook=desk.book, identity=identity_of(request), by=by, seen=request.POST.get("seen", "")
    )
    said = _("“%(label)s” is back, at the end of the list, with the key %(key)s.")
    messages.success(request, said % {"label": back.label, "key": back.key})


def _title(request: HttpRequest, desk: Desk, by: User) -> TitleForm | None:
    """Nothing once it is stored, else the form with what is wrong; what was typed stays in it."""
    form = TitleForm(request.POST)
    if not form.is_valid():
        return form
    try:
        editing.set_title(
            codebook=desk.book, title=form.cleaned_data["title"], by=by, seen=form.cleaned_data["seen"]
        )
    except Stale as problem:
        now = editing.current_version(desk.book) or desk.version
        form = TitleForm({**request.POST.dict(), "seen": editing.mark_of_title(now)})
        form.is_valid()
        form.add_error("title", f"{problem} " + _("It is called “%(title)s” now.") % {"title": now.title})
        return form
    messages.success(request, _("The next version has this title."))
    return None


def _move_rule(request: HttpRequest, desk: Desk, by: User) -> None:
    place = number_of(request, "place") if request.POST.get("place") else None
    editing.move_rule(
        codebook=desk.book,
        number=number_of(request, "number"),
        place=place,
        by=by,
        seen=request.POST.get("seen", ""),
    )
    if place is None:
        messages.success(request, _("The rule is left out of the next version."))


ACTIONS: dict[str, Callable[[HttpRequest, Desk, User], TitleForm | None]] = {
    "move": _move,
    "archive": _archive,
    "restore": _restore,
    "title": _title,
    "move-rule": _move_rule,
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_category_new(request: HttpRequest, code: str) -> HttpResponse:
    """One more category, at the end of the list."""
    desk = desk_of(request, code)
    colors = desk.version.categories.values_list("color", flat=True)
    form = CategoryForm(posted(request), initial={"color": free_color("", colors).lower()})
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.add_category(codebook=desk.book, text=form.text(), by=actor(request))
        except (Refused, ValidationError) as problem:
            form.add_error(None, problem if isinstance(problem, ValidationError) else str(problem))
        else:
            said = _("“%(label)s” is in the draft, with the key %(key)s.")
            messages.success(request, said % {"label": made.label, "key": made.key})
            return redirect(desk.to("codebook-edit"))
    return _category_page(request, desk, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_category(request: HttpRequest, code: str, identity: uuid.UUID) -> HttpResponse:
    """One category of the draft: what it says, and what else can be done with it."""
    desk = desk_of(request, code)
    current = desk.version.categories.filter(identity=identity).first()
    if request.method != "POST":
        if current is None:
            raise Http404
        form = CategoryForm(initial=initial_of(current, editing.mark_of_category(current)), current=current)
        return _category_page(request, desk, form, current)
    form = CategoryForm(request.POST, current=current)
    if current is None:
        return _gone(request, desk, form)
    if not form.is_valid():
        return _category_page(request, desk, form, current)
    try:
        stored = editing.change_category(
            codebook=desk.book,
            identity=identity,
            text=form.text(),
            by=actor(request),
            seen=form.cleaned_data["seen"],
            place=form.cleaned_data["place"],
        )
    except Stale as problem:
        return _changed_meanwhile(request, desk, identity, str(problem))
    except Category.DoesNotExist:
        return _gone(request, desk, form)
    except (Refused, ValidationError) as problem:
        form.add_error(None, problem if isinstance(problem, ValidationError) else str(problem))
        return _category_page(request, desk, form, current)
    messages.success(request, _("“%(label)s” is saved in the draft.") % {"label": stored.label})
    return redirect(desk.to("codebook-edit") + f"#category-{identity}")


def _gone(request: HttpRequest, desk: Desk, form: CategoryForm) -> HttpResponse:
    """The category went while somebody wrote: what they typed can be added as a new one."""
    form = CategoryForm(request.POST)
    form.is_valid()
    form.add_error(
        None,
        _(
            "This category was taken out of the draft after you opened the page. Add what you wrote as a new "
            "category, or take the old one back on the page of the draft."
        ),
    )
    return _category_page(request, desk, form, None, status=409, action=desk.to("codebook-category-new"))


def _changed_meanwhile(request: HttpRequest, desk: Desk, identity: uuid.UUID, problem: str) -> HttpResponse:
    """Somebody else saved first: what they wrote is shown beside what was typed, and nothing is lost."""
    version = editing.current_version(desk.book) or desk.version
    current = get_object_or_404(Category, version=version, identity=identity)
    typed: QueryDict = request.POST.copy()
    typed["seen"] = editing.mark_of_category(current)
    form = CategoryForm(typed, current=current)
    form.is_valid()
    yours = {identity: form.text()}
    theirs = {identity: codebooks.text_of_category(current)}
    differences = editing.compare(theirs, yours, {}, set(), ("", ""), ((), ()))
    return _category_page(
        request, desk, form, current, status=409, problem=problem, differences=differences.categories
    )


def _category_page(
    request: HttpRequest,
    desk: Desk,
    form: CategoryForm,
    current: Category | None,
    *,
    status: int = 0,
    **more: Any,
) -> HttpResponse:
    others = list(desk.version.categories.order_by("position"))
    groups = [*dict.fromkeys(row.group for row in others if row.group)]
    merged = editing.merged_into(desk.version, current.identity) if current is not None else []
    context = desk.context(
        form=form, current=current, groups=groups, merged=merged, may_merge=len(others) > 1, **more
    )
    status = status or (422 if form.errors else 200)
    return render(request, "classify/codebook_category.html", context, status=status)
