"""Accounts of the whole site: who may create polls, who may log in."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from polls import people as domain
from polls.forms.people import AddToSiteForm, SiteRightsForm
from polls.models import User
from polls.permissions import PollRefused, check_can_manage_site
from polls.views.actor import actor
from polls.views.people import SHOWN_ONCE, show_errors, show_link_once

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def site_people(request: HttpRequest) -> HttpResponse:
    """All accounts, with a search; a POST adds one that belongs to no poll yet."""
    check_can_manage_site(request.user)
    form = AddToSiteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            added = domain.add_to_site(by=actor(request), **form.cleaned_data)
        except ValidationError as problem:
            show_errors(form, problem)
        else:
            show_link_once(request, added.user, added.path)
            return redirect("polls:site-people")
    search = request.GET.get("q", "").strip()[:150]
    page = Paginator(accounts(search), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "search": search,
        "link": request.session.pop(SHOWN_ONCE, None),
    }
    return render(request, "polls/site_people.html", context, status=422 if form.errors else 200)


@require_POST
def site_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """Change what one account may do on this site."""
    check_can_manage_site(request.user)
    user = get_object_or_404(User, pk=user_id)
    form = SiteRightsForm(request.POST)
    form.is_valid()
    try:
        domain.change_site_rights(user=user, by=actor(request), **form.cleaned_data)
    except PollRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The rights of %(name)s were changed.") % {"name": user.username})
        if not form.cleaned_data["may_log_in"]:
            _tell_what_waits(request, user)
    return redirect("polls:site-people")


def _tell_what_waits(request: HttpRequest, user: User) -> None:
    """Each round that waits for who was deactivated, with the page where that can be changed."""
    for said, path, deed in domain.waits_for(user, actor(request)):
        messages.warning(request, format_html('{} <a href="{}">{}</a>', said, path, deed))


@require_POST
def site_person_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new one-time link for an account that was never opened."""
    check_can_manage_site(request.user)
    user = get_object_or_404(User, pk=user_id)
    show_link_once(request, user, domain.new_link(user=user, by=actor(request)))
    return redirect("polls:site-people")


def accounts(search: str) -> QuerySet[User]:
    """Accounts whose username or name holds the text, each with `makes_polls`."""
    groups = User.groups.through.objects.filter(user_id=OuterRef("pk"), group__name=domain.POLL_MAKERS)
    found: QuerySet[User] = User.objects.annotate(makes_polls=Exists(groups)).order_by("username")
    if search:
        found = found.filter(Q(username__icontains=search) | Q(first_name__icontains=search))
    return found
