"""An import that runs beside the pages: what it is doing, and what came of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ImportJob(models.Model):
    """One run over an uploaded file in a worker: the check of all its rows, or the import itself.

    The file lies under its `upload` token (`polls.uploads`). `state`, `report` and `problem` change in the
    same transaction as the votes; `phase`, `rows_done` and `seen_at` are written beside it, as the work goes.
    The poll is named by its slug, since the import may be what makes it.
    """

    class Kind(models.TextChoices):
        CHECK = "check", _("Check")
        IMPORT = "import", _("Import")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("not done")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=Kind)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    poll_slug = models.CharField(max_length=50)
    upload = models.CharField(max_length=32)
    asked_by = models.ForeignKey("polls.User", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    # Counts the runs, so that one thought dead that is still alive cannot finish after its successor.
    attempt = models.PositiveSmallIntegerField(default=0)
    phase = models.CharField(max_length=30, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)
    report = models.JSONField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "running"), finished_at__isnull=True)
                | Q(state__in=("done", "failed", "cancelled"), finished_at__isnull=False),
                name="polls_importjob_ended_says_when",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("check", "import")), name="polls_importjob_kind_known"
            ),
            # One at a time over one file: the second click finds the first one's job.
            models.UniqueConstraint(
                "upload",
                condition=Q(state__in=("waiting", "running")),
                name="polls_importjob_one_open_per_file",
            ),
        ]
        indexes = [models.Index(fields=["poll_slug", "state"], name="polls_importjob_poll_state")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.poll_slug}: {self.state}"
