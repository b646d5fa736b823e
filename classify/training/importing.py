"""Many titles with known answers at once, from a sheet: all of them, or none and every reason why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Final, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from classify import permissions
from classify.models import Codebook, CodebookVersion, TrainingItem
from classify.training.items import (
    MAX_ITEMS,
    UNSURE,
    active_items,
    clean_explanation,
    clean_title,
    locked,
)
from polls.importing.bounds import Limits
from polls.importing.readers import Record, Source
from polls.importing.report import ERRORS_SHOWN, RowError
from polls.models import User
from polls.problems import Refused

MAX_ROWS: Final = 500
LIMITS: Final = replace(Limits(), file_bytes=5 * 1024 * 1024, rows=MAX_ROWS, columns=50, seconds=20.0)
"""A training set is small; a file of votes sent here by mistake is refused at once."""

_TITLE, _CATEGORY, _EXPLANATION = "title", "category", "explanation"
_NAMES: Final = {
    _TITLE: _TITLE,
    "headline": _TITLE,
    "text": _TITLE,
    _CATEGORY: _CATEGORY,
    "code": _CATEGORY,
    "answer": _CATEGORY,
    _EXPLANATION: _EXPLANATION,
    "why": _EXPLANATION,
}
_PLACES: Final = {_TITLE: 0, _CATEGORY: 1, _EXPLANATION: 2}


@transaction.atomic
def import_items(*, version: CodebookVersion, source: Source, by: User) -> tuple[int, int, list[RowError]]:
    """Add the titles of a sheet: (added, known already, errors). With an error nothing is added.

    Columns: title, category (a code or a label, or "unsure"), explanation; in this order, or named by a
    header row. A title that is there with the same answer is left as it is. Raises PollRefused, or Refused
    for a file that is no such sheet.
    """
    permissions.check_can_edit_codebooks(by)
    codebook = locked(version.codebook)
    answers = _answers(version)
    there = {item.text: item for item in active_items(codebook)}
    wanted: dict[str, tuple[int, TrainingItem]] = {}
    errors: list[RowError] = []
    known = 0
    for row, cells in _rows(source):
        try:
            item = _item(codebook, cells, answers, by)
            if item.text in wanted:
                raise _Fault(
                    _TITLE, item.text, _("the same title as in row %(row)d") % {"row": wanted[item.text][0]}
                )
            if item.text in there:
                if there[item.text].answer != item.answer:
                    raise _Fault(_TITLE, item.text, _("in the training set already, with another answer"))
                known += 1
                continue
        except _Fault as fault:
            errors.append(RowError(row, fault.column, fault.value[:80], fault.reason))
            continue
        wanted[item.text] = row, item
    if len(there) + len(wanted) > MAX_ITEMS:
        raise Refused(
            _("A training set has at most %(n)d titles; with this file it would have %(more)d.")
            % {"n": MAX_ITEMS, "more": len(there) + len(wanted)}
        )
    if errors:
        return 0, known, errors[:ERRORS_SHOWN]
    last = TrainingItem.objects.filter(codebook=codebook).aggregate(last=Max("position"))["last"] or 0
    for position, (_row, item) in enumerate(wanted.values(), start=last + 1):
        item.position = position
    TrainingItem.objects.bulk_create(item for _row, item in wanted.values())
    return len(wanted), known, []


class _Fault(Exception):
    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason


def _answers(version: CodebookVersion) -> dict[str, UUID | None]:
    """What a cell may say, in lower case -> the identity it means; None for unsure. A label that two
    categories share means nothing."""
    categories = list(version.categories.all())
    labels = Counter(category.label.casefold() for category in categories)
    found: dict[str, UUID | None] = {
        category.label.casefold(): category.identity
        for category in categories
        if labels[category.label.casefold()] == 1
    }
    return found | {category.code: category.identity for category in categories} | {UNSURE: None}


def _rows(source: Source) -> Iterator[tuple[int, dict[str, str]]]:
    """Every data row with its number. Raises Refused for too many of them, and for an empty file."""
    places = None
    count = 0
    with closing(cast("_Closable", source.records())) as records:
        for record in records:
            if not record.problem and not any(cell.strip() for cell in record.cells):
                continue
            if places is None:
                places, is_header = _places(record)
                if is_header:
                    continue
            count += 1
            if count > MAX_ROWS:
                raise Refused(
                    _("%(name)s has more than %(n)d rows: import it in parts.")
                    % {"name": source.name, "n": MAX_ROWS}
                )
            cells = {
                name: record.cells[place].strip() if place < len(record.cells) else ""
                for name, place in places.items()
            }
            yield record.row, cells | {"problem": record.problem or ""}
    if not count:
        raise Refused(_("%(name)s has no row with a title.") % {"name": source.name})


class _Closable(Iterator[Record]):
    def close(self) -> None: ...


def _places(record: Record) -> tuple[dict[str, int], bool]:
    """Which column is which, and whether the first row is a header."""
    named: dict[str, int] = {}
    for place, cell in enumerate(record.cells):
        name = _NAMES.get(cell.strip().casefold())
        if name is not None:
            named.setdefault(name, place)
    if {_TITLE, _CATEGORY} <= named.keys():
        return named, True
    return dict(_PLACES), False


def _item(
    codebook: Codebook, cells: dict[str, str], answers: dict[str, UUID | None], by: User
) -> TrainingItem:
    """The row as a title of the set, not stored. Raises _Fault."""
    if cells["problem"]:
        raise _Fault("", "", cells["problem"])
    code, explanation = cells.get(_CATEGORY, ""), cells.get(_EXPLANATION, "")
    try:
        text = clean_title(cells[_TITLE])
    except ValidationError as problem:
        raise _Fault(_TITLE, cells[_TITLE], " ".join(problem.messages)) from None
    if code.casefold() not in answers:
        raise _Fault(_CATEGORY, code, _("no category of this codebook") if code else _("no category given"))
    try:
        explanation = clean_explanation(explanation)
    except ValidationError as problem:
        raise _Fault(_EXPLANATION, explanation, " ".join(problem.messages)) from None
    return TrainingItem(
        codebook=codebook,
        text=text,
        answer=answers[code.casefold()],
        explanation=explanation,
        position=0,
        created_by=by,
    )
