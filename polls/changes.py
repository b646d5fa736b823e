"""What every change of votes has in common: one writer per poll at a time, and the one callback."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

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


def tell_votes_changed(*, poll_id: int, batch_id: int | None) -> None:
    """Call the hook named in `ROLECALL_AFTER_IMPORT`, in the same transaction: if it fails, all is undone."""
    if settings.ROLECALL_AFTER_IMPORT:
        hook = import_string(settings.ROLECALL_AFTER_IMPORT)
        hook(poll_id=poll_id, batch_id=batch_id)
