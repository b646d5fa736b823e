"""A shared headline is taken apart, so that each of its voters is read on their own; and put together again.

Anybody who reads the case may split it, whatever the other reviewer has done with it and whether or not it is
sealed: a refusal would tell them. Both get the single voters to read and neither is told by whom or why. What
was decided on the shared headline stays on record behind no vote. Putting it together again is refused once
somebody has decided on a part, and since that refusal tells something, it is for an admin who reads nothing.

Locks: round, seats, then cases, as everywhere. A decision holds its seat, so none is under way meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions, visibility
from classify.models import Case, CaseSplit, CaseVote, Decision, Round, RoundReviewer
from polls.models import User, Vote
from polls.permissions import Person, allows

MAX_VOTERS = 1_000
"""So many voters of one headline can be read one by one."""
SPLIT = "split"
MERGED = "put together again"
"""Why votes left their case, as the rows of `CaseVote` keep it."""


@dataclass(frozen=True, slots=True)
class Split:
    """A headline that is split: into how many cases, and whether it was already (a second click)."""

    case_id: int
    cases: int
    repeated: bool


@transaction.atomic
def split_case(*, round: Round, case_id: int, by: User) -> Split:
    """Give every voter behind a shared headline a case of their own, for both reviewers.

    A second time changes nothing and gets the same reply. Raises Case.DoesNotExist for a case that is not
    this reviewer's, PollRefused for who does not read in the open round, ValidationError with a sentence
    where nobody shares the title, or too many do.
    """
    round = _locked(round)
    permissions.check_can_read(by, round)
    assignment.lock_seats(round)
    case = _locked_case(round, case_id, Q(reviewer1=by) | Q(reviewer2=by))
    if CaseSplit.objects.filter(case=case, merged_at__isnull=True).exists():
        return Split(case.pk, len(_parts(case)), repeated=True)
    check_is_shared(case)
    revealed = visibility.is_revealed(round)
    if revealed and case.status == Case.Status.RESOLVED:
        # Before the reveal a refusal would tell; now it only keeps a resolution from being undone in passing.
        raise ValidationError(_("The conflict about this title is resolved, so it stays one case."))
    CaseSplit.objects.create(round=round, case=case, split_by=by)
    CaseVote.objects.filter(case=case, left_at__isnull=True).update(left_at=timezone.now(), reason=SPLIT)
    assignment.open_parts(round, case, reason=SPLIT)
    _set_votes(case)
    parts = _parts(case)
    _move_counts(round, taken=[case], given=parts)
    _return_hand_ins(round, parts)
    if any(_waits(part) and not _waits(case) for part in parts):
        assignment.deal(round)
    if revealed:
        assignment.read_on(round)
    return Split(case.pk, len(parts), repeated=False)


@transaction.atomic
def merge_back(*, case: Case, by: User) -> None:
    """Put a split headline together again: its decisions stand and count as before. A second time: nothing.

    Raises PollRefused for who is no admin or holds an open slot, ValidationError once somebody has decided on
    one of the voters.
    """
    round = _locked(case.round)
    check_can_merge_back(by, round)
    assignment.lock_seats(round)
    case = _locked_case(round, case.pk)
    split = CaseSplit.objects.filter(case=case, merged_at__isnull=True).first()
    if split is None:
        return
    parts = _parts(case)
    if Decision.objects.filter(case__in=parts).exists():
        raise ValidationError(
            _("Somebody has decided on one of these voters already, so they stay cases of their own.")
        )
    now = timezone.now()
    moved = list(CaseVote.objects.filter(case__in=parts, left_at__isnull=True).values_list("vote", flat=True))
    CaseVote.objects.filter(case__in=parts, left_at__isnull=True).update(left_at=now, reason=MERGED)
    CaseVote.objects.bulk_create(
        [CaseVote(round=round, vote_id=vote, case=case, reason=MERGED) for vote in sorted(moved)]
    )
    _set_votes(case)
    nothing = [0] * len(case.option_counts)
    Case.objects.filter(pk__in=[part.pk for part in parts]).update(n_votes=0, option_counts=nothing)
    _move_counts(round, taken=parts, given=[case] if case.n_votes else [])
    split.merged_by, split.merged_at = by, now
    split.save(update_fields=["merged_by", "merged_at"])
    if case.n_votes and _waits(case):
        assignment.deal(round)
    assignment.take_back_hand_ins(round)


def check_is_shared(case: Case) -> None:
    """Raises ValidationError unless the case is a headline of two voters or more, and not of too many."""
    if case.origin != Case.Origin.HEADLINE:
        raise ValidationError(_("This is one voter already, read on their own."))
    voters = voters_of(case.pk)
    if voters < 2:
        raise ValidationError(_("Only a title that two voters or more show can be split."))
    if voters > MAX_VOTERS:
        raise ValidationError(
            _(
                "%(n)d voters show this title, and at most %(max)d can be read one by one. Choose a category "
                "for all of them, or unsure."
            )
            % {"n": voters, "max": MAX_VOTERS}
        )


def voters_of(case_id: int) -> int:
    """How many voters stand behind a case now."""
    here = Vote.objects.filter(case_votes__case=case_id, case_votes__left_at__isnull=True)
    found: int = here.aggregate(n=Count("voter", distinct=True))["n"]
    return found


def is_split(case_id: int) -> bool:
    """Is the headline of this case split now?"""
    return CaseSplit.objects.filter(case=case_id, merged_at__isnull=True).exists()


def check_can_merge_back(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person may see the splits of the round and coding is open."""
    visibility.check_can_see_splits(user, round)
    permissions.check_is_open(round)


def can_merge_back(user: Person, round: Round) -> bool:
    """May the person put split headlines of the round together again?"""
    return allows(check_can_merge_back, user, round)


def _locked(round: Round) -> Round:
    """The round, locked against closing, handing in and re-import, but not against decisions."""
    return Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll").get(pk=round.pk)


def _locked_case(round: Round, case_id: int, whose: Q | None = None) -> Case:
    """Raises Case.DoesNotExist for a case of another round, or of somebody else."""
    cases = Case.objects.select_for_update(no_key=True).filter(whose or Q(), round=round)
    return cases.get(pk=case_id)


def _parts(case: Case) -> list[Case]:
    """The single voters of a split headline that have a live vote, locked."""
    parts = Case.objects.select_for_update(no_key=True).filter(split_from=case, n_votes__gt=0)
    return list(parts.order_by("pk"))


def _waits(case: Case) -> bool:
    return case.reviewer1_id is None or case.reviewer2_id is None


def _set_votes(case: Case) -> None:
    """Count the live votes of a case anew, by option."""
    live = Vote.objects.filter(case_votes__case=case, case_votes__left_at__isnull=True)
    found = dict(live.values_list("option__position").annotate(n=Count("pk")))
    case.option_counts = [found.get(place, 0) for place in range(1, len(case.option_counts) + 1)]
    last = max(found, default=0)
    case.option_counts += [found.get(place, 0) for place in range(len(case.option_counts) + 1, last + 1)]
    case.n_votes = sum(found.values())
    case.save(update_fields=["n_votes", "option_counts"])


def _move_counts(round: Round, *, taken: list[Case], given: list[Case]) -> None:
    """Let the totals of round and reviewers follow: `taken` lost their votes, `given` have some now."""
    Round.objects.filter(pk=round.pk).update(case_count=F("case_count") + len(given) - len(taken))
    holders = {user for case in (*taken, *given) for user in (case.reviewer1_id, case.reviewer2_id) if user}
    now = timezone.now()
    for seat in RoundReviewer.objects.filter(round=round, user__in=holders).order_by("pk"):
        gets = _held(given, seat.user_id)
        if gets and seat.assigned_count <= seat.decided_count:
            seat.given_at = now
        seat.assigned_count = Greatest(F("assigned_count") + gets - _held(taken, seat.user_id), 0)
        moved = _decided(given, seat.user_id) - _decided(taken, seat.user_id)
        seat.decided_count = Greatest(F("decided_count") + moved, 0)
        seat.save(update_fields=["assigned_count", "decided_count", "given_at"])


def _held(cases: Iterable[Case], user_id: int) -> int:
    return sum(user_id in (case.reviewer1_id, case.reviewer2_id) for case in cases)


def _decided(cases: list[Case], user_id: int) -> int:
    """On how many of these a decision of the person stands, in time or late: what they know themselves."""
    latest = (
        Decision.objects.filter(case__in=cases, reviewer=user_id)
        .order_by("case_id", "-pk")
        .distinct("case_id")
        .values_list("verdict", flat=True)
    )
    return sum(verdict != Decision.Verdict.WITHDRAWN for verdict in latest)


def _return_hand_ins(round: Round, parts: list[Case]) -> None:
    """Who had handed in and reads some of these has something to read again."""
    holders = {user for part in parts for user in (part.reviewer1_id, part.reviewer2_id) if user}
    RoundReviewer.objects.filter(round=round, user__in=holders).update(handed_in_at=None)
