"""Addresses of the pages about judgements. The home page has no namespace; all others are `classify:…`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from classify.views import home

# Under /polls/<slug>/.
poll_patterns: list[URLPattern | URLResolver] = []

# Under /polls/<slug>/rounds/<number>/.
round_patterns: list[URLPattern | URLResolver] = []

# Not of one poll: the codebooks.
site_patterns: list[URLPattern | URLResolver] = []

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path(
        "",
        include(
            (
                [
                    *site_patterns,
                    path("polls/<slug:slug>/", include(poll_patterns)),
                    path("polls/<slug:slug>/rounds/<int:number>/", include(round_patterns)),
                ],
                "classify",
            )
        ),
    ),
]
