"""Headlines: the key by which two are the same, and the job titles inside one.

Pure: no Django. The headline itself stays verbatim; what is made here stands beside it.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Mark = Literal["", "former", "aspiring"]

# One pass is enough for nearly every text; a few need more (an escaped escape, a letter that folds into
# something that composes). The bound keeps a hostile text from costing its square.
_PASSES: Final = 12
_ESCAPED_AMPERSAND = re.compile(r"&(?:amp;|#0*38;|#[xX]0*26;)+", re.IGNORECASE)

_FOLDED_SEPARATORS: Final = frozenset("|•·⋅;\n")
_LINE_BREAKS: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_TOKEN = re.compile(
    r"(?P<entity>&(?:amp;|#38;)*(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    rf"|(?P<separator>[|｜•·⋅\u0387;；\u037e{_LINE_BREAKS}]|(?<=\s)[-–—/](?=\s))"
)

# "EX" in capitals is employee experience, "Ex officio" and the like are no former role.
_EX_BUT_CURRENT = r"(?!(?:im|vivo|situ|works?|officio|libris|pats?|factory|gratia|parte|post|ante|machina)\b)"
_FORMER = re.compile(
    rf"(?:the |a |an )?(?:ex[-‐‑–—] ?{_EX_BUT_CURRENT}\w"
    r"|former(?:ly)?\b(?! ?\()|retired\b|prev(?:iously|ious)?\b"
    r"|ehem(?:als|alig\w*)?\b|fr[uü]her(?:er|e)?\b)"
)
_EX_SPACE = re.compile(rf"ex\.? {_EX_BUT_CURRENT}\w")
_FORMER_ASIDE = re.compile(
    r"\((?:ex[-.]?|former(?:ly)?|retired|ret['’]?d?\.?|prev(?:iously|ious)?\.?|ehem\.?|a\.d\.|i\.r\.)\)"
    r"|, (?:retired|ret['’]?d\.?)$"
)
_NOT_A_PERSON = (
    r"(?!of\b|farmers of\b|work|mobility|energy|funds?\b|business|product|technolog|system|retail|network"
    r"|skills?\b|leaders program|planning|ready|proof|state\b|vision|trend|stud|cities|food|health\b)"
)
_LEADING_SIGNS = re.compile(r"^[^\w(]+")
_ASPIRING = re.compile(
    r"(?:an? )?aspiring\b"
    r"|(?:actively |currently |now |still )?(?:seeking\b(?! alpha\b)|looking for\b|searching for\b)"
    rf"|future {_NOT_A_PERSON}"
    r"|open ?to ?(?:work|new|opportunit|roles?\b|offers?\b|job)"
    r"|(?:available|ready) for (?:work|hire|new|a new)\b|in (?:career )?transition\b|job ?-?seekers?$"
    r"|auf (?:der )?(?:job)?suche\b|angehende[rn]?\b"
)


class _Clean(dict[int, str]):
    """For `str.translate`: white space to a space first, then control and format characters to nothing."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if character.isspace():
            character = " "
        elif unicodedata.category(character) in ("Cc", "Cf"):
            character = ""
        self[point] = character
        return character


_CLEAN = _Clean()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a headline: `raw` as written, `key` to compare by, `mark` when it is no current role."""

    raw: str
    key: str
    mark: Mark


def comparison_key(text: str) -> str:
    """The text by which two headlines, names or parts are the same; "" when nothing readable is left.

    HTML unescape, NFKC, every white space to a space, control and format characters dropped, case
    folded, spaces collapsed (`model.md`), repeated until nothing changes, so that the key of a key is
    the key itself also for `R&amp;amp;D` and for letters that only compose after folding.
    """
    if text.isascii() and "&" not in text and text.isprintable():
        return " ".join(text.casefold().split())
    key = _ESCAPED_AMPERSAND.sub("&", text)
    for _ in range(_PASSES):
        before, key = key, _fold_once(key)
        if key == before:
            break
    return key


def key_hash(key: str) -> bytes:
    """SHA-256 of a key (32 bytes): what is indexed, since a long text would not fit an index entry."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()


def split_headline(text: str) -> list[Part]:
    """The parts of a headline in their order, none dropped; an empty headline has none.

    Parts end at `|`, `•`, `·`, `;`, line breaks and at ` / `, ` - `, ` – `, ` — ` between spaces, also
    where one is written as an HTML entity; the `;` that ends an entity (`R&amp;D`) is no separator.
    """
    parts = []
    for piece in _pieces(text):
        key = comparison_key(piece)
        if key:
            raw = piece.strip()
            parts.append(Part(raw=raw, key=key, mark=_mark(raw, key)))
    return parts


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", html.unescape(text))
    folded = unicodedata.normalize("NFKC", text.translate(_CLEAN).casefold())
    return " ".join(folded.split())


def _pieces(text: str) -> Iterator[str]:
    """Cut at the separators. Every character that is no separator is in exactly one piece."""
    start = 0
    for match in _TOKEN.finditer(text):
        cut = match.start()
        if match["entity"]:
            meaning = _meaning(match["entity"])
            if meaning == match["entity"]:
                cut = match.end() - 1  # no entity after all: "AT&T; Speaker" ends at its semicolon
            elif not _separates(meaning, text, match):
                continue
        yield text[start:cut]
        start = match.end()
    yield text[start:]


def _meaning(entity: str) -> str:
    return html.unescape(_ESCAPED_AMPERSAND.sub("&", entity))


def _separates(meaning: str, text: str, match: re.Match[str]) -> bool:
    if unicodedata.normalize("NFKC", meaning) in _FOLDED_SEPARATORS or meaning in {*_LINE_BREAKS}:
        return True
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return meaning in {*"-–—/"} and before.isspace() and after.isspace()


def _mark(raw: str, key: str) -> Mark:
    """Former before aspiring: "Retired officer, seeking work" speaks of the past first."""
    key, raw = _LEADING_SIGNS.sub("", key), _LEADING_SIGNS.sub("", raw)
    if _FORMER.match(key) or _FORMER_ASIDE.search(key):
        return "former"
    if _EX_SPACE.match(key) and not raw.startswith("EX"):
        return "former"
    return "aspiring" if _ASPIRING.match(key) else ""
