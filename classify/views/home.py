"""The first page: what waits for the person who is logged in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, most pressing first, then their polls."""
    return render(request, "home.html")
