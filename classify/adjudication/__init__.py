"""Resolving a conflict, by a third person or by the two in consensus. What they said on their own stays.

`rights` say who may; `claiming` gives a conflict to one person at a time; `deciding`, `consensus` and
`together` put an answer on record; `profiles` says who is behind a title, on record too; `alike` finds
conflicts that share a job title.
"""

from classify.adjudication.alike import MAX_TOGETHER, SharedTitle, job_title_of, shared_titles, sharing
from classify.adjudication.claiming import claim, claim_together, give_back, holder, renew
from classify.adjudication.consensus import propose
from classify.adjudication.deciding import close_unresolved, decide, look_first
from classify.adjudication.profiles import ask_for_profiles
from classify.adjudication.recording import (
    CLAIM_HOURS,
    CLAIM_STANDS,
    GONE,
    MAX_FLAG,
    MAX_RATIONALE,
    TAKEN,
    stands,
)
from classify.adjudication.rights import (
    can_ask_for_profiles,
    can_close_unresolved,
    can_decide,
    can_propose,
    check_can_ask_for_profiles,
    check_can_close_unresolved,
    check_can_decide,
    check_can_propose,
)
from classify.adjudication.together import LeftOut, Together, decide_together, propose_together
from classify.adjudication.waiting import queue

__all__ = [
    "CLAIM_HOURS",
    "CLAIM_STANDS",
    "GONE",
    "MAX_FLAG",
    "MAX_RATIONALE",
    "MAX_TOGETHER",
    "TAKEN",
    "LeftOut",
    "SharedTitle",
    "Together",
    "ask_for_profiles",
    "can_ask_for_profiles",
    "can_close_unresolved",
    "can_decide",
    "can_propose",
    "check_can_ask_for_profiles",
    "check_can_close_unresolved",
    "check_can_decide",
    "check_can_propose",
    "claim",
    "claim_together",
    "close_unresolved",
    "decide",
    "decide_together",
    "give_back",
    "holder",
    "job_title_of",
    "look_first",
    "propose",
    "propose_together",
    "queue",
    "renew",
    "shared_titles",
    "sharing",
    "stands",
]
