"""The draft of a codebook: what each change does, what is refused, and who was first."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from classify import codebook_editing as editing
from classify import codebooks, rounds
from classify.codebook_editing import Stale
from classify.codebook_files import MAX_CATEGORIES, MAX_ITEMS, MAX_RULES, CategoryText, Rule
from classify.models import Category, CategoryChange, Codebook, CodebookVersion, TrainingItem
from polls.models import Poll, User
from polls.permissions import PollRefused
from polls.problems import Refused
from tests import factories

NEW = CategoryText("sales", "Sales", "", "Sells.", ("sales",), (), (), "", "")


@pytest.fixture
def version(db) -> CodebookVersion:
    """Version 1 of `role`, published."""
    return factories.make_codebook()


@pytest.fixture
def book(version) -> Codebook:
    return version.codebook


def draft_of(book: Codebook) -> CodebookVersion:
    draft = codebooks.draft_of(book)
    assert draft is not None
    return draft


def seen(book: Codebook) -> str:
    version = editing.current_version(book)
    assert version is not None
    return editing.mark_of(version)


def category(book: Codebook, code: str) -> Category:
    version = editing.current_version(book)
    assert version is not None
    return version.categories.get(code=code)


def codes(book: Codebook) -> list[str]:
    version = editing.current_version(book)
    assert version is not None
    return [row.code for row in version.categories.order_by("position")]


def change(book: Codebook, by: User, of: str, place: int | None = None, **fields: Any) -> Category:
    row = category(book, of)
    return editing.change_category(
        codebook=book,
        identity=row.identity,
        text=replace(codebooks.text_of_category(row), **fields),
        by=by,
        seen=editing.mark_of_category(row),
        place=place,
    )


def act(name: str, book: Codebook, by: User, code: str, **more: Any) -> Any:
    """Archive, merge, split or move a category of that code."""
    identity = category(book, code).identity
    return getattr(editing, f"{name}_category")(
        codebook=book, identity=identity, by=by, seen=seen(book), **more
    )


def publish(book: Codebook, by: User, **more: Any) -> CodebookVersion:
    newest = codebooks.newest_version(book.code)
    since = newest.number if newest else None
    return editing.publish_draft(codebook=book, by=by, seen=seen(book), since=since, **more)


# --- a draft is nobody's version ----------------------------------


def test_the_first_change_begins_a_draft_and_leaves_the_published_version_alone(book, version, ada):
    change(book, ada, "cx", label="Customer experience", code="customer-experience")
    draft = draft_of(book)
    assert (draft.number, draft.is_draft, draft.based_on, draft.edited_by) == (2, True, version, ada)
    assert version.categories.get(code="cx").label == "CX"
    assert codebooks.newest_version("role") == version


def test_a_changed_category_stays_the_same_category(book, version, ada):
    changed = change(book, ada, "cx", label="Customer experience", code="customer-experience")
    assert changed.identity == version.categories.get(code="cx").identity


def test_the_next_change_goes_into_the_same_draft(book, ada):
    change(book, ada, "cx", label="Customer experience")
    change(book, ada, "other", label="Somebody else")
    assert CodebookVersion.objects.filter(codebook=book).count() == 2
    assert draft_of(book).revision == 2


def test_no_round_is_made_with_a_draft(poll, book, ada, rosa):
    factories.make_vote(poll)
    change(book, ada, "cx", label="Customer experience")
    with pytest.raises(ValidationError, match="is a draft"):
        rounds.create_round(
            poll=poll,
            version=draft_of(book),
            unit="headline",
            rule="consensus",
            purpose="main",
            reviewers=[rosa],
            adjudicators=[],
            by=ada,
        )


def test_the_database_refuses_to_use_a_draft_too(book, ada):
    change(book, ada, "cx", label="Customer experience")
    with pytest.raises(IntegrityError, match="no_draft_is_used"), transaction.atomic():
        CodebookVersion.objects.filter(pk=draft_of(book).pk).update(frozen_at="2026-01-01T00:00:00Z")


def test_there_is_one_draft_at_a_time(book, version, ada):
    change(book, ada, "cx", label="Customer experience")
    with pytest.raises(Refused, match="being written already"):
        codebooks.copy_version(version=version, by=ada)
    with pytest.raises(IntegrityError, match="one_draft"), transaction.atomic():
        CodebookVersion.objects.create(codebook=book, number=3, title="Role", published_at=None)


def test_publishing_makes_it_the_newest_and_the_next_change_begins_another(book, ada):
    change(book, ada, "cx", label="Customer experience")
    made = publish(book, ada)
    assert (made.number, made.is_draft, made.published_by) == (2, False, ada)
    assert codebooks.newest_version("role") == made
    change(book, ada, "cx", label="CX again")
    assert draft_of(book).number == 3
    made.refresh_from_db()
    assert made.categories.get(code="cx").label == "Customer experience"


def test_a_discarded_draft_leaves_no_trace(book, version, ada):
    act("archive", book, ada, "cx")
    assert editing.discard_draft(codebook=book, by=ada, seen=seen(book)) is True
    assert list(book.versions.all()) == [version]
    assert not CategoryChange.objects.exists()


def test_a_codebook_that_was_never_published_is_discarded_as_a_whole(ada):
    book = editing.create_codebook(code="shift", title="Shift", subject="voter", by=ada)
    assert editing.discard_draft(codebook=book, by=ada, seen=seen(book)) is False
    assert not Codebook.objects.filter(code="shift").exists()


def test_a_codebook_with_titles_for_training_is_not_discarded(ada):
    book = editing.create_codebook(code="shift", title="Shift", subject="voter", by=ada)
    TrainingItem.objects.create(codebook=book, text="Night nurse", position=1)
    with pytest.raises(Refused, match="Titles for training belong to this codebook"):
        editing.discard_draft(codebook=book, by=ada, seen=seen(book))
    assert draft_of(book).number == 1


def test_a_draft_without_categories_is_not_published(ada):
    book = editing.create_codebook(code="shift", title="Shift", subject="voter", by=ada)
    with pytest.raises(Refused, match="at least one category"):
        publish(book, ada)
    editing.add_category(codebook=book, text=NEW, by=ada)
    assert publish(book, ada).number == 1


def test_a_copy_has_categories_of_its_own(book, version, ada):
    copy = editing.create_codebook(code="copy", title="Copy", subject="comment", by=ada, source=version)
    draft = draft_of(copy)
    assert copy.subject == "voter"
    assert codes(copy) == [row.code for row in version.categories.order_by("position")]
    both = set(draft.categories.values_list("identity", flat=True)) & set(
        version.categories.values_list("identity", flat=True)
    )
    assert not both


def test_a_code_is_given_once(book, ada):
    with pytest.raises(ValidationError) as told:
        editing.create_codebook(code="role", title="Again", subject="voter", by=ada)
    assert "code" in told.value.message_dict


def test_an_import_beside_a_draft_comes_first_and_whoever_publishes_is_told(book, ada):
    change(book, ada, "cx", label="Customer experience")
    newest = codebooks.newest_version("role")
    assert newest is not None
    codebooks.save_codebook(book=replace(codebooks.text_of(newest), title="Roles"), by=None)
    assert draft_of(book).number == 3
    with pytest.raises(Stale, match="Version 2 was published meanwhile"):
        editing.publish_draft(codebook=book, by=ada, seen=seen(book), since=1)
    assert publish(book, ada).number == 3


# --- categories ----------------------------------------------------


def test_a_new_category_gets_the_next_free_key_and_colour(book, ada):
    made = editing.add_category(codebook=book, text=NEW, by=ada)
    assert (made.key, made.position) == ("6", 6)
    assert made.color not in {color for _, _, _, _, color in factories.ROLE_CATEGORIES}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [("code", "other", "“Other” has this code"), ("key", "4", "“Other” has this key")],
)
def test_what_another_category_has_is_refused_at_its_field(book, ada, field, value, sentence):
    with pytest.raises(ValidationError) as told:
        change(book, ada, "cx", **{field: value})
    assert sentence in told.value.message_dict[field][0]
    assert codebooks.draft_of(book) is None


def test_a_key_is_the_same_in_small_and_capital_letters(book, ada):
    change(book, ada, "other", key="x")
    with pytest.raises(ValidationError) as told:
        change(book, ada, "cx", key="X")
    assert "key" in told.value.message_dict


def test_a_codebook_holds_at_most_so_many_categories(book, ada):
    draft = codebooks.copy_version(version=codebooks.newest_version("role"), by=ada)
    Category.objects.bulk_create(
        Category(version=draft, code=f"c{n}", label=f"C{n}", key=chr(0x4E00 + n), position=n, color="#000000")
        for n in range(6, MAX_CATEGORIES + 1)
    )
    with pytest.raises(ValidationError, match="at most 50 categories"):
        editing.add_category(codebook=book, text=NEW, by=ada)
    given = {"codebook": book, "identity": uuid.uuid4(), "by": ada, "seen": seen(book)}
    with pytest.raises(ValidationError, match="at most 50 categories"):
        editing.restore_category(**given)


def test_a_codebook_that_fits_in_no_file_is_refused(book, ada):
    long = tuple(f"{n:04}" + "x" * 3990 for n in range(MAX_ITEMS))
    texts = {"include": long, "exclude": long, "examples": long}
    change(book, ada, "cx", **texts)
    with pytest.raises(ValidationError, match="larger than 1 MB"):
        change(book, ada, "other", **texts)
    assert category(book, "other").include == []


@pytest.mark.parametrize(
    ("place", "order"),
    [
        (1, ["cx", "contact-center", "consultant", "other", "cannot-tell"]),
        (3, ["contact-center", "consultant", "cx", "other", "cannot-tell"]),
        (99, ["contact-center", "consultant", "other", "cannot-tell", "cx"]),
        (0, ["cx", "contact-center", "consultant", "other", "cannot-tell"]),
    ],
)
def test_a_category_is_put_at_a_place(book, ada, place, order):
    act("move", book, ada, "cx", place=place)
    assert codes(book) == order
    assert [row.position for row in draft_of(book).categories.order_by("position")] == [1, 2, 3, 4, 5]


def test_the_place_can_be_said_with_the_text(book, ada):
    change(book, ada, "cx", label="Customers", place=5)
    assert codes(book)[-1] == "cx"
    assert category(book, "cx").label == "Customers"


# --- two people at once --------------------------------------------


def test_who_saves_second_is_told_and_nothing_is_overwritten(book, ada):
    bea = factories.make_member("bea", Poll.objects.get(), "admin")
    row = category(book, "cx")
    text, mark = codebooks.text_of_category(row), editing.mark_of_category(row)
    first = {"codebook": book, "identity": row.identity, "seen": mark}
    editing.change_category(text=replace(text, label="By Bea"), by=bea, **first)
    with pytest.raises(Stale, match="bea changed this codebook"):
        editing.change_category(text=replace(text, label="By Ada"), by=ada, **first)
    assert category(book, "cx").label == "By Bea"


def test_two_people_change_two_categories_undisturbed(book, ada):
    cx, other = category(book, "cx"), category(book, "other")
    for row in (cx, other):
        editing.change_category(
            codebook=book,
            identity=row.identity,
            text=replace(codebooks.text_of_category(row), definition="Anew."),
            by=ada,
            seen=editing.mark_of_category(row),
        )
    assert {category(book, code).definition for code in ("cx", "other")} == {"Anew."}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("move", {"place": 1}),
        ("archive", {}),
        ("merge", {"into": uuid.uuid4()}),
        ("split", {"parts": [("A", "a"), ("B", "b")]}),
        ("restore", {}),
    ],
)
def test_what_concerns_the_whole_list_is_refused_once_the_list_changed(book, ada, name, more):
    row, mark = category(book, "cx"), seen(book)
    change(book, ada, "other", label="Anybody else")
    with pytest.raises(Stale):
        getattr(editing, f"{name}_category")(codebook=book, identity=row.identity, by=ada, seen=mark, **more)
    assert "cx" in codes(book)


@pytest.mark.parametrize("end", [editing.publish_draft, editing.discard_draft])
def test_a_draft_that_changed_meanwhile_is_not_ended(book, ada, end):
    change(book, ada, "cx", label="One")
    mark = seen(book)
    change(book, ada, "cx", label="Two")
    more = {"since": 1} if end is editing.publish_draft else {}
    with pytest.raises(Stale):
        end(codebook=book, by=ada, seen=mark, **more)
    assert draft_of(book).categories.get(code="cx").label == "Two"


@pytest.mark.parametrize("end", [editing.publish_draft, editing.discard_draft])
def test_the_second_click_finds_no_draft(book, ada, end):
    change(book, ada, "cx", label="One")
    mark = seen(book)
    more = {"since": 1} if end is editing.publish_draft else {}
    end(codebook=book, by=ada, seen=mark, **more)
    with pytest.raises(Refused, match="no draft any more"):
        end(codebook=book, by=ada, seen=mark, **more)


# --- title and rules ------------------------------------------------


def test_the_title_belongs_to_the_next_version(book, version, ada):
    editing.set_title(codebook=book, title="Roles", by=ada, seen=editing.mark_of_title(version))
    version.refresh_from_db()
    assert (version.title, draft_of(book).title) == ("Role", "Roles")
    with pytest.raises(Stale):
        editing.set_title(codebook=book, title="Jobs", by=ada, seen=editing.mark_of_title(version))


BOARD = Rule(("board",), "A seat is no job.", "other")


def test_a_rule_is_added_changed_moved_and_left_out(book, ada):
    editing.save_rule(codebook=book, number=None, rule=BOARD, by=ada)
    editing.save_rule(codebook=book, number=None, rule=Rule(("ex-",), "Former.", None), by=ada)
    editing.move_rule(codebook=book, number=2, place=1, by=ada, seen=seen(book))
    mark = editing.mark_of_rule(BOARD)
    changed = replace(BOARD, text="Not a job.")
    editing.save_rule(codebook=book, number=2, rule=changed, by=ada, seen=mark)
    assert [rule.words for rule in codebooks.rules_of(draft_of(book))] == [("ex-",), ("board",)]
    with pytest.raises(Stale):
        editing.save_rule(codebook=book, number=2, rule=BOARD, by=ada, seen=mark)
    editing.move_rule(codebook=book, number=1, place=None, by=ada, seen=seen(book))
    assert codebooks.rules_of(draft_of(book)) == (changed,)


def test_a_rule_decides_for_a_category_of_the_draft(book, ada):
    with pytest.raises(ValidationError) as told:
        editing.save_rule(codebook=book, number=None, rule=replace(BOARD, category="none"), by=ada)
    assert "category" in told.value.message_dict


def test_a_codebook_holds_at_most_so_many_rules(book, ada):
    draft = codebooks.copy_version(version=codebooks.newest_version("role"), by=ada)
    draft.rules = codebooks.stored_rules([BOARD] * MAX_RULES)
    draft.save()
    with pytest.raises(ValidationError, match="at most 200 rules"):
        editing.save_rule(codebook=book, number=None, rule=BOARD, by=ada)


def test_rules_follow_a_category_that_gets_another_code(book, ada):
    editing.save_rule(codebook=book, number=None, rule=BOARD, by=ada)
    change(book, ada, "other", code="else")
    assert codebooks.rules_of(draft_of(book))[0].category == "else"


# --- who may --------------------------------------------------------


def every_action(book: Codebook, by: User) -> list[tuple[str, Any]]:
    """All that changes a codebook, by name, as functions without arguments."""
    row = category(book, "cx")
    given = {"codebook": book, "by": by, "seen": seen(book)}
    one = {**given, "identity": row.identity}
    mark = editing.mark_of_category(row)
    text = codebooks.text_of_category(row)
    whole = codebooks.text_of(book.versions.get())
    return [
        ("add", lambda: editing.add_category(codebook=book, text=NEW, by=by)),
        ("change", lambda: editing.change_category(**{**one, "seen": mark}, text=text)),
        ("move", lambda: editing.move_category(**one, place=1)),
        ("archive", lambda: editing.archive_category(**one)),
        ("restore", lambda: editing.restore_category(**one)),
        ("merge", lambda: editing.merge_category(**one, into=category(book, "other").identity)),
        ("split", lambda: editing.split_category(**one, parts=[("A", "a"), ("B", "b")])),
        ("title", lambda: editing.set_title(**given, title="T")),
        ("rule", lambda: editing.save_rule(codebook=book, number=None, rule=BOARD, by=by)),
        ("move rule", lambda: editing.move_rule(**given, number=1, place=1)),
        ("publish", lambda: editing.publish_draft(**given, since=1)),
        ("discard", lambda: editing.discard_draft(**given)),
        ("create", lambda: editing.create_codebook(code="a", title="A", subject="voter", by=by)),
        ("import", lambda: editing.import_version(book=whole, by=by, since=1)),
        ("aside", lambda: editing.set_flag_aside(codebook=book, flag_id=1, by=by)),
    ]


@pytest.mark.parametrize("index", range(15))
def test_who_may_not_edit_codebooks_changes_nothing(book, rosa, index):
    name, action = every_action(book, rosa)[index]
    with pytest.raises(PollRefused, match="may edit codebooks"):
        action()
    assert CodebookVersion.objects.count() == 1, name
