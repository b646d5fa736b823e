"""Who may do what in a poll: one table from role to rights, and one sentence for every refusal.

A rule has two faces: `check_can_x` raises `PollRefused` with a sentence, `can_x` says yes or no. The button
and the POST behind it ask the same one. What may be *seen* of decisions and votes is a further rule, of
blindness, and stands in `classify.visibility`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef
from django.http import Http404
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from polls.models import Membership, Poll, Role, User

type Person = User | AnonymousUser
type Sentence = str | Promise


class PollRefused(PermissionDenied):
    """The person may not do this; the message is a sentence that says what they would need."""


class Right(StrEnum):
    """Something a role allows in a poll."""

    OPEN = "open"
    IMPORT = "import"
    SEE_VOTES = "see_votes"
    MANAGE_PEOPLE = "manage_people"
    SET_UP_ROUNDS = "set_up_rounds"
    READ = "read"
    ADJUDICATE = "adjudicate"
    SEE_OPEN_RESULTS = "see_open_results"
    SEE_RESULTS = "see_results"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.ADMIN: frozenset(
        {
            Right.OPEN,
            Right.IMPORT,
            Right.SEE_VOTES,
            Right.MANAGE_PEOPLE,
            Right.SET_UP_ROUNDS,
            Right.SEE_OPEN_RESULTS,
            Right.SEE_RESULTS,
        }
    ),
    Role.REVIEWER: frozenset({Right.OPEN, Right.READ, Right.SEE_RESULTS}),
    Role.ADJUDICATOR: frozenset({Right.OPEN, Right.ADJUDICATE, Right.SEE_RESULTS}),
    Role.VIEWER: frozenset({Right.OPEN, Right.SEE_RESULTS}),
}

REFUSALS: dict[Right, Sentence] = {
    Right.OPEN: _("You are no member of this poll."),
    Right.IMPORT: _("Only an admin of this poll may import votes or change them."),
    Right.SEE_VOTES: _("Only an admin of this poll may see who voted for what."),
    Right.MANAGE_PEOPLE: _("Only an admin of this poll may add people or change their roles."),
    Right.SET_UP_ROUNDS: _("Only an admin of this poll may set up rounds or change them."),
    Right.READ: _("Only a reviewer of this poll may read titles."),
    Right.ADJUDICATE: _("Only an adjudicator of this poll may resolve conflicts."),
    Right.SEE_OPEN_RESULTS: _("Only an admin of this poll may see results before coding is closed."),
    Right.SEE_RESULTS: _("Only members of this poll may see its results."),
}

# Where `get_poll_or_404` leaves the roles it fetched along with the poll: (user id, roles).
_FETCHED = "_roles_fetched"


def get_poll_or_404(user: Person, slug: str) -> Poll:
    """The poll of that slug, with this person's roles, in one statement.

    Raises Http404 for who is no member (a superuser is let in), so that nobody learns what polls exist.
    """
    mine = Membership.objects.filter(poll=OuterRef("pk"), user=user.pk).values("role")
    poll = Poll.objects.annotate(my_roles=ArraySubquery(mine)).filter(slug=slug).first()
    if poll is None:
        raise Http404
    setattr(poll, _FETCHED, (user.pk, frozenset(poll.my_roles)))
    if not roles_of(user, poll):
        raise Http404
    return poll


def roles_of(user: Person, poll: Poll) -> frozenset[str]:
    """The person's roles in the poll. A superuser is an admin everywhere; somebody deactivated is nothing."""
    if user.pk is None or not user.is_active:
        return frozenset()
    owner, roles = getattr(poll, _FETCHED, (None, frozenset()))
    if owner != user.pk:
        roles = frozenset(Membership.objects.filter(poll=poll, user=user.pk).values_list("role", flat=True))
    return roles | {Role.ADMIN.value} if user.is_superuser else roles


def rights_of(user: Person, poll: Poll) -> frozenset[Right]:
    """All that the person's roles allow in the poll."""
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles_of(user, poll)))


def check_right(user: Person, poll: Poll, right: Right) -> None:
    """Raises PollRefused unless a role of the person allows it."""
    if right not in rights_of(user, poll):
        raise PollRefused(REFUSALS[right])


def allows(check: Callable[..., None], *args: object) -> bool:
    """The other face of a check: does it let this pass?"""
    try:
        check(*args)
    except PermissionDenied:
        return False
    return True


def check_can_administer(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person is an admin of the poll."""
    if Role.ADMIN not in roles_of(user, poll):
        raise PollRefused(_("Only an admin of this poll may do this."))


def can_administer(user: Person, poll: Poll) -> bool:
    """Is the person an admin of the poll?"""
    return allows(check_can_administer, user, poll)


def check_can_import(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person may import votes, add a voter or correct one."""
    check_right(user, poll, Right.IMPORT)


def can_import(user: Person, poll: Poll) -> bool:
    """May the person import votes, add a voter or correct one?"""
    return allows(check_can_import, user, poll)


def check_can_manage_people(user: Person, poll: Poll) -> None:
    """Raises PollRefused unless the person may add people and change roles."""
    check_right(user, poll, Right.MANAGE_PEOPLE)


def can_manage_people(user: Person, poll: Poll) -> bool:
    """May the person add people and change roles?"""
    return allows(check_can_manage_people, user, poll)


def check_can_create_poll(user: Person) -> None:
    """Raises PollRefused unless the person may make polls: a right of the site, not of a poll."""
    if not (user.is_active and (user.is_staff or user.has_perm("polls.add_poll"))):
        raise PollRefused(_("You may not create polls. Ask whoever runs this installation for that right."))


def can_create_poll(user: Person) -> bool:
    """May the person make polls?"""
    return allows(check_can_create_poll, user)


def check_can_manage_site(user: Person) -> None:
    """Raises PollRefused unless the person may say who creates polls and who may log in."""
    if not (user.is_active and user.is_superuser):
        raise PollRefused(_("Only a site administrator may do this."))


def may_see_votes(user: Person, poll: Poll) -> bool:
    """By the rule of blindness, which `classify` knows (setting `ROLECALL_MAY_SEE_VOTES`): an admin who reads
    in an open round may import, but is not told how the poll stands, nor which votes were known already."""
    rule: Callable[[Person, Poll], bool] = import_string(settings.ROLECALL_MAY_SEE_VOTES)
    return rule(user, poll)
