"""Who the names of a file are: accounts of that username, or whom somebody chose on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower

from classify.importing_tags.reading import TagFile
from polls.models import Invitation, Poll, User
from polls.problems import Refused

MAX_PEOPLE: Final = 500
NEW_ACCOUNT: Final = 0
"""In place of an account's id: make one, which cannot log in until an admin lets its owner in."""


def people_by_name(file: TagFile, *, create: bool) -> dict[str, User]:
    """Everybody the file names, by username in lower case. Raises Refused, naming all who are unknown."""
    named = _named(file)
    known = User.objects.annotate(lower=Lower("username")).filter(lower__in=list(named))
    people = {user.username.lower(): user for user in known}
    missing = [name for name in named if name not in people]
    if missing and not create:
        raise Refused(
            "There is no account for "
            + ", ".join(f"“{named[name][:60]}”" for name in missing)
            + ": add them, or use --create-users."
        )
    for name in missing:
        people[name] = _make_user(named[name], invited_by=None)
    return people


def people_as_chosen(file: TagFile, chosen: Mapping[str, int], poll: Poll, by: User) -> dict[str, User]:
    """Everybody the file names, as somebody said on the page: members of the poll by id, or new accounts.

    Raises Refused for a name nobody was chosen for, somebody who is no member, and one person for two names.
    """
    named = _named(file)
    missing = [f"“{shown[:60]}”" for name, shown in named.items() if name not in chosen]
    if missing:
        raise Refused(f"Say who this is: {', '.join(missing)}.")
    members = {user.pk: user for user in User.objects.filter(memberships__poll=poll).distinct()}
    people: dict[str, User] = {}
    for name, shown in named.items():
        if chosen[name] == NEW_ACCOUNT:
            if User.objects.filter(username__iexact=shown).exists():
                raise Refused(
                    f"There is an account “{shown[:60]}” already. Add it to this poll under People, and "
                    "choose it here."
                )
            people[name] = _make_user(shown, invited_by=by)
        elif chosen[name] in members:
            people[name] = members[chosen[name]]
        else:
            raise Refused(f"Whoever was chosen for “{shown[:60]}” is no member of this poll.")
    _check_different(named, people)
    return people


def _check_different(named: Mapping[str, str], people: Mapping[str, User]) -> None:
    """Raises Refused where two names of the file are one person."""
    by_person: dict[int, str] = {}
    for name, user in people.items():
        if user.pk in by_person:
            raise Refused(
                f"“{by_person[user.pk][:60]}” and “{named[name][:60]}” cannot both be {user.username}."
            )
        by_person[user.pk] = named[name]


def _named(file: TagFile) -> dict[str, str]:
    """Names of the file, by what they are in lower case. Raises Refused for too many."""
    named = file.adjudicators | file.reviewers
    if len(named) > MAX_PEOPLE:
        raise Refused(f"The file names more than {MAX_PEOPLE} people; is the column reviewer the right one?")
    return named


def _make_user(username: str, *, invited_by: User | None) -> User:
    """An account that nobody can enter until an admin lets its owner in by a link."""
    user = User(username=username, is_active=False)
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
    except ValidationError:
        raise Refused(
            f"“{username[:60]}” cannot be a username: use up to 150 letters, digits and @ . + - _ only."
        ) from None
    user.save()
    Invitation.objects.create(user=user, invited_by=invited_by)
    return user
