"""Two voters who are one person: shown (`alike`), merged, taken apart again, or kept apart for good.

A merge moves votes and keys and deletes nothing: the merged row stays and points to the kept one, and
`VoterMerge.moved` says what went over, so that `undo_merge` gives the state of before back. Where both voted
in one poll, the newer vote counts and lies with the kept voter; the other lies with the merged one, excluded.
"""

from polls.merging.alike import Alike, LookAlikes, LookAlikeVoter, look_alikes
from polls.merging.doing import (
    Parted,
    can_merge,
    check_can_keep_apart,
    check_can_merge,
    check_can_undo_merge,
    keep_apart,
    merge_voters,
    take_apart,
    undo_merge,
)

__all__ = [
    "Alike",
    "LookAlikeVoter",
    "LookAlikes",
    "Parted",
    "can_merge",
    "check_can_keep_apart",
    "check_can_merge",
    "check_can_undo_merge",
    "keep_apart",
    "look_alikes",
    "merge_voters",
    "take_apart",
    "undo_merge",
]
