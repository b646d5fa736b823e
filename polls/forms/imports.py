"""Forms of an import by web page: the poll and its file. How the file is read: `polls.forms.reading`."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from polls.models import Poll
from polls.models.poll import validate_slug
from polls.texts import option_key
from polls.wording import figure

FIELD_LABELS = {
    "voter_id": _("Voter id"),
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "headline": _("Headline"),
    "organisation": _("Organisation"),
    "profile_url": _("Profile address"),
    "option": _("Option voted for"),
    "voted_at": _("Voted at"),
    "comment": _("Comment"),
    "country": _("Country"),
}
MOST_OPTIONS = 50
_SHARE = re.compile(r"(?<=[\s,;|:])(?P<share>\d{1,3}(?:[.,]\d{1,4})?) ?(?P<sign>%?)$")
ACCEPTED = ".csv,.tsv,.tab,.txt,.xlsx,.xlsm,.ods,text/csv,text/tab-separated-values,text/plain"


class SourceForm(forms.Form):
    """A file, or rows pasted from a sheet: one of the two."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPTED}),
    )
    pasted = forms.CharField(
        label=_("Or paste rows"),
        required=False,
        strip=False,
        help_text=_(
            "Cells copied from a sheet, header row included, or a list of voters copied from a web page, one "
            "voter over several lines."
        ),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "CSV, TSV or another table in text form, Excel (XLSX) or OpenDocument (ODS). At most %(size)d MB "
            "and %(rows)s rows."
        ) % {
            "size": settings.ROLECALL_MAX_FILE_BYTES // 1024**2,
            "rows": figure(settings.ROLECALL_MAX_ROWS),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        pasted = bool((data.get("pasted") or "").strip())
        if data.get("file") and pasted:
            raise ValidationError(_("Choose a file or paste rows, not both."))
        if not data.get("file") and not pasted:
            raise ValidationError(_("Choose a file or paste the rows of a sheet."))
        return data


class NewPollForm(SourceForm):
    """A poll to create along with its first import."""

    question = forms.CharField(
        label=_("Question"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Word for word."),
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=50,
        validators=[validate_slug],
        help_text=_("Names the poll in addresses and on the command line, for example cx-head."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    options = forms.CharField(
        label=_("Options, one per line"),
        required=False,
        max_length=30_000,
        help_text=_(
            "In their order, each with the published share if there was one: Extremely important, 50 %. "
            "Left empty, the options are taken from the file in order of appearance."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    options_are_ordered = forms.BooleanField(
        label=_("The options run from one end to the other"),
        required=False,
        initial=True,
        help_text=_("For example from very to not at all. Then a trend across them makes sense."),
    )
    multiple = forms.BooleanField(
        label=_("Voters could choose several options"),
        required=False,
        help_text=_("Then one voter may have several votes, one per option."),
    )
    published_total = forms.IntegerField(
        label=_("Published number of votes"), required=False, min_value=0, max_value=2_000_000_000
    )
    opened_on = forms.DateField(
        label=_("Opened on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    closed_on = forms.DateField(
        label=_("Closed on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    field_order = [
        "question",
        "slug",
        "options",
        "options_are_ordered",
        "multiple",
        "published_total",
        "opened_on",
        "closed_on",
        "file",
        "pasted",
    ]

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if Poll.objects.filter(slug=slug).exists():
            raise ValidationError(_("There is a poll named %(slug)s already."), params={"slug": slug})
        return slug

    def clean_options(self) -> list[tuple[str, str]]:
        """Pairs of option text and published share in percent ("" for none)."""
        pairs = [parse_option(line) for line in self.cleaned_data["options"].splitlines() if line.strip()]
        if len(pairs) > MOST_OPTIONS:
            raise ValidationError(
                _("A poll can have at most %(most)d options."), params={"most": MOST_OPTIONS}
            )
        for text, share in pairs:
            if len(text) > 500:
                raise ValidationError(
                    _("An option can have at most 500 letters: %(text)s…"), params={"text": text[:40]}
                )
            if share and float(share) > 100:
                raise ValidationError(
                    _("%(share)s %% is more than 100 %%: %(text)s"), params={"share": share, "text": text}
                )
        keys = [option_key(text) for text, _share in pairs]
        for (text, _share), key in zip(pairs, keys, strict=True):
            if keys.count(key) > 1:
                raise ValidationError(_("The option “%(text)s” is given twice."), params={"text": text})
        if len({bool(share) for _text, share in pairs}) > 1:
            raise ValidationError(_("Give the published share of every option, or of none."))
        return pairs

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        opened, closed = data.get("opened_on"), data.get("closed_on")
        if opened and closed and closed < opened:
            self.add_error("closed_on", _("A poll cannot close before it opens."))
        return data

    def details(self) -> dict[str, Any]:
        """What an upload remembers of the poll, as JSON holds it; `options` are pairs of text and share."""
        data = self.cleaned_data
        return {
            "question": data["question"],
            "options": [list(pair) for pair in data["options"]],
            "options_are_ordered": data["options_are_ordered"],
            "multiple": data["multiple"],
            "published_total": data["published_total"],
            "opened_on": data["opened_on"].isoformat() if data["opened_on"] else None,
            "closed_on": data["closed_on"].isoformat() if data["closed_on"] else None,
        }


def parse_option(line: str) -> tuple[str, str]:
    """An option and its share in percent: `Extremely important, 50 %`, or two cells of a sheet. A number
    counts as a share only with a percent sign or behind a tab, since options may end in a number."""
    line = line.strip()
    found = _SHARE.search(line)
    if found and (found["sign"] or "\t" in line):
        text = line[: found.start()].rstrip(" \t,;|:")
        if text:
            return text, found["share"].replace(",", ".")
    return line, ""
