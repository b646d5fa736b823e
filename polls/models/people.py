"""People who work with polls: accounts, per-poll roles, and how somebody came in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class CaselessUserManager(UserManager["User"]):
    """Looks accounts up without regard to case, so that Rosa and rosa are one person at the door."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)

    async def aget_by_natural_key(self, username: str | None) -> User:
        return await self.aget(username__iexact=username)


class User(AbstractUser):
    """An account. Site-wide rights are Django's own; what somebody may do in a poll is a `Membership`."""

    objects: ClassVar[Any] = CaselessUserManager()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="polls_user_username_caseless_unique",
                violation_error_message=_("That username is taken."),
            ),
        ]


class Role(models.TextChoices):
    """What somebody is in one poll. The rules of each stand in `polls.permissions`."""

    ADMIN = "admin", _("Admin")
    REVIEWER = "reviewer", _("Reviewer")
    ADJUDICATOR = "adjudicator", _("Adjudicator")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    """One role of one person in one poll; a person may hold several."""

    poll = models.ForeignKey("polls.Poll", models.CASCADE, related_name="memberships")
    user = models.ForeignKey("polls.User", models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    added_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("user", "poll", "role", name="polls_membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="polls_membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.poll}"


class Invitation(models.Model):
    """Who let somebody in. The one-time link itself is made by Django's token generator and not stored.

    `accepted_at` is set when the person chose a password; from then on nobody but a site
    administrator can make a new link, so that inviting is no way to take over an account.
    """

    user = models.OneToOneField("polls.User", models.CASCADE, related_name="invitation")
    invited_by = models.ForeignKey("polls.User", models.PROTECT, null=True, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.user}"
