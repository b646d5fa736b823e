"""Categories that are archived, taken back, merged and split: what a version records, and files too."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from classify import codebook_editing as editing
from classify import codebooks
from classify.codebook_files import MAX_ITEMS, Rule, parse_codebook
from classify.models import Category, CategoryChange, Codebook, CodebookVersion
from tests import factories
from tests.classify.test_codebook_editing import NEW, act, category, change, codes, draft_of, publish, seen


@pytest.fixture
def version(db) -> CodebookVersion:
    """Version 1 of `role`, published."""
    return factories.make_codebook()


@pytest.fixture
def book(version) -> Codebook:
    return version.codebook


def recorded(version: CodebookVersion) -> list[tuple[str, str, list[str]]]:
    """What became of categories with a version: (kind, label, labels of the others)."""
    return [(row.kind, row.label, into) for row, into in editing.changes_of(version)]


def restore(book: Codebook, by, identity: uuid.UUID) -> Category:
    return editing.restore_category(codebook=book, identity=identity, by=by, seen=seen(book))


def test_an_archived_category_is_left_out_and_recorded(book, version, ada):
    gone = act("archive", book, ada, "cx")
    assert codes(book) == ["contact-center", "consultant", "other", "cannot-tell"]
    assert not CategoryChange.objects.exists()
    made = publish(book, ada)
    assert recorded(made) == [("archived", "CX", [])]
    change = made.changes.get()
    assert (change.identity, change.changed_by) == (gone.identity, ada)
    assert version.categories.filter(code="cx").exists()


def test_an_archived_category_comes_back_as_the_same_one(book, version, ada):
    identity = category(book, "cx").identity
    act("archive", book, ada, "cx")
    publish(book, ada)
    back = restore(book, ada, identity)
    assert (back.identity, back.code, back.key, back.position) == (identity, "cx", "2", 5)
    made = publish(book, ada)
    assert recorded(made) == [("restored", "CX", [])]


def test_taken_back_within_the_draft_leaves_no_record(book, ada):
    identity = category(book, "cx").identity
    act("archive", book, ada, "cx")
    restore(book, ada, identity)
    assert recorded(publish(book, ada)) == []


def test_what_was_only_ever_in_the_draft_leaves_no_record_and_does_not_come_back(book, ada):
    made = editing.add_category(codebook=book, text=NEW, by=ada)
    act("archive", book, ada, "sales")
    with pytest.raises(Category.DoesNotExist):
        restore(book, ada, made.identity)
    assert recorded(publish(book, ada)) == []


def test_code_and_key_that_another_has_by_now_are_replaced(book, ada):
    identity = category(book, "cx").identity
    act("archive", book, ada, "cx")
    editing.add_category(codebook=book, text=replace(NEW, code="cx", key="2"), by=ada)
    back = restore(book, ada, identity)
    assert (back.code, back.key) == ("cx-2", "6")


def test_a_category_that_is_there_does_not_come_back(book, ada):
    with pytest.raises(ValidationError, match="in the draft already"):
        restore(book, ada, category(book, "cx").identity)


def test_the_archive_lists_what_went_and_where_to(book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("archive", book, ada, "other")
    publish(book, ada)
    act("archive", book, ada, "cannot-tell")
    gone = editing.archived_categories(draft_of(book))
    assert [(one.label, one.number, one.into) for one in gone] == [
        ("Cannot tell", 2, ()),
        ("Consultant", 1, ("CX",)),
        ("Other", 1, ()),
    ]


def test_merging_records_both_and_keeps_the_lists(book, version, ada):
    change(book, ada, "consultant", include=("advisor", "same"), examples=("CX Consultant",), exclude=("x",))
    change(book, ada, "cx", include=("cx", "same"))
    kept = act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    kept.refresh_from_db()
    assert (kept.include, kept.examples, kept.exclude) == (["cx", "same", "advisor"], ["CX Consultant"], [])
    assert kept.definition == "Definition of CX"
    assert [row.label for row in editing.merged_into(draft_of(book), kept.identity)] == ["Consultant"]
    made = publish(book, ada)
    assert recorded(made) == [("merged", "Consultant", ["CX"])]
    assert version.categories.count() == 5


def test_a_merge_that_makes_a_list_too_long_is_refused(book, ada):
    change(book, ada, "cx", include=tuple(f"a{n}" for n in range(MAX_ITEMS)))
    change(book, ada, "other", include=("b",))
    with pytest.raises(ValidationError, match="more than 50 entries under “include”"):
        act("merge", book, ada, "other", into=category(book, "cx").identity)
    assert "other" in codes(book)


def test_nothing_is_merged_into_itself(book, ada):
    with pytest.raises(ValidationError, match="another category"):
        act("merge", book, ada, "cx", into=category(book, "cx").identity)


def test_a_chain_of_merges_ends_where_the_last_went(book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("merge", book, ada, "cx", into=category(book, "other").identity)
    assert recorded(publish(book, ada)) == [("merged", "CX", ["Other"]), ("merged", "Consultant", ["Other"])]


def test_what_was_merged_into_an_archived_category_is_archived(book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("archive", book, ada, "cx")
    assert recorded(publish(book, ada)) == [("archived", "CX", []), ("archived", "Consultant", [])]


def test_a_split_category_gives_its_place_its_key_and_its_texts(book, version, ada):
    old = category(book, "cx")
    made = act("split", book, ada, "cx", parts=[("Service", "cx"), ("Marketing", "marketing")])
    assert codes(book) == ["contact-center", "cx", "marketing", "consultant", "other", "cannot-tell"]
    assert [(row.key, row.definition, row.group) for row in made] == [
        ("2", "Definition of CX", "CX side"),
        ("6", "Definition of CX", "CX side"),
    ]
    assert made[0].color == old.color != made[1].color
    assert old.identity not in {row.identity for row in made}
    done = publish(book, ada)
    assert recorded(done) == [("split", "CX", ["Service", "Marketing"])]


def test_a_merge_followed_by_a_split_is_a_split_of_both(book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("split", book, ada, "cx", parts=[("A", "a"), ("B", "b")])
    assert recorded(publish(book, ada)) == [("split", "CX", ["A", "B"]), ("split", "Consultant", ["A", "B"])]


def test_a_split_of_which_one_part_is_archived_is_a_merge_into_the_other(book, ada):
    act("split", book, ada, "cx", parts=[("A", "a"), ("B", "b")])
    act("archive", book, ada, "b")
    assert recorded(publish(book, ada)) == [("merged", "CX", ["A"])]


@pytest.mark.parametrize("n", [0, 1, 7])
def test_a_category_is_split_into_two_to_six(book, ada, n):
    with pytest.raises(ValidationError, match="two to 6"):
        act("split", book, ada, "cx", parts=[(f"P{i}", f"p{i}") for i in range(n)])


def test_a_part_with_the_code_of_another_category_is_refused_and_nothing_is_half_done(book, ada):
    with pytest.raises(ValidationError, match="“Other” has this code"):
        act("split", book, ada, "cx", parts=[("A", "a"), ("Other", "other")])
    assert codes(book) == ["contact-center", "cx", "consultant", "other", "cannot-tell"]


@pytest.mark.parametrize(
    ("name", "more", "decides"),
    [
        ("archive", {}, None),
        ("merge", {"into": "cx"}, "cx"),
        ("split", {"parts": [("A", "a"), ("B", "b")]}, None),
    ],
)
def test_a_rule_that_decided_for_it_decides_for_what_it_became(book, ada, name, more, decides):
    rule = Rule(("board",), "A seat is no job.", "other")
    editing.save_rule(codebook=book, number=None, rule=rule, by=ada)
    if "into" in more:
        more = {"into": category(book, more["into"]).identity}
    act(name, book, ada, "other", **more)
    assert codebooks.rules_of(draft_of(book))[0].category == decides


def test_what_is_recorded_is_never_changed(book, ada):
    act("archive", book, ada, "cx")
    publish(book, ada)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CategoryChange.objects.update(label="Never")


# --- the same by files -----------------------------------------------


def document(book: Codebook) -> dict:
    newest = codebooks.newest_version(book.code)
    assert newest is not None
    return codebooks.document_of(newest)


def save(document: dict) -> CodebookVersion:
    version, created = codebooks.save_codebook(book=parse_codebook(json.dumps(document).encode()), by=None)
    assert created
    return version


def test_a_file_that_leaves_a_category_out_archives_it(book):
    shown = document(book)
    shown["categories"] = [one for one in shown["categories"] if one["code"] != "cx"]
    assert recorded(save(shown)) == [("archived", "CX", [])]


def test_an_old_file_finds_a_renamed_category_by_its_old_code(book, version, ada):
    old = document(book)
    change(book, ada, "cx", code="customers", label="Customers")
    publish(book, ada)
    again = save(old)
    assert again.categories.get(code="cx").identity == version.categories.get(code="cx").identity
    assert recorded(again) == []


def test_old_and_new_code_in_one_file_are_two_categories(book, version, ada):
    change(book, ada, "cx", code="customers", label="Customers")
    publish(book, ada)
    shown = document(book)
    shown["categories"].append({"code": "cx", "label": "CX", "key": "9"})
    both = save(shown)
    assert both.categories.get(code="customers").identity == version.categories.get(code="cx").identity
    assert both.categories.get(code="cx").identity != both.categories.get(code="customers").identity


def test_what_the_editor_wrote_reads_as_itself(book, ada):
    change(book, ada, "cx", definition="Anew.", include=("a", "b"))
    act("split", book, ada, "other", parts=[("A", "a"), ("B", "b")])
    made = publish(book, ada)
    assert parse_codebook(json.dumps(document(book)).encode()) == codebooks.text_of(made)
