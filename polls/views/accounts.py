"""Coming in and going out: login, logout, password. Django's own views, with the house's templates."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeDoneView, PasswordChangeView

__all__ = ["LoginView", "LogoutView", "PasswordChangeDoneView", "PasswordChangeView"]
