"""Decisions, adjudications and profile views: append-only, a trigger refuses update and delete."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """One reviewer's verdict on one case: a category, unsure, or withdrawn.

    Changing one's mind adds a row with the next `seq` of the slot. A row that came after the case was
    sealed is `late`: kept, shown to the adjudicator, never counted. `milliseconds` is the time the case was
    on screen; null where unknown. `client_id` is made by the browser, so that a repeat changes nothing.
    """

    class Verdict(models.TextChoices):
        CATEGORY = "category", _("Category")
        UNSURE = "unsure", _("Unsure")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Evidence(models.TextChoices):
        HEADLINE = "headline", _("The headline")
        PROFILE = "profile", _("The profile")

    class Source(models.TextChoices):
        WEB = "web", _("Read here")
        IMPORT = "import", _("Imported")

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey("classify.CodebookVersion", models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey("classify.Case", models.PROTECT, related_name="decisions", db_index=False)
    slot = models.SmallIntegerField()
    reviewer = models.ForeignKey("polls.User", models.PROTECT, related_name="decisions", db_index=False)
    seq = models.PositiveIntegerField()
    verdict = models.CharField(max_length=9, choices=Verdict)
    category = models.ForeignKey(
        "classify.Category", models.PROTECT, null=True, related_name="+", db_index=False
    )
    note = models.TextField(blank=True)
    evidence = models.CharField(max_length=8, choices=Evidence, default=Evidence.HEADLINE)
    milliseconds = models.PositiveIntegerField(null=True)
    client_id = models.UUIDField(default=uuid.uuid4, unique=True)
    late = models.BooleanField(default=False)
    source = models.CharField(max_length=6, choices=Source, default=Source.WEB)
    entered_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("case", "slot", "seq", name="classify_decision_seq_once"),
            models.CheckConstraint(condition=Q(slot__in=[1, 2]), name="classify_decision_slot"),
            models.CheckConstraint(
                condition=Q(verdict="category", category__isnull=False)
                | Q(verdict__in=["unsure", "withdrawn"], category__isnull=True),
                name="classify_decision_verdict_whole",
            ),
        ]
        indexes = [models.Index(fields=["round", "reviewer", "-id"], name="classify_decision_mine")]

    def __str__(self) -> str:
        return f"decision {self.pk} on case {self.case_id}"


class Adjudication(models.Model):
    """What a third person, or the two in consensus, said of a conflict.

    `final` decides (or, with no category, closes the case as unresolved); `proposal` is one reviewer's
    offer under the consensus rule; `first` is what a third person thought before they saw the two. Finals
    that were decided together, for headlines that share a job title, have the same `together`.
    """

    class Kind(models.TextChoices):
        FINAL = "final", _("Final")
        PROPOSAL = "proposal", _("Proposal")
        FIRST = "first", _("First look, before the two decisions were shown")

    class Reason(models.TextChoices):
        AMBIGUOUS = "ambiguous", _("Ambiguous title")
        GAP = "gap", _("Gap in the codebook")
        SLIP = "slip", _("Slip of a reviewer")
        TWO_ROLES = "two_roles", _("Two roles in one title")
        OTHER = "other", _("Other")

    case = models.ForeignKey("classify.Case", models.PROTECT, related_name="adjudications", db_index=False)
    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey("classify.CodebookVersion", models.PROTECT, related_name="+", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    category = models.ForeignKey(
        "classify.Category", models.PROTECT, null=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=9, choices=Reason, blank=True)
    rationale = models.TextField(blank=True)
    together = models.UUIDField(null=True)
    source = models.CharField(max_length=6, choices=Decision.Source, default=Decision.Source.WEB)
    decided_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    client_id = models.UUIDField(default=uuid.uuid4, unique=True)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("case", "seq", name="classify_adjudication_seq_once"),
            models.UniqueConstraint(
                fields=["case", "decided_by"],
                condition=Q(kind="first"),
                name="classify_adjudication_first_look_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="final")
                | Q(kind__in=["proposal", "first"], category__isnull=False, decided_by__isnull=False),
                name="classify_adjudication_proposal_whole",
            ),
            models.CheckConstraint(
                condition=~Q(source="web")
                | (Q(decided_by__isnull=False) & (~Q(reason="") | Q(kind="first"))),
                name="classify_adjudication_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"adjudication {self.pk} of case {self.case_id}"


class ProfileView(models.Model):
    """A reviewer, or who resolves a conflict, asked for the profile behind a vote. Recorded first."""

    vote = models.ForeignKey("polls.Vote", models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey("classify.Case", models.PROTECT, related_name="+")
    viewer = models.ForeignKey("polls.User", models.PROTECT, related_name="+", db_index=False)
    viewed_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"profile of vote {self.vote_id} seen by {self.viewer}"


class CaseComment(models.Model):
    """One entry of the talk about a case, which opens once the round is revealed. Append-only."""

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey("classify.Case", models.PROTECT, related_name="comments")
    text = models.TextField()
    written_by = models.ForeignKey("polls.User", models.PROTECT, related_name="+", db_index=False)
    written_at = models.DateTimeField(auto_now_add=True)
    client_id = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        ordering = ["case", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="classify_casecomment_says_something"),
        ]

    def __str__(self) -> str:
        return f"comment {self.pk} on case {self.case_id}"
