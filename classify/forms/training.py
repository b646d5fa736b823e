"""Forms of a training set: one title with its known answer, and many from a sheet."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from classify.models import CodebookVersion
from classify.training import MAX_EXPLANATION, MAX_TITLE, UNSURE
from polls.forms.imports import ACCEPTED


class AnswerForm(forms.Form):
    """The known answer of a title, and why."""

    code = forms.ChoiceField(label=_("Known answer"))
    explanation = forms.CharField(
        label=_("Explanation"),
        required=False,
        max_length=MAX_EXPLANATION,
        help_text=_("Shown after the answer, right or wrong: what in the title decides, or which rule."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, version: CodebookVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(category.code, category.label) for category in version.categories.order_by("position")]
        code: Any = self.fields["code"]
        code.choices = [("", _("Choose")), *choices, (UNSURE, _("Unsure: the title alone cannot tell"))]


class ItemForm(AnswerForm):
    """A title to add."""

    text = forms.CharField(label=_("Title"), max_length=MAX_TITLE, help_text=_("As a voter would show it."))
    field_order = ("text", "code", "explanation")


class SheetForm(forms.Form):
    """Many titles at once: a file, or rows pasted from a sheet."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("CSV, TSV, Excel (XLSX) or OpenDocument (ODS)."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )
    pasted = forms.CharField(
        label=_("Or paste rows"),
        required=False,
        strip=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        pasted = bool((data.get("pasted") or "").strip())
        if bool(data.get("file")) == pasted:
            raise ValidationError(_("Choose a file or paste rows: one of the two."))
        return data
