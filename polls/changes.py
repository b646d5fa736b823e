"""What every change of votes has in common: one writer per poll at a time, and the one callback."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

_UNDONE: Final = """
    WITH asked AS (SELECT id, poll_id, batch_id FROM polls_vote WHERE id = ANY(%s)), named AS (
        SELECT a.id, b.undone_at FROM asked a JOIN polls_batch b USING (poll_id)
        JOIN polls_batchvotes n ON n.batch_id = b.id AND a.id = ANY(n.vote_ids)
        UNION ALL
        SELECT a.id, b.undone_at FROM asked a JOIN polls_batch b ON b.id = a.batch_id
        WHERE NOT EXISTS (SELECT FROM polls_batchvotes n WHERE n.batch_id = b.id)
    )
    SELECT id FROM named GROUP BY id HAVING bool_and(undone_at IS NOT NULL)
"""
_VOTERS: Final = "hashtextextended('rolecall voters', 0)"


def lock_poll(slug: str) -> None:
    """Wait until nobody else changes the votes of this poll; held until the transaction ends.

    The lock is on the slug, so that two imports cannot make the same poll either.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rolecall poll {slug}"])


def hold_voters() -> None:
    """Nobody merges voters until the transaction ends: who is who stays as this import finds it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock_shared({_VOTERS})")


def may_merge_voters() -> bool:
    """Whether no import is deciding who is who; none can until the transaction ends. Does not wait, since an
    import can take minutes. Ask with the polls locked already, as an import has its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_xact_lock({_VOTERS})")
        (free,) = cursor.fetchone()
    return bool(free)


def undone_among(votes: Collection[int]) -> set[int]:
    """Ids of those of the votes that came by undone imports alone: taking back another reason for which they
    do not count must not bring them back."""
    with connection.cursor() as cursor:
        cursor.execute(_UNDONE, [list(votes)])
        return {vote for (vote,) in cursor.fetchall()}


def tell_votes_changed(*, poll_id: int, batch_id: int | None) -> None:
    """Call the hook named in `ROLECALL_AFTER_IMPORT`, in the same transaction: if it fails, all is undone."""
    if settings.ROLECALL_AFTER_IMPORT:
        hook = import_string(settings.ROLECALL_AFTER_IMPORT)
        hook(poll_id=poll_id, batch_id=batch_id)
