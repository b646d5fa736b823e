"""Who sees what: the only place that reads decisions for display and that knows the rule of blindness.

`rules` say who may see something and when; `progress`, `own` and `conflicts` read what may be seen.
"""

from classify.visibility.conflicts import (
    BlindDecision,
    BlindReading,
    Proposal,
    decisions_for_adjudicator,
    proposals_for,
)
from classify.visibility.own import decisions_on, last_decision, my_decisions
from classify.visibility.progress import Counts, counts_for
from classify.visibility.rules import (
    STILL_OPEN,
    STILL_READING,
    can_see_conflicts,
    can_see_results,
    can_see_votes,
    check_can_see_conflicts,
    check_can_see_results,
    check_can_see_votes,
    holds_open_slot,
    holds_open_slot_in_poll,
    is_revealed,
    polls_with_open_votes,
)

__all__ = [
    "STILL_OPEN",
    "STILL_READING",
    "BlindDecision",
    "BlindReading",
    "Counts",
    "Proposal",
    "can_see_conflicts",
    "can_see_results",
    "can_see_votes",
    "check_can_see_conflicts",
    "check_can_see_results",
    "check_can_see_votes",
    "counts_for",
    "decisions_for_adjudicator",
    "decisions_on",
    "holds_open_slot",
    "holds_open_slot_in_poll",
    "is_revealed",
    "last_decision",
    "my_decisions",
    "polls_with_open_votes",
    "proposals_for",
]
