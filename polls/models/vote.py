"""One voter's choice in one poll, with the headline shown at that time."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Vote(models.Model):
    """A vote.

    `headline_raw` is what the voter showed, verbatim; another poll's import never changes it.
    `headline` is null when the comparison key is empty (no title shown). `extra` holds the cells of the
    columns the import did not recognise, aligned to `batch.extra_headers`.
    A row stays when the vote is excluded (`voided_*`), so that a later import cannot bring it back.
    """

    class VoidReason(models.TextChoices):
        OWN = "own", _("The researcher's own vote")
        COMPANY = "company", _("A company page, not a person")
        TEST = "test", _("A test vote")
        OTHER = "other", _("Another reason")
        # Not chosen by people; a later import that names the vote again takes these two off.
        UNDONE = "undone", _("Its import was undone")
        REPLACED = "replaced", _("The voter answered anew")
        # Stays, as the reasons above: the same person voted twice.
        DOUBLE = "double", _("The same person's other vote")

    BY_HAND = (VoidReason.OWN, VoidReason.COMPANY, VoidReason.TEST, VoidReason.OTHER)
    """The reasons that a person may choose when excluding a vote."""

    REVIVED_BY_IMPORT = (VoidReason.UNDONE, VoidReason.REPLACED)
    """A vote void for one of these counts again once a file names it again."""

    poll = models.ForeignKey("polls.Poll", models.CASCADE, related_name="votes", db_index=False)
    # A copy of the poll's own flag, held equal by a composite foreign key, so that the unique
    # constraint below can tell the two kinds of poll apart.
    single_choice = models.BooleanField(default=True)
    voter = models.ForeignKey("polls.Voter", models.PROTECT, related_name="votes")
    # Deleting or re-pointing to another poll's option is refused by a composite key (migration 0002).
    option = models.ForeignKey("polls.Option", models.PROTECT, related_name="votes", db_index=False)
    # Found by an index of headline and poll together.
    headline = models.ForeignKey(
        "polls.Headline", models.PROTECT, null=True, related_name="votes", db_index=False
    )
    headline_raw = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    voted_at = models.DateTimeField(null=True, blank=True)
    voted_raw = models.CharField(max_length=200, blank=True)
    extra = ArrayField(models.TextField(), default=list)
    batch = models.ForeignKey("polls.Batch", models.PROTECT, null=True, related_name="votes")
    voided_at = models.DateTimeField(null=True)
    voided_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    void_reason = models.CharField(max_length=8, choices=VoidReason, blank=True)
    void_note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "voter"],
                condition=Q(single_choice=True),
                name="polls_vote_once_per_voter",
            ),
            models.UniqueConstraint(
                fields=["poll", "voter", "option"], name="polls_vote_once_per_voter_and_option"
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="", voided_by__isnull=True)
                | Q(voided_at__isnull=False)
                & ~Q(void_reason="")
                # An import by command has nobody's name.
                & (Q(voided_by__isnull=False) | Q(void_reason__in=("undone", "replaced", "double"))),
                name="polls_vote_void_says_who_and_why",
            ),
        ]
        indexes = [
            models.Index(fields=["poll", "option"], name="polls_vote_poll_option"),
            # Who shows a headline in this poll, where the same headline is known from many.
            models.Index(fields=["headline", "poll"], name="polls_vote_headline_poll"),
            models.Index(
                fields=["poll", "id"], condition=Q(voided_at__isnull=False), name="polls_vote_not_counted"
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.pk}"


class VoteChange(models.Model):
    """What an import or a correction by hand changed: the known fields as they were before."""

    vote = models.ForeignKey(Vote, models.CASCADE, related_name="changes")
    batch = models.ForeignKey("polls.Batch", models.PROTECT, null=True, related_name="changes")
    changed_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now_add=True)
    before = models.JSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"change of vote {self.vote_id}"
