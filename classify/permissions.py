"""Who may act in a round: rights of the poll (`polls.permissions`) joined with a person's seat in the round.

Every rule has two faces: `check_can_x` raises `PollRefused` with a sentence, `can_x` says yes or no. What may
be seen of decisions and votes is a rule of blindness and stands in `classify.visibility`.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from classify.models import Case, Round, RoundAdjudicator, RoundReviewer
from polls.models import Membership, Poll, Role
from polls.permissions import (
    Person,
    PollRefused,
    Right,
    allows,
    can_create_poll,
    check_can_administer,
    check_right,
)

# Where `with_seat` leaves what it fetched along with a round: (user id, Seat).
_FETCHED = "_seat_fetched"
LEFT = _("You left this round.")
DISCARDED = _("This practice round was discarded.")

_ROUND, _POLL = Round._meta.concrete_fields, Poll._meta.concrete_fields
_COLUMNS = ", ".join([*(f'r."{f.column}"' for f in _ROUND), *(f'p."{f.column}"' for f in _POLL)])
# Written out, since it is asked with every decision, and building it anew would take longer than running it.
_ROUND_TO_READ = f"""
SELECT ARRAY(SELECT m.role FROM polls_membership m WHERE m.poll_id = p.id AND m.user_id = %(user)s),
       (SELECT s.left_at IS NOT NULL FROM classify_roundreviewer s
         WHERE s.round_id = r.id AND s.user_id = %(user)s),
       {_COLUMNS}
  FROM classify_round r JOIN polls_poll p ON p.id = r.poll_id
 WHERE p.slug = %(slug)s AND r.number = %(number)s
"""  # noqa: S608 - of constants


def get_round_to_read(user: Person, slug: str, number: int) -> Round:
    """The round with its poll for somebody who reads in it, in one statement.

    Raises Http404 for who is no member of the poll, PollRefused for a member who does not read in the round,
    or left it.
    Whether it is still open is asked with `check_is_open`, which costs nothing more.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ROUND_TO_READ, {"user": user.pk, "slug": slug, "number": number})
        row = cursor.fetchone()
    if row is None or not (row[0] or user.is_superuser):
        raise Http404
    roles, left, *values = row
    if left is None or not (Role.REVIEWER in roles or user.is_superuser):
        raise PollRefused(_("You are no reviewer of this round."))
    if left:
        raise PollRefused(LEFT)
    round = Round.from_db(connection.alias, [f.attname for f in _ROUND], values[: len(_ROUND)])
    round.poll = Poll.from_db(connection.alias, [f.attname for f in _POLL], values[len(_ROUND) :])
    return round


def rounds_read_by(user: Person) -> QuerySet[Round]:
    """The rounds, with their polls, that somebody reads: those that `get_round_to_read` would give them."""
    seats = RoundReviewer.objects.filter(round=OuterRef("pk"), user=user.pk, left_at__isnull=True)
    rounds = Round.objects.filter(Exists(seats)).select_related("poll")
    if user.is_superuser:
        return rounds
    role = Membership.objects.filter(poll=OuterRef("poll"), user=user.pk, role=Role.REVIEWER)
    return rounds.filter(Exists(role))


class Seat(NamedTuple):
    """What somebody is in a round. `reviewer`: they read in it, or did until they left."""

    reviewer: bool
    adjudicator: bool


def with_seat(rounds: QuerySet[Round], user: Person) -> QuerySet[Round]:
    """The rounds, each to be given to `keep_seat` with what this person is in it, in the same statement."""
    return rounds.annotate(
        i_read=Exists(RoundReviewer.objects.filter(round=OuterRef("pk"), user=user.pk)),
        i_adjudicate=Exists(RoundAdjudicator.objects.filter(round=OuterRef("pk"), user=user.pk)),
    )


def keep_seat(user: Person, round: Round) -> None:
    """Keep on a round from `with_seat` what this person is in it: a page asks for it twenty times.

    For pages that only show something. What writes asks anew, under its locks.
    """
    setattr(round, _FETCHED, (user.pk, Seat(round.i_read, round.i_adjudicate)))  # type: ignore[attr-defined]


def _kept_seat(user: Person, round: Round) -> Seat | None:
    owner, seat = getattr(round, _FETCHED, (None, None))
    return seat if owner == user.pk else None


def is_reviewer(user: Person, round: Round) -> bool:
    """Does the person read in the round, or did they until they left? Both are kept blind."""
    seat = _kept_seat(user, round)
    return seat.reviewer if seat else RoundReviewer.objects.filter(round=round, user=user.pk).exists()


def is_adjudicator(user: Person, round: Round) -> bool:
    """Was the person named as adjudicator of the round?"""
    seat = _kept_seat(user, round)
    return seat.adjudicator if seat else RoundAdjudicator.objects.filter(round=round, user=user.pk).exists()


def has_left(user: Person, round: Round) -> bool:
    """Did the person read in the round and leave it?"""
    return RoundReviewer.objects.filter(round=round, user=user.pk, left_at__isnull=False).exists()


def check_is_open(round: Round) -> None:
    """Raises PollRefused once the round was closed, archived or discarded."""
    check_is_alive(round)
    if round.coding_closed_at is not None:
        raise PollRefused(_("Coding of this round is closed."))


def check_is_alive(round: Round) -> None:
    """Raises PollRefused for a round that was discarded or archived: what was said in it stays as it is."""
    if round.discarded_at is not None:
        raise PollRefused(DISCARDED)
    if round.archived_at is not None:
        raise PollRefused(_("This round is archived. An admin can take it out of the archive."))


def check_can_set_up_rounds(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person may make rounds of the poll."""
    check_right(user, poll, Right.SET_UP_ROUNDS)


def can_set_up_rounds(user: Person, poll: Poll) -> bool:
    """May the person make rounds of the poll?"""
    return allows(check_can_set_up_rounds, user, poll)


def check_is_reviewer(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person reads in the round, open or not."""
    if not is_reviewer(user, round):
        raise PollRefused(_("You are no reviewer of this round."))
    if not getattr(user, "is_superuser", False):
        check_right(user, round.poll, Right.READ)


def check_can_read(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is a reviewer of the round, has not left it, and it is open."""
    check_is_reviewer(user, round)
    if has_left(user, round):
        raise PollRefused(LEFT)
    check_is_open(round)


def can_read(user: Person, round: Round) -> bool:
    """Is the person a reviewer of the round, and is it open?"""
    return allows(check_can_read, user, round)


def check_can_hand_in(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person reads in the open round and has not handed in yet.

    Whether everything is read is asked by `tagging.hand_in`.
    """
    check_can_read(user, round)
    if RoundReviewer.objects.filter(round=round, user=user.pk, handed_in_at__isnull=False).exists():
        raise PollRefused(_("You have handed in already."))


def can_hand_in(user: Person, round: Round) -> bool:
    """Does the person read in the open round, not handed in yet?"""
    return allows(check_can_hand_in, user, round)


def check_can_adjudicate(user: Person, round: Round, case: Case | None = None) -> None:
    """Raises PollRefused unless the person may decide conflicts of the round as the third.

    Never one of the two: not of the round and not of this case. Under the consensus rule a third person,
    where one was named, decides only after the reveal; `visibility` says when that is.
    """
    if round.discarded_at is not None:
        raise PollRefused(_("This practice round was discarded."))
    if not is_adjudicator(user, round):
        raise PollRefused(_("You are no adjudicator of this round."))
    if is_reviewer(user, round) or (case is not None and user.pk in (case.reviewer1_id, case.reviewer2_id)):
        raise PollRefused(
            _("You read in this round yourself, so a third person has to decide its conflicts.")
        )
    if not getattr(user, "is_superuser", False):
        check_right(user, round.poll, Right.ADJUDICATE)


def can_adjudicate(user: Person, round: Round, case: Case | None = None) -> bool:
    """May the person decide conflicts of the round as the third?"""
    return allows(check_can_adjudicate, user, round, case)


def check_can_close_coding(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll and coding is open."""
    check_can_administer(user, round.poll)
    check_is_open(round)


def can_close_coding(user: Person, round: Round) -> bool:
    """May the person close coding of the round now?"""
    return allows(check_can_close_coding, user, round)


def check_can_take_out(user: Person, round: Round, reviewer: Person) -> None:
    """Raises PollRefused unless the person may end the reading of this reviewer: their own, or as an admin.

    Whether they read at all is asked by `rounds.leave_round`.
    """
    if user.pk == reviewer.pk:
        check_is_reviewer(user, round)
    else:
        check_can_set_up_rounds(user, round.poll)
    check_is_open(round)


def check_can_reopen(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll and the round is closed, not put away."""
    check_can_administer(user, round.poll)
    check_is_alive(round)
    if round.coding_closed_at is None:
        raise PollRefused(_("Coding of this round is open."))


def can_reopen(user: Person, round: Round) -> bool:
    """May the person reopen coding of the round now?"""
    return allows(check_can_reopen, user, round)


def check_can_archive(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll and the round is closed, not archived."""
    check_can_administer(user, round.poll)
    if round.coding_closed_at is None:
        raise PollRefused(_("Only a closed round can be archived. Close coding first."))
    if round.archived_at is not None:
        raise PollRefused(_("This round is archived already."))


def can_archive(user: Person, round: Round) -> bool:
    """May the person archive the round now?"""
    return allows(check_can_archive, user, round)


def check_can_unarchive(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll and the round is archived."""
    check_can_administer(user, round.poll)
    if round.archived_at is None:
        raise PollRefused(_("This round is not archived."))


def can_unarchive(user: Person, round: Round) -> bool:
    """May the person take the round out of the archive now?"""
    return allows(check_can_unarchive, user, round)


def check_can_discard(user: Person, round: Round) -> None:
    """Raises PollRefused unless the person is an admin of the poll and the round is practice to discard."""
    check_can_administer(user, round.poll)
    if round.purpose != Round.Purpose.PILOT:
        raise PollRefused(_("Only a practice round can be discarded. Decisions for the study always stay."))
    if round.discarded_at is not None:
        raise PollRefused(_("This practice round was discarded already."))
    check_is_alive(round)


def can_discard(user: Person, round: Round) -> bool:
    """May the person discard the round now?"""
    return allows(check_can_discard, user, round)


def check_can_edit_codebooks(user: Person) -> None:
    """Raises PollRefused unless the person may create polls, or is an admin of any poll.

    Codebooks belong to no poll: what one publishes all may use, and nothing that is in use changes by it.
    """
    if can_create_poll(user):
        return
    if user.is_active and Membership.objects.filter(user=user.pk, role=Role.ADMIN).exists():
        return
    raise PollRefused(_("Only who may create polls, or is an admin of a poll, may edit codebooks."))


def can_edit_codebooks(user: Person) -> bool:
    """May the person edit codebooks?"""
    return allows(check_can_edit_codebooks, user)
