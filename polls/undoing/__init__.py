"""Taking an import back: what that would change, and doing it.

Nothing is deleted: votes become void (`Vote.VoidReason.UNDONE`), what was there is kept as `VoteChange`, and
voters, options, headlines and published figures stay. A later import that names such a vote revives it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from polls import merging
from polls.changes import lock_poll, tell_votes_changed
from polls.models import Batch, Poll, User, VoterMerge
from polls.permissions import Person, PollRefused, Right, allows, check_right
from polls.problems import Refused
from polls.undoing import chains, planning
from polls.undoing.taking_back import take_back
from polls.wording import day


class UndoneAlready(Refused):
    """The batch was undone before; nothing was changed."""


class ChangedMeanwhile(Refused):
    """What would go is no longer what was shown; nothing was changed."""


@dataclass(frozen=True, slots=True)
class WhatGoes:
    """What undoing a batch does, in numbers.

    `votes` of `voters` stop counting, `returning` count again. `staying` were named by this batch and count
    on, since another import named them too (or they were there before), `excluded` were taken out by a
    person and stay out. `changed` votes or voters get earlier values back, `fields` says how many of each;
    `kept` values stay, since a later import or a person had a say in them. `merges` of voters are taken
    apart. `fingerprint` stands for all of it.
    """

    votes: int
    voters: int
    returning: int
    staying: int
    excluded: int
    changed: int
    fields: tuple[tuple[str, int], ...]
    kept: int
    merges: int
    fingerprint: str

    @property
    def nothing(self) -> bool:
        """Would nothing change but the record that the batch is undone?"""
        return not (self.votes or self.returning or self.changed or self.merges)

    def as_json(self) -> dict[str, Any]:
        """The numbers, for a command."""
        told = asdict(self) | {"fields": dict(self.fields)}
        del told["fingerprint"]
        return told


_COUNTS: Final = """
WITH gone AS (
  SELECT v.id, v.voter_id FROM undo_fate f JOIN polls_vote v ON v.id = f.vote_id
   WHERE f.becomes <> '' AND v.voided_at IS NULL
), named AS (
  SELECT v.id, v.voided_at, v.void_reason, f.vote_id IS NOT NULL AS moves
    FROM undo_named n JOIN polls_vote v ON v.id = n.vote_id LEFT JOIN undo_fate f ON f.vote_id = v.id
)
SELECT (SELECT count(*) FROM gone),
       (SELECT count(DISTINCT voter_id) FROM gone),
       (SELECT count(*) FROM undo_fate WHERE becomes = ''),
       (SELECT count(*) FROM named WHERE voided_at IS NULL AND NOT moves),
       (SELECT count(*) FROM named WHERE void_reason NOT IN ('', 'undone', 'replaced') AND NOT moves),
       (SELECT count(*) FROM (SELECT vote_id FROM undo_target UNION SELECT vote_id FROM undo_person) one),
       (SELECT count(*) FROM undo_field WHERE kept AND field <> 'excluded'),
       (SELECT coalesce(sum(hashtextextended(vote_id || becomes, 1)), 0)::text FROM undo_fate),
       (SELECT coalesce(sum(hashtextextended(vote_id || fields::text, 2)), 0)::text FROM undo_target),
       (SELECT coalesce(sum(hashtextextended(voter_id || fields::text, 3)), 0)::text FROM undo_person)
"""
_PER_FIELD: Final = """
SELECT field, count(*) FROM (
  SELECT jsonb_object_keys(fields) AS field FROM undo_target
  UNION ALL SELECT jsonb_object_keys(fields) FROM undo_person) every GROUP BY field
"""


def check_can_undo(user: Person, batch: Batch) -> None:
    """Raises PollRefused unless the person may take this import back, and it was not taken back yet."""
    check_right(user, batch.poll, Right.IMPORT)
    if batch.undone_at is not None:
        raise PollRefused(_("This import was undone already."))


def can_undo(user: Person, batch: Batch) -> bool:
    """May the person take this import back now?"""
    return allows(check_can_undo, user, batch)


@contextmanager
def looked_at(batch: Batch) -> Iterator[WhatGoes]:
    """What undoing the batch would change, with the tables of `planning` for who wants to know more.

    Waits for nobody and leaves nothing behind.
    """
    with transaction.atomic():
        with planning.planned(batch):
            yield _count(batch)
        transaction.set_rollback(True)


def what_goes(batch: Batch) -> WhatGoes:
    """What undoing the batch would change."""
    with looked_at(batch) as found:
        return found


@transaction.atomic
def undo_batch(*, batch: Batch, by: User | None, shown: str | None = None) -> WhatGoes:
    """Take an import back in one transaction and tell what that changed.

    `shown` is the fingerprint of what the person confirmed. Raises ChangedMeanwhile when it is that no more,
    UndoneAlready the second time, Refused when voters whom it had joined cannot be taken apart (the sentence
    says what to do first). If the hook fails, nothing is undone.
    """
    for slug in _slugs(batch):
        lock_poll(slug)
    fresh = Batch.objects.select_for_update(of=("self",)).select_related("poll", "undone_by").get(pk=batch.pk)
    if fresh.undone_at is not None:
        raise UndoneAlready(
            _("%(file)s was undone already, on %(day)s. Nothing was changed.")
            % {"file": fresh.file_name, "day": day(fresh.undone_at)}
        )
    with planning.planned(fresh):
        goes = _count(fresh)
        if shown is not None and shown != goes.fingerprint:
            raise ChangedMeanwhile(
                _("The votes changed since this page was shown. Nothing was undone yet: look again.")
            )
        fresh.undone_at, fresh.undone_by = timezone.now(), by
        take_back(batch=fresh, by=by, now=fresh.undone_at)
    fresh.save(update_fields=["undone_at", "undone_by"])
    told = _take_merges_apart(fresh, by=by) | {fresh.poll_id}
    for poll_id in sorted(told):
        tell_votes_changed(poll_id=poll_id, batch_id=fresh.pk if poll_id == fresh.poll_id else None)
    return goes


def _merges(batch: Batch) -> QuerySet[VoterMerge]:
    return VoterMerge.objects.filter(batch=batch, undone_at__isnull=True).order_by("-pk")


def _slugs(batch: Batch) -> list[str]:
    """The polls whose votes the undo changes, in the order in which everybody locks them."""
    moved = [vote for merge in _merges(batch) for vote in merge.moved["votes"]]
    found = Poll.objects.filter(votes__in=moved).values_list("slug", flat=True).distinct()
    return sorted({batch.poll.slug, *found})


def _take_merges_apart(batch: Batch, *, by: User | None) -> set[int]:
    """Voters that the batch had found to be one are two again; the polls of their votes."""
    told = set[int]()
    for merge in _merges(batch):
        try:
            _parted, polls = merging.take_apart(merge=merge, by=by)
        except Refused as problem:
            # Its sentence names voters, perhaps of polls that this person may not see.
            raise Refused(
                _(
                    "This import found voters to be one person who were merged by hand with others since, or "
                    "voted anew. Whoever may see all their votes has to take those merges apart first; "
                    "nothing was undone."
                )
            ) from problem
        told.update(poll.pk for poll in polls)
    return told


def _count(batch: Batch) -> WhatGoes:
    """Numbers from the tables of `planning`."""
    merges = _merges(batch).count()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        votes, voters, returning, staying, excluded, changed, kept, *sums = cursor.fetchone()
        cursor.execute(_PER_FIELD)
        per_field = dict(cursor.fetchall())
    order = (*chains.OF_VOTE, *chains.OF_PERSON)
    fields = tuple((field, per_field[field]) for field in order if field in per_field)
    told = [votes, voters, returning, staying, excluded, changed, fields, kept, merges, sums]
    return WhatGoes(
        votes=votes,
        voters=voters,
        returning=returning,
        staying=staying,
        excluded=excluded,
        changed=changed,
        fields=fields,
        kept=kept,
        merges=merges,
        fingerprint=hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32],
    )
