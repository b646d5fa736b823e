"""Addresses of the pages about facts and people. Accounts have no namespace, as Django expects of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from polls.views import accounts

poll_patterns: list[URLPattern | URLResolver] = []

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", accounts.LoginView.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("password/", accounts.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", accounts.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("polls/", include((poll_patterns, "polls"))),
]
