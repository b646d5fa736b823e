"""What a reviewer does: decide (`deciding`), ask for a profile (`profiles`), hand in (`handing_in`)."""

from classify.tagging.deciding import MAX_NOTE, Submitted, submit_decision
from classify.tagging.handing_in import hand_in
from classify.tagging.profiles import MAX_PROFILES, record_profile_view

__all__ = [
    "MAX_NOTE",
    "MAX_PROFILES",
    "Submitted",
    "hand_in",
    "record_profile_view",
    "submit_decision",
]
