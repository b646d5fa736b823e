"""A poll, its ordered options, and the imports that filled it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from polls.wording import day

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""Slugs and codes, as the command line promises them (contract.md, General)."""

validate_slug = RegexValidator(
    SLUG_PATTERN, _("Use small letters, digits and single hyphens, for example cx-head.")
)


class Poll(models.Model):
    """A question put to people who chose themselves."""

    slug = models.CharField(max_length=50, unique=True, validators=[validate_slug])
    question = models.TextField()
    single_choice = models.BooleanField(default=True)
    options_are_ordered = models.BooleanField(
        default=True, help_text=_("The options run from one end to the other, so a trend makes sense.")
    )
    published_total = models.PositiveIntegerField(null=True, blank=True)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    created_by = models.ForeignKey("polls.User", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=SLUG_PATTERN), name="polls_poll_slug_form"),
            models.CheckConstraint(
                condition=Q(opened_on__isnull=True)
                | Q(closed_on__isnull=True)
                | Q(closed_on__gte=F("opened_on")),
                name="polls_poll_closes_after_opening",
                violation_error_message=_("A poll cannot close before it opens."),
            ),
            # The target of the composite foreign key by which a vote knows the poll's kind.
            models.UniqueConstraint("id", "single_choice", name="polls_poll_id_single_choice"),
        ]

    def __str__(self) -> str:
        return self.slug


class Option(models.Model):
    """One answer of a poll. `key` is the text as options are compared; `position` counts from 1."""

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="options", db_index=False)
    text = models.CharField(max_length=500)
    key = models.CharField(max_length=1000)
    position = models.PositiveSmallIntegerField()
    published_share = models.DecimalField(
        max_digits=7, decimal_places=4, null=True, blank=True, help_text=_("In percent, as published.")
    )
    # As printed: `50.0` says more than `50`, and is compared at that precision.
    published_digits = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("Digits behind the point of the published share.")
    )

    class Meta:
        ordering = ["poll", "position"]
        constraints = [
            models.UniqueConstraint("poll", "key", name="polls_option_key_once"),
            models.UniqueConstraint(
                fields=["poll", "position"],
                name="polls_option_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint("poll", "id", name="polls_option_poll_id"),
            models.CheckConstraint(condition=Q(position__gte=1), name="polls_option_position_from_1"),
            models.CheckConstraint(
                condition=Q(published_share__isnull=True) | Q(published_share__range=(0, 100)),
                name="polls_option_share_is_percent",
            ),
            models.CheckConstraint(
                condition=Q(published_digits__isnull=True)
                | Q(published_digits__lte=4, published_share__isnull=False),
                name="polls_option_digits_of_a_share",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Batch(models.Model):
    """One import into one poll: the file as it came, who brought it, what became of its rows.

    `preset` names the format it was read as, `sheet` the sheet of a workbook or the table within the file.
    An undone batch stays on record; what it had brought is void (`Vote.VoidReason.UNDONE`).
    """

    poll = models.ForeignKey(Poll, models.CASCADE, related_name="batches")
    file_name = models.CharField(max_length=255)
    sha256 = models.BinaryField(max_length=32)
    encoding = models.CharField(max_length=40)
    delimiter = models.CharField(max_length=4, blank=True)
    headers = ArrayField(models.TextField(), default=list)
    extra_headers = ArrayField(models.TextField(), default=list)
    counts = models.JSONField(default=dict)
    preset = models.CharField(max_length=50, blank=True)
    sheet = models.CharField(max_length=255, blank=True)
    imported_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    imported_at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True) | Q(undone_at__isnull=False),
                name="polls_batch_undone_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class BatchVotes(models.Model):
    """Which votes the accepted rows of a batch named, new, changed or not: a piece of the list per row.

    An undo leaves the votes that another standing batch named too. Ids in arrays of some thousands, since a
    row per vote would double the writing of every import.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="named")
    vote_ids = ArrayField(models.BigIntegerField())

    def __str__(self) -> str:
        return f"{len(self.vote_ids)} votes of batch {self.batch_id}"


class RememberedColumns(models.Model):
    """How a set of headers was read the last time, so that the same export needs no second explanation.

    Holds names of columns, never cells. `headers_hash` is the SHA-256 of the headers in their order;
    `reading` what was chosen (`polls.importing.reading`, as JSON).
    """

    headers_hash = models.BinaryField(max_length=32, unique=True)
    reading = models.JSONField()
    used_by = models.ForeignKey("polls.User", models.SET_NULL, null=True, related_name="+", db_index=False)
    used_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"columns remembered on {day(self.used_at)}"
