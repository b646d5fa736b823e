"""How a set of headers was read the last time: the same export needs no second explanation.

Only names of columns and what was chosen for them are kept, never a cell. What belongs to one file or one
poll (its encoding, sheet and table, the option of everybody) is not remembered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from polls.importing.reading import Reading
from polls.models import RememberedColumns, User


def recall(headers: Sequence[str]) -> Reading | None:
    """What was chosen the last time for exactly these headers; null when nothing was, or when it names a
    column that is not among them."""
    row = RememberedColumns.objects.filter(headers_hash=_hash(headers)).first()
    if row is None:
        return None
    try:
        reading = Reading.from_json(row.reading)
    except (TypeError, ValueError):
        return None  # written by a version that meant something else by it
    named = {*(reading.columns or {}).values(), *(header for header, _ in reading.option_columns)} - {""}
    return reading if named <= set(headers) else None


def remember(headers: Sequence[str], reading: Reading, by: User | None) -> None:
    """Keep what was chosen for these headers, in place of what was chosen before."""
    kept = Reading(
        preset=reading.preset,
        columns=reading.columns,
        option_columns=reading.option_columns,
        day_first=reading.day_first,
    )
    if kept == Reading():
        return
    RememberedColumns.objects.update_or_create(
        headers_hash=_hash(headers), defaults={"reading": kept.as_json(), "used_by": by}
    )


def _hash(headers: Sequence[str]) -> bytes:
    return hashlib.sha256("\x1f".join(headers).encode("utf-8", "surrogatepass")).digest()
