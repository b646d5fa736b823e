"""Decisions made elsewhere, brought in from a file: who read what as what, and how conflicts were resolved.

reading (rows of a file) -> planning (what they would change, and every reason against) -> storing (COPY and
one UPDATE), all in one transaction. What the import may do stands in `contract.md`, import_tags.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from classify import assignment
from classify.codebooks import ensure_ready_made, newest_version
from classify.importing_tags import storing
from classify.importing_tags.people import NEW_ACCOUNT, people_as_chosen, people_by_name
from classify.importing_tags.planning import CONSENSUS_MARK, plan
from classify.importing_tags.reading import TagFile, read_tags
from classify.importing_tags.state import Cases, Terms
from classify.models import (
    Case,
    Category,
    Codebook,
    CodebookVersion,
    Round,
    RoundAdjudicator,
    RoundEvent,
    RoundReviewer,
)
from classify.rounds import check_may_join, latest_round
from classify.rounds.bars import terms_of
from classify.rounds.events import record
from classify.status import UNSURE, totals
from classify.visibility import check_can_see_votes
from polls.importing.readers import Source
from polls.importing.report import ERRORS_SHOWN, RowError
from polls.models import Membership, Poll, Role, User
from polls.problems import Refused, WrongUsage

DEFAULT_CODEBOOK = "role"
BY_COMMAND = "Decisions made elsewhere were brought in by the command import_tags, which no bar holds."


__all__ = ["DEFAULT_CODEBOOK", "NEW_ACCOUNT", "TagFile", "TagReport", "import_tags", "read_tags"]


@dataclass(frozen=True, slots=True)
class TagReport:
    """One import of decisions, done or tried. `created + unchanged + rejected == rows`.

    `nothing_taken` is a sentence when every row was rejected, so that nothing was written; "" otherwise.
    """

    poll: str
    round: int
    rows: int
    created: int
    unchanged: int
    rejected: int
    errors: tuple[RowError, ...]
    status: dict[str, int]
    nothing_taken: str = ""
    is_open: bool = True

    def as_json(self) -> dict[str, Any]:
        """Exactly the document of `contract.md`, import_tags."""
        return {
            "poll": self.poll,
            "round": self.round,
            "rows": self.rows,
            "created": self.created,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "errors": [asdict(error) for error in self.errors],
            "status": self.status,
        }


def import_tags(
    *,
    source: Source,
    poll: str,
    round_number: int | None = None,
    codebook: str = "",
    create_users: bool = False,
    dry_run: bool = False,
    new_round: bool = False,
    people: Mapping[str, int] | None = None,
    override_reason: str = "",
    by: User | None = None,
) -> TagReport:
    """Import decisions into a round of the poll, which is made where the poll has none, or for `new_round`.

    `by` is who asks on a page, None for the operator's command: on a page names mean whom `people` says (name
    in lower case -> id of a member, or `NEW_ACCOUNT`), and a round below the bar that practice set needs a
    reason. Nothing is written in a dry run or when no row is accepted; the report says the latter. Raises
    PollRefused; Refused for an unreadable file and an unknown poll, round, codebook or reviewer; WrongUsage
    for what is not built yet.
    """
    file = read_tags(source)
    with transaction.atomic():
        locked = Poll.objects.select_for_update(no_key=True).filter(slug=poll).first()
        if locked is None:
            raise Refused(f"There is no poll “{poll}”.")
        if by is not None:
            check_can_see_votes(by, locked)
        if by is None or people is None:
            known = people_by_name(file, create=create_users)
        else:
            known = people_as_chosen(file, people, locked, by)
        round_ = None if new_round else _existing_round(locked, round_number, codebook)
        made = round_ is None
        if round_ is None:
            round_ = _new_round(locked, file, known, codebook, by=by, reason=override_reason)
        report = _into(round_, file, known, made=made, by=by)
        if dry_run or not report.created + report.unchanged:
            transaction.set_rollback(True)
    return report


def _into(
    round_: Round, file: TagFile, people: Mapping[str, User], *, made: bool, by: User | None
) -> TagReport:
    closed = round_.coding_closed_at is not None or round_.discarded_at is not None
    if not made and not closed:
        assignment.open_cases(round_)
    seats = _seats(round_, file, people, closed=closed, by=by)
    existing = {} if made else storing.cases_of(round_)
    terms = _terms(round_, people, seats, closed=closed)
    planned = plan(file.rows, Cases(existing, grouped=file.has_cases, opens=made), terms)
    storing.write(round_, planned.cases, seats)
    if not closed:
        assignment.open_cases(round_)
    assignment.deal(round_)
    errors = sorted(file.errors + planned.errors, key=lambda error: error.row)
    counted = Case.objects.filter(round=round_, n_votes__gt=0).values_list("status").annotate(n=Count("pk"))
    nothing = ""
    if file.count and not planned.created + planned.unchanged:
        nothing = f"None of the {file.count} rows was accepted, so nothing was written; the first reason is: "
        nothing += f"row {errors[0].row}, {errors[0].reason}." if errors else "unknown."
    return TagReport(
        poll=round_.poll.slug,
        round=round_.number,
        rows=file.count,
        created=planned.created,
        unchanged=planned.unchanged,
        rejected=len(errors),
        errors=tuple(errors[:ERRORS_SHOWN]),
        status=totals(counted),
        nothing_taken=nothing,
        is_open=not closed,
    )


def _existing_round(poll: Poll, number: int | None, codebook: str) -> Round | None:
    """The round meant, None where one is to be made. Raises Refused."""
    try:
        round_ = latest_round(poll, number)
    except Round.DoesNotExist:
        if number is not None:
            raise Refused(f"The poll “{poll.slug}” has no round {number}.") from None
        return None
    Round.objects.select_for_update(no_key=True).get(pk=round_.pk)
    if round_.archived_at is not None:
        raise Refused(
            f"Round {round_.number} of “{poll.slug}” is archived; take it out of the archive first."
        )
    code = round_.version.codebook.code
    if codebook and codebook != code:
        raise Refused(f"Round {round_.number} of “{poll.slug}” is read with “{code}”, not “{codebook}”.")
    return round_


def _new_round(
    poll: Poll, file: TagFile, people: Mapping[str, User], codebook: str, *, by: User | None, reason: str
) -> Round:
    """A round for the file: cases as it groups voters, consensus if it says that the two agreed."""
    ensure_ready_made()
    version = newest_version(codebook or DEFAULT_CODEBOOK)
    if version is None:
        raise Refused(f"There is no codebook “{codebook}”.")
    if version.codebook.subject == Codebook.Subject.COMMENT:
        raise WrongUsage(f"The codebook “{codebook}” is read on comments; such rounds are not built yet.")
    CodebookVersion.objects.filter(pk=version.pk, frozen_at__isnull=True).update(frozen_at=timezone.now())
    terms = _bar_of(poll, version, reason if by is not None else BY_COMMAND)
    consensus = any(CONSENSUS_MARK in row.adjudicator for row in file.rows)
    last = Round.objects.filter(poll=poll).aggregate(last=Max("number"))["last"] or 0
    round_ = Round.objects.create(
        poll=poll,
        number=last + 1,
        version=version,
        unit=Round.Unit.HEADLINE if file.has_cases else Round.Unit.VOTER,
        rule=Round.Rule.CONSENSUS if consensus else Round.Rule.THIRD_PERSON,
        seed=secrets.randbits(62),
        created_by=by,
        **terms,
    )
    if round_.override_reason:
        record(round_, RoundEvent.Kind.OVERRIDDEN, by=by, reason=round_.override_reason)
    third = [people[name] for name in file.adjudicators if name not in file.reviewers]
    RoundAdjudicator.objects.bulk_create(RoundAdjudicator(round=round_, user=user) for user in third)
    _admit(poll, third, Role.ADJUDICATOR)
    return round_


def _bar_of(poll: Poll, version: CodebookVersion, reason: str) -> dict[str, Any]:
    """What the round keeps of the bar that practice set. Raises Refused below it without a reason."""
    try:
        return terms_of(
            poll=poll, version=version, purpose=Round.Purpose.MAIN, titles=0, override_reason=reason
        )
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None


def _seats(
    round_: Round, file: TagFile, people: Mapping[str, User], *, closed: bool, by: User | None
) -> tuple[int, ...]:
    """Who reads in the round, in their order. One that is read by one person takes a second from the file.

    Raises Refused for who may not join it: a seat that a page gives is one in which they may read on here.
    """
    seats = sorted(assignment.lock_seats(round_), key=lambda seat: seat.ordinal)
    there = [seat.user_id for seat in seats]
    reading = [seat.user_id for seat in seats if seat.left_at is None]
    newcomers = [people[name] for name in file.reviewers if people[name].pk not in there]
    if there:
        barred = set(RoundAdjudicator.objects.filter(round=round_).values_list("user_id", flat=True))
        newcomers = [user for user in newcomers if user.pk not in barred][: max(0, 2 - len(reading))]
    if closed or not newcomers:
        return tuple(reading)
    if there and by is not None:
        _check_may_join(round_, newcomers, len(there))
    for ordinal, user in enumerate(newcomers, start=len(there) + 1):
        RoundReviewer.objects.create(round=round_, user=user, ordinal=ordinal)
    _admit(round_.poll, newcomers, Role.REVIEWER)
    assignment.deal(round_)
    return (*reading, *(user.pk for user in newcomers))


def _check_may_join(round_: Round, newcomers: Sequence[User], seats: int) -> None:
    """Raises Refused, as the page on which people join would."""
    try:
        for user in newcomers:
            check_may_join(round_, user, None, 1, seats)
    except ValidationError as problem:
        raise Refused(" ".join(problem.messages)) from None


def _admit(poll: Poll, users: Sequence[User], role: str) -> None:
    Membership.objects.bulk_create(
        [Membership(poll=poll, user=user, role=role) for user in users], ignore_conflicts=True
    )


def _terms(round_: Round, people: Mapping[str, User], seats: tuple[int, ...], *, closed: bool) -> Terms:
    codes: dict[str, int] = {"unsure": UNSURE}
    labels: dict[str, int | None] = {}
    for category in Category.objects.filter(version=round_.version_id):
        codes[category.code] = category.pk
        label = category.label.casefold()
        labels[label] = None if label in labels else category.pk
    return Terms(
        codes=codes,
        labels=labels,
        people={name: user.pk for name, user in people.items()},
        votes=storing.votes_of(round_.poll_id),
        together={} if round_.poll.single_choice else storing.votes_together(round_.poll_id),
        consensus=round_.rule == Round.Rule.CONSENSUS,
        closed=closed,
        seats=seats,
    )
