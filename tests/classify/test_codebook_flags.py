"""Flags from adjudication: who knows of them, who sees the case behind them, and how they are settled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from classify import codebook_editing as editing
from classify import codebooks, rounds, visibility
from classify.models import Codebook, CodebookFlag
from polls.models import User
from polls.problems import Refused
from tests import factories
from tests.classify.test_codebook_editing import act, change, publish
from tests.codebook_addresses import raise_flag
from tests.doors import as_person
from tests.study import CONFLICTED, Study, build_study

TEXT = "FLAG-OF-JUDE"
ROLE, EDIT = "/codebooks/role/", "/codebooks/role/edit/"


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker) -> Iterator[Study]:
    """The study with its conflict resolved and flagged; Rosa and Sam still read."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = build_study()
        raise_flag(world)
        yield world
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: Study, db) -> Study:
    """The shared world; what a test changes is rolled back."""
    return shared_world


@pytest.fixture
def flag(world: Study) -> CodebookFlag:
    return CodebookFlag.objects.get()


@pytest.fixture
def book(world: Study) -> Codebook:
    return Codebook.objects.get(code="role")


def pages(user: User, flag: CodebookFlag) -> dict[str, str]:
    """All pages that may tell of a flag, as this person receives them."""
    cx = editing.current_version(flag.codebook).categories.get(code="cx").identity
    urls = ["/codebooks/", ROLE, EDIT, f"{EDIT}publish/", f"{EDIT}?flag={flag.pk}"]
    urls += [f"{EDIT}categories/{cx}/?flag={flag.pk}", f"{EDIT}rules/new/?flag={flag.pk}"]
    return {url: as_person(user).get(url).content.decode() for url in urls}


def begin_draft(world: Study) -> None:
    act("move", Codebook.objects.get(code="role"), world.people["ada"], "cx", place=1)


def test_an_admin_of_the_poll_sees_the_flag_and_the_case(world, flag):
    begin_draft(world)
    found = pages(world.people["ada"], flag)
    assert "1 open flag" in found["/codebooks/"]
    assert "1 open flag" in found[ROLE]
    for url, page in found.items():
        if url not in ("/codebooks/", EDIT):
            assert TEXT in page, url
            assert CONFLICTED in page, url
    beside = found[f"{EDIT}?flag={flag.pk}"]
    assert "RATIONALE-OF-JUDE" in beside
    assert f"/conflicts/{world.conflict.pk}/" in beside


def test_who_edits_and_is_no_member_of_the_poll_sees_the_text_alone(world, flag):
    begin_draft(world)
    for url, page in pages(world.people["ola"], flag).items():
        if url not in ("/codebooks/", EDIT):
            assert TEXT in page, url
        for told in (CONFLICTED, "RATIONALE-OF-JUDE", "cx-head", "/conflicts/"):
            assert told not in page, (url, told)


@pytest.mark.parametrize("role", ["rosa", "sam", "jude", "vera", "nina"])
def test_who_may_not_edit_codebooks_is_told_nothing_of_flags(world, flag, role):
    browser = as_person(world.people[role])
    for url in ("/codebooks/", ROLE):
        page = browser.get(url).content.decode()
        assert TEXT not in page
        assert "flag" not in page.casefold()
    assert browser.get(f"{EDIT}?flag={flag.pk}").status_code == 403
    assert browser.post(f"{ROLE}flags/{flag.pk}/aside/").status_code == 403


@pytest.fixture
def blind_admin(world: Study) -> User:
    """Rosa, who still reads, is an admin too."""
    rosa = world.people["rosa"]
    factories.make_member("rosa", world.poll, "admin")
    return rosa


def test_an_editor_who_still_reads_receives_the_same_with_and_without_a_flag(world, flag, blind_admin, book):
    begin_draft(world)
    urls = ["/codebooks/", ROLE, EDIT, f"{EDIT}publish/"]

    def received() -> list[str]:
        answers = [as_person(blind_admin).get(url) for url in urls]
        return [one.content.decode().split("<main")[1].split("csrfmiddlewaretoken")[0] for one in answers]

    with_flag = received()
    assert as_person(blind_admin).get(f"{EDIT}?flag={flag.pk}").status_code == 404
    assert as_person(blind_admin).post(f"{ROLE}flags/{flag.pk}/aside/").status_code == 404
    CodebookFlag.objects.all().delete()
    assert with_flag == received()
    assert not any("flag" in page.casefold() for page in with_flag)


def test_once_revealed_the_editor_who_read_sees_the_flag(world, flag, blind_admin):
    assert not visibility.open_flags(blind_admin).exists()
    rounds.close_coding(round=world.round, by=world.people["ada"])
    assert visibility.open_flags(blind_admin).get() == flag
    assert CONFLICTED in as_person(blind_admin).get(ROLE).content.decode()


def test_a_hidden_flag_is_not_settled_by_guessing_its_number(world, flag, blind_admin, book):
    change(book, blind_admin, "cx", definition="Anew.")
    publish(book, blind_admin, settles=[flag.pk])
    flag.refresh_from_db()
    assert flag.settled_at is None


# --- settling ------------------------------------------------------------


def test_a_flag_opens_the_editor_and_is_settled_by_the_version(world, flag, book):
    ada = world.people["ada"]
    change(book, ada, "cx", definition="A seat on a board is no job.")
    browser = as_person(ada)
    url = f"{EDIT}publish/?flag={flag.pk}"
    assert f'value="{flag.pk}" id="settles-{flag.pk}" checked' in browser.get(url).content.decode()
    mark = editing.mark_of(editing.current_version(book))
    browser.post(url, {"seen": mark, "since": 1, "settles": [flag.pk, 10**12, "x"]})
    flag.refresh_from_db()
    assert (flag.settled_in, flag.settled_by) == (codebooks.newest_version("role"), ada)
    assert TEXT not in browser.get(ROLE).content.decode()
    assert TEXT not in browser.get(f"{EDIT}?flag={flag.pk}").content.decode()


def test_the_flag_stays_beside_the_editor_from_page_to_page(world, flag, book):
    browser = as_person(world.people["ada"])
    page = browser.get(f"{EDIT}?flag={flag.pk}").content.decode()
    assert page.count(f"?flag={flag.pk}") > 10
    sent = {"label": "Board", "definition": "A seat."}
    answer = browser.post(f"{EDIT}categories/new/?flag={flag.pk}", sent)
    assert answer["Location"] == f"{EDIT}?flag={flag.pk}"


def test_publishing_without_settling_leaves_the_flag_open(world, flag, book):
    change(book, world.people["ada"], "cx", definition="Anew.")
    publish(book, world.people["ada"])
    assert visibility.open_flags(world.people["ada"]).get() == flag


def test_a_flag_is_set_aside_once(world, flag, book):
    browser = as_person(world.people["ada"])
    url = f"{ROLE}flags/{flag.pk}/aside/"
    assert "was set aside" in browser.post(url, follow=True).content.decode()
    flag.refresh_from_db()
    first = flag.settled_at
    assert (flag.settled_by, flag.settled_in) == (world.people["ada"], None)
    browser.post(url)
    flag.refresh_from_db()
    assert flag.settled_at == first
    assert browser.get(url).status_code == 405


def test_what_a_version_settled_is_not_set_aside(world, flag, book):
    ada = world.people["ada"]
    change(book, ada, "cx", definition="Anew.")
    publish(book, ada, settles=[flag.pk])
    with pytest.raises(Refused, match="has settled this already"):
        editing.set_flag_aside(codebook=book, flag_id=flag.pk, by=ada)


def test_a_flag_belongs_to_its_codebook(world, flag):
    browser = as_person(world.people["ada"])
    assert browser.post(f"/codebooks/c-suite/flags/{flag.pk}/aside/").status_code == 404
    assert browser.get(f"/codebooks/c-suite/edit/?flag={flag.pk}").status_code == 404
    for wrong in ("x", "٣", "9" * 30, "-1"):
        assert browser.get(EDIT, {"flag": wrong}).status_code == 404
