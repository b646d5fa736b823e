"""Large whole numbers as people read them."""

from __future__ import annotations

from typing import Literal

from django import template

from polls.wording import figure

register = template.Library()


@register.filter
def grouped(number: int | Literal[""] | None) -> str:
    """12345 as "12,345", by the rules of the language; "" for none and for what a page does not know."""
    if number is None or number == "":
        return ""
    return figure(number)
