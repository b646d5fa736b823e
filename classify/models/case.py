"""A case: the unit of coding of a round, with the votes behind it and where it stands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

_NO_CATS = Q(cat1__isnull=True, cat2__isnull=True)
_ONE_CAT = Q(cat1__isnull=False, cat2__isnull=True) | Q(cat1__isnull=True, cat2__isnull=False)
_BOTH_CATS = Q(cat1__isnull=False, cat2__isnull=False)
# A check passes on NULL, so every comparison stands behind an IS NOT NULL.
_EQUAL = _BOTH_CATS & Q(cat1=F("cat2"), cat1__gt=0)
_DIFFER = _BOTH_CATS & (~Q(cat1=F("cat2")) | Q(cat1=0))


class Case(models.Model):
    """One row to lock. The two slots belong to `reviewer1` and `reviewer2`; `cat1` and `cat2` are the
    categories of their standing decisions as ids, 0 meaning unsure, null meaning none yet.
    `option_counts[i]` are the live votes for the option at position i + 1; `n_votes` is their sum.
    A slot without a reviewer waits for somebody: of a pool, or because the case was carried over.
    `status` is written from `classify.status.status_of`, and the constraints below restate it.
    """

    class Origin(models.TextChoices):
        HEADLINE = "headline", _("A headline")
        BLANK = "blank", _("A vote without a headline")
        SPLIT = "split", _("A vote split out of a shared headline")
        VOTER = "voter", _("A voter")
        COMMENT = "comment", _("A comment")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ONE_DECISION = "one_decision", _("One decision")
        AGREED = "agreed", _("Agreed")
        CONFLICT = "conflict", _("Conflict")
        RESOLVED = "resolved", _("Resolved")

    class Resolution(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        ADJUDICATED = "adjudicated", _("Decided by a third person")
        CONSENSUS = "consensus", _("Agreed in consensus")
        CARRIED = "carried", _("Carried over from an earlier round")

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="cases", db_index=False)
    poll = models.ForeignKey("polls.Poll", models.PROTECT, related_name="+", db_index=False)
    headline = models.ForeignKey("polls.Headline", models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=8, choices=Origin)
    split_from = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="split_into", db_index=False
    )
    text = models.TextField(blank=True)
    n_votes = models.PositiveIntegerField(default=0)
    option_counts = ArrayField(models.IntegerField(), default=list)

    reviewer1 = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    reviewer2 = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    order1 = models.BigIntegerField()
    order2 = models.BigIntegerField()
    decision1 = models.ForeignKey(
        "classify.Decision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    decision2 = models.ForeignKey(
        "classify.Decision", models.PROTECT, null=True, related_name="+", db_index=False
    )
    cat1 = models.BigIntegerField(null=True)
    cat2 = models.BigIntegerField(null=True)

    final = models.ForeignKey(
        "classify.Category", models.PROTECT, null=True, related_name="+", db_index=False
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.WAITING)
    resolution = models.CharField(max_length=12, choices=Resolution, blank=True)
    resolved_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    resolved_at = models.DateTimeField(null=True)
    conflict_since = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    claimed_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    closed_unresolved_at = models.DateTimeField(null=True)
    review_again = models.BooleanField(default=False)
    after_reveal = models.BooleanField(
        db_default=False, help_text=_("A decision came after the round was revealed and reopened.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "headline"],
                condition=Q(origin="headline"),
                name="classify_case_headline_once",
            ),
            models.UniqueConstraint("id", "round", name="classify_case_id_round"),
            models.CheckConstraint(
                condition=~Q(origin="headline") | Q(headline__isnull=False),
                name="classify_case_headline_has_one",
            ),
            models.CheckConstraint(
                condition=Q(split_from__isnull=True) | Q(origin="split"),
                name="classify_case_split_from_one",
            ),
            models.CheckConstraint(
                condition=Q(reviewer1__isnull=True)
                | Q(reviewer2__isnull=True)
                | ~Q(reviewer1=F("reviewer2")),
                name="classify_case_two_different_reviewers",
            ),
            models.CheckConstraint(
                condition=Q(status="waiting") & _NO_CATS & Q(final__isnull=True)
                | Q(status="one_decision") & _ONE_CAT & Q(final__isnull=True)
                | Q(status="agreed") & _EQUAL & Q(final__isnull=False, final=F("cat1"), resolution="agreed")
                | Q(status="conflict") & _DIFFER & Q(final__isnull=True)
                | Q(status="resolved", final__isnull=False)
                & ((_DIFFER & Q(resolution__in=["adjudicated", "consensus"])) | Q(resolution="carried")),
                name="classify_case_status_follows_decisions",
            ),
            models.CheckConstraint(
                condition=Q(final__isnull=True, status__in=["waiting", "one_decision", "conflict"])
                | Q(final__isnull=False, status__in=["agreed", "resolved"]),
                name="classify_case_final_iff_done",
            ),
            models.CheckConstraint(
                condition=Q(final__isnull=True, resolution="") | Q(final__isnull=False) & ~Q(resolution=""),
                name="classify_case_final_says_how",
            ),
            models.CheckConstraint(
                condition=Q(decision1__isnull=True, cat1__isnull=True)
                | Q(decision1__isnull=False, cat1__isnull=False, reviewer1__isnull=False),
                name="classify_case_slot_1_whole",
            ),
            models.CheckConstraint(
                condition=Q(decision2__isnull=True, cat2__isnull=True)
                | Q(decision2__isnull=False, cat2__isnull=False, reviewer2__isnull=False),
                name="classify_case_slot_2_whole",
            ),
            models.CheckConstraint(
                condition=~Q(resolution="adjudicated")
                | Q(resolved_by__isnull=True)
                | (~Q(resolved_by=F("reviewer1")) & ~Q(resolved_by=F("reviewer2"))),
                name="classify_case_not_judged_by_its_reviewers",
            ),
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, claimed_at__isnull=True)
                | Q(claimed_by__isnull=False, claimed_at__isnull=False, sealed_at__isnull=False),
                name="classify_case_claim_seals",
            ),
            models.CheckConstraint(
                condition=~Q(resolution="carried") | Q(reviewer1__isnull=True, reviewer2__isnull=True),
                name="classify_case_carried_is_read_by_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reviewer1", "round", "order1", "id"],
                condition=Q(decision1__isnull=True),
                name="classify_case_todo_1",
            ),
            models.Index(
                fields=["reviewer2", "round", "order2", "id"],
                condition=Q(decision2__isnull=True),
                name="classify_case_todo_2",
            ),
            models.Index(
                fields=["round"],
                condition=Q(Q(reviewer1__isnull=True) | Q(reviewer2__isnull=True), n_votes__gt=0)
                & ~Q(resolution="carried"),
                name="classify_case_waits_for_reader",
            ),
            models.Index(fields=["round", "status"], name="classify_case_round_status"),
            models.Index(
                fields=["round", "id"],
                condition=Q(status="one_decision", n_votes__gt=0),
                name="classify_case_awaits_second",
            ),
            models.Index(
                fields=["split_from"], condition=Q(split_from__isnull=False), name="classify_case_split_from"
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"


class CaseVote(models.Model):
    """Which case a vote is read under, and since when. History: a vote that moves leaves a row behind."""

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="+", db_index=False)
    vote = models.ForeignKey("polls.Vote", models.PROTECT, related_name="case_votes")
    case = models.ForeignKey(Case, models.PROTECT, related_name="case_votes")
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["round", "vote"],
                condition=Q(left_at__isnull=True),
                name="classify_casevote_one_case_per_round",
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} in case {self.case_id}"


class CaseSplit(models.Model):
    """A shared headline was taken apart, so that each of its voters is read on their own: by whom, and
    whether it was put together again while nobody had decided."""

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="splits", db_index=False)
    split_by = models.ForeignKey("polls.User", models.PROTECT, related_name="+", db_index=False)
    split_at = models.DateTimeField(auto_now_add=True)
    merged_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    merged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "case", condition=Q(merged_at__isnull=True), name="classify_casesplit_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(merged_at__isnull=True, merged_by__isnull=True)
                | Q(merged_at__isnull=False, merged_by__isnull=False),
                name="classify_casesplit_merged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"split of case {self.case_id}"


class CarriedCase(models.Model):
    """A case that took its final category from an earlier round, whose cases are `sources` (ids).

    It has no reviewers and no decisions until it is opened again; then its history stays here.
    """

    round = models.ForeignKey("classify.Round", models.PROTECT, related_name="carried")
    case = models.ForeignKey(Case, models.PROTECT, related_name="carried", db_index=False)
    category = models.ForeignKey("classify.Category", models.PROTECT, related_name="+", db_index=False)
    sources = ArrayField(models.BigIntegerField())
    retitled = models.BooleanField(
        db_default=False, help_text=_("A voter shows another title now than the one that was read.")
    )
    carried_at = models.DateTimeField(auto_now_add=True)
    reopened_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+", db_index=False)
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("case", name="classify_carriedcase_once"),
            models.CheckConstraint(
                condition=Q(reopened_at__isnull=False) | Q(reopened_by__isnull=True),
                name="classify_carriedcase_reopened_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["round", "case"],
                condition=Q(reopened_at__isnull=True),
                name="classify_carriedcase_standing",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id} carried over"


class ReviewerCase(models.Model):
    """What one reviewer may know of a case: their own slot and nothing of the other, of status, final
    or seal. A database view; always filter by `reviewer` and `round`."""

    case = models.OneToOneField(
        Case, models.DO_NOTHING, primary_key=True, db_column="case_id", related_name="+"
    )
    round = models.ForeignKey("classify.Round", models.DO_NOTHING, related_name="+")
    poll = models.ForeignKey("polls.Poll", models.DO_NOTHING, related_name="+")
    slot = models.SmallIntegerField()
    reviewer = models.ForeignKey("polls.User", models.DO_NOTHING, related_name="+")
    reading_order = models.BigIntegerField()
    headline = models.ForeignKey("polls.Headline", models.DO_NOTHING, null=True, related_name="+")
    origin = models.CharField(max_length=8, choices=Case.Origin)
    text = models.TextField()
    n_votes = models.IntegerField()
    decision = models.ForeignKey("classify.Decision", models.DO_NOTHING, null=True, related_name="+")
    verdict = models.BigIntegerField(null=True)
    review_again = models.BooleanField()

    class Meta:
        managed = False
        db_table = "classify_reviewercase"

    def __str__(self) -> str:
        return f"case {self.pk} for slot {self.slot}"
