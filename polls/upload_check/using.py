"""How a waiting file is read: as somebody said, else as the last file with these columns, else as guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from polls.importing import mapping, readers, remembered
from polls.importing.formats import NO_PRESET
from polls.importing.reading import Reading
from polls.importing.rejects import REASON
from polls.models import User
from polls.problems import Refused
from polls.texts import option_key
from polls.upload_check.opening import option_texts
from polls.uploads import Upload


@dataclass(frozen=True, slots=True)
class Used:
    """The reading in use and what it makes of the file. `remembered`: it comes from an earlier file with the
    same headers, since nobody said anything about this one. With a `problem` what was said does not fit the
    file, and the reading is what is left without the columns."""

    reading: Reading
    preview: mapping.Preview
    remembered: bool = False
    problem: str = ""


def reading_in_use(upload: Upload, source: readers.Source) -> Used:
    """How the file is read as things stand. Raises Refused when it cannot be read as it was told."""
    told, options = upload.as_told, option_texts(upload)
    try:
        used = Used(told, mapping.preview(source, told, known_options=options))
    except Refused as problem:
        if told.columns is None:
            raise
        rest = replace(told, columns=None, option_columns=(), everyone="")
        return Used(rest, mapping.preview(source, rest, known_options=options), problem=str(problem))
    if told.columns is not None or told.preset or told.option_columns or told.everyone:
        return used
    return _as_last_time(source, used, options) or used


def remember(used: Used, *, by: User) -> None:
    """The next file with these headers is read the same way."""
    remembered.remember(used.preview.mapping.headers, in_full(used), by)


def in_full(used: Used) -> Reading:
    """The reading with every guess said out loud: the way an import is told of it."""
    found = used.preview.mapping
    columns = {
        field: found.headers[found.fields[field]] if field in found.fields else "" for field in mapping.FIELDS
    }
    return replace(
        used.reading,
        table=found.layout.table if found.layout and used.preview.tables else used.reading.table,
        preset=found.preset or NO_PRESET,
        columns=columns,
        option_columns=tuple((found.headers[index], text) for index, text in found.option_columns),
        everyone=found.everyone,
    )


def _as_last_time(source: readers.Source, guessed: Used, options: Sequence[str]) -> Used | None:
    """The reading remembered for these headers; null when there is none that fits the file and its poll."""
    headers = guessed.preview.mapping.headers
    last = remembered.recall(headers)
    if last is None and headers[-1:] == (REASON,):
        # The rows that were not taken come back, mended.
        last = remembered.recall(headers[:-1])
    if last is None:
        return None
    known = {option_key(text) for text in options}
    if known and any(option_key(text) not in known for _header, text in last.option_columns):
        return None
    told = guessed.reading
    day_first = last.day_first if told.day_first is None else told.day_first
    reading = replace(
        last, encoding=told.encoding, sheet=told.sheet, table=told.table, everyone="", day_first=day_first
    )
    try:
        return Used(reading, mapping.preview(source, reading, known_options=options), remembered=True)
    except Refused:
        return None
