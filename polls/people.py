"""How people come in, what they are in a poll, and how they leave. No mail server is needed: whoever adds a
person is shown a one-time link to hand over.

The link carries Django's password-reset token under a salt of our own: it holds a hash of the account's
password, so it dies when a password is chosen, when a newer link is made, and after
`PASSWORD_RESET_TIMEOUT` seconds. Nothing that opens the door is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from polls.models import Invitation, Membership, Poll, Role, User
from polls.permissions import PollRefused, check_can_manage_people, check_can_manage_site

POLL_MAKERS = "Poll makers"
"""The group whose members may create polls; a site-wide right, so Django's own group."""


class InvitationTokens(PasswordResetTokenGenerator):
    """Tokens that open an account once; not interchangeable with those of a password reset."""

    key_salt = "polls.people.InvitationTokens"


tokens = InvitationTokens()


@dataclass(frozen=True)
class Added:
    """What adding somebody came to. `path` is the one-time link without the host, "" for whom none is
    needed; `created` says whether the account is new."""

    user: User
    created: bool
    path: str


@transaction.atomic
def add_person(*, poll: Poll, username: str, name: str, roles: Iterable[str], by: User) -> Added:
    """Give somebody roles in a poll; who has no account yet gets one, without a password, and a link.

    An existing username (without case) keeps its name and password and is only given the roles.
    Raises PollRefused, and ValidationError when no role is named or the username cannot be one.
    """
    check_can_manage_people(by, poll)
    wanted = _known_roles(roles)
    if not wanted:
        raise ValidationError({"roles": _("Choose at least one role.")})
    user, created = _find_or_create(username=username, name=name, by=by)
    if not created and not user.is_active and _was_let_in(user):
        raise ValidationError(
            {"username": _("%(name)s is deactivated. Ask a site administrator.") % {"name": user.username}}
        )
    for role in sorted(wanted):
        Membership.objects.get_or_create(poll=poll, user=user, role=role, defaults={"added_by": by})
    return Added(user, created, link_path(user) if created else "")


@transaction.atomic
def add_to_site(*, username: str, name: str, may_create_polls: bool, by: User) -> Added:
    """An account without any poll; whether it may create polls. Raises PollRefused, ValidationError."""
    check_can_manage_site(by)
    user, created = _find_or_create(username=username, name=name, by=by)
    if not created:
        raise ValidationError({"username": _("That username is taken.")})
    _set_poll_maker(user, may_create_polls)
    return Added(user, created, link_path(user))


@transaction.atomic
def new_link(*, user: User, by: User) -> str:
    """A fresh one-time link (its path); every earlier one stops working. Raises PollRefused."""
    user = User.objects.select_for_update().get(pk=user.pk)
    check_can_make_link(by, user)
    invitation, _made = Invitation.objects.get_or_create(user=user)
    if invitation.invited_by is None:
        # Made by an import of decisions: whoever first makes a link lets the person in and answers for it.
        invitation.invited_by = by
        invitation.save(update_fields=["invited_by"])
        user.is_active = True
    user.set_unusable_password()
    user.save(update_fields=["password", "is_active"])
    return link_path(user)


def check_can_make_link(by: User, user: User) -> None:
    """Raises PollRefused unless the account was never opened and `by` answers for it: its inviter or a site
    administrator; for an account that an import made, an admin of a poll the person is in."""
    invitation: Invitation | None = getattr(user, "invitation", None)
    if user.has_usable_password() or (invitation and invitation.accepted_at):
        raise PollRefused(
            _("%(name)s has chosen a password already and needs no link.") % {"name": user.username}
        )
    if by.is_superuser and by.is_active:
        return
    if invitation and invitation.invited_by_id:
        if invitation.invited_by_id != by.pk:
            raise PollRefused(
                _("Only %(inviter)s, who added %(name)s, or a site administrator can make a new link.")
                % {"inviter": invitation.invited_by, "name": user.username}
            )
        if not user.is_active:
            raise PollRefused(
                _("%(name)s is deactivated. Ask a site administrator.") % {"name": user.username}
            )
        return
    shared = Membership.objects.filter(
        user=by, role=Role.ADMIN, poll__in=Membership.objects.filter(user=user).values("poll")
    )
    if not shared.exists():
        raise PollRefused(_("Only an admin of a poll that this person is in can make a link."))


def link_path(user: User) -> str:
    """The address of the one-time link, without the host."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return reverse("accept-invitation", args=[uid, tokens.make_token(user)])


def invited_user(uid: str, token: str) -> User | None:
    """Whom a link lets in; None when it was used, has expired, was replaced or is made up."""
    try:
        pk = int(urlsafe_base64_decode(uid).decode("ascii"))
        user: User | None = User.objects.filter(pk=pk, is_active=True).first()
    except (ValueError, OverflowError):
        return None
    if user is None or user.has_usable_password() or not tokens.check_token(user, token):
        return None
    return user


@transaction.atomic
def accept(*, uid: str, token: str, name: str, password: str) -> User | None:
    """Open the account that a link leads to; None when the link no longer does. The password was validated
    by the form. The row is locked, so of two clicks at once one finds the link used."""
    user = invited_user(uid, token)
    if user is None:
        return None
    User.objects.select_for_update().get(pk=user.pk)
    user = invited_user(uid, token)
    if user is None:
        return None
    user.first_name, user.last_name = name, ""
    user.set_password(password)
    user.save(update_fields=["first_name", "last_name", "password"])
    Invitation.objects.update_or_create(user=user, defaults={"accepted_at": timezone.now()})
    return user


@transaction.atomic
def change_roles(*, poll: Poll, user: User, roles: Iterable[str], by: User) -> list[str]:
    """Make the person's roles in the poll exactly these; none removes them from it. What they decided stays
    in the record, and no round is left waiting for who cannot come: what became of rounds, in sentences.

    Raises PollRefused, also for the last admin who can log in, and for who alone resolves conflicts.
    """
    check_can_manage_people(by, poll)
    wanted = _known_roles(roles)
    # Not against keys that point at the poll: a decision holds one, and a seat that is taken away below.
    Poll.objects.select_for_update(no_key=True).get(pk=poll.pk)
    held = set(Membership.objects.filter(poll=poll, user=user).values_list("role", flat=True))
    if Role.ADMIN in held - wanted and not _has_other_admin(poll, user):
        raise PollRefused(
            _("%(name)s is the last admin of this poll. Make somebody else an admin first.")
            % {"name": user.username}
        )
    # Every role that does not stay, held or not: a round may just be giving one, and the hook waits for it.
    gone = set(Role.values) - wanted
    said = _before_roles_go(poll, user, gone, by) if gone else []
    Membership.objects.filter(poll=poll, user=user, role__in=gone).delete()
    for role in sorted(wanted):
        Membership.objects.get_or_create(poll=poll, user=user, role=role, defaults={"added_by": by})
    return said


def _before_roles_go(poll: Poll, user: User, roles: set[str], by: User) -> list[str]:
    """Ask `classify`, which knows the rounds of the poll (setting `ROLECALL_BEFORE_ROLES_GO`)."""
    if not settings.ROLECALL_BEFORE_ROLES_GO:
        return []
    hook: Callable[..., list[str]] = import_string(settings.ROLECALL_BEFORE_ROLES_GO)
    return hook(poll=poll, user=user, roles=roles, by=by)


@transaction.atomic
def change_site_rights(*, user: User, may_create_polls: bool, may_log_in: bool, by: User) -> None:
    """Say whether an account may create polls and may log in. Raises PollRefused."""
    check_can_manage_site(by)
    user = User.objects.select_for_update().get(pk=user.pk)
    if not may_log_in and user.pk == by.pk:
        raise PollRefused(_("You cannot deactivate your own account."))
    _set_poll_maker(user, may_create_polls)
    if user.is_active != may_log_in:
        user.is_active = may_log_in
        user.save(update_fields=["is_active"])


def waits_for(user: User, by: User) -> list[tuple[str, str, str]]:
    """What waits for somebody who was deactivated: sentence, address, and what can be done there.

    Asks `classify`, which knows (setting `ROLECALL_WAITS_FOR`). Raises PollRefused.
    """
    check_can_manage_site(by)
    if not settings.ROLECALL_WAITS_FOR:
        return []
    hook: Callable[..., list[tuple[str, str, str]]] = import_string(settings.ROLECALL_WAITS_FOR)
    return hook(user=user, by=by)


def _find_or_create(*, username: str, name: str, by: User) -> tuple[User, bool]:
    username = username.strip()
    found = User.objects.filter(username__iexact=username).first()
    if found is not None:
        return found, False
    user = User(username=username, first_name=name.strip())
    user.set_unusable_password()
    user.full_clean(exclude=["password"])
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Somebody else added the same username in this moment.
        return User.objects.get(username__iexact=username), False
    Invitation.objects.create(user=user, invited_by=by)
    return user, True


def _known_roles(roles: Iterable[str]) -> set[str]:
    wanted = set(roles)
    if not wanted <= set(Role.values):
        raise ValidationError({"roles": _("There is no such role.")})
    return wanted


def _was_let_in(user: User) -> bool:
    return (
        user.has_usable_password() or Invitation.objects.filter(user=user, invited_by__isnull=False).exists()
    )


def _has_other_admin(poll: Poll, user: User) -> bool:
    admins = Membership.objects.filter(poll=poll, role=Role.ADMIN, user__is_active=True)
    return admins.exclude(user=user).exists()


def _set_poll_maker(user: User, allowed: bool) -> None:
    group, made = Group.objects.get_or_create(name=POLL_MAKERS)
    if made:
        group.permissions.add(Permission.objects.get(codename="add_poll", content_type__app_label="polls"))
    if allowed:
        user.groups.add(group)
    else:
        user.groups.remove(group)
