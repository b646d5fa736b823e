"""What long lists have in common: they remember what a person last looked at, and never count without end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django_tables2 import Table

PER_PAGE: Final = 50
COUNTED_UP_TO: Final = 10_000
"""A list that is longer is neither counted nor sorted nor numbered; one goes through it piece by piece."""

LAST: Final = 2**63 - 1
_REMEMBERED: Final = "lists"
_MOST_LISTS: Final = 30
_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Piece[T]:
    """A piece of a list in the order of its keys; `before` and `after` are where the next pieces begin."""

    rows: list[T]
    before: int | None
    after: int | None


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of something whose number is known already."""

    def __init__(self, *args: Any, known: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    @property
    def count(self) -> int:
        """How many there are."""
        return self.known


def recall(request: HttpRequest, name: str, fields: Collection[str]) -> HttpResponseRedirect | None:
    """Where to go on when a person comes back to a list: to the search, order and page they left it at.

    Called with an address that says something, remembers it instead; with `clear`, forgets. Null: stay here.
    """
    lists = dict(request.session.get(_REMEMBERED, {}))
    said = {field: request.GET[field] for field in fields if request.GET.get(field)}
    if "clear" in request.GET:
        if lists.pop(name, None) is not None:
            request.session[_REMEMBERED] = lists
        return redirect(request.path)
    if not request.GET:
        return redirect(f"{request.path}?{lists[name]}") if name in lists else None
    query = urlencode(said)
    if lists.get(name, "") != query and len(query) <= _LONGEST:
        lists.pop(name, None)
        if query:
            lists[name] = query
        request.session[_REMEMBERED] = dict(list(lists.items())[-_MOST_LISTS:])
    return None


def arrange(table: Table, request: HttpRequest, *, known: int) -> None:
    """Sort and page a table as the address says; `known` is the number of its rows. How long a page is,
    the address does not say."""
    table.request = request
    order = request.GET.getlist(table.prefixed_order_by_field)[:3]
    if order:
        table.order_by = order
    pages = CountedPaginator(range(known), PER_PAGE, known=known).num_pages
    page = page_number(request, most=pages)
    table.paginate(paginator_class=CountedPaginator, per_page=PER_PAGE, page=page, known=known)


def page_number(request: HttpRequest, *, most: int) -> int:
    """The page asked for, from 1 to `most`."""
    return min(max(_key(request.GET.get("page")) or 1, 1), most)


def count_up_to(rows: QuerySet[Any], most: int = COUNTED_UP_TO) -> int:
    """How many there are; one more than `most` stands for more than that."""
    return rows.order_by().values("pk")[: most + 1].count()


def piece_of(rows: QuerySet[Any], data: Any) -> Piece[Any]:
    """The piece after or before a key (`after` or `before` in the query), by primary key. No OFFSET: the last
    piece costs what the first does."""
    before, after = _key(data.get("before")), _key(data.get("after"))
    if before is not None:
        found = list(rows.filter(pk__lt=before).order_by("-pk")[: PER_PAGE + 1])
        more, found = len(found) > PER_PAGE, found[:PER_PAGE][::-1]
        last = rows.filter(pk__gt=found[-1].pk).order_by() if found else rows.none()
        return Piece(found, found[0].pk if more else None, found[-1].pk if found and last.exists() else None)
    found = list(rows.filter(pk__gt=after or 0).order_by("pk")[: PER_PAGE + 1])
    more, found = len(found) > PER_PAGE, found[:PER_PAGE]
    return Piece(found, found[0].pk if found and after else None, found[-1].pk if more else None)


def _key(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 20 else None
