"""The training set of a codebook: titles whose answer is known, and what people answered.

It belongs to the codebook, not to a version of it: a known answer is the identity of a category, which
survives a new name and a new version. Answers of training are kept, and stand in no figure of any round.
"""

from classify.training.importing import MAX_ROWS, import_items
from classify.training.items import (
    MAX_EXPLANATION,
    MAX_ITEMS,
    MAX_TITLE,
    UNSURE,
    Known,
    active_items,
    add_item,
    archive_item,
    change_item,
    has_titles,
    known_items,
    move_item,
    restore_item,
)
from classify.training.results import Practised, Tally, practised, tallies_of, wrong_ones
from classify.training.taking import Run, answer_item, last_run, last_run_with, run_of, versions_read_by

__all__ = [
    "MAX_EXPLANATION",
    "MAX_ITEMS",
    "MAX_ROWS",
    "MAX_TITLE",
    "UNSURE",
    "Known",
    "Practised",
    "Run",
    "Tally",
    "active_items",
    "add_item",
    "answer_item",
    "archive_item",
    "change_item",
    "has_titles",
    "import_items",
    "known_items",
    "last_run",
    "last_run_with",
    "move_item",
    "practised",
    "restore_item",
    "run_of",
    "tallies_of",
    "versions_read_by",
    "wrong_ones",
]
