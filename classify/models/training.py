"""Learning a codebook: titles with known answers, what people answered, and what the codebook should say."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classify.models.codebook import CodebookVersion


class TrainingItem(models.Model):
    """A title whose category is known, and why. `answer` is the identity of a category, which survives new
    versions of the codebook; null where the right answer is "unsure"."""

    codebook = models.ForeignKey("classify.Codebook", models.PROTECT, related_name="training")
    text = models.CharField(max_length=500)
    answer = models.UUIDField(null=True)
    explanation = models.TextField(blank=True)
    position = models.PositiveIntegerField()
    created_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["codebook", "position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="classify_trainingitem_has_a_title"),
            models.UniqueConstraint(
                "codebook", "text", condition=Q(archived_at__isnull=True), name="classify_trainingitem_once"
            ),
        ]

    def __str__(self) -> str:
        return self.text


class TrainingAnswer(models.Model):
    """What one person answered in their n-th run through a training set. Append-only."""

    item = models.ForeignKey(TrainingItem, models.PROTECT, related_name="answers")
    version = models.ForeignKey(CodebookVersion, models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey("polls.User", models.PROTECT, related_name="+")
    run = models.PositiveIntegerField()
    category = models.ForeignKey(
        "classify.Category",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text=_("Empty: unsure."),
    )
    was_right = models.BooleanField()
    answered_at = models.DateTimeField(auto_now_add=True)
    client_id = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("item", "user", "run", name="classify_traininganswer_once_a_run"),
            models.CheckConstraint(condition=Q(run__gte=1), name="classify_traininganswer_run_from_1"),
        ]

    def __str__(self) -> str:
        return f"answer of {self.user} to {self.item}"
