"""Coming in and going out: login, logout, password (Django's own views) and the one-time link."""

from __future__ import annotations

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeDoneView, PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from polls import people
from polls.forms.people import AcceptForm

__all__ = ["LoginView", "LogoutView", "PasswordChangeDoneView", "PasswordChangeView", "accept_invitation"]

TEMPLATE = "registration/accept_invitation.html"


@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
@sensitive_post_parameters()
def accept_invitation(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """A new person chooses name and password and is logged in; a dead link says so (410)."""
    user = people.invited_user(uid, token)
    if user is None:
        return render(request, TEMPLATE, {"expired": True}, status=410)
    posted = request.POST if request.method == "POST" else None
    form = AcceptForm(posted, user=user, initial={"name": user.get_full_name()})
    if request.method == "POST" and form.is_valid():
        accepted = people.accept(
            uid=uid, token=token, name=form.cleaned_data["name"], password=form.cleaned_data["password1"]
        )
        if accepted is None:
            return render(request, TEMPLATE, {"expired": True}, status=410)
        login(request, accepted)
        return redirect("home")
    return render(request, TEMPLATE, {"form": form})
