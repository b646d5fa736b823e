"""Who voted, and what they showed as title: identities, headlines and the job titles within them."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Normalised(models.Func):
    """A text with its compatibility forms folded (NFKC), so that bold or full-width letters are found too."""

    function = "normalize"
    template = "%(function)s(%(expressions)s, NFKC)"
    output_field = models.TextField()


class Voter(models.Model):
    """A person across polls. All identity lives here and in `VoterKey`, so that erasure has one place."""

    name = models.CharField(max_length=500, blank=True)
    organisation = models.CharField(max_length=500, blank=True)
    country = models.CharField(max_length=200, blank=True)
    profile_url = models.CharField(max_length=2000, blank=True)
    # Set while this row was found to be somebody known under another one (see `VoterMerge`).
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
                name="polls_voter_not_merged_into_itself",
            ),
        ]
        indexes = [
            # Any part of a name; the search writes the same expression (`polls.search`).
            GinIndex(OpClass(Lower(Normalised("name")), name="gin_trgm_ops"), name="polls_voter_name_parts"),
        ]

    def __str__(self) -> str:
        return self.name or f"voter {self.pk}"


class VoterKey(models.Model):
    """By what a voter is recognised.

    `id` keys are the `voter_id` of one poll (scope = the poll), given or `derived`; `url` keys are the
    normalised profile URL and hold across polls (scope null). `value` is what people see and export.
    """

    class Scheme(models.TextChoices):
        ID = "id", _("Voter id")
        URL = "url", _("Profile URL")

    voter = models.ForeignKey(Voter, models.CASCADE, related_name="keys")
    scheme = models.CharField(max_length=3, choices=Scheme)
    scope = models.ForeignKey("polls.Poll", models.CASCADE, null=True, related_name="+", db_index=False)
    value_hash = models.BinaryField(max_length=32)
    value = models.CharField(max_length=2000)
    derived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "scope", "value_hash"],
                name="polls_voterkey_names_one_voter",
                nulls_distinct=False,
            ),
            # One voter_id per voter and poll: what exports print and imports look up.
            models.UniqueConstraint(
                fields=["scope", "voter"], condition=Q(scheme="id"), name="polls_voterkey_one_id_per_poll"
            ),
            models.CheckConstraint(
                condition=Q(scheme="id", scope__isnull=False) | Q(scheme="url", scope__isnull=True),
                name="polls_voterkey_scope_fits_scheme",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class Headline(models.Model):
    """A headline as first seen. Headlines with the same comparison key are one row; the key is kept as
    its SHA-256, since a long text would not fit an index entry."""

    text = models.TextField()
    key_hash = models.BinaryField(max_length=32, unique=True)

    class Meta:
        indexes = [
            # Any part of a headline; the search writes the same expression (`polls.search`).
            GinIndex(OpClass(Lower(Normalised("text")), name="gin_trgm_ops"), name="polls_headline_parts"),
        ]

    def __str__(self) -> str:
        return self.text


class JobTitle(models.Model):
    """One part of a headline, normalised, shared by all who hold it."""

    text = models.TextField()
    key_hash = models.BinaryField(max_length=32, unique=True)

    class Meta:
        indexes = [
            GinIndex(OpClass(Lower(Normalised("text")), name="gin_trgm_ops"), name="polls_jobtitle_parts"),
        ]

    def __str__(self) -> str:
        return self.text


class PartMark(models.TextChoices):
    """Whether a part of a headline speaks of now."""

    NONE = "", _("current")
    FORMER = "former", _("former role")
    ASPIRING = "aspiring", _("hoped-for role")


class HeadlinePart(models.Model):
    """One part of a headline in its place, as written, with its mark."""

    headline = models.ForeignKey(Headline, models.CASCADE, related_name="parts", db_index=False)
    position = models.PositiveSmallIntegerField()
    job_title = models.ForeignKey(JobTitle, models.PROTECT, related_name="parts")
    raw = models.TextField()
    mark = models.CharField(max_length=8, choices=PartMark, blank=True, default=PartMark.NONE)

    class Meta:
        ordering = ["headline", "position"]
        constraints = [
            models.UniqueConstraint("headline", "position", name="polls_headlinepart_position_once"),
            models.CheckConstraint(
                condition=Q(mark__in=PartMark.values), name="polls_headlinepart_mark_known"
            ),
        ]

    def __str__(self) -> str:
        return self.raw


class VoterMerge(models.Model):
    """Two voters found to be one person, by a person or by an import that named both keys; reversible.

    `moved` says what went over: ids of `votes` and `keys`; of votes of the kept voter that made room and went
    the other way (`swapped`); of votes `voided` since the person had voted twice in a poll; of voters merged
    into the merged one before (`followers`); and the kept voter's empty fields that were `filled`, with what.
    Votes and changes above `last_vote` and `last_change` came later.
    """

    kept = models.ForeignKey(Voter, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Voter, models.PROTECT, related_name="+")
    batch = models.ForeignKey("polls.Batch", models.PROTECT, null=True, related_name="merges")
    merged_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    merged_at = models.DateTimeField(auto_now_add=True)
    moved = models.JSONField()
    undone_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                "merged", condition=Q(undone_at__isnull=True), name="polls_votermerge_once_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="polls_votermerge_two_voters"),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True) | Q(undone_at__isnull=False),
                name="polls_votermerge_undone_says_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merged_id} merged into {self.kept_id}"


class VoterDistinction(models.Model):
    """Two voters who look alike and whom a person found to be two; they are not shown for merging again."""

    first = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    second = models.ForeignKey(Voter, models.CASCADE, related_name="+")
    decided_by = models.ForeignKey("polls.User", models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("first", "second", name="polls_voterdistinction_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="polls_voterdistinction_lower_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} is not {self.second_id}"
