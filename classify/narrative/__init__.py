"""What the figures say and what they cannot: the finding, its limits, and how the roles were read.

No sentence gives a share without its n and N, none speaks of causes, and none is written for one codebook.
"""

from classify.narrative.finding import Finding, finding_of
from classify.narrative.limits import limits_of
from classify.narrative.methods import methods_of
from classify.narrative.practice import practice_lines
from classify.narrative.sentences import Sentence, percent

__all__ = ["Finding", "Sentence", "finding_of", "limits_of", "methods_of", "percent", "practice_lines"]
