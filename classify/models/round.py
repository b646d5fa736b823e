"""A round: one reading of one poll with one codebook version by independent reviewers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
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
    adjudicator_first = models.BooleanField(
        default=False, help_text=_("The third person decides before the two decisions are shown.")
    )
    seed = models.BigIntegerField()
    sample_size = models.PositiveIntegerField(
        null=True, help_text=_("A practice round may read so many cases, drawn at random.")
    )
    alpha_required = models.DecimalField(
        null=True,
        max_digits=4,
        decimal_places=3,
        help_text=_("The least lower bound of alpha, said before the practice round was read."),
    )
    alpha_reached = models.DecimalField(null=True, max_digits=4, decimal_places=3)
    calibrated_on = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    override_reason = models.TextField(blank=True)
    hold_days = models.PositiveSmallIntegerField(
        null=True, help_text=_("Work goes back to the others after so many days without a decision.")
    )
    nudge_after_days = models.PositiveSmallIntegerField(
        null=True, help_text=_("A reviewer is reminded by e-mail after so many days. Nobody is if empty.")
    )
    case_count = models.PositiveIntegerField(default=0, help_text=_("Cases with a live vote."))
    created_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    coding_closed_at = models.DateTimeField(null=True)
    coding_closed_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)
    archived_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
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
            models.CheckConstraint(
                condition=Q(sample_size__isnull=True) | Q(purpose="pilot", sample_size__gte=1),
                name="classify_round_only_practice_is_sampled",
            ),
            models.CheckConstraint(
                condition=Q(alpha_required__isnull=True)
                | Q(alpha_required__gte=0, alpha_required__lte=1)
                & (
                    Q(purpose="pilot")
                    | Q(alpha_reached__isnull=False, alpha_reached__gte=F("alpha_required"))
                    | ~Q(override_reason="")
                ),
                name="classify_round_threshold_met_or_overridden",
            ),
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True, archived_by__isnull=True)
                | Q(archived_at__isnull=False, archived_by__isnull=False, coding_closed_at__isnull=False),
                name="classify_round_only_closed_is_archived",
            ),
            models.CheckConstraint(
                condition=Q(hold_days__isnull=True) | Q(hold_days__gte=1), name="classify_round_hold_days"
            ),
            models.CheckConstraint(
                condition=Q(nudge_after_days__isnull=True) | Q(nudge_after_days__gte=1),
                name="classify_round_nudge_days",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.poll}, round {self.number}"


class RoundReviewer(models.Model):
    """A reviewer's place in a round. A decision touches only its owner's, so that two reviewers never wait
    for each other: `decided_count`, the cursor of the next case, and when they handed in.

    `assigned_count` are the cases with a live vote in which the person has a slot; `share` is a weight, by
    which the cases of a pool are dealt. Who left the round keeps their decisions and gives back the rest.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="reviewers")
    user = models.ForeignKey("polls.User", models.PROTECT, related_name="reviewing")
    ordinal = models.PositiveSmallIntegerField(help_text=_("1 for the first reviewer, and so on."))
    decided_count = models.PositiveIntegerField(default=0)
    assigned_count = models.PositiveIntegerField(default=0)
    share = models.PositiveSmallIntegerField(default=1)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    last_decided_at = models.DateTimeField(null=True)
    given_at = models.DateTimeField(
        null=True, help_text=_("When they last got cases to read while they had none.")
    )
    nudged_at = models.DateTimeField(null=True)
    nudges_off = models.BooleanField(db_default=False, help_text=_("This person wants no reminders."))
    nudge_problem = models.CharField(
        max_length=300, blank=True, db_default="", help_text=_("Why the last reminder did not leave.")
    )
    cursor_order = models.BigIntegerField(default=-(2**63))
    cursor_case = models.BigIntegerField(default=0)
    handed_in_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["round", "ordinal"]
        constraints = [
            models.UniqueConstraint("round", "user", name="classify_roundreviewer_once"),
            models.UniqueConstraint("round", "ordinal", name="classify_roundreviewer_ordinal_once"),
            models.CheckConstraint(condition=Q(ordinal__gte=1), name="classify_roundreviewer_ordinal"),
            models.CheckConstraint(
                condition=Q(share__gte=1, share__lte=100), name="classify_roundreviewer_share"
            ),
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


class RoundEvent(models.Model):
    """What happened to a round, by whom and why: closed, reopened, people who came and left. Append-only."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("Coding was closed")
        REOPENED = "reopened", _("Coding was reopened")
        ARCHIVED = "archived", _("The round was archived")
        UNARCHIVED = "unarchived", _("The round was taken out of the archive")
        DISCARDED = "discarded", _("The practice round was discarded")
        JOINED = "joined", _("A reviewer joined")
        LEFT = "left", _("A reviewer left")
        RETURNED = "returned", _("Work that was held too long went back")
        OVERRIDDEN = "overridden", _("The round was started below its threshold")
        NUDGED = "nudged", _("A reviewer was reminded by e-mail")

    round = models.ForeignKey(Round, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey(
        "polls.User", models.PROTECT, null=True, related_name="+", help_text=_("Whom it concerns.")
    )
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        "polls.User", models.PROTECT, null=True, related_name="+", help_text=_("Empty: the clock.")
    )
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["round", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind__in=["reopened", "overridden"]) | ~Q(reason=""),
                name="classify_roundevent_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}: {self.kind}"
