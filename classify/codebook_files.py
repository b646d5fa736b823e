"""Codebooks as files: the shape, and every reason why a file has not got it.

The shape is `{"code", "title", "subject", "categories": [...], "rules": [...]}`; a category is
`{"code", "label", "group", "definition", "include", "exclude", "examples", "key", "color"}` and a rule about
a trap word `{"words", "text", "category"}`. `rules` and `color` may be left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from polls.models.poll import SLUG_PATTERN
from polls.problems import Refused

SUBJECTS = ("voter", "comment")
MAX_FILE_BYTES = 1024 * 1024
MAX_CATEGORIES = 50
MAX_RULES = 200
MAX_ITEMS = 50
MAX_TEXT = 4000
MAX_TITLE = 200
MAX_CODE = 50
MAX_LABEL = 100
RESERVED_KEYS = frozenset("unpzs?hjk/")
"""What the reading page does with these keys: unsure, note, profile, undo, split, help, search, moving."""

_PALETTE = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"),  # Okabe–Ito
    *("#332288", "#882255", "#999933", "#44AA99", "#AA4499", "#117733"),  # Tol's muted, where more are needed
)
_GREYS = {"other": "#7A7F89", "none": "#7A7F89", "cannot-tell": "#B8BDC6"}


class CodebookError(Refused):
    """The file is no codebook; the message is a sentence that names the place."""


@dataclass(frozen=True)
class CategoryText:
    """One category as a file gives it, with nothing left open."""

    code: str
    label: str
    group: str
    definition: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    examples: tuple[str, ...]
    key: str
    color: str


@dataclass(frozen=True)
class Rule:
    """What the codebook says about words that are a trap; `category` is a code where the rule decides."""

    words: tuple[str, ...]
    text: str
    category: str | None


@dataclass(frozen=True)
class CodebookText:
    """A whole codebook as a file gives it."""

    code: str
    title: str
    subject: str
    categories: tuple[CategoryText, ...]
    rules: tuple[Rule, ...]


def default_color(code: str, index: int) -> str:
    """The colour where a file names none: greys for the residual categories, else the palette in order."""
    return _GREYS.get(code) or _PALETTE[index % len(_PALETTE)]


def problem_with_code(value: str) -> str:
    """What keeps the text from being the code of a codebook or category, in a sentence; "" for nothing."""
    if len(value) > MAX_CODE or not re.fullmatch(SLUG_PATTERN[1:-1], value):
        return _(
            "a code has small letters, digits and single hyphens, at most 50 characters; “%(value)s” is none."
        ) % {"value": value[:60]}
    if value == "unsure":
        return _("“unsure” is reserved for a reviewer's doubt.")
    return ""


def problem_with_key(value: str) -> str:
    """What keeps the text from being the key of a category; "" for nothing."""
    if len(value) != 1 or value.isspace() or not value.isprintable():
        return _("a key is one character.")
    if value.casefold() in RESERVED_KEYS:
        return _("the key “%(key)s” is taken by the reading page; choose a digit or another letter.") % {
            "key": value
        }
    return ""


def problem_with_group(value: str) -> str:
    """What keeps the text from being the name of a group; "" for nothing."""
    if value and not slugify(value):
        return _("a group needs letters a to z or digits in its name.")
    return ""


def problem_with_color(value: str) -> str:
    """What keeps the text from being a colour; "" for nothing."""
    return "" if re.fullmatch(r"#[0-9A-Fa-f]{6}", value) else _("a color is written as #rrggbb.")


def free_keys(taken: Iterable[str]) -> list[str]:
    """The digits and letters that can still be the key of a category, in the order they are given out."""
    used = {key.casefold() for key in taken}
    return [key for key in "1234567890abcdefgilmoqrtvwxy" if key not in used and key not in RESERVED_KEYS]


def free_color(code: str, taken: Iterable[str]) -> str:
    """A colour for one more category: one that no other has, as long as there is one."""
    used = [color.casefold() for color in taken]
    own = _GREYS.get(code)
    unused = (color for color in ([own] if own else [*_PALETTE]) if color.casefold() not in used)
    return next(unused, default_color(code, len(used)))


def parse_codebook(raw: bytes) -> CodebookText:
    """The codebook in a JSON file. Raises CodebookError with a sentence for the first thing that is wrong."""
    if len(raw) > MAX_FILE_BYTES:
        raise CodebookError(_("The file is larger than 1 MB; a codebook is a few pages of text."))
    try:
        data = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_no_twins)
    except UnicodeDecodeError:
        raise CodebookError(_("The file is not UTF-8 text.")) from None
    except json.JSONDecodeError as error:
        raise CodebookError(
            _("The file is not JSON: line %(line)s, column %(column)s.")
            % {"line": error.lineno, "column": error.colno}
        ) from None
    except RecursionError:
        raise CodebookError(_("The file is nested too deeply to be a codebook.")) from None
    whole = _fields(data, "", {"code", "title", "categories"}, {"subject", "rules"})
    subject = whole.get("subject", SUBJECTS[0])
    if subject not in SUBJECTS:
        raise CodebookError(
            _("subject is “voter” or “comment”, not “%(value)s”.") % {"value": str(subject)[:50]}
        )
    categories = _categories(whole["categories"])
    return CodebookText(
        code=_slug(whole["code"], "code"),
        title=_text(whole["title"], "title", MAX_TITLE, required=True),
        subject=subject,
        categories=categories,
        rules=_rules(whole.get("rules") or [], {category.code for category in categories}),
    )


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise CodebookError(_("“%(name)s” stands twice in one place.") % {"name": twin[:50]})
    return found


def _fields(data: Any, where: str, needed: set[str], optional: set[str]) -> dict[str, Any]:
    at = f"{where}: " if where else ""
    if not isinstance(data, dict):
        raise CodebookError(at + _("here belongs an object in curly brackets."))
    for name in sorted(needed - data.keys()):
        raise CodebookError(at + _("“%(name)s” is missing.") % {"name": name})
    for name in sorted(data.keys() - needed - optional):
        raise CodebookError(at + _("“%(name)s” is no field of a codebook.") % {"name": name[:50]})
    return data


def _categories(data: Any) -> tuple[CategoryText, ...]:
    if not isinstance(data, list) or not data:
        raise CodebookError(_("categories: here belongs a list with at least one category."))
    if len(data) > MAX_CATEGORIES:
        raise CodebookError(_("A codebook holds at most %(n)s categories.") % {"n": MAX_CATEGORIES})
    free = iter(free_keys(str(item.get("key", "")) for item in data if isinstance(item, dict)))
    categories = tuple(_category(item, index, free) for index, item in enumerate(data))
    for field in ("code", "key"):
        seen: set[str] = set()
        for category in categories:
            value = str(getattr(category, field))
            if value.casefold() in seen:
                raise CodebookError(
                    _("Two categories have the %(field)s “%(value)s”.") % {"field": field, "value": value}
                )
            seen.add(value.casefold())
    return categories


def _category(data: Any, index: int, free_keys: Iterable[str]) -> CategoryText:
    where = _("category %(number)s") % {"number": index + 1}
    lists = ("include", "exclude", "examples")
    data = _fields(data, where, {"code", "label"}, {"group", "definition", "key", "color", *lists})
    code = _slug(data["code"], where)
    where = f"{where} ({code})"
    group = _text(data.get("group"), f"{where}, group", MAX_LABEL)
    color = _text(data.get("color"), f"{where}, color", 7) or default_color(code, index)
    _refuse(where, problem_with_group(group) or problem_with_color(color))
    include, exclude, examples = (_texts(data.get(name), f"{where}, {name}") for name in lists)
    return CategoryText(
        code=code,
        label=_text(data["label"], f"{where}, label", MAX_LABEL, required=True),
        group=group,
        definition=_text(data.get("definition"), f"{where}, definition", MAX_TEXT),
        include=include,
        exclude=exclude,
        examples=examples,
        key=_key(data.get("key"), where, free_keys),
        color=color,
    )


def _key(value: Any, where: str, free_keys: Iterable[str]) -> str:
    if value in (None, ""):
        key = next(iter(free_keys), None)
        if key is None:
            raise CodebookError(_("%(where)s: no key is left, name one.") % {"where": where})
        return key
    key = value if isinstance(value, str) else ""
    _refuse(where, problem_with_key(key))
    return key


def _refuse(where: str, problem: str) -> None:
    if problem:
        raise CodebookError(f"{where}: {problem}")


def _rules(data: Any, codes: set[str]) -> tuple[Rule, ...]:
    if not isinstance(data, list) or len(data) > MAX_RULES:
        raise CodebookError(_("rules: here belongs a list of at most %(n)s rules.") % {"n": MAX_RULES})
    rules = []
    for number, item in enumerate(data, start=1):
        where = _("rule %(number)s") % {"number": number}
        item = _fields(item, where, {"words", "text"}, {"category"})
        words = _texts(item["words"], f"{where}, words")
        if not words or not all(word.strip() for word in words):
            raise CodebookError(_("%(where)s: name at least one word.") % {"where": where})
        category = item.get("category")
        if category is not None and category not in codes:
            raise CodebookError(
                _("%(where)s: “%(code)s” is no category of this codebook.")
                % {"where": where, "code": str(category)[:50]}
            )
        rules.append(Rule(words, _text(item["text"], f"{where}, text", MAX_TEXT, required=True), category))
    return tuple(rules)


def _slug(value: Any, where: str) -> str:
    code = value if isinstance(value, str) else ""
    _refuse(where, problem_with_code(code))
    return code


def _text(value: Any, where: str, longest: int, *, required: bool = False) -> str:
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise CodebookError(_("%(where)s: here belongs a text in quotes.") % {"where": where})
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise CodebookError(
            _("%(where)s: the text holds a character that cannot be stored.") % {"where": where}
        )
    if len(value) > longest:
        raise CodebookError(
            _("%(where)s: the text is longer than %(n)s characters.") % {"where": where, "n": longest}
        )
    if required and not value.strip():
        raise CodebookError(_("%(where)s: the text is empty.") % {"where": where})
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_ITEMS:
        raise CodebookError(
            _("%(where)s: here belongs a list of at most %(n)s texts.") % {"where": where, "n": MAX_ITEMS}
        )
    return tuple(_text(item, where, MAX_TEXT, required=True) for item in value)
