"""Which votes stand behind which case (`joining`) and whose profiles these are (`profiles`), who reads it
(`dealing`), what comes next (`reading`)."""

from classify.assignment.dealing import count_assigned, deal, free_slots, left_undealt, readers_of
from classify.assignment.drawing import MAX_SAMPLE
from classify.assignment.joining import (
    after_votes_changed,
    follow_votes,
    lock_seats,
    open_cases,
    open_parts,
    read_on,
    seal_cases,
    take_back_hand_ins,
)
from classify.assignment.profiles import MAX_PROFILES, tell_profiles
from classify.assignment.reading import MAX_UPCOMING, next_case, total_of, unread, upcoming, upcoming_after
from classify.assignment.returning import give_back, hand_back, still_held, take_fair_part

__all__ = [
    "MAX_PROFILES",
    "MAX_SAMPLE",
    "MAX_UPCOMING",
    "after_votes_changed",
    "count_assigned",
    "deal",
    "follow_votes",
    "free_slots",
    "give_back",
    "hand_back",
    "left_undealt",
    "lock_seats",
    "next_case",
    "open_cases",
    "open_parts",
    "read_on",
    "readers_of",
    "seal_cases",
    "still_held",
    "take_back_hand_ins",
    "take_fair_part",
    "tell_profiles",
    "total_of",
    "unread",
    "upcoming",
    "upcoming_after",
]
