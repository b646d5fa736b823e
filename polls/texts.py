"""Small rules for texts that come from outside: when two options are one, and what a profile's address is.

Pure: no Django.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from polls.titles import comparison_key

_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′ʼ`´", "'") | dict.fromkeys("“”„‟″«»", '"'))
_NO_ADDRESS: Final = frozenset({"", "-", "--", "n/a", "na", "none", "null", "nil", "#n/a", "unknown", "?"})
_HOST = re.compile(r"(?=.{1,253}$)(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{1,62}")
_TRACKING = re.compile(
    r"(?:utm_\w+|mc_\w+|trk\w*|lipi|lici|originalsubdomain|midtoken|igshid|\w*clid|ref_src|ref_url|_hs\w+)(?:=|$)",
    re.IGNORECASE,
)
# How most files write it: read some twenty times faster than by taking the address apart.
_COMMON = re.compile(r"https?://(?:www\.)?linkedin\.com/in/([A-Za-z0-9_-]+)/?")
_ESCAPED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_PLAIN: Final = re.compile(r"[\w.~-]")
_MEMBER_ID: Final = ("ACo", "ACw", "AEM")
_NO_PERSON: Final = frozenset({"company", "school", "showcase"})


def option_key(text: str) -> str:
    """The text by which two options are one: the comparison key with straightened quotes."""
    return comparison_key(text).translate(_QUOTES)


def normalise_url(text: str) -> str:
    """The address by which two profiles are one, without scheme: `linkedin.com/in/rosa`; "" for none.

    Host without `www.` or a LinkedIn country, no fragment, no tracking, no closing slash, no needless
    percent-encoding. On LinkedIn only what names the person: `/in/` and the name, folded (but not the
    case-sensitive `ACoAA…` ids, under which links of the Sales Navigator are filed, too).
    Raises ValueError with a sentence's end for what is no web address, or one of a company.
    """
    common = _COMMON.fullmatch(text)
    if common:
        return "linkedin.com" + _member(common[1])
    address = _address(text)
    if not address:
        return ""
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
        return "linkedin.com" + _linkedin_path(unicodedata.normalize("NFC", unquote(path)), parts.query)
    query = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    return place + _ESCAPED.sub(_decoded, path) + (f"?{query}" if query else "")


def web_address(text: str) -> str:
    """A profile's address to show and link to, always http or https; "" for none. Raises ValueError."""
    if _COMMON.fullmatch(text):
        return text
    return _address(text) if normalise_url(text) else ""


def sentence_from_slug(slug: str) -> str:
    """`cx-head` as "Cx head": the question of a poll that was given none."""
    words = slug.replace("-", " ")
    return words[:1].upper() + words[1:]


def _address(text: str) -> str:
    """The text as an address with its scheme, without what copying leaves around and within; "" for none."""
    address = "".join(text.split())
    if not address.isascii():
        address = "".join(char for char in address if unicodedata.category(char) != "Cf")
    address = address.strip("<>\"'")
    if address.casefold() in _NO_ADDRESS:
        return ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", address):
        return address
    return "https://" + address.removeprefix("//")


def _linkedin_path(path: str, query: str) -> str:
    head, _, rest = path.removeprefix("/").partition("/")
    kind, name = head.casefold(), rest.partition("/")[0]
    if any(unicodedata.category(char) == "Cc" for char in path):
        raise ValueError("is no web address")
    if kind in _NO_PERSON:
        raise ValueError("is the page of a company, not the profile of a person")
    if kind == "sales":  # /sales/lead/ACwAA…,NAME_SEARCH,xyz
        kind, name = "in", rest.partition("/")[2].partition(",")[0]
    if kind in ("", "in") and not name:
        raise ValueError("names nobody's profile")
    if kind == "in":
        return _member(name)
    if path.casefold() == "/profile/view":
        return "/profile/view?" + "".join(pair for pair in query.split("&") if pair.startswith("id="))
    return path.casefold()


def _member(name: str) -> str:
    return "/in/" + (name if name.startswith(_MEMBER_ID) else name.casefold())


def _decoded(escaped: re.Match[str]) -> str:
    """Letters as themselves; what would change the meaning of an address stays encoded."""
    characters = unquote(escaped[0], errors="surrogateescape")
    return "".join(
        char if _PLAIN.match(char) else quote(char, "", errors="surrogateescape") for char in characters
    )
