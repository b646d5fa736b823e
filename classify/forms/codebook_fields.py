"""Fields of the codebook editor: longer texts, lists with one entry per line, codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from classify.codebook_files import MAX_CODE, MAX_ITEMS, MAX_TEXT


class TextField(forms.CharField):
    """A longer text. Browsers send line ends in two characters; they count and are kept as one."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def to_python(self, value: Any) -> str:
        """The text with line ends as everywhere else."""
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class LinesField(TextField):
    """A list of texts, one per line."""

    def clean(self, value: Any) -> list[str]:
        """The lines that say something, within the limits of a codebook."""
        lines = [line.strip() for line in str(super().clean(value)).split("\n")]
        lines = [line for line in lines if line]
        if len(lines) > MAX_ITEMS:
            raise ValidationError(
                _("At most %(max)s lines; these are %(n)s.") % {"max": MAX_ITEMS, "n": len(lines)}
            )
        for number, line in enumerate(lines, start=1):
            if len(line) > MAX_TEXT:
                raise ValidationError(
                    _("Line %(number)s is longer than %(max)s characters.")
                    % {"number": number, "max": MAX_TEXT}
                )
        return lines


def as_lines(items: Sequence[str]) -> str:
    """A list as `LinesField` shows it. An entry of a file may hold line ends; here it is one line."""
    return "\n".join(" ".join(item.split()) for item in items)


def _sentence(problem: str) -> str:
    return problem[:1].upper() + problem[1:]


def refuse(problem: str) -> None:
    """Raises ValidationError with the problem as a sentence, if there is one."""
    if problem:
        raise ValidationError(_sentence(problem))


def code_field(**kwargs: Any) -> forms.CharField:
    """A field for the code of a codebook or category, typed without a browser's help."""
    attrs = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
    return forms.CharField(max_length=MAX_CODE, widget=forms.TextInput(attrs=attrs), **kwargs)
