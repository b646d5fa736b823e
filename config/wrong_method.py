"""A page where a browser would show nothing: what only takes what a form sends was opened as a link.

People come there from the history of their browser, or by logging in again after a form was sent too late:
the login leads back to where the form went.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

# The arguments an address has -> the page it was probably reached from, and the name of the way there.
_WAYS: tuple[tuple[tuple[str, ...], str, Callable[[], str]], ...] = (
    (("slug", "number"), "classify:round", lambda: _("Go to the round")),
    (("slug",), "classify:poll", lambda: _("Go to the poll")),
    (("code",), "classify:codebook", lambda: _("Go to the codebook")),
)


class WrongMethod:
    """Middleware: gives a 405 without content a page with a sentence and a way back. The status stays."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content and wants_a_page(request):
            context = {"way": way_back(request), "opened": request.method in ("GET", "HEAD")}
            response.content = render_to_string("405.html", context, request).encode()
            add_never_cache_headers(response)
        return response


def wants_a_page(request: HttpRequest) -> bool:
    """Does somebody look at the answer? Scripts ask for no page by name, and fetch only parts of one."""
    return "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers


def way_back(request: HttpRequest) -> tuple[str, str] | None:
    """Address and name of the page from which the form was probably sent. Told from the address alone, so it
    says nothing of what there is."""
    given = getattr(request.resolver_match, "kwargs", {})
    for names, page, name in _WAYS:
        if all(each in given for each in names):
            try:
                return reverse(page, args=[given[each] for each in names]), name()
            except NoReverseMatch:
                return None
    return None
