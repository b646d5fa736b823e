"""The tables of `polls`: facts, with their invariants as constraints."""

from polls.models.people import Invitation, Membership, Role, User
from polls.models.poll import Batch, Option, Poll
from polls.models.vote import Vote, VoteChange
from polls.models.voter import Headline, HeadlinePart, JobTitle, PartMark, Voter, VoterKey

__all__ = [
    "Batch",
    "Headline",
    "HeadlinePart",
    "Invitation",
    "JobTitle",
    "Membership",
    "Option",
    "PartMark",
    "Poll",
    "Role",
    "User",
    "Vote",
    "VoteChange",
    "Voter",
    "VoterKey",
]
