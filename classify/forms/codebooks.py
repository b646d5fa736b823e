"""Forms of the codebook editor. What a codebook may say is told by `codebook_files`, for files and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.codebook_editing import MAX_PARTS
from classify.codebook_files import (
    MAX_CODE,
    MAX_LABEL,
    MAX_TEXT,
    MAX_TITLE,
    CategoryText,
    Rule,
    problem_with_code,
    problem_with_color,
    problem_with_group,
    problem_with_key,
)
from classify.forms.codebook_fields import LinesField, TextField, as_lines, code_field, refuse
from classify.models import Category, CodebookVersion

_TEXTS = ("code", "label", "group", "definition", "key", "color")
_LISTS = ("include", "exclude", "examples")


class CategoryForm(forms.Form):
    """One category. `seen` is the mark of the text it was filled with; empty for a new one."""

    label = forms.CharField(label=gettext_lazy("Label"), max_length=MAX_LABEL)
    definition = TextField(
        label=gettext_lazy("Definition"),
        max_length=MAX_TEXT,
        required=False,
        rows=4,
        help_text=gettext_lazy("Who or what belongs here, so that two people would agree."),
    )
    include = LinesField(
        label=gettext_lazy("Include"),
        required=False,
        rows=4,
        help_text=gettext_lazy("One per line. Where a title holds one of them, reviewers see it marked."),
    )
    exclude = LinesField(
        label=gettext_lazy("Exclude"), required=False, rows=4, help_text=gettext_lazy("One per line.")
    )
    examples = LinesField(
        label=gettext_lazy("Examples"), required=False, rows=4, help_text=gettext_lazy("One per line.")
    )
    group = forms.CharField(
        label=gettext_lazy("Group"),
        max_length=MAX_LABEL,
        required=False,
        help_text=gettext_lazy("Categories of one group are also counted together. Most have none."),
        widget=forms.TextInput(attrs={"list": "groups", "autocomplete": "off"}),
    )
    code = code_field(
        label=gettext_lazy("Code"),
        required=False,
        help_text=gettext_lazy("How files and exports call it. Left empty, it is made from the label."),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=1,
        required=False,
        help_text=gettext_lazy("The key that decides for it. Left empty, it is the next free one."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off"}),
    )
    color = forms.CharField(
        label=gettext_lazy("Colour"),
        required=False,
        widget=forms.TextInput(attrs={"type": "color", "class": "form-control-color"}),
    )
    place = forms.IntegerField(label=gettext_lazy("Place in the list"), required=False, min_value=1)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, current: Category | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current
        if current is None:
            del self.fields["place"]

    def clean_code(self) -> str:
        """The code, made from the label if it was left empty."""
        code: str = self.cleaned_data["code"] or slugify(self.cleaned_data.get("label", ""))[:MAX_CODE].strip(
            "-"
        )
        if not code and not self.cleaned_data.get("label"):
            return ""
        refuse(problem_with_code(code))
        return code

    def clean_key(self) -> str:
        """The key, or nothing for the next free one."""
        key: str = self.cleaned_data["key"]
        if key:
            refuse(problem_with_key(key))
        return key

    def clean_group(self) -> str:
        """A group that has a code."""
        group: str = self.cleaned_data["group"]
        refuse(problem_with_group(group))
        return group

    def clean_color(self) -> str:
        """The colour in capitals, unless it is the one the category had."""
        color: str = self.cleaned_data["color"].upper()
        if color:
            refuse(problem_with_color(color))
        kept = self.current is not None and self.current.color.upper() == color
        return self.current.color if self.current is not None and kept else color

    def text(self) -> CategoryText:
        """What the valid form says."""
        sent = self.cleaned_data
        texts: dict[str, Any] = {name: sent[name] for name in _TEXTS}
        lists: dict[str, Any] = {name: tuple(sent[name]) for name in _LISTS}
        return CategoryText(**texts, **lists)


def initial_of(category: Category, seen: str) -> dict[str, Any]:
    """What `CategoryForm` starts with."""
    texts = {
        name: getattr(category, name) for name in ("code", "label", "group", "definition", "key", "color")
    }
    lists = {name: as_lines(getattr(category, name)) for name in ("include", "exclude", "examples")}
    return {**texts, **lists, "color": category.color.lower(), "place": category.position, "seen": seen}


class TitleForm(forms.Form):
    """What a codebook is called."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=MAX_TITLE)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class RuleForm(forms.Form):
    """A trap rule: words that mislead, what to do about them, and the category, if it decides for one."""

    words = LinesField(
        label=gettext_lazy("Words"), rows=3, help_text=gettext_lazy("The words that mislead, one per line.")
    )
    text = TextField(
        label=gettext_lazy("What to do"),
        max_length=MAX_TEXT,
        help_text=gettext_lazy("Shown to reviewers beside every title that holds one of the words."),
    )
    category = forms.ChoiceField(label=gettext_lazy("Decides for"), required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: CodebookVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = version.categories.order_by("position").values_list("code", "label")
        self.fields["category"] = forms.ChoiceField(
            label=gettext_lazy("Decides for"),
            required=False,
            choices=[("", _("No category: the reader decides")), *rows],
        )

    def rule(self) -> Rule:
        """What the valid form says."""
        sent = self.cleaned_data
        return Rule(tuple(sent["words"]), sent["text"], sent["category"] or None)


class MergeForm(forms.Form):
    """Into which other category one goes."""

    into = forms.ChoiceField(label=gettext_lazy("Into"), widget=forms.RadioSelect)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, others: Sequence[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"] = forms.ChoiceField(
            label=gettext_lazy("Into"),
            widget=forms.RadioSelect,
            choices=[(str(row.identity), row.label) for row in others],
        )


class SplitForm(forms.Form):
    """The new categories that one is split into: a label per line."""

    labels = LinesField(
        label=gettext_lazy("New categories"),
        rows=4,
        help_text=gettext_lazy("One label per line, two to six. You write their definitions afterwards."),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_labels(self) -> list[tuple[str, str]]:
        """Label and code of each."""
        labels: list[str] = self.cleaned_data["labels"]
        if not 2 <= len(labels) <= MAX_PARTS:
            raise ValidationError(
                _("Write two to %(max)s labels; these are %(n)s.") % {"max": MAX_PARTS, "n": len(labels)}
            )
        parts = [(label, slugify(label)[:MAX_CODE].strip("-")) for label in labels]
        for label, code in parts:
            if len(label) > MAX_LABEL:
                raise ValidationError(
                    _("“%(label)s” is longer than %(max)s characters.")
                    % {"label": f"{label[:30]}…", "max": MAX_LABEL}
                )
            if problem_with_code(code):
                raise ValidationError(
                    _("“%(label)s” needs letters a to z or digits, so that it can have a code.")
                    % {"label": label}
                )
        if len({code for _label, code in parts}) < len(parts):
            raise ValidationError(_("Two of the labels are the same."))
        return parts
