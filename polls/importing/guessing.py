"""Which column is which, by what headers are called and by what stands below them. Pure: no Django."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final

from polls.importing.content import is_link, is_name, is_profile, is_role, only_marks, option_named, share
from polls.importing.formats.declaration import compact, words
from polls.importing.formats.names import NAMES, PHRASES
from polls.importing.layout import Layout
from polls.texts import option_key
from polls.titles import comparison_key

_HALF: Final = 0.5
_LONGEST_BALLOT: Final = 10_000
_ROLES: Final = 0.3
_NAMES: Final = 0.8


class Columns:
    """The columns of one table and what they are taken for so far."""

    def __init__(self, layout: Layout, known: Collection[str], sample: Sequence[Sequence[str]]) -> None:
        self.layout = layout
        self.known = known
        self.fields: dict[str, int] = {}
        self.taken: set[int] = set()
        self.width = len(layout.headers)
        self.cells = [
            [row[index] if index < len(row) else "" for row in sample] for index in range(self.width)
        ]
        told = layout.words or tuple((name,) for name in layout.headers)
        self.words = [
            {compact(text) for text in (*texts, header) if text}
            for texts, header in zip(told, layout.headers, strict=True)
        ]
        known_format = layout.format
        self.about = known_format.is_about() if known_format else frozenset()
        self.no_times = (
            frozenset(word for names in known_format.no_vote_times for word in words(names))
            if known_format
            else frozenset()
        )

    def take(self, fields: dict[str, int], option_columns: tuple[tuple[int, str], ...]) -> None:
        """What a person said."""
        self.fields |= fields
        self.taken |= {*fields.values(), *(index for index, _ in option_columns)}

    def put(self, field: str, index: int) -> None:
        self.fields[field] = index
        self.taken.add(index)

    def drop(self, field: str) -> None:
        self.taken.discard(self.fields.pop(field))

    def free(self) -> list[int]:
        return [index for index in range(self.width) if index not in self.taken]

    def called(self, word: str) -> list[int]:
        """The free columns with that name."""
        return [index for index in self.free() if word in self.words[index]]

    def filled(self, index: int) -> bool:
        return any(cell.strip() for cell in self.cells[index])

    def share(self, index: int, test: Callable[[str], bool]) -> float:
        return share(self.cells[index], test)

    def questions(self) -> list[int]:
        """The free columns of a survey that are not about the answer as such."""
        return [index for index in self.free() if not self.words[index] & self.about]


def index_of(layout: Layout, names: str) -> int | None:
    """The first column that has one of the names (alternatives by ` | `)."""
    wanted = words(names)
    told = layout.words or tuple((name,) for name in layout.headers)
    for index, texts in enumerate(told):
        if any(compact(text) in wanted for text in texts):
            return index
    return None


def guess_fields(columns: Columns, *, leave: Collection[str]) -> None:
    """Take columns for fields: by the format's own names, by usual names, by phrases, by content."""
    known = columns.layout.format
    blocked = set(leave)
    for field, names in (known.fields if known else {}).items():
        if field in leave:
            continue
        blocked.add(field)
        _take_first(columns, field, words(names))
    for field, usual in NAMES.items():
        if field not in columns.fields and field not in blocked:
            _take_first(columns, field, usual, usual_names=True)
    if known is not None and known.survey:
        _by_phrases(columns, blocked)
    _by_content(columns, blocked)


def _take_first(columns: Columns, field: str, names: Sequence[str], *, usual_names: bool = False) -> None:
    """The first name that a column has; one with nothing below gives way to another with something."""
    found = [index for name in names for index in columns.called(name)]
    if usual_names and columns.layout.format is not None and columns.layout.format.survey:
        found = [index for index in found if not columns.words[index] & columns.about]
    if field == "voted_at":
        found = [index for index in found if not columns.words[index] & columns.no_times]
    if found:
        columns.put(field, next(filter(columns.filled, found), found[0]))


def _by_phrases(columns: Columns, blocked: Collection[str]) -> None:
    """Questions of a survey that ask who somebody is."""
    for field, phrases in PHRASES.items():
        if field in columns.fields or field in blocked:
            continue
        for index in columns.questions():
            key = comparison_key(columns.layout.headers[index])
            if any(phrase in key for phrase in phrases):
                columns.put(field, index)
                break


def _by_content(columns: Columns, blocked: Collection[str]) -> None:
    headed = bool(columns.layout.header)
    if "profile_url" not in columns.fields and "profile_url" not in blocked:
        _take_best(columns, "profile_url", is_profile if headed else is_link, _HALF)
    if "headline" not in columns.fields and "headline" not in blocked:
        survey = columns.layout.format is not None and columns.layout.format.survey
        if not headed or survey:
            _take_best(columns, "headline", is_role, _ROLES)
    if not headed and "name" not in columns.fields and "name" not in blocked:
        _take_best(columns, "name", is_name, _NAMES)


def _take_best(columns: Columns, field: str, test: Callable[[str], bool], least: float) -> None:
    shares = {
        index: columns.share(index, test)
        for index in columns.free()
        if not columns.words[index] & columns.about and not _names_an_option(columns, index)
    }
    best = max(shares, key=lambda index: shares[index], default=None)
    if best is not None and shares[best] >= least:
        columns.put(field, best)


def _names_an_option(columns: Columns, index: int) -> bool:
    return (
        bool(columns.known) and columns.share(index, lambda cell: option_key(cell) in columns.known) >= _HALF
    )


def guess_option(columns: Columns) -> tuple[tuple[int, str], ...]:
    """Take a column for the option, or give those of which each stands for one option."""
    by_name = columns.fields.get("option")
    if columns.known:
        names = _choices_by_name(columns) if by_name is None or not _says_options(columns, by_name) else ()
        if len(names) > 1:
            if by_name is not None:
                columns.drop("option")
            return names
        _option_by_content(columns, by_name)
    elif by_name is None and columns.layout.format is not None and columns.layout.format.choices_below:
        groups = _choices_below(columns)
        if len(groups) == 1:
            return groups[0]
    if "option" not in columns.fields and columns.layout.format is not None and columns.layout.format.survey:
        questions = columns.questions()
        if len(questions) == 1:
            columns.put("option", questions[0])
        elif columns.layout.format.pairs:
            answers = [
                index for index in questions if not columns.layout.headers[index].startswith("Question ")
            ]
            if len(answers) == 1:
                columns.put("option", answers[0])
    return ()


def _says_options(columns: Columns, index: int) -> bool:
    return columns.share(index, lambda cell: _has_option(cell, columns)) >= _HALF


def _has_option(cell: str, columns: Columns) -> bool:
    """The whole cell, or one of several choices in it, is an option of the poll."""
    if len(cell) > _LONGEST_BALLOT:
        return False
    if option_key(cell) in columns.known:
        return True
    separators = columns.layout.format.separators if columns.layout.format else (";", ", ", " / ")
    pieces = [cell]
    for separator in separators:
        pieces = [part for piece in pieces for part in f"{piece} ".split(separator)]
    return any(option_key(piece) in columns.known for piece in pieces)


def _option_by_content(columns: Columns, by_name: int | None) -> None:
    """The column whose cells name the poll's options, unless the one by name does so too."""
    if by_name is not None and columns.share(by_name, lambda cell: _has_option(cell, columns)) > 0:
        return
    shares = {
        index: columns.share(index, lambda cell: _has_option(cell, columns)) for index in columns.free()
    }
    best = max(shares, key=lambda index: shares[index], default=None)
    if best is not None and shares[best] >= _HALF:
        if by_name is not None:
            columns.drop("option")
        columns.put("option", best)


def _choices_by_name(columns: Columns) -> tuple[tuple[int, str], ...]:
    """Columns that are called after an option, alone or behind a question, with nothing but marks below.

    Of several questions with the same choices the one comes first that has most of them.
    """
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for index in columns.free():
        texts = columns.layout.words[index] or (columns.layout.headers[index],)
        for text in texts:
            option = option_named(text, columns.known)
            if option and only_marks(columns.cells[index], option):
                question, written = _question_and_option(text, option)
                question = question or (texts[0] if len(texts) > 1 else "")
                found.setdefault(question, {}).setdefault(option, (index, written))
                break
    best = max(found.values(), key=len, default={})
    return tuple(sorted(best.values()))


def _question_and_option(text: str, option: str) -> tuple[str, str]:
    """What a header that names an option says before it ("" for nothing), and the option as it writes it."""
    text = text.strip()
    if option_key(text) == option:
        return "", text
    text = text.removesuffix("]")
    for length in range(1, len(text)):
        written = text[-length:]
        if not written[0].isspace() and option_key(written) == option:
            return text[:-length], written
    return "", text


def _choices_below(columns: Columns) -> list[tuple[tuple[int, str], ...]]:
    """The questions whose choices are named by the last header row, with nothing but marks below them."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for index in columns.questions():
        told = columns.layout.words[index]
        if len(told) > 1 and columns.filled(index) and only_marks(columns.cells[index], option_key(told[1])):
            groups.setdefault(told[0], []).append((index, told[1]))
    return [tuple(group) for group in groups.values() if len(group) > 1]
