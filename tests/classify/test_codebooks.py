"""Codebooks: what a file may say, when a version is made, and what comes along."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from classify import codebooks
from classify.codebook_files import MAX_FILE_BYTES, RESERVED_KEYS, CodebookError, parse_codebook
from classify.models import Category, Codebook, CodebookVersion

SMALL: dict[str, Any] = {
    "code": "shift",
    "title": "Shift",
    "subject": "voter",
    "categories": [
        {
            "code": "day",
            "label": "Day",
            "group": "At work",
            "definition": "Works by day.",
            "include": ["early shift"],
            "exclude": ["night"],
            "examples": ["Receptionist"],
            "key": "1",
        },
        {
            "code": "night",
            "label": "Night",
            "group": "",
            "definition": "",
            "include": [],
            "exclude": [],
            "examples": [],
            "key": "2",
        },
    ],
}


def changed(**fields: Any) -> bytes:
    return json.dumps(copy.deepcopy(SMALL) | fields).encode()


def with_category(**fields: Any) -> bytes:
    document = copy.deepcopy(SMALL)
    document["categories"][0] |= fields
    return json.dumps(document).encode()


def save(raw: bytes) -> tuple[CodebookVersion, bool]:
    return codebooks.save_codebook(book=parse_codebook(raw), by=None)


def test_the_ready_made_codebooks_are_the_five_of_the_study():
    books = {book.code: book for book in codebooks.ready_made()}
    assert set(books) == {"role", "support-area", "c-suite", "vertical", "value-level"}
    assert [category.code for category in books["role"].categories] == [
        "contact-center",
        "cx",
        "consultant",
        "other",
        "cannot-tell",
    ]
    assert [category.group for category in books["role"].categories] == ["", "CX side", "CX side", "", ""]
    assert books["value-level"].subject == "comment"
    assert all(book.subject == "voter" for code, book in books.items() if code != "value-level")


@pytest.mark.parametrize("book", codebooks.ready_made(), ids=lambda book: book.code)
def test_every_ready_made_category_is_fully_described(book):
    for category in book.categories:
        assert len(category.definition) > 40, category.code
        assert all([category.include, category.exclude, category.examples]), category.code
    assert len({category.color for category in book.categories}) == len(book.categories)
    assert len(book.rules) >= 5


def test_the_known_traps_have_a_rule():
    role = next(book for book in codebooks.ready_made() if book.code == "role")
    words = {word.casefold() for rule in role.rules for word in rule.words}
    assert {"consultant", "cx", "csr", "cco", "ex-", "former", "retired", "aspiring", "seeking"} <= words


@pytest.mark.django_db
def test_the_ready_made_codebooks_are_stored_once(django_assert_num_queries):
    codebooks.ensure_ready_made()
    assert Codebook.objects.count() == 5
    with django_assert_num_queries(1):
        codebooks.ensure_ready_made()
    assert CodebookVersion.objects.count() == 5


@pytest.mark.django_db
def test_what_people_made_of_a_ready_made_codebook_stays():
    save(changed(code="role"))
    codebooks.ensure_ready_made()
    version = codebooks.newest_version("role")
    assert version is not None
    assert (version.number, version.title) == (1, "Shift")


@pytest.mark.django_db
def test_an_equal_codebook_makes_no_new_version():
    first, created = save(changed())
    assert created
    again, created = save(changed())
    assert not created
    assert again.pk == first.pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Shifts"},
        {"rules": [{"words": ["night"], "text": "Not the day.", "category": "night"}]},
        {"categories": list(reversed(SMALL["categories"]))},
    ],
)
def test_any_difference_makes_a_new_version(fields):
    save(changed())
    version, created = save(changed(**fields))
    assert created
    assert version.number == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "Daytime"),
        ("group", "At home"),
        ("definition", "Works while it is light."),
        ("include", []),
        ("exclude", ["night", "evening"]),
        ("examples", ["Clerk"]),
        ("key", "3"),
        ("color", "#123456"),
    ],
)
def test_any_difference_in_a_category_makes_a_new_version(field, value):
    save(changed())
    version, created = save(with_category(**{field: value}))
    assert created
    assert version.number == 2


@pytest.mark.django_db
def test_a_category_keeps_its_identity_from_version_to_version():
    first, _ = save(changed())
    second, _ = save(with_category(label="Daytime"))
    by_code = {c.code: c.identity for c in first.categories.all()}
    assert {c.code: c.identity for c in second.categories.all()} == by_code


@pytest.mark.django_db
def test_a_version_in_use_is_left_alone():
    first, _ = save(changed())
    CodebookVersion.objects.filter(pk=first.pk).update(frozen_at=timezone.now())
    save(with_category(label="Daytime"))
    assert first.categories.get(code="day").label == "Day"
    with pytest.raises(IntegrityError), transaction.atomic():
        Category.objects.filter(version=first).update(label="Never")


@pytest.mark.django_db
def test_the_document_of_a_version_is_the_file_it_came_from():
    version, _ = save(changed())
    assert codebooks.document_of(version) == SMALL


@pytest.mark.django_db
@pytest.mark.parametrize("book", codebooks.ready_made(), ids=lambda book: book.code)
def test_every_ready_made_document_reads_as_itself(book):
    version, _ = codebooks.save_codebook(book=book, by=None)
    printed = json.dumps(codebooks.document_of(version)).encode()
    assert parse_codebook(printed) == book


@pytest.mark.django_db
def test_what_a_codebook_is_read_on_cannot_change():
    save(changed())
    with pytest.raises(CodebookError, match="read on a voter"):
        save(changed(subject="comment"))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"{", "not JSON: line 1"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[]", "curly brackets"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAX_FILE_BYTES + 1), "larger than 1 MB"),
        (b'{"code": "a", "code": "b"}', "“code” stands twice"),
        (changed(extra=1), "“extra” is no field"),
        (changed(code="Shift"), "small letters"),
        (changed(code="shift\n"), "small letters"),
        (changed(code="a" * 51), "at most 50"),
        (changed(code="unsure"), "reserved"),
        (changed(code=7), "small letters"),
        (changed(title="  "), "title: the text is empty"),
        (changed(title=None), "title: here belongs a text"),
        (changed(subject="poll"), "“voter” or “comment”"),
        (changed(subject=["voter"]), "“voter” or “comment”"),
        (changed(categories=[]), "at least one category"),
        (changed(categories={"a": 1}), "at least one category"),
        (changed(categories=["day"]), "category 1: here belongs an object"),
        (changed(categories=[{"code": f"c{n}", "label": "C"} for n in range(51)]), "at most 50 categories"),
        (changed(rules=[{"words": [], "text": "x"}]), "rule 1: name at least one word"),
        (changed(rules=[{"words": ["x"], "text": "x", "category": "dusk"}]), "rule 1: “dusk” is no category"),
        (changed(rules=[{"words": ["x"]}]), "rule 1: “text” is missing"),
        (changed(rules={"words": []}), "rules: here belongs a list"),
        (with_category(code="unsure"), "category 1: “unsure” is reserved"),
        (with_category(code="night"), "Two categories have the code “night”"),
        (with_category(key="2"), "Two categories have the key “2”"),
        (with_category(key="12"), r"category 1 \(day\): a key is one character"),
        (with_category(key=" "), "a key is one character"),
        (with_category(key=1), "a key is one character"),
        (with_category(key="S"), "the key “S” is taken"),
        (with_category(label="x" * 101), "longer than 100"),
        (with_category(label="a\0b"), "cannot be stored"),
        (with_category(definition="\ud800"), "cannot be stored"),
        (with_category(definition=3), "definition: here belongs a text"),
        (with_category(include="early"), "include: here belongs a list"),
        (with_category(examples=[None]), "examples: here belongs a text"),
        (with_category(examples=["x"] * 51), "at most 50 texts"),
        (with_category(color="blue"), "#rrggbb"),
        (with_category(group="夜"), "group needs letters"),
        (with_category(weight=2), "“weight” is no field"),
    ],
)
def test_a_file_that_is_no_codebook_is_refused_with_a_sentence(raw, sentence):
    with pytest.raises(CodebookError, match=sentence):
        parse_codebook(raw)


@pytest.mark.parametrize("key", sorted(RESERVED_KEYS))
def test_no_category_takes_a_key_of_the_reading_page(key):
    with pytest.raises(CodebookError, match="reading page"):
        parse_codebook(with_category(key=key))


def test_keys_and_colours_are_given_where_the_file_names_none():
    document = copy.deepcopy(SMALL)
    document["categories"] = [{"code": f"c{n}", "label": "C"} for n in range(12)]
    document["categories"][3]["key"] = "1"
    book = parse_codebook(json.dumps(document).encode())
    keys = [category.key for category in book.categories]
    assert len(set(keys)) == 12
    assert keys[3] == "1"
    assert not set(keys) & RESERVED_KEYS
    assert book.categories[0].color == "#0072B2"


def test_a_file_with_a_byte_order_mark_is_read():
    assert parse_codebook(b"\xef\xbb\xbf" + changed()).code == "shift"
