"""The life of a round: set it up, add the second reviewer, close coding, discard practice."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions
from classify.models import (
    Case,
    Codebook,
    CodebookVersion,
    Decision,
    Round,
    RoundAdjudicator,
    RoundReviewer,
)
from polls.models import Batch, Membership, Poll, Role, User, Vote
from polls.permissions import can_administer, check_can_administer

MAX_ADJUDICATORS = 20


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
) -> Round:
    """Make a round with its cases and freeze the codebook version. One reviewer may start alone.

    Members who lack the role they get here are given it, on record. `seed` orders the reading; drawn if None.
    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, poll)
    # Waits for an import under way and keeps the next one waiting, so that one of the two sees the other.
    Poll.objects.select_for_update().get(pk=poll.pk)
    version = (
        CodebookVersion.objects.select_for_update(of=("self",)).select_related("codebook").get(pk=version.pk)
    )
    preview_round(poll=poll, version=version, unit=unit)
    _check_choices(rule, purpose)
    _check_people(rule, reviewers, adjudicators)
    _give_role(poll, reviewers, Role.REVIEWER, by)
    _give_role(poll, adjudicators, Role.ADJUDICATOR, by)
    last = Round.objects.filter(poll=poll).aggregate(last=Max("number"))["last"] or 0
    round = Round.objects.create(
        poll=poll,
        number=last + 1,
        version=version,
        unit=unit,
        rule=rule,
        purpose=purpose,
        seed=secrets.randbits(62) if seed is None else seed,
        created_by=by,
    )
    if version.frozen_at is None:
        version.frozen_at = timezone.now()
        version.save(update_fields=["frozen_at"])
    RoundReviewer.objects.bulk_create(
        [RoundReviewer(round=round, user=user, ordinal=n) for n, user in enumerate(reviewers, start=1)]
    )
    RoundAdjudicator.objects.bulk_create([RoundAdjudicator(round=round, user=user) for user in adjudicators])
    assignment.open_cases(round)
    return round


def _check_choices(rule: str, purpose: str) -> None:
    if rule not in Round.Rule.values:
        raise ValidationError(_("Choose who resolves conflicts: a third person, or the two in consensus."))
    if purpose not in Round.Purpose.values:
        raise ValidationError(_("A round is for the study or for practice."))


def _check_people(rule: str, reviewers: Sequence[User], adjudicators: Sequence[User]) -> None:
    """Raises ValidationError unless one or two different people read and a third one resolves."""
    if not reviewers:
        raise ValidationError(
            _("Choose who reads. One reviewer may start alone; the second can be added later.")
        )
    if len(reviewers) > 2:
        raise ValidationError(_("Rounds with more than two reviewers are not built yet. Choose one or two."))
    if len({user.pk for user in reviewers}) != len(reviewers):
        raise ValidationError(_("The two reviewers must be two different people."))
    if len({user.pk for user in adjudicators}) != len(adjudicators):
        raise ValidationError(_("Name every adjudicator once."))
    if len(adjudicators) > MAX_ADJUDICATORS:
        raise ValidationError(_("A round has at most %(n)d adjudicators.") % {"n": MAX_ADJUDICATORS})
    if rule == Round.Rule.THIRD_PERSON and not adjudicators:
        raise ValidationError(
            _("Choose who resolves conflicts, or let the two reviewers agree in consensus.")
        )
    both = {user.pk for user in reviewers} & {user.pk for user in adjudicators}
    for user in adjudicators:
        if user.pk in both:
            raise ValidationError(
                _("%(name)s reads in this round and cannot resolve its conflicts as the third person.")
                % {"name": user}
            )


def _give_role(poll: Poll, users: Sequence[User], role: str, by: User) -> None:
    """Raises ValidationError for who is no member of the poll or cannot log in; gives members the role."""
    for user in users:
        if not user.is_active:
            raise ValidationError(_("%(name)s cannot log in. Choose somebody else.") % {"name": user})
        roles = set(Membership.objects.filter(poll=poll, user=user).values_list("role", flat=True))
        if not roles and user.pk != by.pk:
            raise ValidationError(
                _("%(name)s is no member of this poll. Add them under People first.") % {"name": user}
            )
        if role not in roles:
            Membership.objects.create(poll=poll, user=user, role=role, added_by=by)


def _locked(round: Round) -> Round:
    """The round, locked against closing, handing in and re-import, but not against decisions."""
    return Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)


@transaction.atomic
def add_second_reviewer(*, round: Round, user: User, by: User) -> None:
    """Give slot 2 of every case to a second person. Again with the same person changes nothing.

    Raises PollRefused, or ValidationError with a sentence.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    round = _locked(round)
    permissions.check_is_open(round)
    seats = dict(RoundReviewer.objects.filter(round=round).values_list("ordinal", "user_id"))
    if seats.get(2) == user.pk:
        return
    if 2 in seats:
        raise ValidationError(_("This round has two reviewers already."))
    if seats.get(1) == user.pk:
        raise ValidationError(_("The two reviewers must be two different people."))
    if permissions.is_adjudicator(user, round):
        raise ValidationError(
            _("%(name)s resolves the conflicts of this round and cannot read in it too.") % {"name": user}
        )
    if can_administer(user, round.poll) and Decision.objects.filter(round=round).exists():
        # Until now nothing hid the first reviewer's decisions from an admin without a slot.
        raise ValidationError(
            _(
                "%(name)s is an admin and could see what the first reviewer decided so far. Choose somebody "
                "else, or set up a new round for the two of you."
            )
            % {"name": user}
        )
    _give_role(round.poll, [user], Role.REVIEWER, by)
    RoundReviewer.objects.create(round=round, user=user, ordinal=2)
    Case.objects.filter(round=round).update(reviewer2=user)


@transaction.atomic
def close_coding(*, round: Round, by: User) -> None:
    """End the reading: every case is sealed and the round revealed. A second time changes nothing.

    Raises PollRefused for who is no admin of the poll.
    """
    round = _locked(round)
    if round.coding_closed_at is not None:
        check_can_administer(by, round.poll)
        return
    permissions.check_can_close_coding(by, round)
    assignment.seal_cases(round)
    Round.objects.filter(pk=round.pk).update(coding_closed_at=timezone.now(), coding_closed_by=by)


@transaction.atomic
def discard_round(*, round: Round, by: User) -> None:
    """Set a practice round aside: it is closed, and every result leaves it out. Its decisions stay.

    Raises PollRefused.
    """
    round = _locked(round)
    permissions.check_can_discard(by, round)
    close_coding(round=round, by=by)
    Round.objects.filter(pk=round.pk).update(discarded_at=timezone.now(), discarded_by=by)


def latest_round(poll: Poll, number: int | None = None) -> Round:
    """The round of that number, else the newest that is neither practice nor discarded.

    Raises Round.DoesNotExist.
    """
    rounds = Round.objects.filter(poll=poll).select_related("poll", "version__codebook")
    if number is not None:
        return rounds.get(number=number)
    found = rounds.filter(purpose=Round.Purpose.MAIN, discarded_at__isnull=True).order_by("-number").first()
    if found is None:
        raise Round.DoesNotExist(f"poll {poll.slug} has no round for the study yet")
    return found


def importers_among_reviewers(round: Round) -> QuerySet[User]:
    """Reviewers of the round who brought a file of its votes, and so may have seen what voters chose.

    For the methods statement: blindness is a rule of the server, and cannot reach the file itself.
    """
    importers = Batch.objects.filter(poll=round.poll_id).values("imported_by")
    readers: QuerySet[User] = User.objects.filter(reviewing__round=round, pk__in=importers)
    return readers.order_by("reviewing__ordinal")
