"""Carrying finals over from earlier rounds: the next poll of the same people needs not be read anew.

A case is carried over when each of its voters has an earlier final under the same codebook version, and all
of these are one category. Voters are told apart across polls; those found to be one person are one here. A
carried case has no reviewers and no decisions, so it is in no list to read and in no agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classify import assignment, permissions, visibility
from classify.assignment import reopening
from classify.models import CarriedCase, Case, CodebookVersion, Round, RoundReviewer
from polls.models import Membership, Poll, Role, User
from polls.permissions import (
    PollRefused,
    Right,
    allows,
    can_administer,
    check_can_administer,
    rights_of,
)

PREVIEW_SECONDS: Final = 5
"""How long a page waits to be told beforehand how many cases would be carried over."""

# Finals that people came to: what was itself carried over says nothing new.
_KNOWN: Final = """
known AS MATERIALIZED (
  SELECT coalesce(p.merged_into_id, p.id) AS voter, c.final_id AS final, c.id AS source,
         coalesce(v.headline_id, 0) AS title
    FROM classify_case c
    JOIN classify_casevote cv ON cv.case_id = c.id AND cv.left_at IS NULL
    JOIN polls_vote v ON v.id = cv.vote_id AND v.voided_at IS NULL
    JOIN polls_voter p ON p.id = v.voter_id
   WHERE c.round_id = ANY(%(rounds)s) AND c.final_id IS NOT NULL AND c.resolution <> 'carried'
), sure AS (
  SELECT voter, min(final) AS final, array_agg(DISTINCT title) AS titles
    FROM known GROUP BY voter HAVING min(final) = max(final)
), matched AS (
  SELECT here.place, min(sure.final) AS final, count(DISTINCT here.voter) AS voters,
         bool_or(NOT here.title = ANY(sure.titles)) AS retitled
    FROM here LEFT JOIN sure ON sure.voter = here.voter
   GROUP BY here.place
  HAVING count(*) = count(sure.voter) AND min(sure.final) = max(sure.final)
)"""

# What would be the cases of a round that is not made yet, as `assignment` opens them.
_HERE_BEFORE: Final = """
WITH here AS (
  SELECT CASE WHEN %(unit)s = 'headline' AND v.headline_id IS NOT NULL THEN 'title ' || v.headline_id
              WHEN %(single)s THEN 'vote ' || v.id ELSE 'voter ' || v.voter_id END AS place,
         coalesce(p.merged_into_id, p.id) AS voter, coalesce(v.headline_id, 0) AS title
    FROM polls_vote v JOIN polls_voter p ON p.id = v.voter_id
   WHERE v.poll_id = %(poll)s AND v.voided_at IS NULL
), """
_HERE: Final = """
WITH here AS (
  SELECT cv.case_id AS place, coalesce(p.merged_into_id, p.id) AS voter, coalesce(v.headline_id, 0) AS title
    FROM classify_casevote cv
    JOIN polls_vote v ON v.id = cv.vote_id AND v.voided_at IS NULL
    JOIN polls_voter p ON p.id = v.voter_id
   WHERE cv.round_id = %(round)s AND cv.left_at IS NULL
), """

_PREVIEW: Final = f"""
{_HERE_BEFORE} {_KNOWN}
SELECT count(*), coalesce(sum(voters), 0), count(*) FILTER (WHERE retitled),
       (SELECT count(DISTINCT place) FROM here)
  FROM matched
"""  # noqa: S608 - of constants

_CARRY: Final = f"""
{_HERE} {_KNOWN}, rested AS (
  SELECT here.place, array_agg(DISTINCT known.source ORDER BY known.source) AS sources
    FROM here JOIN matched ON matched.place = here.place JOIN known ON known.voter = here.voter
   GROUP BY here.place
), carried AS (
  UPDATE classify_case c
     SET status = 'resolved', resolution = 'carried', final_id = matched.final, resolved_at = %(now)s,
         reviewer1_id = NULL, reviewer2_id = NULL
    FROM matched
   WHERE c.id = matched.place AND c.status = 'waiting'
     AND c.id NOT IN (SELECT case_id FROM classify_decision WHERE round_id = %(round)s)
  RETURNING c.id, c.final_id, matched.retitled
)
INSERT INTO classify_carriedcase (round_id, case_id, category_id, sources, retitled, carried_at)
SELECT %(round)s, carried.id, carried.final_id, rested.sources, carried.retitled, %(now)s
  FROM carried JOIN rested ON rested.place = carried.id
"""  # noqa: S608 - of constants


@dataclass(frozen=True, slots=True)
class Preview:
    """What carrying over would do: `cases` of `total` with `voters` behind them; `retitled` of them have a
    voter who shows another title now than the one that was read. `rounds` are where the finals come from."""

    cases: int
    voters: int
    retitled: int
    total: int
    rounds: tuple[Round, ...]


def sources_for(*, by: User, version: CodebookVersion, besides: Round | None = None) -> list[Round]:
    """The closed rounds of the study under this codebook version whose results the person may see, over all
    polls, oldest first; `besides` is the round that is being made."""
    closed = Round.objects.filter(
        version=version, purpose=Round.Purpose.MAIN, coding_closed_at__isnull=False, discarded_at__isnull=True
    ).select_related("poll")
    if besides is not None:
        closed = closed.exclude(pk=besides.pk)
    may: dict[int, bool] = {}
    found = []
    for round in closed.order_by("coding_closed_at", "pk"):
        if round.poll_id not in may:
            may[round.poll_id] = _may_rest_on(by, round.poll, besides)
        if may[round.poll_id]:
            found.append(round)
    return found


def _may_rest_on(by: User, poll: Poll, besides: Round | None) -> bool:
    """May the person see results of the poll? The round being made, in which they may read, hides nothing
    that was theirs to see a moment ago."""
    if Right.SEE_RESULTS not in rights_of(by, poll):
        return False
    reads = Round.objects.filter(poll=poll, reviewers__user=by, coding_closed_at__isnull=True)
    if besides is not None:
        reads = reads.exclude(pk=besides.pk)
    return all(visibility.is_revealed(round) for round in reads)


def preview(*, poll: Poll, version: CodebookVersion, unit: str, by: User) -> Preview | None:
    """How much a new round would carry over. None: counting took too long. Changes nothing."""
    rounds = sources_for(by=by, version=version)
    values: dict[str, Any] = {
        "poll": poll.pk,
        "unit": unit,
        "single": poll.single_choice,
        "rounds": [round.pk for round in rounds],
    }
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{PREVIEW_SECONDS}s"])
            cursor.execute(_PREVIEW, values)
            cases, voters, retitled, total = cursor.fetchone()
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError:
        return None
    return Preview(cases, int(voters), retitled, total, tuple(rounds))


@transaction.atomic
def carry_over(*, round: Round, by: User) -> int:
    """Carry over what can be, in a round that was just made; how many cases. A second time changes nothing.

    Raises PollRefused for who may not set up rounds, ValidationError for a practice round.
    """
    permissions.check_can_set_up_rounds(by, round.poll)
    # Poll, round, seats, cases: an import under way is waited for, and the next one waits.
    Poll.objects.select_for_update(no_key=True).get(pk=round.poll_id)
    round = _locked(round)
    permissions.check_is_open(round)
    if round.purpose != Round.Purpose.MAIN:
        raise ValidationError(_("A practice round carries nothing over: it is there to read."))
    rounds = [source.pk for source in sources_for(by=by, version=round.version, besides=round)]
    values = {"round": round.pk, "rounds": rounds, "now": timezone.now()}
    assignment.lock_seats(round)
    carried = _run(_CARRY, values)
    assignment.deal(round)
    return carried


def _run(sql: str, values: dict[str, Any]) -> int:
    """Run a statement over whole sets, whose tables were filled a moment ago: so it is told to hash."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(sql, values)
        touched: int = cursor.rowcount
        cursor.execute("SET LOCAL enable_nestloop = on")
    return touched


def check_can_reopen(user: User, round: Round) -> None:
    """Raises PollRefused unless the round is open and the person reads in it or is an admin of its poll."""
    permissions.check_is_open(round)
    reads = RoundReviewer.objects.filter(round=round, user=user.pk, left_at__isnull=True).exists()
    if not reads and not can_administer(user, round.poll):
        raise PollRefused(_("Only a reviewer of this round or an admin can have a carried case read again."))


def can_reopen(user: User, round: Round) -> bool:
    """May the person have carried cases of the round read again?"""
    return allows(check_can_reopen, user, round)


def check_can_look(user: User, round: Round) -> None:
    """Raises PollRefused unless the person may know which cases were carried over: who reads, an admin, and
    every member once results may be seen."""
    reads = permissions.is_reviewer(user, round)
    if not reads and not can_administer(user, round.poll) and not visibility.can_see_results(user, round):
        raise PollRefused(visibility.STILL_OPEN)


def can_look(user: User, round: Round) -> bool:
    """May the person know which cases of the round were carried over?"""
    return allows(check_can_look, user, round)


def is_carried(round: Round) -> bool:
    """Was any case of the round carried over that nobody is reading after all?"""
    return CarriedCase.objects.filter(round=round, reopened_at__isnull=True).exists()


def shows_category(user: User, round: Round) -> bool:
    """May the category that was carried over be named to the person? Never to who reads in the round: the
    case may yet be theirs to read."""
    return not permissions.is_reviewer(user, round) and visibility.can_see_results(user, round)


@transaction.atomic
def reopen(*, case: Case, by: User) -> bool:
    """Give one carried case to two reviewers after all; false if it was given before. Raises PollRefused."""
    return bool(_reopen(case.round, [case.pk], by))


@transaction.atomic
def reopen_all(*, round: Round, by: User) -> int:
    """Give every carried case of the round to two reviewers; how many there were. Raises PollRefused."""
    return _reopen(round, None, by)


@transaction.atomic
def reopen_retitled(*, round: Round, by: User) -> int:
    """Give those carried cases to two reviewers whose title is not the one that was read; how many."""
    retitled = CarriedCase.objects.filter(round=round, reopened_at__isnull=True, retitled=True)
    return _reopen(round, list(retitled.values_list("case", flat=True)), by)


def _reopen(round: Round, cases: Sequence[int] | None, by: User) -> int:
    round = _locked(round)
    check_can_reopen(by, round)
    # Seats before cases, as a decision locks them.
    assignment.lock_seats(round)
    revealed = visibility.is_revealed(round)
    opened = reopening.reopen_cases(round, cases=cases, by=by)
    if opened:
        assignment.deal(round)
        assignment.take_back_hand_ins(round)
        if revealed:
            assignment.read_on(round)
    return opened


def _locked(round: Round) -> Round:
    """The round, locked against closing, handing in and imports, but not against decisions."""
    found = Round.objects.select_for_update(no_key=True, of=("self",)).select_related("poll", "version")
    return found.get(pk=round.pk)


@transaction.atomic
def bring_people(*, round: Round, target: Poll, by: User) -> None:
    """Make who reads and judges in the round a member of the other poll, in the same part. Raises PollRefused
    unless the person is an admin of both."""
    check_can_administer(by, round.poll)
    check_can_administer(by, target)
    for role, seats in (
        (Role.REVIEWER, round.reviewers.filter(left_at__isnull=True, user__is_active=True)),
        (Role.ADJUDICATOR, round.adjudicators.filter(user__is_active=True)),
    ):
        for user_id in seats.values_list("user_id", flat=True):
            Membership.objects.get_or_create(
                poll=target, user_id=user_id, role=role, defaults={"added_by": by}
            )
