"""Every named address of the house: how to fill it, and who gets what.

The tests of access, of blindness and of the pages in a browser all walk this list; `test_access` fails for an
address that has no entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.study import Study

ROLES = ("anonymous", "nina", "vera", "rosa", "sam", "jude", "ada", "root")
MEMBERS = ("vera", "rosa", "sam", "jude", "ada")

LOGIN, OK, REFUSED, HIDDEN, NO_METHOD, DONE, WRONG = "login", 200, 403, 404, 405, 302, 422

type Filler = Callable[[Study], dict[str, Any]]


def nothing(world: Study) -> dict[str, Any]:
    """No arguments, no data."""
    return {}


def of_poll(world: Study) -> dict[str, Any]:
    """The slug of the poll."""
    return {"slug": world.poll.slug}


def of_far_poll(world: Study) -> dict[str, Any]:
    """The slug of the other poll."""
    return {"slug": world.far_poll.slug}


def of_far_round(world: Study) -> dict[str, Any]:
    """The other poll and the number of its round, which no round of the first has."""
    return {"slug": world.far_poll.slug, "number": world.far_round.number}


def of_round(world: Study) -> dict[str, Any]:
    """Poll and number of the round."""
    return {"slug": world.poll.slug, "number": world.round.number}


@dataclass(frozen=True)
class Access:
    """What each role is answered. Who is not named: a member 403, anybody else 404, anonymous the login."""

    answers: dict[str, int | str] = field(default_factory=dict)
    member: int = REFUSED
    outsider: int = HIDDEN

    def answer(self, role: str) -> int | str:
        """The status, or "login"."""
        if role in self.answers:
            return self.answers[role]
        if role == "anonymous":
            return LOGIN
        return self.member if role in MEMBERS or role == "root" else self.outsider


def only(roles: str, answer: int = OK) -> Access:
    """These roles get the answer; other members 403; nina 404."""
    return Access(dict.fromkeys(roles.split(), answer))


def people(answer: int = OK) -> Access:
    """Whoever is logged in."""
    return Access({}, answer, answer)


def anybody(answer: int = OK) -> Access:
    """Also who is not logged in."""
    return Access({"anonymous": answer}, answer, answer)


MEMBERS_AND_ROOT = "vera rosa sam jude ada root"


@dataclass(frozen=True)
class Address:
    """One address. `get` and `post` say who gets what; None: nobody may use that method (405 for whoever is
    logged in). `data` fills the form of a POST, `far` gives the arguments of the other poll's object,
    `missing` the answer for an object that is not there, `is_page` says whether a browser can look at it,
    `stores` whether filling the arguments stores an upload.
    """

    name: str
    fill: Filler = nothing
    get: Access | None = None
    post: Access | None = None
    data: Filler = nothing
    far: Filler = nothing
    missing: int = HIDDEN
    is_page: bool = True
    stores: bool = False

    def url(self, world: Study, **instead: Any) -> str:
        """The address in this world."""
        return reverse(self.name, kwargs={**self.fill(world), **instead})


type Key = tuple[str, frozenset[str]]
"""Name and names of the arguments: one name may stand for two addresses."""


def key_of(address: Address, world: Study) -> Key:
    """Which pattern an entry is about."""
    return address.name, frozenset(address.fill(world))


def named_patterns(
    resolver: URLResolver | None = None, space: str = "", arguments: frozenset[str] = frozenset()
) -> Iterator[Key]:
    """Every named address with its namespace, but for the admin's."""
    resolver = resolver or get_resolver()
    for pattern in resolver.url_patterns:
        more = arguments | frozenset(pattern.pattern.converters)
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", more
        elif pattern.namespace != "admin":
            yield from named_patterns(
                pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space, more
            )
