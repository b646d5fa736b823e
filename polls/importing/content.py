"""What cells tell about their column: addresses, marks, options, job titles, last lines. Pure: no Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from polls.texts import option_key

MARKS: Final = frozenset({"x", "1", "true", "yes", "ja", "✓", "✔", "☑", "wahr", "vrai", "selected"})
NO_MARKS: Final = frozenset({"", "0", "false", "no", "nein", "-", "–", "☐", "falsch", "not selected"})
"""How a column per option says that the option was chosen, and that it was not, as option keys."""

_LONGEST_ADDRESS: Final = 2000
_PROFILE = re.compile(r"(?:https?://)?(?:[a-z]{2,3}\.)?linkedin\.com/(?:in|pub|sales/(?:lead|people))/", re.I)
_ADDRESS = re.compile(r"https?://\S+$|www\.\S+\.\S+$|[^\s@]+@[^\s@]+\.[a-z]{2,}$", re.IGNORECASE)
_NAME = re.compile(r"(?!\d)\w[\w.'’-]*$")
_LINK = re.compile(r"https?://\S+$|www\.\S+\.\S+$", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:manager|director|head|chief|officer|consultant|analyst|engineer|specialist|agent|coach|trainer|"
    r"founder|owner|president|vp|ceo|cto|coo|cmo|cx|lead|leader|supervisor|representative|assistant|advisor|"
    r"developer|executive|geschäftsführer(?:in)?|berater(?:in)?|inhaber(?:in)?)\b"
    r"|(?:leiter|leitung|berater|referent)(?:in)?\b",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?:grand |sub-?)?totals?(?: (?:votes|voters|responses|respondents|rows))?[:\s\d.,]*$"
    r"|(?:gesamt|summe|gesamtsumme|insgesamt)[:\s\d.,]*$",
    re.IGNORECASE,
)
_LAST_LINE = re.compile(
    r"(?:report )?(?:generated|exported|created|downloaded) (?:by|on|at|with|from|in|using)\b"
    r"|no (?:conversations?|results?|responses?|votes|records|data)(?: were)? found\b"
    r"|powered by\b|end of (?:report|file|list|export|data)\b|copyright\b|©|\(c\) \d{4}|all rights reserved"
    r"|(?:erstellt|exportiert|erzeugt) (?:am|von|mit)\b|\(?\d+ (?:rows|votes|voters|responses|results)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\s\d.,%()+-]*$")
_ENDS: Final = re.compile(f"{_TOTAL.pattern}|{_LAST_LINE.pattern}", re.IGNORECASE)
_ENDS_BEGIN: Final = frozenset("tTgGsSiIrReEcCdDnNpPaA©(0123456789")


def may_end(cell: str) -> bool:
    """A quick look at a first cell: only where it finds something the whole row is worth a look."""
    return cell[:1] in _ENDS_BEGIN and _ENDS.match(cell) is not None


def is_profile(cell: str) -> bool:
    """The address of a person on LinkedIn."""
    return _PROFILE.match(cell.strip()) is not None


def is_address(cell: str) -> bool:
    """A web or e-mail address, which no header is."""
    return is_profile(cell) or (len(cell) <= _LONGEST_ADDRESS and _ADDRESS.match(cell.strip()) is not None)


def is_link(cell: str) -> bool:
    """A web address."""
    return is_profile(cell) or (len(cell) <= _LONGEST_ADDRESS and _LINK.match(cell.strip()) is not None)


def is_name(cell: str) -> bool:
    """Two to four words that begin with a capital letter, none of them of a job title."""
    words = cell.split()
    return (
        2 <= len(words) <= 4
        and all(word[0].isupper() and _NAME.match(word) for word in words)
        and not is_role(cell)
    )


def is_role(cell: str) -> bool:
    """A text with a word that job titles are made of."""
    return _ROLE.search(cell) is not None


def is_last_line(cells: Sequence[str]) -> bool:
    """A row such as a table ends with: a total with nothing but figures, or a remark that stands alone."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if not filled:
        return False
    if _TOTAL.match(filled[0]):
        return all(_NUMBER.match(cell) for cell in filled[1:])
    return _LAST_LINE.match(filled[0]) is not None and len(filled) <= max(1, min(2, len(cells) - 2))


def option_named(header: str, known: Collection[str]) -> str:
    """The key of the option that a header names: alone, or behind its question (`Q1 - Yes`, `Q1 [Yes]`,
    `q1/yes`); "" for none. The longest counts."""
    key = option_key(header)
    if key in known:
        return key
    ends = [
        option
        for option in known
        if option
        and (key.endswith((f" - {option}", f" – {option}", f": {option}", f"/{option}", f"[{option}]")))
    ]
    return max(ends, key=len, default="")


def only_marks(cells: Iterable[str], option: str) -> bool:
    """Whether these cells of a column say no more than whether its option was chosen."""
    return all(key in MARKS or key in NO_MARKS or key == option for key in map(option_key, cells))


def share(cells: Iterable[str], test: Callable[[str], bool]) -> float:
    """The share of the cells with text that pass the test; 0 when there are none."""
    filled = [cell for cell in cells if cell.strip()]
    return sum(1 for cell in filled if test(cell)) / len(filled) if filled else 0.0
