"""How words that stand on lists of the codebook are marked."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from classify.cues import Segment

register = template.Library()
MAX_KEYS = 4
"""Categories named at a word; the panel beside it names them all."""


@register.filter
def keys_of_lists(segment: Segment) -> str:
    """The keys of the categories whose lists a word stands on: "1 2", "not 3", or "1, not 3"."""
    told = []
    for categories, form in ((segment.include, "%(keys)s"), (segment.exclude, _("not %(keys)s"))):
        keys = [category.key for category in categories[:MAX_KEYS]]
        if keys:
            told.append(form % {"keys": " ".join(keys) + ("…" if len(categories) > MAX_KEYS else "")})
    return ", ".join(told)
