"""When something was, on pages: a day, a moment, or for how long since. A built-in of every template."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from polls import wording

register = template.Library()


def _marked(value: date, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), text)


@register.filter(expects_localtime=True)
def day(value: date | None) -> SafeString | str:
    """ "3 Mar 2026", marked as a date; "" for none."""
    if not value:
        return ""
    return _marked(value.date() if isinstance(value, datetime) else value, wording.day(value))


@register.filter(expects_localtime=True)
def moment(value: datetime | None) -> SafeString | str:
    """ "3 Mar 2026, 14:05", marked as a date with its time; "" for none."""
    return _marked(value, wording.moment(value)) if value else ""


@register.filter(expects_localtime=True)
def since(value: datetime | None) -> SafeString | str:
    """For how long by now, "3 days", with the moment itself beneath the pointer; "" for none."""
    if not value:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        wording.moment(value),
        timesince(value, depth=1),
    )
