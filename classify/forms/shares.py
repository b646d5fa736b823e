"""Shares per person as somebody writes them: "Rosa 2, Sam 1, Tim 1"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from classify.rounds import MAX_SHARE
from polls.models import User

MAX_TEXT = 2_000
"""Characters."""
_PART = re.compile(r"^(?P<name>.+?)\s*[:=×*]?\s*(?P<share>\d{1,9})$")


def parse_shares(text: str, reviewers: Sequence[User]) -> dict[int, int]:
    """User id -> share of those who are named; names are usernames, first or full names, in any case.

    Raises ValidationError with a sentence for what is no name with a number, for a name that none of the
    reviewers has, or that two have.
    """
    shares: dict[int, int] = {}
    for part in (part.strip() for part in re.split(r"[,;\n]", text)):
        if not part:
            continue
        found = _PART.match(part)
        if found is None:
            raise ValidationError(
                _("“%(part)s” is no share. Write a name and a number, such as Rosa 2, Sam 1.")
                % {"part": part[:60]}
            )
        user = _named(found["name"].strip(), reviewers)
        if user.pk in shares:
            raise ValidationError(_("%(name)s has two shares. Name everybody once.") % {"name": user})
        shares[user.pk] = int(found["share"])
        if not 1 <= shares[user.pk] <= MAX_SHARE:
            raise ValidationError(_("A share is a whole number from 1 to %(max)d.") % {"max": MAX_SHARE})
    return shares


def _named(name: str, reviewers: Sequence[User]) -> User:
    wanted = name.casefold()
    fits = [user for user in reviewers if user.get_username().casefold() == wanted] or [
        user for user in reviewers if wanted in (user.get_full_name().casefold(), user.first_name.casefold())
    ]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise ValidationError(
            _("“%(name)s” could be two of the reviewers. Use the username.") % {"name": name[:60]}
        )
    raise ValidationError(
        _("“%(name)s” is none of the reviewers. Choose them first, then say their share.")
        % {"name": name[:60]}
    )
