"""Accounts, and facts to look at, for site administrators.

Votes and voters are not here on purpose: who voted for what is shown on the poll's own pages, by the rules of
blindness, which this site does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from polls.models import Batch, Membership, Option, Poll, User

if TYPE_CHECKING:
    # Generic for the type checker only.
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Option, Poll]
    BaseUserAdmin = UserAdmin[User]
else:
    ModelAdmin, TabularInline, BaseUserAdmin = admin.ModelAdmin, admin.TabularInline, UserAdmin


class ReadOnly(ModelAdmin):
    """To look at, nothing else."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OptionInline(TabularInline):
    """The options of a poll, on its page."""

    model = Option
    fields = ("position", "text", "published_share")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class AccountAdmin(BaseUserAdmin):
    """Who may log in. Nobody is deleted: what somebody decided stays theirs; untick “Active” instead."""

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(Poll)
class PollAdmin(ReadOnly):
    """Polls and their options; they are edited on their own pages."""

    list_display = ("slug", "question", "published_total", "created_at")
    inlines = (OptionInline,)


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    """Which files were imported, by whom; what became of their rows is told on the poll's own pages."""

    list_display = ("file_name", "poll", "imported_by", "imported_at")
    list_filter = ("poll",)
    fields = (
        "file_name",
        "poll",
        "encoding",
        "delimiter",
        "headers",
        "extra_headers",
        "imported_by",
        "imported_at",
    )


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Who is what in which poll; roles are given on the poll's own page."""

    list_display = ("poll", "user", "role", "added_by", "added_at")
    list_filter = ("role",)
