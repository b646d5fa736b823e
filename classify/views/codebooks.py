"""The codebooks: which there are, and what their categories mean."""

from __future__ import annotations

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from classify.models import Codebook, CodebookVersion


@require_safe
def codebooks(request: HttpRequest) -> HttpResponse:
    """Every codebook in its newest version."""
    newest = (
        CodebookVersion.objects.order_by("codebook__code", "-number")
        .distinct("codebook__code")
        .select_related("codebook")
        .prefetch_related("categories")
    )
    return render(request, "classify/codebooks.html", {"versions": newest})


@require_safe
def codebook(request: HttpRequest, code: str) -> HttpResponse:
    """One codebook; `?version=2` shows an earlier state of it."""
    book = get_object_or_404(Codebook, code=code)
    versions = list(book.versions.annotate(n_categories=Count("categories")).order_by("-number"))
    wanted = request.GET.get("version", "")
    chosen = next((version for version in versions if not wanted or str(version.number) == wanted), None)
    if chosen is None:
        raise Http404
    context = {
        "book": book,
        "version": chosen,
        "versions": versions,
        "categories": chosen.categories.order_by("position"),
    }
    return render(request, "classify/codebook.html", context)
