"""Every address, as every role, by every method: generated from the list of addresses.

One world per worker and module; each request runs in a savepoint that is rolled back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.address_book import ADDRESSES
from tests.addresses import HIDDEN, LOGIN, NO_METHOD, OK, REFUSED, ROLES, Address, key_of, named_patterns
from tests.study import Study, build_study

IDS = [address.name for address in ADDRESSES]


@pytest.fixture(scope="module")
def shared_world(django_db_setup, django_db_blocker) -> Iterator[Study]:
    """Made once for all requests of this module, and taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        study = build_study()
        SESSIONS.clear()
        for role in [*ROLES, "bea"]:
            client_of(study, role)
        yield study
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: Study, db) -> Study:
    """The shared world; what a test changes is rolled back."""
    return shared_world


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever happens inside is undone."""
    with transaction.atomic():
        yield
        # Constraints that wait for the end of the transaction speak now.
        connection.check_constraints()
        transaction.set_rollback(True)


SESSIONS: dict[str, str] = {}
"""Role to session key, made once per worker: logging in costs more than most pages."""


def client_of(world: Study, role: str) -> Client:
    """A browser of that role; a 500 comes back as an answer instead of an exception."""
    client = Client(raise_request_exception=False)
    if role != "anonymous":
        if role not in SESSIONS:
            client.force_login(world.people[role])
            SESSIONS[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
        client.cookies[settings.SESSION_COOKIE_NAME] = SESSIONS[role]
    return client


def ask(client: Client, method: str, url: str, data: dict[str, object] | None = None) -> HttpResponse:
    """One request; its answer is never a 500."""
    with taken_back():
        response = getattr(client, method)(url, data or {}) if method != "put" else client.put(url)
        if response.streaming:
            b"".join(response.streaming_content)
        if file := getattr(response, "file_to_stream", None):
            file.close()  # the test client forgets it after HEAD
    assert response.status_code < 500, f"{method} {url} answered {response.status_code}"
    return response


def goes_to_login(response: HttpResponse) -> bool:
    return response.status_code == 302 and response.headers["Location"].startswith(reverse("login"))


def check(response: HttpResponse, wanted: int | str, what: str) -> None:
    """The answer is the one that the list promises."""
    if wanted == LOGIN:
        assert goes_to_login(response), f"{what}: {response.status_code}, not the login"
        return
    assert not goes_to_login(response), f"{what}: sent to the login, not {wanted}"
    assert response.status_code == wanted, f"{what}: {response.status_code}, not {wanted}"


def test_every_address_has_an_entry(world: Study):
    found = list(named_patterns())
    listed = [key_of(address, world) for address in ADDRESSES]
    assert set(found) - set(listed) == set(), "say in tests/address_book.py who may do what there"
    assert set(listed) - set(found) == set(), "these addresses are gone"
    assert len(found) > 30


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_get_answers_each_role_as_promised(address: Address, world: Study):
    url = address.url(world)
    for role in ROLES:
        response = ask(client_of(world, role), "get", url)
        wanted = address.get.answer(role) if address.get else no_method(address, role)
        check(response, wanted, f"GET {url} as {role}")


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_head_answers_as_get_does(address: Address, world: Study):
    url = address.url(world)
    for role in ("anonymous", "rosa", "ada"):
        client = client_of(world, role)
        got, head = ask(client, "get", url), ask(client, "head", url)
        assert head.status_code == got.status_code, f"HEAD {url} as {role}"
        assert head.getvalue() == b"" if not head.streaming else not list(head.streaming_content)


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_post_answers_each_role_as_promised(address: Address, world: Study):
    url = address.url(world)
    for role in ROLES:
        with taken_back():
            response = ask(client_of(world, role), "post", url, address.data(world))
        wanted = address.post.answer(role) if address.post else no_method(address, role)
        check(response, wanted, f"POST {url} as {role}")


def no_method(address: Address, role: str) -> int | str:
    """Who is not logged in is sent to the login first, except where nobody has to be."""
    access = address.get or address.post
    assert access is not None
    return LOGIN if role == "anonymous" and access.answer(role) == LOGIN else NO_METHOD


@pytest.mark.parametrize("method", ["put", "delete"])
@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_no_address_takes_put_or_delete(address: Address, method: str, world: Study):
    for role in ("anonymous", "ada"):
        response = ask(client_of(world, role), method, address.url(world))
        wanted = no_method(address, role)
        if method == "put" and address.name in {"login", "password_change"} and wanted == NO_METHOD:
            wanted = OK  # Django's own form views take PUT for POST; without data it changes nothing
        check(response, wanted, f"{method} {address.name} as {role}")


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_a_post_without_data_is_answered_with_a_sentence(address: Address, world: Study):
    for role in ("rosa", "jude", "root"):
        response = ask(client_of(world, role), "post", address.url(world))
        assert response.status_code < 500


JUNK = ["-1", "\x00'☂<script>", "9" * 40, "a" * 5000]


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_junk_in_forms_and_queries_is_never_a_500(address: Address, world: Study):
    fields = {**dict.fromkeys(["page", "sort", "q", "category", "status", "next", "basis", "case"], "")}
    for role in ("rosa", "ada"):
        client = client_of(world, role)
        for junk in JUNK:
            query = "&".join(f"{name}={quote(junk)}" for name in fields)
            if address.get:
                ask(client, "get", f"{address.url(world)}?{query}")
            if address.post:
                ask(client, "post", address.url(world), dict.fromkeys(address.data(world) or fields, junk))


NUMBERS = [0, 2**31, 2**63, 10**30]


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_an_object_that_is_not_there_is_a_404(address: Address, world: Study):
    filled = address.fill(world)
    for name, value in filled.items():
        others: list[object] = ["no-such-thing", "x" * 400]
        if isinstance(value, int | uuid.UUID):
            others = [*NUMBERS] if isinstance(value, int) else [uuid.UUID(int=0)]
        if name in {"what", "format"}:
            continue
        for other in others:
            url = address.url(world, **{name: other})
            for role in ("rosa", "ada"):
                for method in methods(address):
                    status = ask(client_of(world, role), method, url, address.data(world)).status_code
                    # Who may not go there at all is told so first.
                    refused = getattr(address, method).answer(role) in {REFUSED, HIDDEN}
                    wanted = {404, 403} if refused else {404, address.missing}
                    assert status in wanted, f"{method} {url} as {role}: {status}"


def methods(address: Address) -> list[str]:
    """What the address takes."""
    return [name for name in ("get", "post") if getattr(address, name)]


def foreign(address: Address, world: Study) -> list[dict[str, object]]:
    """The arguments with one of the other poll mixed in, and all of the other poll."""
    here, there = address.fill(world), address.far(world)
    mixed = [{**here, name: value} for name, value in there.items() if value != here[name]]
    return [*mixed, {**here, **there}] if there else []


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_what_belongs_to_another_poll_is_a_404(address: Address, world: Study):
    assert address.far(world) or "slug" not in address.fill(world)
    for arguments in foreign(address, world):
        url = reverse(address.name, kwargs=arguments)
        for role in ("nina", "rosa", "ada"):
            for method, access in (("get", address.get), ("post", address.post)):
                status = ask(client_of(world, role), method, url, address.data(world)).status_code
                wanted = {404, 403} if access else {404, 405}
                assert status in wanted, f"{method} {url} as {role}: {status}"
                assert status != 403 or arguments["slug"] == world.poll.slug


@pytest.mark.parametrize("address", ADDRESSES, ids=IDS)
def test_who_is_in_both_polls_cannot_mix_them(address: Address, world: Study):
    """Bea may open either poll, so only the object can give the address away."""
    here, there = address.fill(world), address.far(world)
    objects = [name for name in there if name != "slug" and there[name] != here[name]]
    mixed = [{**here, name: there[name]} for name in objects]
    mixed += [{**there, name: here[name]} for name in objects if name != "number"]
    for arguments in mixed:
        url = reverse(address.name, kwargs=arguments)
        for method in methods(address):
            status = ask(client_of(world, "bea"), method, url, address.data(world)).status_code
            assert status in {403, 404}, f"{method} {url}: {status}"


ADMIN_PAGES = [
    reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
    for model in admin.site._registry
    for page in ("changelist", "add")
]


@pytest.mark.parametrize("url", [reverse("admin:index"), *ADMIN_PAGES])
def test_the_admin_site_is_for_those_who_run_the_installation(url: str, world: Study):
    for role in ROLES:
        response = ask(client_of(world, role), "get", url)
        if role == "root":
            assert response.status_code in {200, 403}, url
        else:
            assert response.status_code == 302, f"{url} as {role}: {response.status_code}"
            assert "login" in response.headers["Location"]
