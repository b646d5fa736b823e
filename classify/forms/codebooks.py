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
    MAX_FILE_BYTES,
    MAX_ITEMS,
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
from classify.models import Category, Codebook, CodebookVersion

_TEXTS = ("code", "label", "group", "definition", "key", "color")
_LISTS = ("include", "exclude", "examples")


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


def _refuse(problem: str) -> None:
    if problem:
        raise ValidationError(_sentence(problem))


def _code_field(**kwargs: Any) -> forms.CharField:
    attrs = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
    return forms.CharField(max_length=MAX_CODE, widget=forms.TextInput(attrs=attrs), **kwargs)


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
    code = _code_field(
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
        _refuse(problem_with_code(code))
        return code

    def clean_key(self) -> str:
        """The key, or nothing for the next free one."""
        key: str = self.cleaned_data["key"]
        if key:
            _refuse(problem_with_key(key))
        return key

    def clean_group(self) -> str:
        """A group that has a code."""
        group: str = self.cleaned_data["group"]
        _refuse(problem_with_group(group))
        return group

    def clean_color(self) -> str:
        """The colour in capitals, unless it is the one the category had."""
        color: str = self.cleaned_data["color"].upper()
        if color:
            _refuse(problem_with_color(color))
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


class NewCodebookForm(forms.Form):
    """A codebook from scratch, or one that starts as a copy."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=MAX_TITLE)
    code = _code_field(
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
        _refuse(problem_with_code(code))
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
