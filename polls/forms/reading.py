"""How a waiting file is to be read: everything that somebody may say about it, one select per column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from polls import wording
from polls.forms.imports import FIELD_LABELS
from polls.importing.dates import parse_voted_at
from polls.importing.formats import FORMATS, NO_PRESET
from polls.importing.mapping import FIELDS
from polls.importing.reading import Reading
from polls.texts import option_key
from polls.upload_check import ENCODINGS, Facts, Used, in_full
from polls.uploads import Upload

CHOICES_IN_ALL: Final = 2_000
"""How many choices of options all columns together offer; beyond that each offers its own header only."""

MOST_COLUMNS_OPEN: Final = 24
"""Beyond so many columns, those that are only carried along are folded away."""

_OF_THE_FILE: Final = ("sheet", "table", "preset", "encoding", "multiple")
_DAY_ORDERS: Final = {"": None, "day": True, "month": False}
_OPTION: Final = "is:"
_SAMPLE_LETTERS: Final = 60
_UNPRINTABLE: Final = re.compile("[\x00\ud800-\udfff]")
"""NUL, and the lone surrogates that stand for bytes which are not of the encoding."""


class ReadingForm(forms.Form):
    """What is known of the file and how its columns are read, as it stands; posted, as somebody wants it.

    `used` is null when the file has no table that could be read: then only sheet, encoding, format and table
    can be chosen. `options` are the texts of the poll's options, empty where the file says what they are.
    """

    def __init__(
        self,
        *args: Any,
        facts: Facts,
        used: Used | None,
        options: Sequence[str],
        multiple: bool | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.facts, self.used, self.options, self.multiple = facts, used, tuple(options), multiple
        self.before = in_full(used) if used else facts.told
        if len(facts.sheets) > 1:
            # The one in use is what the select shows and posts back.
            self.before = replace(self.before, sheet=facts.sheet)
        self.headers = used.preview.mapping.headers if used else ()
        self._add_file_fields()
        if used:
            self._add_columns(used)
            self._add_everyone(used)
            if facts.two_ways:
                self._add_day_order(facts.two_ways)
        if multiple is not None:
            self.fields["multiple"] = forms.BooleanField(
                label=_("Voters could choose several options"),
                required=False,
                initial=multiple,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
            )

    def _add_file_fields(self) -> None:
        facts = self.facts
        if facts.kind == "text":
            found = _("As recognised (%(encoding)s)") % {"encoding": facts.encoding}
            choices = [("", found), ("utf-8", "Unicode (UTF-8)"), *ENCODINGS.items()]
            self._add_choice("encoding", _("Letters are written as"), choices, self.before.encoding)
        if len(facts.sheets) > 1:
            sheets = [(name, name) for name in facts.sheets]
            self._add_choice("sheet", _("Sheet"), sheets, facts.sheet)
        if self.used and len(self.used.preview.tables) > 1:
            tables = [(str(table.number), _table_label(table)) for table in self.used.preview.tables]
            self._add_choice("table", _("Table in the file"), tables, str(self.before.table))
        known = [(each.name, each.title) for each in sorted(FORMATS, key=lambda each: each.title.casefold())]
        presets = [(NO_PRESET, _("None of these")), *known]
        if self.used is None:
            presets.insert(0, ("", _("Recognise it")))
        self._add_choice("preset", _("Known export"), presets, self.before.preset)

    def _add_columns(self, used: Used) -> None:
        mapping = used.preview.mapping
        fields = {index: name for name, index in mapping.fields.items()}
        fields |= {index: f"{_OPTION}{text}" for index, text in mapping.option_columns}
        choices = [("", _("Carry along as it is")), *((name, FIELD_LABELS[name]) for name in FIELDS)]
        all_offered = len(self.options) * len(self.headers) <= CHOICES_IN_ALL
        for index, header in enumerate(self.headers):
            now = fields.get(index, "")
            texts = [*self._options_for(header, all_offered)]
            if now.startswith(_OPTION):
                texts.append(now.removeprefix(_OPTION))
            ticked = [
                (f"{_OPTION}{text}", _("One option: “%(text)s”") % {"text": text})
                for text in dict.fromkeys(texts)
            ]
            self._add_choice(f"column_{index}", header, [*choices, *ticked], now)
            self.fields[f"column_{index}"].help_text = self._sample(index)

    def _options_for(self, header: str, all_offered: bool) -> Sequence[str]:
        if not self.options:
            return [header]
        if all_offered:
            return self.options
        return [text for text in self.options if option_key(text) == option_key(header)]

    def _add_everyone(self, used: Used) -> None:
        mapping = used.preview.mapping
        if (mapping.fields.get("option") is not None or mapping.option_columns) and not mapping.everyone:
            return
        label = _("Everyone here voted for")
        if self.options:
            choices = [("", _("Nobody said so")), *((text, text) for text in self.options)]
            now = {option_key(text): text for text in self.options}.get(option_key(mapping.everyone), "")
            self._add_choice("everyone", label, choices, now)
        else:
            self.fields["everyone"] = forms.CharField(
                label=label,
                required=False,
                max_length=500,
                initial=mapping.everyone,
                widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            )
        self.fields["everyone"].help_text = _(
            "For the list of one option's voters, which has no such column."
        )

    def _add_day_order(self, text: str) -> None:
        choices: list[tuple[str, Any]] = [("", _("Nobody said so yet: dates are kept as text"))]
        for value, day_first in (("day", True), ("month", False)):
            try:
                moment = parse_voted_at(text, day_first)
            except ValueError:
                moment = None
            choices.append((value, wording.day(moment) if moment else value))
        now = next(key for key, value in _DAY_ORDERS.items() if value == self.before.day_first)
        label = _("In this file %(text)s means") % {"text": text[:40]}
        self._add_choice("day_order", label, choices, now)

    def _add_choice(self, name: str, label: Any, choices: list[tuple[str, Any]], initial: str) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label,
            choices=choices,
            required=False,
            initial=initial,
            widget=forms.Select(attrs={"class": "form-select"}),
        )

    def file_fields(self) -> list[forms.BoundField]:
        """The selects that concern the file as a whole."""
        return [self[name] for name in _OF_THE_FILE if name in self.fields]

    def asked_fields(self) -> list[forms.BoundField]:
        """The questions that only some files raise."""
        return [self[name] for name in ("everyone", "day_order") if name in self.fields]

    def main_columns(self) -> list[forms.BoundField]:
        """The columns that are something, and the others while there are few."""
        return [self[f"column_{index}"] for index in self._main()]

    def other_columns(self) -> list[forms.BoundField]:
        """The columns that are only carried along, where there are many."""
        main = set(self._main())
        return [self[f"column_{index}"] for index in range(len(self.headers)) if index not in main]

    def _main(self) -> list[int]:
        every = list(range(len(self.headers)))
        settled = [index for index in every if self[f"column_{index}"].value()]
        return every if len(every) <= MOST_COLUMNS_OPEN else settled

    def _sample(self, index: int) -> str:
        """What stands in the first rows of a column."""
        rows = self.used.preview.rows if self.used else ()
        cells = (cells[index].strip() for _row, cells in rows if index < len(cells))
        sample = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", next((cell for cell in cells if cell), ""))
        if not sample:
            return gettext("empty in the first rows")
        shown = sample if len(sample) <= _SAMPLE_LETTERS else f"{sample[:_SAMPLE_LETTERS]}…"
        return gettext("such as “%(sample)s”") % {"sample": shown}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [data.get(f"column_{index}", "") for index in range(len(self.headers))]
        for value in dict.fromkeys(chosen):
            if value and chosen.count(value) > 1:
                shown = FIELD_LABELS.get(value) or value.removeprefix(_OPTION)
                raise ValidationError(_("Two columns cannot both be “%(field)s”."), params={"field": shown})
        ways = [
            "option" in chosen,
            any(value.startswith(_OPTION) for value in chosen),
            bool(data.get("everyone")),
        ]
        if sum(ways) > 1:
            raise ValidationError(
                _(
                    "Say in one way what was voted for: one column that holds the option, or one column per "
                    "option, or the option that everyone here voted for."
                )
            )
        return data

    def reading(self) -> Reading:
        """How the file is to be read from now on. Columns belong to the table they were shown for: with
        another sheet, table, format or encoding they are guessed anew."""
        data, before = self.cleaned_data, self.before
        file = replace(
            before,
            encoding=self._said("encoding", before.encoding),
            sheet=self._said("sheet", before.sheet),
            table=int(self._said("table", "")) if self._said("table", "") else before.table,
            preset=self._said("preset", before.preset),
        )
        if file != before or not self.used:
            preset = file.preset if file.preset != before.preset else ""
            return Reading(encoding=file.encoding, sheet=file.sheet, table=file.table, preset=preset)
        columns = dict.fromkeys(FIELDS, "")
        ticked = []
        for index, header in enumerate(self.headers):
            value = data.get(f"column_{index}", "")
            if value.startswith(_OPTION):
                ticked.append((header, value.removeprefix(_OPTION)))
            elif value:
                columns[value] = header
        return replace(
            file,
            columns=columns,
            option_columns=tuple(ticked),
            everyone=self._said("everyone", before.everyone).strip(),
            day_first=_DAY_ORDERS[self._said("day_order", "")] if "day_order" in data else before.day_first,
        )

    def _said(self, name: str, otherwise: str) -> str:
        """What was posted for a field; `otherwise` where the page did not have it."""
        return self.cleaned_data[name] if name in self.fields and name in self.data else otherwise

    @property
    def changed(self) -> bool:
        """Is the file to be read otherwise than it was?"""
        multiple = self.multiple is not None and self.cleaned_data["multiple"] != self.multiple
        return multiple or self.reading() != self.before

    def take_over(self, upload: Upload) -> None:
        """Have the upload remember what was chosen."""
        upload.reading = self.reading().as_json()
        if self.multiple is not None:
            upload.details["multiple"] = self.cleaned_data["multiple"]
        upload.save()

    def why_not(self) -> str:
        """The sentence why the file cannot be imported as it stands; "" when nothing is known against it."""
        if self.used is None:
            return gettext("No table was found in the file, so there is nothing to import.")
        return self.used.problem or self.used.preview.mapping.missing()


def _table_label(table: Any) -> str:
    title = _UNPRINTABLE.sub("", table.title) or gettext("without a title")
    return gettext("%(number)d: %(title)s") % {"number": table.number, "title": title[:80]}
