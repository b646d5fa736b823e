"""Small rules for texts that come from outside: when two options are one, and what a profile's address is.

Pure: no Django.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote, urlsplit

from polls.titles import comparison_key

_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′ʼ`´", "'") | dict.fromkeys("“”„‟″«»", '"'))
_NO_ADDRESS: Final = frozenset({"", "-", "--", "n/a", "na", "none", "null", "nil", "#n/a", "unknown", "?"})
_HOST = re.compile(r"(?=.{1,253}$)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}")
_LOCALE = re.compile(r"/[a-z]{2}(?:[-_][a-z]{2})?$", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|trk\w*|lipi|originalsubdomain|midtoken|fbclid|gclid)(?:=|$)", re.IGNORECASE
)


def option_key(text: str) -> str:
    """The text by which two options are one: the comparison key with straightened quotes."""
    return comparison_key(text).translate(_QUOTES)


def normalise_url(text: str) -> str:
    """The address by which two profiles are one, without scheme: `linkedin.com/in/rosa`; "" for none.

    Host without `www.` or a LinkedIn country, no fragment, no tracking, no closing slash; on LinkedIn no
    query at all, and the name in the path decoded and folded (but not the case-sensitive `ACoAA…` ids).
    Raises ValueError with a sentence's end for what is no web address.
    """
    address = "".join(text.split())
    if address.casefold() in _NO_ADDRESS:
        return ""
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", address):
        address = "https://" + address.removeprefix("//")
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise ValueError("is no web address") from None
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        raise ValueError("is no web address")
    host = host.removeprefix("www.").removeprefix("m.")
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if host == "linkedin.com" or host.endswith(".linkedin.com"):
        return "linkedin.com" + _linkedin_path(path)
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    return place + path + (f"?{query}" if query else "")


def web_address(text: str) -> str:
    """A profile's address to show and link to, always http or https; "" for none. Raises ValueError."""
    if not normalise_url(text):
        return ""
    address = "".join(text.split())
    return (
        address if re.match(r"https?://", address, re.IGNORECASE) else "https://" + address.removeprefix("//")
    )


def sentence_from_slug(slug: str) -> str:
    """`cx-head` as "Cx head": the question of a poll that was given none."""
    words = slug.replace("-", " ")
    return words[:1].upper() + words[1:]


def _linkedin_path(path: str) -> str:
    path = unicodedata.normalize("NFC", unquote(path))
    head, _, name = path.removeprefix("/").partition("/")
    if head.casefold() != "in":
        return path.casefold()
    name = _LOCALE.sub("", name)
    return "/in/" + (name if name.startswith(("ACo", "ACw", "AEM")) else name.casefold())
