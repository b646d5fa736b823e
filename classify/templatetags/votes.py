"""What a page asks about a single vote."""

from __future__ import annotations

from django import template

from polls.models import Vote
from polls.votes import can_restore

register = template.Library()


@register.filter
def restorable(vote: Vote) -> bool:
    """May the exclusion of this vote be taken back by hand?"""
    return can_restore(vote)
