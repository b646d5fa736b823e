"""Who works on a poll, and in what role."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from polls import people as domain
from polls.forms.people import ROLE_CHOICES, AddPersonForm, RolesForm
from polls.models import Poll, User
from polls.permissions import (
    PollRefused,
    allows,
    can_administer,
    check_can_manage_people,
    get_poll_or_404,
)
from polls.views.actor import actor

SHOWN_ONCE = "one_time_link"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """The members of a poll; a POST adds one. A one-time link is shown on the next page view only."""
    poll = get_poll_or_404(request.user, slug)
    check_can_manage_people(request.user, poll)
    form = AddPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = domain.add_person(poll=poll, by=actor(request), **form.cleaned_data)
        except ValidationError as problem:
            show_errors(form, problem)
        else:
            tell_added(request, added)
            return redirect("polls:people", poll.slug)
    context = {
        "poll": poll,
        "form": form,
        "rows": rows(poll, actor(request)),
        "role_choices": ROLE_CHOICES,
        "link": request.session.pop(SHOWN_ONCE, None),
    }
    return render(request, "polls/people.html", context, status=422 if form.errors else 200)


@require_POST
def person_roles(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """Make a member's roles exactly those sent; none removes them from the poll."""
    poll = get_poll_or_404(request.user, slug)
    check_can_manage_people(request.user, poll)
    user = get_object_or_404(members(poll), pk=user_id)
    form = RolesForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("There is no such role. Nothing was changed."))
        return redirect("polls:people", poll.slug)
    try:
        became = domain.change_roles(
            poll=poll, user=user, roles=form.cleaned_data["roles"], by=actor(request)
        )
    except PollRefused as refusal:
        messages.error(request, str(refusal))
    else:
        gone = not form.cleaned_data["roles"]
        said = _("%(name)s is no longer in this poll.") if gone else _("The roles of %(name)s were changed.")
        messages.success(request, " ".join([said % {"name": user.username}, *became]))
    if not can_administer(request.user, get_fresh(poll)):
        return redirect("home")
    return redirect("polls:people", poll.slug)


@require_POST
def person_link(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """A new one-time link for a member who has not opened the account yet."""
    poll = get_poll_or_404(request.user, slug)
    check_can_manage_people(request.user, poll)
    user = get_object_or_404(members(poll), pk=user_id)
    path = domain.new_link(user=user, by=actor(request))
    show_link_once(request, user, path)
    return redirect("polls:people", poll.slug)


def get_fresh(poll: Poll) -> Poll:
    """The poll without the roles that were fetched before they changed."""
    return Poll.objects.get(pk=poll.pk)


def members(poll: Poll) -> QuerySet[User]:
    """Everybody with a role in the poll, once."""
    found: QuerySet[User] = User.objects.filter(memberships__poll=poll).select_related(
        "invitation__invited_by"
    )
    return found.distinct().order_by("username")


def rows(poll: Poll, by: User) -> list[dict[str, Any]]:
    """The members as the page shows them, in two statements."""
    roles: dict[int, set[str]] = {}
    for user_id, role in poll.memberships.values_list("user_id", "role"):
        roles.setdefault(user_id, set()).add(role)
    return [
        {
            "user": user,
            "roles": roles[user.pk],
            "is_me": user.pk == by.pk,
            "waiting": not user.has_usable_password(),
            "imported": is_imported(user),
            "may_link": not user.has_usable_password() and allows(domain.check_can_make_link, by, user),
        }
        for user in members(poll)
    ]


def is_imported(user: User) -> bool:
    """Did an import of decisions make the account, and nobody let the person in yet?"""
    invitation = getattr(user, "invitation", None)
    return not user.has_usable_password() and (invitation is None or invitation.invited_by_id is None)


def show_errors(form: forms.Form, problem: ValidationError) -> None:
    """Put what the domain refused beside the fields it is about."""
    if not hasattr(problem, "error_dict"):
        form.add_error(None, problem)
        return
    for field, errors in problem.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def tell_added(request: HttpRequest, added: domain.Added) -> None:
    """Say what became of adding somebody."""
    if added.path:
        show_link_once(request, added.user, added.path)
    else:
        messages.success(
            request,
            _("%(name)s has an account here already and was given the roles. No link is needed.")
            % {"name": added.user.username},
        )


def show_link_once(request: HttpRequest, user: User, path: str) -> None:
    """Keep the link for the next page view of this session, and no longer."""
    request.session[SHOWN_ONCE] = {
        "username": user.username,
        "url": request.build_absolute_uri(path),
    }
