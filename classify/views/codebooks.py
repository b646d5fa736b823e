"""The codebooks: which there are, what their categories mean, what changed, and what to look at again."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classify import codebook_editing, codebooks, permissions, visibility
from classify.models import Codebook, CodebookVersion, Round
from classify.views.rounds import get_round_or_404
from polls.models import User
from polls.views.actor import actor

PER_PAGE = 50


@require_safe
@never_cache
def codebook_list(request: HttpRequest) -> HttpResponse:
    """Every codebook in its newest published version; for who may edit them, drafts and open flags too."""
    person = actor(request)
    may_edit = permissions.can_edit_codebooks(person)
    newest = list(codebooks.newest_versions().prefetch_related("categories"))
    drafts, flags = {}, {}
    if may_edit:
        found = CodebookVersion.objects.filter(published_at__isnull=True).select_related(
            "codebook", "edited_by"
        )
        drafts = {draft.codebook_id: draft for draft in found.order_by("codebook__code")}
        counted = visibility.open_flags(person).order_by().values("codebook").annotate(n=Count("pk"))
        flags = {row["codebook"]: row["n"] for row in counted}
    uses = uses_of(person)
    known = {version.codebook_id for version in newest}
    context = {
        "rows": [
            {
                "version": version,
                "draft": drafts.get(version.codebook_id),
                "flags": flags.get(version.codebook_id, 0),
                "uses": uses[version.codebook_id],
            }
            for version in newest
        ],
        "unpublished": [draft for pk, draft in drafts.items() if pk not in known],
        "may_edit": may_edit,
    }
    return render(request, "classify/codebooks.html", context)


def uses_of(person: User, book: Codebook | None = None) -> dict[int, list[Round]]:
    """The rounds read by each codebook (its id), newest first, in polls that the person is a member of."""
    rounds = Round.objects.filter(discarded_at__isnull=True).select_related("poll", "version")
    if book is not None:
        rounds = rounds.filter(version__codebook=book)
    if not person.is_superuser:
        rounds = rounds.filter(poll__memberships__user=person.pk).distinct()
    found: dict[int, list[Round]] = defaultdict(list)
    for round in rounds.order_by("-created_at", "-pk"):
        found[round.version.codebook_id].append(round)
    return found


def version_or_404(book: Codebook, number: str, *, default: CodebookVersion | None = None) -> CodebookVersion:
    """The published version of that number, or the default where none is named. Raises Http404."""
    if not number and default is not None:
        return default
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Http404
    return get_object_or_404(codebooks.published(), codebook=book, number=int(number))


@require_safe
@never_cache
def codebook(request: HttpRequest, code: str) -> HttpResponse:
    """One codebook; `?version=2` shows an earlier state of it."""
    person = actor(request)
    book = get_object_or_404(Codebook, code=code)
    versions = list(codebooks.published().filter(codebook=book).order_by("-number"))
    may_edit = permissions.can_edit_codebooks(person)
    if not versions:
        if may_edit and codebooks.draft_of(book) is not None:
            return redirect("classify:codebook-edit", book.code)
        raise Http404
    chosen = version_or_404(book, request.GET.get("version", ""), default=versions[0])
    flags = list(visibility.open_flags(person).filter(codebook=book)) if may_edit else []
    cases = visibility.flagged_cases(person, flags)
    context = {
        "book": book,
        "version": chosen,
        "versions": versions,
        "newest": versions[0],
        "categories": chosen.categories.order_by("position"),
        "changes": codebook_editing.changes_of(chosen),
        "uses": uses_of(person, book)[book.pk],
        "may_edit": may_edit,
        "draft": codebooks.draft_of(book) if may_edit else None,
        "flags": [(flag, cases.get(flag.pk)) for flag in flags],
    }
    return render(request, "classify/codebook.html", context)


@require_safe
def codebook_export(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """A version as a JSON file, in the shape that an import reads; the draft too, for who may edit it."""
    book = get_object_or_404(Codebook, code=code)
    versions = CodebookVersion.objects.filter(codebook=book).select_related("codebook")
    found = get_object_or_404(versions, number=version)
    if found.is_draft:
        permissions.check_can_edit_codebooks(request.user)
    printed = json.dumps(codebooks.document_of(found), ensure_ascii=False, indent=2) + "\n"
    kind = "draft" if found.is_draft else f"v{found.number}"
    return HttpResponse(
        printed.encode(),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="codebook-{book.code}-{kind}.json"'},
    )


@require_safe
@never_cache
def codebook_compare(request: HttpRequest, code: str) -> HttpResponse:
    """What differs between two versions, `?old=1&new=2`; by default the newest and the one before it."""
    book = get_object_or_404(Codebook, code=code)
    versions = list(codebooks.published().filter(codebook=book).order_by("-number"))
    if not versions:
        raise Http404
    new = version_or_404(book, request.GET.get("new", ""), default=versions[0])
    before = next((one for one in versions if one.number < new.number), versions[-1])
    old = version_or_404(book, request.GET.get("old", ""), default=before)
    if old.number > new.number:
        old, new = new, old
    context = {
        "book": book,
        "versions": versions,
        "old": old,
        "new": new,
        "comparison": codebook_editing.compare_versions(old, new),
    }
    return render(request, "classify/codebook_compare.html", context)


@require_safe
@never_cache
def codebook_look_again(request: HttpRequest, code: str) -> HttpResponse:
    """Per round read by an earlier version: how many cases stand in a category that means something else."""
    person = actor(request)
    book, version = _book_and_version(request, code)
    context = {
        "book": book,
        "version": version,
        "rounds": codebook_editing.to_look_at(book, version, by=person),
    }
    return render(request, "classify/codebook_look_again.html", context)


@require_safe
@never_cache
def codebook_look_again_round(request: HttpRequest, code: str, slug: str, number: int) -> HttpResponse:
    """The cases of one round that stand in a changed category; `?category=` narrows them to one of these."""
    person = actor(request)
    book, version = _book_and_version(request, code)
    round = get_round_or_404(request, slug, number)
    if round.version.codebook_id != book.pk or round.version.number >= version.number:
        raise Http404
    visibility.check_can_see_results(person, round)
    changed = codebook_editing.changed_categories(round.version, version)
    wanted = request.GET.get("category", "")
    chosen = [one for one in changed if wanted in ("", one.category.code)]
    ids = [one.category.pk for one in chosen]
    cases = visibility.cases_standing_in(person, round, ids).select_related("final")
    page = Paginator(cases, PER_PAGE).get_page(request.GET.get("page"))
    labels = {one.category.pk: one.category for one in changed}
    context = {
        "book": book,
        "version": version,
        "round": round,
        "changed": changed,
        "chosen": chosen,
        "wanted": wanted,
        "page": page,
        "rows": [(case, _where(case, labels)) for case in page],
    }
    return render(request, "classify/codebook_look_again_round.html", context)


def _where(case: Any, changed: dict[int, Any]) -> list[tuple[Any, bool]]:
    """In which changed categories a case stands, the final one first: (category, is it the final)."""
    found = [] if case.final_id not in changed else [(changed[case.final_id], True)]
    others = sorted({one for one in (case.cat1, case.cat2) if one in changed and one != case.final_id})
    return found + [(changed[one], False) for one in others]


def _book_and_version(request: HttpRequest, code: str) -> tuple[Codebook, CodebookVersion]:
    book = get_object_or_404(Codebook, code=code)
    newest = codebooks.newest_version(code)
    if newest is None:
        raise Http404
    return book, version_or_404(book, request.GET.get("version", ""), default=newest)
