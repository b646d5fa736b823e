"""Which votes stand behind which case (`joining`), who reads it (`dealing`), what comes next (`reading`)."""

from classify.assignment.dealing import count_assigned, deal
from classify.assignment.drawing import MAX_SAMPLE
from classify.assignment.joining import (
    after_votes_changed,
    lock_seats,
    open_cases,
    seal_cases,
    take_back_hand_ins,
)
from classify.assignment.reading import MAX_UPCOMING, next_case, total_of, unread, upcoming, upcoming_after

__all__ = [
    "MAX_SAMPLE",
    "MAX_UPCOMING",
    "after_votes_changed",
    "count_assigned",
    "deal",
    "lock_seats",
    "next_case",
    "open_cases",
    "seal_cases",
    "take_back_hand_ins",
    "total_of",
    "unread",
    "upcoming",
    "upcoming_after",
]
