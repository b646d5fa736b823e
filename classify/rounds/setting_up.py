"""A new round: what it would mean in work, and making it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.assignment.shares import NOBODY, Reader, portions
from classify.models import (
    Codebook,
    CodebookVersion,
    Round,
    RoundAdjudicator,
    RoundEvent,
    RoundReviewer,
)
from classify.rounds.bars import terms_of
from classify.rounds.events import record
from classify.rounds.parts import check_choices, check_people, give_role
from polls.models import Poll, Role, User, Vote

MAX_DAYS = 365


@dataclass(frozen=True, slots=True)
class RoundPreview:
    """What a round would mean: cases to read, live votes behind them, decisions when two people read all."""

    cases: int
    votes: int
    decisions: int


def preview_round(*, poll: Poll, version: CodebookVersion, unit: str) -> RoundPreview:
    """Count what `create_round` would make. Raises ValidationError with a sentence where it would refuse."""
    _check_material(poll, version, unit)
    # Who has several votes is read once all the same.
    each = {"expression": "pk"} if poll.single_choice else {"expression": "voter", "distinct": True}
    counts = Vote.objects.filter(poll=poll, voided_at__isnull=True).aggregate(
        votes=Count("pk"),
        voters=Count(**each),
        headlines=Count("headline", distinct=True),
        blanks=Count(**each, filter=Q(headline__isnull=True)),
    )
    votes: int = counts["votes"]
    if not votes:
        raise ValidationError(_("This poll has no votes yet. Import its voters first."))
    cases = counts["voters"] if unit == Round.Unit.VOTER else counts["headlines"] + counts["blanks"]
    return RoundPreview(cases=cases, votes=votes, decisions=2 * cases)


def load_of(cases: int, reviewers: Sequence[User], shares: Mapping[int, int]) -> list[tuple[User, int]]:
    """How many of so many cases each of two or more reviewers would read, in their order."""
    readers = [Reader(user.pk, shares.get(user.pk, 1)) for user in reviewers]
    parts = portions({NOBODY: cases}, readers)
    return [(user, parts[user.pk]) for user in reviewers]


def _check_material(poll: Poll, version: CodebookVersion, unit: str) -> None:
    """Raises ValidationError for what the tables could hold and nothing can show yet."""
    if unit == Round.Unit.COMMENT or version.codebook.subject == Codebook.Subject.COMMENT:
        raise ValidationError(
            _("Rounds that read comments are not built yet. Choose a codebook that is read on voters.")
        )
    if unit not in (Round.Unit.HEADLINE, Round.Unit.VOTER):
        raise ValidationError(_("The unit of coding is the headline or the voter."))
    if version.is_draft:
        raise ValidationError(
            _("This codebook version is a draft. Publish it first, or choose a version that is published.")
        )
    if not version.categories.exists():
        raise ValidationError(_("This codebook version has no categories yet. Add them first."))


@transaction.atomic
def create_round(
    *,
    poll: Poll,
    version: CodebookVersion,
    unit: str,
    rule: str,
    purpose: str,
    reviewers: Sequence[User],
    adjudicators: Sequence[User],
    by: User,
    seed: int | None = None,
    shares: Mapping[int, int] | None = None,
    adjudicator_first: bool = False,
    sample_size: int | None = None,
    alpha_required: Decimal | None = None,
    override_reason: str = "",
    hold_days: int | None = None,
    nudge_after_days: int | None = None,
    carry_over: bool = False,
) -> Round:
    """Make a round with its cases and freeze the codebook version. One reviewer may start alone; of more than
    two every case is read by exactly two, dealt by `shares` (user id -> weight, 1 where not named).

    Members who lack the role they get here are given it, on record. `seed` draws and orders; drawn if None.
    Sample, bar and reason: see `bars`. `hold_days` and `nudge_after_days` are days without a decision, None
    for never. With `carry_over` nothing is dealt yet: `carrying.carry_over` takes its cases out first. Raises
    PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, poll)
    # Waits for an import under way and keeps the next one waiting, so that one of the two sees the other.
    Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    # A decision in another round holds the version against its key only, and waits for neither lock.
    versions = CodebookVersion.objects.select_for_update(no_key=True, of=("self",))
    version = versions.select_related("codebook").get(pk=version.pk)
    preview = preview_round(poll=poll, version=version, unit=unit)
    check_choices(rule, purpose)
    practice = terms_of(
        poll=poll,
        version=version,
        purpose=purpose,
        titles=preview.cases,
        sample_size=sample_size,
        alpha_required=alpha_required,
        override_reason=override_reason,
    )
    weights = check_people(rule, reviewers, adjudicators, shares or {})
    _check_days(hold_days, nudge_after_days)
    give_role(poll, reviewers, Role.REVIEWER, by)
    give_role(poll, adjudicators, Role.ADJUDICATOR, by)
    last = Round.objects.filter(poll=poll).aggregate(last=Max("number"))["last"] or 0
    round = Round.objects.create(
        poll=poll,
        number=last + 1,
        version=version,
        unit=unit,
        rule=rule,
        purpose=purpose,
        seed=secrets.randbits(62) if seed is None else seed,
        adjudicator_first=adjudicator_first and rule == Round.Rule.THIRD_PERSON,
        hold_days=hold_days,
        nudge_after_days=nudge_after_days,
        created_by=by,
        **practice,
    )
    if round.override_reason:
        record(round, RoundEvent.Kind.OVERRIDDEN, by=by, reason=round.override_reason)
    freeze(version)
    RoundReviewer.objects.bulk_create(
        RoundReviewer(round=round, user=user, ordinal=n, share=weights[user.pk])
        for n, user in enumerate(reviewers, start=1)
    )
    RoundAdjudicator.objects.bulk_create([RoundAdjudicator(round=round, user=user) for user in adjudicators])
    assignment.open_cases(round)
    if not carry_over:
        assignment.deal(round)
    return round


def freeze(version: CodebookVersion) -> None:
    """From now on the version cannot change: a round reads with it."""
    if version.frozen_at is None:
        version.frozen_at = timezone.now()
        version.save(update_fields=["frozen_at"])


def _check_days(*every: int | None) -> None:
    """Raises ValidationError for a wait that is no number of days."""
    for days in every:
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise ValidationError(_("Say a number of days from 1 to %(max)d.") % {"max": MAX_DAYS})
