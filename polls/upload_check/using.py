"""How a waiting file is read: as somebody said, else as the last file with these columns, else as guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from polls.importing import mapping, readers
from polls.importing.formats import NO_PRESET
from polls.importing.reading import Reading
from polls.models import User
from polls.problems import Refused
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
        return Used(told, mapping.preview(source, told, known_options=options))
    except Refused as problem:
        if told.columns is None:
            raise
        rest = replace(told, columns=None, option_columns=(), everyone="")
        return Used(rest, mapping.preview(source, rest, known_options=options), problem=str(problem))


def remember(used: Used, *, by: User) -> None:
    """The next file with these headers is read the same way."""


def in_full(used: Used) -> Reading:
    """The reading with every guess said out loud: the way an import is told of it."""
    found = used.preview.mapping
    columns = {
        field: found.headers[found.fields[field]] if field in found.fields else "" for field in mapping.FIELDS
    }
    return replace(
        used.reading,
        table=found.layout.table if found.layout else used.reading.table,
        preset=found.preset or NO_PRESET,
        columns=columns,
        option_columns=tuple((found.headers[index], text) for index, text in found.option_columns),
        everyone=found.everyone,
    )
