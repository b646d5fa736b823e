"""Two people at one codebook at the same moment, on real connections: one is done, the other is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from classify import codebook_editing as editing
from classify import codebooks, rounds
from classify.models import Codebook, CodebookVersion, Round
from polls.problems import Refused
from tests import factories
from tests.classify.test_codebook_editing import NEW, category, change, seen

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all at the same moment, each on a connection of its own; results and refusals in their order."""
    start = threading.Barrier(len(deeds))
    said: list[Any] = [None] * len(deeds)

    def do(place: int, deed: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=30)
            said[place] = deed()
        except BaseException as problem:
            said[place] = problem
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "somebody still waits"
    for result in said:
        if isinstance(result, BaseException) and not isinstance(result, Refused | ValidationError):
            raise result
    return said


def refused(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


@pytest.fixture
def book(transactional_db) -> Codebook:
    return factories.make_codebook().codebook


def test_of_two_first_changes_of_one_category_one_is_told(book, ada):
    row = category(book, "cx")
    text, mark = codebooks.text_of_category(row), editing.mark_of_category(row)

    def write(label: str) -> Any:
        return editing.change_category(
            codebook=book, identity=row.identity, text=replace(text, label=label), by=ada, seen=mark
        )

    said = at_once(lambda: write("One"), lambda: write("Two"))
    (problem,) = refused(said)
    assert isinstance(problem, editing.Stale)
    assert CodebookVersion.objects.filter(published_at__isnull=True).count() == 1
    assert category(book, "cx").label in ("One", "Two")


def test_two_new_categories_come_into_one_draft_with_keys_of_their_own(book, ada):
    def add(code: str) -> Any:
        return editing.add_category(codebook=book, text=replace(NEW, code=code), by=ada)

    assert not refused(at_once(lambda: add("one"), lambda: add("two")))
    assert {category(book, code).key for code in ("one", "two")} == {"6", "7"}


def test_a_draft_is_published_once(book, ada):
    change(book, ada, "cx", label="Customers")
    mark = seen(book)

    def publish() -> Any:
        return editing.publish_draft(codebook=book, by=ada, seen=mark, since=1)

    assert len(refused(at_once(publish, publish))) == 1
    assert [one.number for one in codebooks.published().order_by("number")] == [1, 2]


def test_published_or_changed_but_never_both_unseen(book, ada):
    change(book, ada, "cx", label="Customers")
    mark, row = seen(book), category(book, "other")
    text = replace(codebooks.text_of_category(row), label="Else")
    given = {"codebook": book, "by": ada}
    one = {"identity": row.identity, "seen": editing.mark_of_category(row)}
    at_once(
        lambda: editing.publish_draft(**given, seen=mark, since=1),
        lambda: editing.change_category(**given, **one, text=text),
    )
    newest = codebooks.newest_version("role")
    assert newest is not None
    assert newest.categories.get(code="other").label == "Other"
    assert category(book, "other").label == "Else"


def test_a_round_and_an_edit_do_not_disturb_each_other(poll, book, ada, rosa):
    factories.make_vote(poll)
    version = book.versions.get()

    def begin() -> Round:
        return rounds.create_round(
            poll=poll,
            version=version,
            unit="headline",
            rule="consensus",
            purpose="main",
            reviewers=[rosa],
            adjudicators=[],
            by=ada,
        )

    said = at_once(begin, lambda: change(book, ada, "cx", label="Customers"))
    assert not refused(said)
    assert Round.objects.get().version == version
    assert version.categories.get(code="cx").label == "CX"


def test_an_import_and_a_first_change_get_numbers_of_their_own(book, ada):
    file = replace(codebooks.text_of(book.versions.get()), title="Roles")
    said = at_once(
        lambda: codebooks.save_codebook(book=file, by=None),
        lambda: change(book, ada, "cx", label="Customers"),
    )
    assert not refused(said)
    assert [(one.number, one.is_draft) for one in book.versions.order_by("number")] == [
        (1, False),
        (2, False),
        (3, True),
    ]
