"""What every change of votes has in common: one writer per poll at a time, and the one callback."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string


def lock_poll(slug: str) -> None:
    """Wait until nobody else changes the votes of this poll; held until the transaction ends.

    The lock is on the slug, so that two imports cannot make the same poll either.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rolecall poll {slug}"])


def tell_votes_changed(*, poll_id: int, batch_id: int | None) -> None:
    """Call the hook named in `ROLECALL_AFTER_IMPORT`, in the same transaction: if it fails, all is undone."""
    if settings.ROLECALL_AFTER_IMPORT:
        hook = import_string(settings.ROLECALL_AFTER_IMPORT)
        hook(poll_id=poll_id, batch_id=batch_id)
