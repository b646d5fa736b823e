"""Who sends a request: session and account, each by a statement that is written out.

Both are asked with every request, and building the two queries anew took longer than running them. What is
stored, and every rule about it, is Django's own.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

_SESSION = "SELECT session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(db.SessionStore):
    """Django's sessions in the database."""

    def _get_session_from_db(self) -> Any:
        """The row of this key, None (and the key forgotten) where there is none or it has run out."""
        with connection.cursor() as cursor:
            cursor.execute(_SESSION, [(self.session_key or "").replace("\x00", "?"), timezone.now()])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
            return None
        return self.model(session_key=str(self.session_key), session_data=row[0], expire_date=row[1])


class Accounts(ModelBackend):
    """Django's accounts: name and password, groups and permissions."""

    def get_user(self, user_id: int) -> Any:
        """The account, None where there is none or it may not log in (any more)."""
        model = get_user_model()
        fields = model._meta.concrete_fields
        columns = ", ".join(f'"{field.column}"' for field in fields)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM {model._meta.db_table} WHERE id = %s", [user_id])  # noqa: S608
            row = cursor.fetchone()
        if row is None:
            return None
        user = model.from_db(connection.alias, [field.attname for field in fields], row)
        return user if self.user_can_authenticate(user) else None
