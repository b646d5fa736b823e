"""Codebooks: versioned, frozen once a round uses them."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from polls.models.poll import SLUG_PATTERN, validate_slug


class Codebook(models.Model):
    """A set of categories under one code, read on voters or on comments."""

    class Subject(models.TextChoices):
        VOTER = "voter", _("Voters, by the headline they show")
        COMMENT = "comment", _("Comments")

    code = models.CharField(max_length=50, unique=True, validators=[validate_slug])
    subject = models.CharField(max_length=8, choices=Subject, default=Subject.VOTER)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=SLUG_PATTERN) & ~Q(code="unsure"), name="classify_codebook_code_form"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CodebookVersion(models.Model):
    """One state of a codebook. `rules` are trap rules: a list of {words, text, category code or null}.

    Without `published_at` it is a draft: only who edits codebooks sees it, and no round can use it. There is
    one draft at a time; `revision` counts its changes, `planned` says which categories it merges and splits
    ({identity: {"label", "others"}}), and `based_on` is the version it was begun from.
    Once `frozen_at` is set (a round uses it) a trigger refuses every change of it and its categories.
    """

    codebook = models.ForeignKey(Codebook, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    rules = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("polls.User", models.PROTECT, null=True, blank=True, related_name="+")
    frozen_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    published_by = models.ForeignKey(
        "polls.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    planned = models.JSONField(default=dict, blank=True)
    revision = models.PositiveIntegerField(default=0)
    edited_by = models.ForeignKey(
        "polls.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["codebook", "-number"]
        constraints = [
            models.UniqueConstraint(
                "codebook", condition=Q(published_at__isnull=True), name="classify_version_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(frozen_at__isnull=True) | Q(published_at__isnull=False),
                name="classify_version_no_draft_is_used",
            ),
            models.UniqueConstraint("codebook", "number", name="classify_version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="classify_version_number_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def is_draft(self) -> bool:
        """Is it still being written?"""
        return self.published_at is None


class Category(models.Model):
    """One category of a codebook version. `identity` is the same in every version it lives on in."""

    version = models.ForeignKey(CodebookVersion, models.PROTECT, related_name="categories")
    identity = models.UUIDField(default=uuid.uuid4)
    code = models.CharField(max_length=50, validators=[validate_slug])
    label = models.CharField(max_length=100)
    group = models.CharField(max_length=100, blank=True, help_text=_("For example CX side."))
    definition = models.TextField(blank=True)
    include = ArrayField(models.TextField(), default=list, blank=True)
    exclude = ArrayField(models.TextField(), default=list, blank=True)
    examples = ArrayField(models.TextField(), default=list, blank=True)
    key = models.CharField(max_length=1)
    position = models.PositiveSmallIntegerField()
    color = models.CharField(max_length=7, help_text=_("As #rrggbb."))

    class Meta:
        ordering = ["version", "position"]
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint("version", "code", name="classify_category_code_once"),
            models.UniqueConstraint("version", "key", name="classify_category_key_once"),
            models.UniqueConstraint("version", "position", name="classify_category_position_once"),
            models.UniqueConstraint("version", "identity", name="classify_category_identity_once"),
            models.UniqueConstraint("version", "id", name="classify_category_version_id"),
            models.CheckConstraint(
                condition=Q(code__regex=SLUG_PATTERN) & ~Q(code="unsure"), name="classify_category_code_form"
            ),
            models.CheckConstraint(
                condition=Q(color__regex=r"^#[0-9A-Fa-f]{6}$"), name="classify_category_color_form"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def group_slug(self) -> str:
        """The group's code; a category without a group is its own."""
        return slugify(self.group) or self.code

    @property
    def group_label(self) -> str:
        """The group's name; a category without a group is its own."""
        return self.group or self.label


class CategoryChange(models.Model):
    """What became of a category in a version, where comparing the two versions would not tell. Append-only.

    `identity` was archived, or merged into the one of `others`, or split into them; `label` is what it was
    called.
    """

    class Kind(models.TextChoices):
        ARCHIVED = "archived", _("Archived")
        RESTORED = "restored", _("Taken out of the archive")
        MERGED = "merged", _("Merged into another")
        SPLIT = "split", _("Split into several")

    version = models.ForeignKey(CodebookVersion, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=8, choices=Kind)
    identity = models.UUIDField()
    label = models.CharField(max_length=100)
    others = ArrayField(models.UUIDField(), default=list, blank=True)
    changed_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["version", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["archived", "restored"], others__len=0)
                | Q(kind="merged", others__len=1)
                | Q(kind="split", others__len__gte=2),
                name="classify_categorychange_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.kind}"


class CodebookFlag(models.Model):
    """Somebody resolved a conflict and noted what the codebook should say. Settled by an edit, or set aside.

    `settled_in` is the version that says it now; null where it was set aside.
    """

    codebook = models.ForeignKey(Codebook, models.PROTECT, related_name="flags")
    adjudication = models.OneToOneField("classify.Adjudication", models.PROTECT, related_name="flag")
    text = models.TextField()
    raised_by = models.ForeignKey("polls.User", models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(auto_now_add=True)
    settled_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_in = models.ForeignKey(CodebookVersion, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["codebook", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="classify_codebookflag_says_something"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, settled_in__isnull=True)
                | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="classify_codebookflag_settled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"flag {self.pk} on {self.codebook}"
