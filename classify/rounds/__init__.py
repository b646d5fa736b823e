"""The life of a round: set up (`setting_up`), people come and go (`people`, `held`), it ends (`ending`)."""

from classify.reports.complete import is_doubly_coded, reviewers_of
from classify.rounds.absent import waits_for
from classify.rounds.ending import (
    archive_round,
    close_coding,
    discard_round,
    reopen_coding,
    unarchive_round,
)
from classify.rounds.events import events_of
from classify.rounds.finding import latest_round
from classify.rounds.held import return_held_work, went_back_at
from classify.rounds.parts import MAX_ADJUDICATORS, MAX_REVIEWERS, MAX_SHARE
from classify.rounds.people import (
    MAX_REASON,
    add_second_reviewer,
    check_may_join,
    join_round,
    leave_round,
)
from classify.rounds.roles import (
    add_adjudicator,
    adjudicators_of,
    before_roles_go,
    kept_blind,
    may_have_conflicts,
    nobody_resolves,
    resolvers_of,
)
from classify.rounds.setting_up import MAX_DAYS, RoundPreview, create_round, load_of, preview_round

__all__ = [
    "MAX_ADJUDICATORS",
    "MAX_DAYS",
    "MAX_REASON",
    "MAX_REVIEWERS",
    "MAX_SHARE",
    "RoundPreview",
    "add_adjudicator",
    "add_second_reviewer",
    "adjudicators_of",
    "archive_round",
    "before_roles_go",
    "check_may_join",
    "close_coding",
    "create_round",
    "discard_round",
    "events_of",
    "is_doubly_coded",
    "join_round",
    "kept_blind",
    "latest_round",
    "leave_round",
    "load_of",
    "may_have_conflicts",
    "nobody_resolves",
    "preview_round",
    "reopen_coding",
    "resolvers_of",
    "return_held_work",
    "reviewers_of",
    "unarchive_round",
    "waits_for",
    "went_back_at",
]
