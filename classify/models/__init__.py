"""The tables of `classify`: judgements, append-only, with their invariants as constraints."""

from classify.models.case import Case, CaseVote, ReviewerCase
from classify.models.codebook import Category, Codebook, CodebookVersion
from classify.models.decision import Adjudication, Decision, ProfileView
from classify.models.round import Round, RoundAdjudicator, RoundReviewer

__all__ = [
    "Adjudication",
    "Case",
    "CaseVote",
    "Category",
    "Codebook",
    "CodebookVersion",
    "Decision",
    "ProfileView",
    "ReviewerCase",
    "Round",
    "RoundAdjudicator",
    "RoundReviewer",
]
