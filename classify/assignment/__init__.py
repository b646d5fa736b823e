"""Which votes stand behind which case (`joining`), and which case a reviewer reads next (`reading`)."""

from classify.assignment.joining import after_votes_changed, open_cases, seal_cases
from classify.assignment.reading import next_after, next_case, total_of, unread

__all__ = [
    "after_votes_changed",
    "next_after",
    "next_case",
    "open_cases",
    "seal_cases",
    "total_of",
    "unread",
]
