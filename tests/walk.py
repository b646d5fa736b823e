"""Everything somebody can receive: the walk over all addresses that the tests of blindness make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classify.models import Case
from polls.models import User
from tests.address_book import ADDRESSES
from tests.study import Study

MASKS = [
    (re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"'), "CSRF"),
    (re.compile(r'"X-CSRFToken": "[^"]*"'), "CSRF"),
    (re.compile(r'"csrf": "[^"]*"'), "CSRF"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"), "UUID"),
    (re.compile(r"/welcome/[^/]+/[^/\s\"]+"), "/welcome/LINK"),
]
"""What differs between two equal requests."""

LITERAL = re.compile(r"'(?:[^']|'')*'|\b\d+\b|\"s\d+_x\d+\"|\"_django_curs_\w+\"")
"""What differs between two equal statements: values, and the names of savepoints and cursors."""

UNTOLD_HEADERS = {"Set-Cookie", "Date", "Expires"}


@dataclass(frozen=True)
class Received:
    """One answer, with what differs by chance masked, and how many statements it took. The statements
    themselves tell where a difference comes from; they hold what the server knows and nobody receives."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    cost: int
    statements: tuple[str, ...] = field(compare=False)

    @property
    def everything(self) -> str:
        """All the text there is, to look for marks in."""
        return f"{self.headers}\n{self.body}"


def client_for(user: User) -> Client:
    """A browser of that person; a 500 comes back as an answer."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def receive(
    client: Client, method: str, url: str, data: dict[str, object] | None = None, **extra: str
) -> Received:
    """One request and all of its answer; whatever it wrote is undone."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as statements:
            response = getattr(client, method)(url, data or {}, **extra)
            body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    text = body.decode("utf-8", "replace")
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    headers = tuple(sorted((k, v) for k, v in response.headers.items() if k not in UNTOLD_HEADERS))
    assert response.status_code < 500, f"{method} {url} answered {response.status_code}"
    asked = tuple(LITERAL.sub("?", one["sql"]) for one in statements.captured_queries)
    return Received(response.status_code, headers, text, len(asked), asked)


def addresses(world: Study) -> Iterator[str]:
    """Every address that can be asked for, with every case of the round where an address names one."""
    cases = list(Case.objects.filter(round=world.round).order_by("pk").values_list("pk", flat=True))
    for address in ADDRESSES:
        if address.get is None or address.stores:
            continue
        arguments = address.fill(world)
        for case in cases if "case_id" in arguments else [None]:
            yield reverse(address.name, kwargs=arguments if case is None else {**arguments, "case_id": case})
    # A query that asks for another view of the same page is an address too.
    for name, query in [("report", "basis=first"), ("my-decisions", "sort=verdict"), ("conflicts", "done=1")]:
        yield f"{reverse(f'classify:{name}', args=[world.poll.slug, world.round.number])}?{query}"
    for what in ("tags", "wide"):
        yield reverse("classify:export-file", args=[world.poll.slug, world.round.number, what, "json"])


def walk(world: Study, username: str) -> dict[tuple[str, str], Received]:
    """What that person gets from every address, as a page and as a fragment, error pages included."""
    client = client_for(world.people[username])
    found = {}
    for url in [*addresses(world), "/no-such-page/"]:
        page = found["get", url] = receive(client, "get", url)
        if page.status == 200:
            found["fragment", url] = receive(
                client, "get", url, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="case", HTTP_HX_CURRENT_URL=url
            )
    return found


def differences(before: dict[tuple[str, str], Received], after: dict[tuple[str, str], Received]) -> list[str]:
    """Where two walks differ, in words."""
    told = []
    for key in before.keys() | after.keys():
        one, other = before.get(key), after.get(key)
        if one is None or other is None or one == other:
            if one is None or other is None:
                told.append(f"{key} is only in one of the two walks")
            continue
        what = [
            name
            for name in ("status", "headers", "body", "cost")
            if getattr(one, name) != getattr(other, name)
        ]
        told.append(f"{key}: {', '.join(what)}: {_first_difference(one, other)}")
    return sorted(told)


def _first_difference(one: Received, other: Received) -> str:
    if one.status != other.status:
        return f"{one.status} against {other.status}"
    if one.cost != other.cost:
        only = set(one.statements) ^ set(other.statements)
        return f"{one.cost} against {other.cost} statements: {sorted(only)}"
    a, b = one.everything, other.everything
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"…{a[max(0, at - 60) : at + 60]!r} against …{b[max(0, at - 60) : at + 60]!r}"
