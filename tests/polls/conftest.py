"""Properties are about what comes out, not how fast on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("polls", deadline=None)
settings.load_profile("polls")
