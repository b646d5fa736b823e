"""The tables of `classify`: judgements, append-only, with their invariants as constraints."""

from classify.models.case import CarriedCase, Case, CaseSplit, CaseVote, ReviewerCase
from classify.models.codebook import Category, CategoryChange, Codebook, CodebookFlag, CodebookVersion
from classify.models.decision import Adjudication, CaseComment, Decision, ProfileView
from classify.models.round import Round, RoundAdjudicator, RoundEvent, RoundReviewer
from classify.models.training import TrainingAnswer, TrainingItem

__all__ = [
    "Adjudication",
    "CarriedCase",
    "Case",
    "CaseComment",
    "CaseSplit",
    "CaseVote",
    "Category",
    "CategoryChange",
    "Codebook",
    "CodebookFlag",
    "CodebookVersion",
    "Decision",
    "ProfileView",
    "ReviewerCase",
    "Round",
    "RoundAdjudicator",
    "RoundEvent",
    "RoundReviewer",
    "TrainingAnswer",
    "TrainingItem",
]
