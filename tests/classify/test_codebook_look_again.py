"""A changed codebook lists the cases to look at again: the right ones, for who may see them, and quickly."""

from __future__ import annotations

import pytest

from classify import codebook_editing as editing
from classify import rounds, visibility
from classify.models import Case, CodebookVersion, Round
from polls.models import Poll, User
from polls.permissions import PollRefused
from tests import factories
from tests.classify import acts
from tests.classify.readings import make_round, read_case
from tests.classify.test_codebook_editing import act, category, change, publish
from tests.doors import as_person

AGAIN = "/codebooks/role/look-again/"


@pytest.fixture
def round(poll: Poll, ada, rosa, sam, jude) -> Round:
    """A closed round by version 1: five cases in several places."""
    round = make_round(poll, [rosa, sam], coding_closed_at="2026-01-01T00:00:00Z")
    readings = [
        ("Head of CX", "cx", "cx", None),
        ("CX Consultant", "cx", "consultant", "consultant"),
        ("Agent", "contact-center", "contact-center", None),
        ("Author", "other", "unsure", None),
        ("Advisor", "consultant", "consultant", None),
    ]
    for headline, first, second, final in readings:
        votes = [factories.make_vote(poll, headline), factories.make_vote(poll, headline)]
        read_case(round, votes, first, second, final)
    Round.objects.filter(pk=round.pk).update(case_count=5)
    round.refresh_from_db()
    return round


@pytest.fixture
def book(round):
    return round.version.codebook


def listed(book, by: User, version: CodebookVersion | None = None) -> list[tuple[str, str, int, int]]:
    """(category, what became of it, cases, votes) of the one round that is listed."""
    found = editing.to_look_at(book, version or editing.current_version(book), by=by)
    return [
        (changed.category.code, changed.kind, standing.cases, standing.votes)
        for one in found
        for changed, standing in one.rows
    ]


def test_a_changed_definition_lists_the_cases_that_stand_in_the_category(round, book, ada):
    change(book, ada, "cx", definition="Anew.")
    publish(book, ada)
    assert listed(book, ada) == [("cx", "redefined", 2, 4)]


@pytest.mark.parametrize("field", ["include", "exclude"])
def test_so_does_a_changed_list(round, book, ada, field):
    change(book, ada, "cx", **{field: ("anew",)})
    publish(book, ada)
    assert listed(book, ada) == [("cx", "redefined", 2, 4)]


def test_a_new_name_place_key_or_example_does_not(round, book, ada):
    change(book, ada, "cx", label="Customers", code="customers", key="9", examples=("Chief",), place=1)
    publish(book, ada)
    assert listed(book, ada) == []


def test_every_way_to_go_is_listed_under_the_old_name(round, book, ada):
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    act("split", book, ada, "other", parts=[("A", "a"), ("B", "b")])
    act("archive", book, ada, "contact-center")
    publish(book, ada)
    assert listed(book, ada) == [
        ("contact-center", "archived", 1, 2),
        ("consultant", "merged", 2, 4),
        ("other", "split", 1, 2),
    ]


def test_a_case_in_two_changed_categories_counts_once_in_the_total(round, book, ada):
    change(book, ada, "cx", definition="Anew.")
    change(book, ada, "consultant", definition="Anew.")
    publish(book, ada)
    (found,) = editing.to_look_at(book, editing.current_version(book), by=ada)
    assert [standing.cases for _, standing in found.rows] == [2, 2]
    assert found.total == 3


def test_rounds_are_judged_by_the_version_they_were_read_by(round, book, poll, ada, rosa, sam):
    change(book, ada, "cx", definition="Anew.")
    second = publish(book, ada)
    later = make_round(poll, [rosa, sam], second, coding_closed_at="2026-02-01T00:00:00Z")
    read_case(later, [factories.make_vote(poll, "CX Lead")], "cx", "cx")
    change(book, ada, "other", definition="Anew.")
    third = publish(book, ada)
    assert listed(book, ada, third) == [("cx", "redefined", 2, 4), ("other", "redefined", 1, 2)]
    assert [one.round for one in editing.to_look_at(book, third, by=ada)] == [round]
    assert listed(book, ada, second) == [("cx", "redefined", 2, 4)]


def test_what_went_and_came_back_unchanged_needs_no_look(round, book, ada):
    identity = category(book, "cx").identity
    act("archive", book, ada, "cx")
    publish(book, ada)
    mark = editing.mark_of(editing.current_version(book))
    editing.restore_category(codebook=book, identity=identity, by=ada, seen=mark)
    publish(book, ada)
    assert listed(book, ada) == []


def test_nothing_that_was_decided_changes(round, book, ada):
    before = list(Case.objects.order_by("pk").values())
    act("merge", book, ada, "consultant", into=category(book, "cx").identity)
    publish(book, ada)
    assert list(Case.objects.order_by("pk").values()) == before
    assert {case.final.label for case in Case.objects.filter(final__code="consultant")} == {"Consultant"}


# --- who may see it -----------------------------------------------------


@pytest.fixture
def changed(round, book, ada) -> CodebookVersion:
    change(book, ada, "cx", definition="Anew.")
    return publish(book, ada)


def of_round(round: Round) -> str:
    return f"{AGAIN}{round.poll.slug}/{round.number}/"


def test_members_see_it_once_the_round_is_revealed(changed, round, ada, vera, rosa, nina):
    for person in (ada, vera, rosa):
        page = as_person(person).get(AGAIN).content.decode()
        assert "2 cases of 5" in page
        assert "2 cases, 4 votes." in page
        assert "CX Consultant" in as_person(person).get(of_round(round)).content.decode()
    assert "cx-head" not in as_person(nina).get(AGAIN).content.decode()
    assert as_person(nina).get(of_round(round)).status_code == 404


def test_before_the_reveal_it_is_hidden_from_whoever_reads_and_from_viewers(
    changed, round, ada, vera, rosa, sam
):
    Round.objects.filter(pk=round.pk).update(coding_closed_at=None)
    round.refresh_from_db()
    factories.make_member("rosa", round.poll, "admin")
    for person in (rosa, sam, vera):
        assert "Nothing to look at again" in as_person(person).get(AGAIN).content.decode()
        assert as_person(person).get(of_round(round)).status_code == 403
        with pytest.raises(PollRefused):
            visibility.cases_standing_in(person, round, [1])
    assert "2 cases of 5" in as_person(ada).get(AGAIN).content.decode()


def test_who_reads_in_another_open_round_of_the_poll_waits_too(changed, round, ada, rosa, sam):
    acts.open_round(round.poll, reviewers=[rosa], by=ada, version=changed)
    assert "Nothing to look at again" in as_person(rosa).get(AGAIN).content.decode()
    assert as_person(rosa).get(of_round(round)).status_code == 403


def test_a_discarded_practice_is_not_listed(changed, round, poll, ada, rosa, sam):
    closed = "2026-01-01T00:00:00Z"
    practice = make_round(poll, [rosa, sam], round.version, purpose="pilot", coding_closed_at=closed)
    read_case(practice, [factories.make_vote(poll, "CX Lead")], "cx", "cx")
    assert "cx-head, round 2" in as_person(ada).get(AGAIN).content.decode()
    rounds.discard_round(round=practice, by=ada)
    assert "cx-head, round 2" not in as_person(ada).get(AGAIN).content.decode()


# --- the list -------------------------------------------------------------


def test_the_list_says_where_each_case_stands(changed, round, ada):
    page = as_person(ada).get(of_round(round)).content.decode()
    rows = page.split("<tbody>")[1]
    assert rows.index("Head of CX") < rows.index("CX Consultant")
    assert "CX, final" in " ".join(rows.split())
    assert "CX, by one of the two" in " ".join(rows.split())
    assert "Agent" not in rows
    case = Case.objects.get(text="CX Consultant")
    assert f"/conflicts/{case.pk}/" in rows


def test_the_list_is_narrowed_to_a_category(round, book, ada):
    change(book, ada, "cx", definition="Anew.")
    change(book, ada, "consultant", definition="Anew.")
    publish(book, ada)
    browser = as_person(ada)
    page = browser.get(of_round(round), {"category": "consultant"}).content.decode()
    assert "Consultant: defined anew." in " ".join(page.split())
    assert "Advisor" in page
    assert "Head of CX" not in page
    assert "No case stands in it." in browser.get(of_round(round), {"category": "no"}).content.decode()


def test_the_list_is_paged(changed, round, ada):
    for n in range(60):
        read_case(round, [factories.make_vote(round.poll, f"CX {n}")], "cx", "cx")
    browser = as_person(ada)
    assert "page 1 of 2" in browser.get(of_round(round)).content.decode()
    assert "CX 59" in browser.get(of_round(round), {"page": "2"}).content.decode()
    assert "page 2 of 2" in browser.get(of_round(round), {"page": "99"}).content.decode()


def test_a_round_read_by_this_version_or_another_codebook_is_not_found(changed, round, poll, ada, rosa):
    same = make_round(poll, [rosa], changed)
    other = make_round(poll, [rosa], factories.make_codebook("other"))
    for round_ in (same, other):
        assert as_person(ada).get(of_round(round_)).status_code == 404


def test_a_fixed_number_of_statements_per_round(changed, round, poll, ada, django_assert_max_num_queries):
    browser = as_person(ada)
    browser.get(AGAIN)
    with django_assert_max_num_queries(22):
        browser.get(AGAIN)
    for n in range(40):
        read_case(round, [factories.make_vote(poll, f"CX {n}")], "cx", "cx")
    with django_assert_max_num_queries(22):
        browser.get(AGAIN)
    with django_assert_max_num_queries(22):
        browser.get(of_round(round))
