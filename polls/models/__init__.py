"""The tables of `polls`: facts, with their invariants as constraints."""

from polls.models.job import ImportJob
from polls.models.people import Invitation, Membership, Role, User
from polls.models.poll import Batch, BatchVotes, Option, Poll, RememberedColumns
from polls.models.vote import Vote, VoteChange
from polls.models.voter import (
    Headline,
    HeadlinePart,
    JobTitle,
    Normalised,
    PartMark,
    Voter,
    VoterDistinction,
    VoterKey,
    VoterMerge,
)

__all__ = [
    "Batch",
    "BatchVotes",
    "Headline",
    "HeadlinePart",
    "ImportJob",
    "Invitation",
    "JobTitle",
    "Membership",
    "Normalised",
    "Option",
    "PartMark",
    "Poll",
    "RememberedColumns",
    "Role",
    "User",
    "Vote",
    "VoteChange",
    "Voter",
    "VoterDistinction",
    "VoterKey",
    "VoterMerge",
]
