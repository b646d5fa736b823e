"""The life of a round: set it up (`setting_up`), people come and go (`people`), it ends (`ending`)."""

from classify.rounds.ending import close_coding, discard_round
from classify.rounds.events import events_of
from classify.rounds.finding import importers_among_reviewers, latest_round
from classify.rounds.parts import MAX_ADJUDICATORS, MAX_REVIEWERS, MAX_SHARE
from classify.rounds.people import add_second_reviewer
from classify.rounds.setting_up import MAX_DAYS, RoundPreview, create_round, preview_round

__all__ = [
    "MAX_ADJUDICATORS",
    "MAX_DAYS",
    "MAX_REVIEWERS",
    "MAX_SHARE",
    "RoundPreview",
    "add_second_reviewer",
    "close_coding",
    "create_round",
    "discard_round",
    "events_of",
    "importers_among_reviewers",
    "latest_round",
    "preview_round",
]
