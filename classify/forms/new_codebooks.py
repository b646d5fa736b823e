"""Forms of where codebooks come from: from scratch, from a copy, from a JSON file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.codebook_files import MAX_CODE, MAX_FILE_BYTES, MAX_TITLE, problem_with_code
from classify.forms.codebook_fields import TextField, code_field, refuse
from classify.models import Codebook, CodebookVersion


class NewCodebookForm(forms.Form):
    """A codebook from scratch, or one that starts as a copy."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=MAX_TITLE)
    code = code_field(
        label=gettext_lazy("Code"),
        required=False,
        help_text=gettext_lazy(
            "How files and commands call it; it never changes. Left empty, it is made from the title."
        ),
    )
    source = forms.ModelChoiceField(
        label=gettext_lazy("Start with"),
        queryset=CodebookVersion.objects.none(),
        required=False,
        empty_label=gettext_lazy("No categories yet"),
    )
    subject = forms.ChoiceField(
        label=gettext_lazy("Read on"),
        choices=Codebook.Subject.choices,
        initial=Codebook.Subject.VOTER.value,
        required=False,
        help_text=gettext_lazy("A copy is read on what the original is read on."),
    )

    def __init__(self, *args: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        field.queryset = sources  # type: ignore[attr-defined]
        field.label_from_instance = lambda version: _("A copy of %(version)s") % {"version": version}  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        """The code, made from the title if it was left empty."""
        code: str = self.cleaned_data["code"] or slugify(self.cleaned_data.get("title", ""))[:MAX_CODE].strip(
            "-"
        )
        if not code and not self.cleaned_data.get("title"):
            return ""
        refuse(problem_with_code(code))
        return code

    def clean_subject(self) -> str:
        """Voters, unless something else was said."""
        return str(self.cleaned_data["subject"] or Codebook.Subject.VOTER.value)


class ImportForm(forms.Form):
    """A codebook in a JSON file, or its text."""

    file = forms.FileField(
        label=gettext_lazy("JSON file"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )
    text = TextField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        rows=8,
        help_text=gettext_lazy("What an export of a codebook holds."),
    )
    since = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The bytes of the file, or of the text, as `raw`."""
        sent = super().clean() or {}
        file = sent.get("file")
        raw = file.read(MAX_FILE_BYTES + 1) if file else (sent.get("text") or "").encode()
        if not raw.strip() and not self.errors:
            raise ValidationError(_("Choose a file, or paste its text."))
        return {**sent, "raw": raw}
