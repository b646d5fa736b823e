"""What a row votes for: one cell says it, a column per option, or it is the same for all. Pure: no Django."""

from __future__ import annotations

import re
from typing import Final

from polls.importing.content import MARKS, NO_MARKS
from polls.importing.mapping import ColumnMapping
from polls.importing.report import RowError
from polls.importing.splitting import split_choices
from polls.problems import Refused
from polls.texts import option_key

MOST_OPTIONS: Final = 100
UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_SHOWN: Final = 80
_REMEMBERED: Final = 10 * MOST_OPTIONS

type Choice = tuple[str, str]
type Vote = tuple[str, str, list[Choice] | None]
"""Key and text of the (first) option, and all of them where there are several."""

_NONE: Final[Vote] = ("", "", None)


class Ballot:
    """Knows the options of one poll and how a file tells them.

    `known_options` are option keys; when there are none, the rows say what the options are. With `multiple`
    a voter may choose several.
    """

    def __init__(self, mapping: ColumnMapping, known_options: frozenset[str], *, multiple: bool) -> None:
        self.mapping = mapping
        self.multiple = multiple
        self.closed = bool(known_options)
        self.known = known_options
        self.options = set(known_options)
        self.seen: dict[str, Vote] = {}
        self.columns = [(index, option_key(text), text.strip()) for index, text in mapping.option_columns]
        self.column = mapping.fields.get("option", -1)
        self.everyone = mapping.everyone

    def read(self, cells: list[str], row: int, errors: list[RowError]) -> Vote:
        """What this row votes for; adds to `errors` why it votes for nothing.

        Raises Refused when the rows name more than MOST_OPTIONS options.
        """
        if self.columns:
            return self._marked(cells, row, errors)
        if self.everyone:
            return self._remembered(self.everyone, "", row, errors)
        return self._remembered(cells[self.column].strip(), self.mapping.headers[self.column], row, errors)

    def _remembered(self, text: str, header: str, row: int, errors: list[RowError]) -> Vote:
        vote = self.seen.get(text)
        if vote is not None:
            return vote
        before = len(errors)
        vote = self._told(text, header, row, errors)
        # A row with an error elsewhere does not make an option known.
        settled = len(errors) == before and (not errors or self.closed)
        if settled and len(self.seen) < _REMEMBERED:
            self.seen[text] = vote
        return vote

    def _told(self, text: str, header: str, row: int, errors: list[RowError]) -> Vote:
        def wrong(reason: str, value: str = text) -> Vote:
            errors.append(RowError(row, header, short(value), reason))
            return _NONE

        key = option_key(text)
        if len(key) > 1000 or len(key.encode("utf-8", "replace")) > 2000:
            return wrong("is too long to be an option")
        if not key:
            return wrong("is empty: it does not say what was voted for")
        if key in self.options:
            return key, text, None
        if self.closed:
            return self._split(text, header, row, errors)
        if self.multiple and ";" in text.rstrip("; "):
            return wrong(
                "may hold several choices: give the poll its options first, so that they can be told apart"
            )
        if text.endswith(";") and self.mapping.preset and not self.mapping.own:
            text = text.rstrip("; ")
            key = option_key(text)
            if not key:
                return wrong("is empty: it does not say what was voted for")
        self._add(key, header, row, errors)
        return key, text, None

    def _split(self, text: str, header: str, row: int, errors: list[RowError]) -> Vote:
        found = split_choices(text, self.known, self.mapping.multiple_separators)
        if not found.options:
            inside = self.multiple and found.unknown not in ("", text)
            named = f"“{short(found.unknown)}” is " if inside else ""
            reason = f"{named}not an option of this poll"
            errors.append(RowError(row, header, short(text), reason))
            return _NONE
        return self._several(list(found.options), header, text, row, errors)

    def _several(
        self, choices: list[Choice], header: str, value: str, row: int, errors: list[RowError]
    ) -> Vote:
        if len(choices) > 1 and not self.multiple:
            named = ", ".join(f"“{short(text)}”" for _, text in choices[:5])
            reason = f"names {len(choices)} options ({named}), and a voter of this poll has one choice"
            errors.append(RowError(row, header, short(value), reason))
            return _NONE
        key, text = choices[0]
        return key, text, choices if len(choices) > 1 else None

    def _marked(self, cells: list[str], row: int, errors: list[RowError]) -> Vote:
        """The options whose columns are marked."""
        before, choices = len(errors), []
        for index, key, text in self.columns:
            mark = option_key(cells[index])
            if mark == key or (mark in MARKS and mark not in NO_MARKS):
                if self.closed and key not in self.options:
                    errors.append(self._column_error(index, cells, row, "not an option of this poll"))
                choices.append((key, text))
            elif mark not in NO_MARKS:
                reason = "says neither yes (x, 1, true, yes or the option) nor no (empty, 0, false, no)"
                errors.append(self._column_error(index, cells, row, reason))
        if len(errors) > before:
            return _NONE
        header = self.mapping.headers[self.columns[0][0]]
        if not choices:
            errors.append(
                RowError(row, header, "", "no option is marked, so nothing says what was voted for")
            )
            return _NONE
        for key, _text in choices:
            self._add(key, header, row, errors)
        return self._several(choices, header, "", row, errors)

    def _column_error(self, index: int, cells: list[str], row: int, reason: str) -> RowError:
        return RowError(row, self.mapping.headers[index], short(cells[index]), reason)

    def _add(self, key: str, header: str, row: int, errors: list[RowError]) -> None:
        """An option that a row makes known, if nothing else is wrong with that row."""
        if self.closed or errors:
            return
        self.options.add(key)
        if len(self.options) > MOST_OPTIONS:
            raise Refused(
                f"The column “{header}” has over {MOST_OPTIONS} different texts "
                f"(row {row}): it hardly holds the options of a poll."
            )


def short(value: str) -> str:
    """A cell for a message: printable everywhere, storable, and not longer than needed."""
    value = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value[: _SHOWN + 1])
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"
