"""The exports that are known: one declaration each, all in `FORMATS`. Pure: no Django.

A new one is a `Format` in one of these modules and its name in the list below (see docs/formats.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from polls.importing.formats import linkedin, meetings, surveys
from polls.importing.formats.declaration import Drop, Format, compact
from polls.problems import WrongUsage

__all__ = ["FORMATS", "NO_PRESET", "Drop", "Format", "named", "recognise"]

NO_PRESET: Final = "none"
"""What a person says who wants a file read by its columns alone, whatever export it looks like."""

FORMATS: Final = (
    meetings.ROLECALL,
    linkedin.CONNECTIONS,
    linkedin.OWN_VOTES,
    linkedin.COMMENTERS,
    linkedin.LIKERS,
    linkedin.LEADS,
    linkedin.POSTS,
    linkedin.POLL_VOTERS,
    linkedin.ENRICHMENT,
    linkedin.APIFY,
    surveys.MICROSOFT_FORMS,
    surveys.SURVEYMONKEY,
    surveys.QUALTRICS,
    surveys.QUALTRICS_LEGACY,
    surveys.TYPEFORM,
    surveys.KOBO,
    meetings.ZOOM,
    meetings.VOTE_LIST,
    meetings.MENTIMETER,
    linkedin.LEAD_LIST,
    surveys.GOOGLE_FORMS,
)


def named(name: str) -> Format:
    """The format of that name. Raises WrongUsage naming those there are."""
    for found in FORMATS:
        if found.name == name:
            return found
    known = ", ".join(sorted(known.name for known in FORMATS))
    raise WrongUsage(f"“{name}” is no preset; the presets are {known}.")


def recognise(cells: Sequence[str]) -> Format | None:
    """The format whose row of names this can be: the one that asks for most, else the first declared."""
    there = [compact(cell) for cell in cells]
    fitting = [known for known in FORMATS if known.fits_words(there)]
    return max(fitting, key=lambda known: len(known.headers), default=None)
