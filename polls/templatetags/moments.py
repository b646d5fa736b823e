"""When something was, on pages: a day, a moment, or for how long since. Built into every template."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

from polls import wording

register = template.Library()


@register.filter
def day(value: date | None) -> str:
    """3 Mar 2026, marked as a date; "" for none."""
    return wording.marked(_day_of(value), wording.day(value)) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """3 Mar 2026, 14:05, marked as a date with its time; "" for none."""
    return wording.marked(value, wording.moment(value)) if value else ""


@register.filter
def since(value: datetime | None) -> str:
    """For how long by now: "3 days", marked with the day it began; "" for none."""
    return wording.marked(_day_of(value), timesince(value, depth=1)) if value else ""


def _day_of(value: date) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
