"""Two versions side by side: texts word by word, and what became of every category."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classify import codebook_editing as editing
from classify.codebook_editing.differences import MAX_WORK, Piece, compare_lists, compare_texts
from classify.codebook_files import CategoryText, Rule
from classify.models import Codebook
from tests import factories
from tests.classify.test_codebook_editing import act, category, change, draft_of, publish

TEXTS = st.text(alphabet=st.sampled_from("ab \n"), max_size=40)


def words(text: str) -> list[str]:
    return text.split()


@given(TEXTS, TEXTS)
def test_what_is_the_same_and_removed_is_the_old_text_and_with_what_is_added_the_new(old, new):
    pieces = compare_texts(old, new)
    for kind, text in (("removed", old), ("added", new)):
        assert words("".join(piece.text for piece in pieces if piece.kind in ("same", kind))) == words(text)


@given(TEXTS)
def test_a_text_and_itself_differ_in_nothing(text):
    assert all(piece.kind == "same" for piece in compare_texts(text, text))


@given(st.lists(TEXTS.filter(str.strip), max_size=6), st.lists(TEXTS.filter(str.strip), max_size=6))
def test_lists_are_compared_without_loss(old, new):
    found = compare_lists(old, new)
    for kind, items in (("removed", old), ("added", new)):
        text = [
            words("".join(piece.text for piece in pieces if piece.kind in ("same", kind))) for pieces in found
        ]
        assert sorted(filter(None, text)) == sorted(words(item) for item in items)


def test_words_are_told_apart_not_letters():
    assert compare_texts("Runs a call center.", "Runs a contact center.") == (
        Piece("same", "Runs a "),
        Piece("removed", "call "),
        Piece("added", "contact "),
        Piece("same", "center."),
    )


def test_an_entry_is_compared_with_the_one_it_replaces():
    assert compare_lists(["head of care", "agent"], ["head of service", "agent", "clerk"]) == (
        (Piece("same", "head of "), Piece("removed", "care "), Piece("added", "service ")),
        (Piece("same", "agent"),),
        (Piece("added", "clerk"),),
    )


def test_a_text_too_long_to_compare_is_shown_as_replaced():
    n = int(MAX_WORK**0.5) + 1
    old, new = "a " * n, "b " * n
    assert compare_texts(old, new) == (Piece("removed", old), Piece("added", new))


# --- versions ----------------------------------------------------------


@pytest.fixture
def book(db) -> Codebook:
    return factories.make_codebook().codebook


def compare(book: Codebook) -> editing.Comparison:
    """The first version with the newest, published or not."""
    new = editing.current_version(book)
    assert new is not None
    return editing.compare_versions(book.versions.get(number=1), new)


def test_equal_versions_differ_in_nothing(book):
    found = compare(book)
    assert found.is_empty
    assert found.same == 5


def test_every_kind_of_change_is_named(book, ada):
    change(book, ada, "contact-center", label="Call center", definition="Definition of Call center")
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("split", book, ada, "other", parts=[("Sales", "sales"), ("Rest", "rest")])
    act("archive", book, ada, "cannot-tell")
    found = {one.label: one for one in compare(book).categories}
    assert found["Call center"].renamed
    assert [str(field.name) for field in found["Call center"].fields] == ["Label", "Definition"]
    assert (found["Consultant"].kind, found["Consultant"].into) == ("merged", ("CX",))
    assert (found["Other"].kind, found["Other"].into) == ("split", ("Sales", "Rest"))
    assert found["Cannot tell"].kind == "archived"
    assert {found[label].kind for label in ("Sales", "Rest")} == {"added"}
    assert compare(book).same == 1
    published = publish(book, ada)
    assert editing.compare_versions(book.versions.get(number=1), published) == compare(book)


def test_only_what_moved_is_called_moved(book, ada):
    act("move", book, ada, "cannot-tell", place=1)
    assert [(one.label, one.old_place, one.new_place) for one in compare(book).categories] == [
        ("Cannot tell", 5, 1)
    ]


def test_a_category_that_came_back_is_not_new(book, ada):
    identity = category(book, "cx").identity
    act("archive", book, ada, "cx")
    without = publish(book, ada)
    editing.restore_category(codebook=book, identity=identity, by=ada, seen=editing.mark_of(without))
    found = editing.compare_versions(without, draft_of(book))
    assert [(one.label, one.kind) for one in found.categories] == [("CX", "restored")]


def test_over_several_versions_the_end_of_the_way_is_told(book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    publish(book, ada)
    act("archive", book, ada, "cx")
    publish(book, ada)
    kinds = {one.label: one.kind for one in compare(book).categories}
    assert kinds == {"CX": "archived", "Consultant": "archived"}


def test_title_and_rules_are_compared_too(book, ada):
    first = book.versions.get()
    editing.set_title(codebook=book, title="Role at work", by=ada, seen=editing.mark_of_title(first))
    rule = Rule(("board",), "A seat is no job.", "other")
    editing.save_rule(codebook=book, number=None, rule=rule, by=ada)
    found = compare(book)
    assert "".join(piece.text for piece in found.title if piece.kind == "added").split() == ["at", "work"]
    assert [piece.text for pieces in found.rules for piece in pieces] == ["board: A seat is no job. → other"]


def test_a_category_merged_into_one_that_is_gone_is_called_archived():
    one, other = uuid.uuid4(), uuid.uuid4()
    text = CategoryText("a", "A", "", "", (), (), (), "1", "#000000")
    found = editing.compare({one: text}, {}, {one: ("merged", [other])}, set(), ("", ""), ((), ()))
    assert [category.kind for category in found.categories] == ["archived"]
