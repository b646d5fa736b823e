"""The codebook editor: a category that goes into another or becomes several, and the trap rules."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classify import codebook_editing as editing
from classify import codebooks
from classify.codebook_editing import Stale
from classify.codebook_files import Rule
from classify.forms.codebook_fields import as_lines
from classify.forms.codebooks import MergeForm, RuleForm, SplitForm
from classify.models import Category
from classify.views.codebook_edit import Desk, desk_of
from classify.views.voters import posted
from polls.problems import Refused
from polls.views.actor import actor


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_merge(request: HttpRequest, code: str, identity: uuid.UUID) -> HttpResponse:
    """Ask into which other category one goes, and say what that means; a POST does it."""
    desk = desk_of(request, code)
    category = get_object_or_404(Category, version=desk.version, identity=identity)
    others = list(desk.version.categories.exclude(identity=identity).order_by("position"))
    form = MergeForm(posted(request), others=others, initial={"seen": editing.mark_of(desk.version)})
    if request.method == "POST" and form.is_valid():
        try:
            kept = editing.merge_category(
                codebook=desk.book,
                identity=identity,
                into=uuid.UUID(form.cleaned_data["into"]),
                by=actor(request),
                seen=form.cleaned_data["seen"],
            )
        except (Refused, ValidationError) as problem:
            form.add_error(None, problem if isinstance(problem, ValidationError) else str(problem))
        else:
            said = _("“%(gone)s” is now part of “%(kept)s”. Look whether its definition still fits.")
            messages.success(request, said % {"gone": category.label, "kept": kept.label})
            return redirect(desk.to("codebook-category", kept.identity))
    context = desk.context(form=form, category=category)
    return render(request, "classify/codebook_merge.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_split(request: HttpRequest, code: str, identity: uuid.UUID) -> HttpResponse:
    """Ask into which new categories one is split, and say what that means; a POST does it."""
    desk = desk_of(request, code)
    category = get_object_or_404(Category, version=desk.version, identity=identity)
    form = SplitForm(posted(request), initial={"seen": editing.mark_of(desk.version)})
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.split_category(
                codebook=desk.book,
                identity=identity,
                parts=form.cleaned_data["labels"],
                by=actor(request),
                seen=form.cleaned_data["seen"],
            )
        except Stale as problem:
            form.add_error(None, str(problem))
        except (Refused, ValidationError) as problem:
            told = problem.messages if isinstance(problem, ValidationError) else [str(problem)]
            form.add_error("labels", " ".join(told))
        else:
            said = ngettext(
                "“%(label)s” became %(n)d new category.",
                "“%(label)s” became %(n)d new categories.",
                len(made),
            )
            messages.success(
                request,
                said % {"label": category.label, "n": len(made)} + " " + _("Now write what sets them apart."),
            )
            return redirect(desk.to("codebook-edit"))
    context = desk.context(form=form, category=category)
    return render(request, "classify/codebook_split.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_rule_new(request: HttpRequest, code: str) -> HttpResponse:
    """One more trap rule, at the end of the list."""
    desk = desk_of(request, code)
    form = RuleForm(posted(request), version=desk.version)
    return _rule_page(request, desk, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codebook_rule(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """One trap rule of the draft, by its number in the list."""
    desk = desk_of(request, code)
    rules = codebooks.rules_of(desk.version)
    if not 1 <= number <= len(rules):
        raise Http404
    form = RuleForm(posted(request), version=desk.version, initial=_initial_of(rules[number - 1]))
    return _rule_page(request, desk, form, number)


def _initial_of(rule: Rule) -> dict[str, object]:
    return {
        "words": as_lines(rule.words),
        "text": rule.text,
        "category": rule.category or "",
        "seen": editing.mark_of_rule(rule),
    }


def _rule_page(request: HttpRequest, desk: Desk, form: RuleForm, number: int | None) -> HttpResponse:
    """Store the rule if it was posted; else, or where something is wrong, the page with the form."""
    now: Rule | None = None
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"]
        try:
            editing.save_rule(
                codebook=desk.book, number=number, rule=form.rule(), by=actor(request), seen=seen
            )
        except (Stale, IndexError) as problem:
            now, form = _rule_now(request, desk, number, str(problem))
        except (Refused, ValidationError) as problem:
            form.add_error(None, problem if isinstance(problem, ValidationError) else str(problem))
        else:
            messages.success(request, _("The rule is saved in the draft."))
            return redirect(desk.to("codebook-edit") + "#rules")
    status = 200 if not form.errors else 409 if now is not None else 422
    context = desk.context(form=form, number=number, now=now)
    return render(request, "classify/codebook_rule.html", context, status=status)


def _rule_now(
    request: HttpRequest, desk: Desk, number: int | None, problem: str
) -> tuple[Rule | None, RuleForm]:
    """What stands at that place by now, and the form with what was typed, which replaces it if sent again."""
    version = editing.current_version(desk.book) or desk.version
    rules = codebooks.rules_of(version)
    now = rules[number - 1] if number is not None and number <= len(rules) else None
    mark = editing.mark_of_rule(now) if now is not None else ""
    form = RuleForm({**request.POST.dict(), "seen": mark}, version=version)
    form.is_valid()
    form.add_error(None, problem if now is not None else _("This rule was taken out of the draft meanwhile."))
    return now, form
