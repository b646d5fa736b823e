"""The person who acts: `request.user` with its type. Login is required everywhere, so it is an account."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from polls.models import User


def actor(request: HttpRequest) -> User:
    """The account that sent this request."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
