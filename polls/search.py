"""Find votes by any part of a voter's name or headline, among millions, in milliseconds.

Every word must occur, in the name or in the headline. A word with three letters or digits in a row is found
anywhere; a shorter one ("CX") at the beginning of a word, since the trigram indexes know nothing shorter. The
conditions are written over the very expression of the indexes (`models.voter.Normalised`, lower case).
Headlines are searched as they were first seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from polls.models import Vote
from polls.problems import Refused

LONGEST: Final = 200
MOST_WORDS: Final = 6
PATIENCE: Final = 3000
"""Milliseconds after which a search is given up."""

_FEW: Final = 4000
"""So many votes are read one by one: that is faster than any index over everybody else's words, too."""

# A class with a letter beyond Latin-1 in it would keep PostgreSQL from using the index.
_BEGINNING: Final = "(^|[ \t\n\r!-/:-@[-`{-~·«»])"
_CANCELLED: Final = "57014"
# Candidates come from the trigram indexes, one after the other, until enough are found. Left to itself the
# planner would rather read a whole table, trusting in a guess how soon it meets enough.
_PLANS: Final = {
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

_ONE_BY_ONE: Final = """
    SELECT v.id FROM {votes} JOIN polls_voter p ON p.id = v.voter_id
    LEFT JOIN polls_headline h ON h.id = v.headline_id WHERE {tests} ORDER BY v.id
"""
_BOTH: Final = """
    SELECT v.id FROM {votes} JOIN polls_voter p ON p.id = v.voter_id
    JOIN polls_headline h ON h.id = v.headline_id WHERE {name} AND {headline}
"""
# Behind a fence, and read only as far as needed.
_NAMED: Final = """
    WITH fitting AS MATERIALIZED (SELECT p.id FROM polls_voter p WHERE {name})
    SELECT v.id FROM fitting JOIN {votes} ON v.voter_id = fitting.id WHERE true
"""
_TITLED: Final = """
    WITH fitting AS MATERIALIZED (SELECT h.id FROM polls_headline h WHERE {headline})
    SELECT v.id FROM fitting JOIN {votes} ON v.headline_id = fitting.id WHERE true
"""

type Statement = tuple[str, list[Any]]
"""SQL and its values."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word to look for: an operator of PostgreSQL, and the pattern on its right side."""

    operator: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Found:
    """Ids of the votes found, at most as many as were asked for, and whether there are more."""

    votes: list[int]
    more: bool


def words_of(text: str) -> tuple[Word, ...]:
    """What a person typed, as words to look for; none for a text of nothing but spaces.

    Raises Refused with a sentence when it is too long, has too many words, or a word of signs alone.
    """
    text = unicodedata.normalize("NFKC", text.replace("\x00", " "))
    if len(text) > LONGEST:
        raise Refused(_("Search for at most %(most)d characters.") % {"most": LONGEST})
    typed = list(dict.fromkeys(text.split()))
    if len(typed) > MOST_WORDS:
        raise Refused(_("Search for at most %(most)d words.") % {"most": MOST_WORDS})
    for word in typed:
        if not any(character.isalnum() for character in word):
            raise Refused(
                _("“%(word)s” has no letter and no digit: signs alone cannot be searched.")
                % {"word": word[:40]}
            )
    return tuple(_word(word) for word in typed)


def condition(column: str, words: Iterable[Word]) -> tuple[str, list[str]]:
    """SQL for "all these words occur in the column", and its parameters. `column` is one with a trigram
    index, as `h.text`; never anything from outside."""
    words = list(words)
    # Lower case is made by the server, so that both sides fold by the same rules.
    tests = [f"lower(normalize({column}, NFKC)) {word.operator} lower(%s)" for word in words]
    return " AND ".join(tests) or "true", [word.pattern for word in words]


def find_votes(*, votes: QuerySet[Vote], polls: Sequence[int], words: Sequence[Word], most: int) -> Found:
    """The votes in which all words occur, at most `most`; without words, any votes.

    `polls` are ids; `votes` may narrow them further and belong to these polls only. Raises Refused when the
    search would take too long.
    """
    try:
        sql, values = votes.order_by().values("pk", "voter_id", "headline_id").query.sql_with_params()
    except EmptyResultSet:
        return Found([], more=False)
    source = (f"({sql}) AS v (id, voter_id, headline_id)", list(values))
    few = not words or _are_few(polls)
    with impatient(plans={} if few else _PLANS):
        if few:
            found = _fetch(*_one_by_one(source, words), most + 1)
        else:
            found = _by_index(source, words, most + 1)
    return Found(found[:most], more=len(found) > most)


@contextmanager
def impatient(
    milliseconds: int = PATIENCE, *, plans: Mapping[str, str] = MappingProxyType({})
) -> Iterator[None]:
    """Give up what takes too long: raises Refused with a sentence, and no harm is done. `plans` are settings
    of the planner that hold meanwhile."""
    settings = {"statement_timeout": str(milliseconds), **plans}
    try:
        with transaction.atomic():
            _set(settings)
            yield
            _set(dict.fromkeys(settings))
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") != _CANCELLED:
            raise
        raise Refused(_("This search takes too long. Write a longer or a rarer word.")) from None


def _word(text: str) -> Word:
    if any(len(run) >= 3 for run in re.findall(r"[^\W_]+", text)):
        return Word("LIKE", f"%{re.sub(r'([\\%_])', r'\\\1', text)}%")
    return Word("~", _BEGINNING + re.sub(r"([^\w])", r"\\\1", text))


def _set(settings: Mapping[str, str | None]) -> None:
    """Change settings for the rest of the transaction; null: back to what they were by default."""
    with connection.cursor() as cursor:
        cursor.execute(
            ";".join(f"SET LOCAL {name} TO {value or 'DEFAULT'}" for name, value in settings.items())
        )


def _are_few(polls: Sequence[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM polls_vote WHERE poll_id = ANY(%s) LIMIT %s) probe",
            [list(polls), _FEW + 1],
        )
        return int(cursor.fetchone()[0]) <= _FEW


def _fetch(sql: str, values: list[Any], most: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} LIMIT %s", [*values, most])
        return [row[0] for row in cursor.fetchall()]


def _one_by_one(source: Statement, words: Sequence[Word]) -> Statement:
    tests, values = [], list(source[1])
    for word in words:
        (name, in_name), (headline, in_headline) = condition("p.name", [word]), condition("h.text", [word])
        tests.append(f"({name} OR {headline})")
        values += in_name + in_headline
    return _ONE_BY_ONE.format(votes=source[0], tests=" AND ".join(tests) or "true"), values


def _by_index(source: Statement, words: Sequence[Word], most: int) -> list[int]:
    """One statement for each way to share the words between name and headline, until enough are found."""
    found: list[int] = []
    for in_name in _shares(len(words)):
        sql, values = _arm(
            source,
            [word for place, word in enumerate(words) if place in in_name],
            [word for place, word in enumerate(words) if place not in in_name],
        )
        found += _fetch(f"{sql} AND v.id <> ALL(%s)", [*values, found], most - len(found))
        if len(found) >= most:
            break
    return found


def _shares(count: int) -> list[tuple[int, ...]]:
    """Which words (by place) are the name's: all, then fewer, then none. Of more than three words the name's
    stand first or last, as people type them; anything else would be 64 statements."""
    everything = range(count)
    if count <= 3:
        return [share for size in range(count, -1, -1) for share in combinations(everything, size)]
    shares = []
    for size in range(count, 0, -1):
        shares += [tuple(everything[:size]), tuple(everything[count - size :])]
    return [*dict.fromkeys(shares), ()]


def _arm(source: Statement, in_name: Sequence[Word], in_headline: Sequence[Word]) -> Statement:
    name, name_values = condition("p.name", in_name)
    headline, headline_values = condition("h.text", in_headline)
    if in_name and in_headline:
        both = _BOTH.format(votes=source[0], name=name, headline=headline)
        return both, [*source[1], *name_values, *headline_values]
    if in_name:
        return _NAMED.format(votes=source[0], name=name), [*name_values, *source[1]]
    return _TITLED.format(votes=source[0], headline=headline), [*headline_values, *source[1]]
