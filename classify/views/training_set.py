"""The training set of a codebook, for who may edit codebooks: titles, their answers, and who took it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from classify import permissions, training
from classify.forms.training import AnswerForm, ItemForm, SheetForm
from classify.models import CodebookVersion, TrainingItem
from classify.training.importing import LIMITS
from classify.views.training import version_asked_for
from polls.importing.readers import open_upload
from polls.models import Membership, Role, User
from polls.problems import Refused
from polls.views.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
def training_set(request: HttpRequest, code: str) -> HttpResponse:
    """Every title with its answer, a form to add one, and who has taken the training."""
    by = actor(request)
    permissions.check_can_edit_codebooks(by)
    version = version_asked_for(request, code)
    form = ItemForm(request.POST if request.method == "POST" else None, version=version)
    if request.method == "POST" and form.is_valid():
        try:
            item = training.add_item(version=version, by=by, **form.cleaned_data)
        except ValidationError as problem:
            form.add_error(None, problem)
        else:
            messages.success(request, _("“%(title)s” was added.") % {"title": item.text})
            return redirect("classify:training-set", code)
    context = {
        **_set_of(version),
        "form": form,
        "takers": training.practised(version.codebook, people_of(by)),
    }
    return render(request, "classify/training_set.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def training_set_item(request: HttpRequest, code: str, item_id: int) -> HttpResponse:
    """One title: another answer or explanation, its place, or away with it."""
    by = actor(request)
    permissions.check_can_edit_codebooks(by)
    version = version_asked_for(request, code)
    item = get_object_or_404(TrainingItem, codebook=version.codebook, pk=item_id)
    action = request.POST.get("action", "")
    if request.method == "POST" and action in ("up", "down", "archive", "restore"):
        _act(request, item, action, by)
        return redirect("classify:training-set", code)
    form = AnswerForm(
        request.POST if request.method == "POST" else None,
        version=version,
        initial={"code": _code_of(item, version), "explanation": item.explanation},
    )
    if request.method == "POST" and form.is_valid():
        training.change_item(item=item, version=version, by=by, **form.cleaned_data)
        messages.success(request, _("The answer to “%(title)s” was changed.") % {"title": item.text})
        return redirect("classify:training-set", code)
    context = {"book": version.codebook, "item": item, "form": form}
    return render(request, "classify/training_set_item.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def training_import(request: HttpRequest, code: str) -> HttpResponse:
    """Many titles from a sheet: all, or none and every reason why."""
    by = actor(request)
    permissions.check_can_edit_codebooks(by)
    version = version_asked_for(request, code)
    posted = request.method == "POST"
    form = SheetForm(request.POST, request.FILES) if posted else SheetForm()
    context: dict[str, Any] = {"version": version, "book": version.codebook, "form": form}
    if posted and form.is_valid():
        try:
            added, known, errors = _import(form, version, by)
        except Refused as problem:
            form.add_error(None, str(problem))
        else:
            if not errors:
                messages.success(request, _imported(added, known))
                return redirect("classify:training-set", code)
            context["errors"] = errors
    wrong = bool(form.errors) or "errors" in context
    context["codes"] = [*version.categories.order_by("position").values_list("code", "label")]
    return render(request, "classify/training_import.html", context, status=422 if wrong else 200)


def people_of(by: User) -> QuerySet[User]:
    """Whose training an admin may see: of the people in polls that they are admin of."""
    everybody: QuerySet[User] = User.objects.all()
    if by.is_superuser:
        return everybody
    mine = Membership.objects.filter(user=by, role=Role.ADMIN).values("poll")
    return everybody.filter(memberships__poll__in=mine).distinct()


def _set_of(version: CodebookVersion) -> dict[str, Any]:
    known, lost = training.known_items(version)
    answers = {each.item.pk: each.answer for each in known}
    rows = [
        {"item": item, "answer": answers.get(item.pk), "is_lost": item.pk not in answers}
        for item in training.active_items(version.codebook)
    ]
    away = TrainingItem.objects.filter(codebook=version.codebook, archived_at__isnull=False)
    return {
        "version": version,
        "book": version.codebook,
        "rows": rows,
        "asked": len(known),
        "lost": len(lost),
        "away": away.order_by("-archived_at")[: training.MAX_ITEMS],
    }


def _act(request: HttpRequest, item: TrainingItem, action: str, by: User) -> None:
    """Move a title, put it away or bring it back; says what happened."""
    try:
        if action in ("up", "down"):
            training.move_item(item=item, up=action == "up", by=by)
        elif action == "archive":
            training.archive_item(item=item, by=by)
            messages.success(
                request, _("“%(title)s” is asked no more. What was answered stays.") % {"title": item.text}
            )
        else:
            training.restore_item(item=item, by=by)
            messages.success(request, _("“%(title)s” is asked again.") % {"title": item.text})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))


def _code_of(item: TrainingItem, version: CodebookVersion) -> str:
    """The code of the known answer in the version; "" where it is not in it any more."""
    if item.answer is None:
        return training.UNSURE
    found = version.categories.filter(identity=item.answer).values_list("code", flat=True).first()
    return found or ""


def _import(form: SheetForm, version: CodebookVersion, by: User) -> tuple[int, int, list[Any]]:
    data = form.cleaned_data
    file = data["file"]
    name = file.name[:100] if file else _("pasted rows")
    with open_upload(file or data["pasted"], name=name, limits=LIMITS) as source:
        return training.import_items(version=version, source=source, by=by)


def _imported(added: int, known: int) -> str:
    said = ngettext("%(n)d title was added.", "%(n)d titles were added.", added) % {"n": added}
    if known:
        said += " " + ngettext("%(n)d was there already.", "%(n)d were there already.", known) % {"n": known}
    return said
