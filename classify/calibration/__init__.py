"""Practice before the round that counts: batches, how far they agreed, and the bar a study sets itself.

A batch of practice is a practice round on titles drawn at random (`drawing` picks them); how precise its
alpha can be is reckoned beforehand (`precision`), how it went is read from its figures (`batches`), and
whether the round proper may start is asked of `gate`. Nothing here is blind: whoever shows a batch asks
`classify.visibility` first.
"""

from classify.calibration.batches import Batch, Mixed, batch_of, practice_of
from classify.calibration.facts import PracticeBatch, PracticeFacts, practice_for
from classify.calibration.gate import MIN_UNITS, Gate, bar_of, gate_of, reaches, what_is_missing
from classify.calibration.precision import alpha_needed, half_width

__all__ = [
    "MIN_UNITS",
    "Batch",
    "Gate",
    "Mixed",
    "PracticeBatch",
    "PracticeFacts",
    "alpha_needed",
    "bar_of",
    "batch_of",
    "gate_of",
    "half_width",
    "practice_for",
    "practice_of",
    "reaches",
    "what_is_missing",
]
