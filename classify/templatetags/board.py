"""How the dashboard writes counts that may have stopped, and a field for a small number."""

from __future__ import annotations

from django import template
from django.forms import BoundField
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from classify.dashboard import Many
from polls.wording import figure

register = template.Library()


@register.filter
def many(count: Many) -> str:
    """How many, or "more than" where counting stopped."""
    n = figure(count.n)
    return _("more than %(n)s") % {"n": n} if count.more else n


@register.filter
def short_number(field: BoundField) -> SafeString:
    """The field as wide as its number is long."""
    return field.as_widget(attrs={"class": "form-control w-auto", "inputmode": "numeric"})
