"""Addresses of the pages about judgements."""

from __future__ import annotations

from django.urls import path

from classify.views import home

urlpatterns = [
    path("", home.home, name="home"),
]
