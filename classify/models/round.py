"""A round: one reading of one poll with one codebook version by independent reviewers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Round(models.Model):
    """A round. `revealed` and `sealed` are rules of `classify.visibility`, not columns."""

    class Unit(models.TextChoices):
        HEADLINE = "headline", _("Headline: voters who show the same title are read once")
        VOTER = "voter", _("Voter: every voter is read on their own")
        COMMENT = "comment", _("Comment")

    class Rule(models.TextChoices):
        THIRD_PERSON = "third_person", _("A third person decides")
        CONSENSUS = "consensus", _("The two reviewers agree on an answer together")

    class Purpose(models.TextChoices):
        MAIN = "main", _("For the study")
        PILOT = "pilot", _("Practice: kept out of every result")

    poll = models.ForeignKey("polls.Poll", models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField()
    version = models.ForeignKey("classify.CodebookVersion", models.PROTECT, related_name="rounds")
    unit = models.CharField(max_length=8, choices=Unit, default=Unit.HEADLINE)
    rule = models.CharField(max_length=12, choices=Rule, default=Rule.THIRD_PERSON)
    purpose = models.CharField(max_length=5, choices=Purpose, default=Purpose.MAIN)
    seed = models.BigIntegerField()
    case_count = models.PositiveIntegerField(default=0, help_text=_("Cases with a live vote."))
    created_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    coding_closed_at = models.DateTimeField(null=True)
    coding_closed_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["poll", "-number"]
        constraints = [
            models.UniqueConstraint("poll", "number", name="classify_round_number_once"),
            # Targets of the composite foreign keys of cases and decisions.
            models.UniqueConstraint("id", "poll", name="classify_round_id_poll"),
            models.UniqueConstraint("id", "version", name="classify_round_id_version"),
            models.CheckConstraint(condition=Q(number__gte=1), name="classify_round_number_from_1"),
            models.CheckConstraint(
                condition=Q(coding_closed_at__isnull=False) | Q(coding_closed_by__isnull=True),
                name="classify_round_closed_by_has_time",
            ),
            models.CheckConstraint(
                condition=Q(discarded_at__isnull=True, discarded_by__isnull=True)
                | Q(discarded_at__isnull=False, purpose="pilot"),
                name="classify_round_only_practice_is_discarded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.poll}, round {self.number}"


class RoundReviewer(models.Model):
    """A reviewer's place in a round. Touched only by its owner, so that two reviewers never wait for
    each other: `decided_count`, the cursor of the next case, and when they handed in."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="reviewers")
    user = models.ForeignKey("polls.User", models.PROTECT, related_name="reviewing")
    ordinal = models.PositiveSmallIntegerField(help_text=_("1 for the first reviewer, and so on."))
    decided_count = models.PositiveIntegerField(default=0)
    cursor_order = models.BigIntegerField(default=-(2**63))
    cursor_case = models.BigIntegerField(default=0)
    handed_in_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["round", "ordinal"]
        constraints = [
            models.UniqueConstraint("round", "user", name="classify_roundreviewer_once"),
            models.UniqueConstraint("round", "ordinal", name="classify_roundreviewer_ordinal_once"),
            models.CheckConstraint(condition=Q(ordinal__gte=1), name="classify_roundreviewer_ordinal"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.round}"


class RoundAdjudicator(models.Model):
    """Who resolves the conflicts of a round, when a third person decides."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="adjudicators")
    user = models.ForeignKey("polls.User", models.PROTECT, related_name="adjudicating")

    class Meta:
        constraints = [models.UniqueConstraint("round", "user", name="classify_roundadjudicator_once")]

    def __str__(self) -> str:
        return f"{self.user} adjudicates {self.round}"
