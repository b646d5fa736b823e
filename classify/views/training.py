"""Taking the training of a codebook: one title after the other, and the score."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from classify import permissions, training
from classify.models import Case, Codebook, CodebookVersion, TrainingItem
from classify.views.reading import Book, Card, card_of, choice_of
from polls.models import User
from polls.views.actor import actor


@require_safe
@never_cache
def training_home(request: HttpRequest, code: str) -> HttpResponse:
    """What the training is, how the person's own newest run went, and the way in."""
    by = actor(request)
    version = version_to_practise(request, by, code)
    known, _lost = training.known_items(version)
    newest = version_asked_for(request, code, newest=True)
    mine = training.last_run_with(by, version)
    last = training.last_run(by, version.codebook)
    read_by = [each.number for each in training.versions_read_by(by, version.codebook)]
    context = {
        "version": version,
        "book": version.codebook,
        "titles": len(known),
        "any": training.active_items(version.codebook).exists(),
        "run": training.run_of(by, version, mine) if mine else None,
        "other_run": training.run_of(by, version, last) if last and not mine else None,
        "next": last + 1,
        "newest": newest,
        "newest_has_titles": newest != version and training.has_titles(newest),
        "read_by": read_by,
        "may_edit": permissions.can_edit_codebooks(by),
    }
    return render(request, "classify/training.html", context)


@require_safe
@never_cache
def training_run(request: HttpRequest, code: str, run: int) -> HttpResponse:
    """The next title of a run, or its score when nothing is left."""
    by = actor(request)
    found = run_asked_for(request, by, code, run)
    if found.left and "score" not in request.GET:
        first = found.left[0].item.pk
        return redirect(with_version(request, "classify:training-item", code, run, first))
    context = {
        "run": found,
        "version": found.version,
        "book": found.codebook,
        "tallies": training.tallies_of(found),
        "wrong": training.wrong_ones(found),
        "newest": training.last_run(by, found.codebook) <= run,
        "next": training.last_run(by, found.codebook) + 1,
    }
    return render(request, "classify/training_score.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def training_item(request: HttpRequest, code: str, run: int, item_id: int) -> HttpResponse:
    """One title to answer; once answered, whether that was right, the known answer and why."""
    by = actor(request)
    found = run_asked_for(request, by, code, run)
    known = next((each for each in found.known if each.item.pk == item_id), None)
    answer = found.answers.get(item_id)
    if answer is not None:
        item = answer.item
    elif known is not None:
        item = known.item
    else:
        raise Http404
    if request.method == "POST":
        try:
            training.answer_item(run=found, item_id=item_id, verdict=request.POST.get("verdict", ""), by=by)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        except TrainingItem.DoesNotExist:
            raise Http404 from None
        return redirect(with_version(request, "classify:training-item", code, run, item_id))
    codebook = book_from(found.version)
    context: dict[str, Any] = {
        "run": found,
        "book": found.codebook,
        "codebook": codebook,
        "card": title_card(item, codebook),
        "item": item,
        "answer": answer,
        "known": known.answer if known is not None else None,
        "is_asked": known is not None,
        "place": len(found.answers) + (answer is None),
    }
    return render(request, "classify/training_item.html", context)


def version_to_practise(request: HttpRequest, by: User, code: str) -> CodebookVersion:
    """The version that `?version=` names, else the one by which the person reads in an open round, else the
    newest. Raises Http404."""
    if asked_for(request) is None:
        codebook = get_object_or_404(Codebook, code=code)
        for version in training.versions_read_by(by, codebook):
            return version
    return version_asked_for(request, code)


def version_asked_for(request: HttpRequest, code: str, *, newest: bool = False) -> CodebookVersion:
    """The published version that `?version=` names, else (or with `newest`) the newest. Raises Http404."""
    codebook = get_object_or_404(Codebook, code=code)
    versions = CodebookVersion.objects.filter(codebook=codebook, published_at__isnull=False)
    if not newest and (asked := asked_for(request)):
        versions = versions.filter(number=asked)
    found = versions.select_related("codebook").order_by("-number").first()
    if found is None:
        raise Http404
    return found


def asked_for(request: HttpRequest) -> int | None:
    """The number of the version that the address names. Raises Http404 for what is no number."""
    wanted = request.GET.get("version", "")
    if not wanted:
        return None
    if not (wanted.isascii() and wanted.isdecimal() and len(wanted) < 7):
        raise Http404
    return int(wanted)


def with_version(request: HttpRequest, name: str, *args: object) -> str:
    """An address that keeps the version asked for."""
    asked = asked_for(request)
    return reverse(name, args=args) + (f"?{urlencode({'version': asked})}" if asked else "")


def run_asked_for(request: HttpRequest, by: User, code: str, number: int) -> training.Run:
    """A run of the person: one they made, or the next one. Raises Http404."""
    version = version_to_practise(request, by, code)
    if not 1 <= number <= training.last_run(by, version.codebook) + 1:
        raise Http404
    return training.run_of(by, version, number)


def book_from(version: CodebookVersion) -> Book:
    """The codebook beside the title."""
    categories = tuple(choice_of(category) for category in version.categories.order_by("position"))
    return Book(version.title, version.number, categories, tuple(version.rules))


def title_card(item: TrainingItem, book: Book) -> Card:
    """The title in its parts, as reading shows it."""
    return card_of(case_id=item.pk, text=item.text, origin=Case.Origin.HEADLINE, n_votes=1, book=book)
