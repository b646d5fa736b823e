"""What a reviewer and an adjudicator send: checked here, judged in `classify.tagging` and `.adjudication`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from classify.adjudication import MAX_FLAG
from classify.models import Adjudication, Decision
from classify.talk import MAX_COMMENT

UNSURE = "unsure"
WITHDRAWN = "_withdrawn"
"""With an underscore, so that no category's code can be the same."""
UNRESOLVED = "_unresolved"
THEIRS = "_theirs"
_PLACE = re.compile(r"(-?[0-9]{1,19}):([0-9]{1,18})")
MAX_NOTE = 2000
MAX_MILLISECONDS = 3_600_000
"""A longer time is a page left open, and tells nothing about the reading."""


_INCOMPLETE = _("The page was incomplete. Reload it and decide once more.")
_NO_VERDICT = _("Choose a category, or “Unsure”.")
_NO_CATEGORY = _("That is no category of this codebook. Reload the page.")
_TOO_LONG = _("Keep the note under %(limit_value)d characters; it is not stored.")


_CATEGORY_ERRORS = {"required": _("Choose what this title is."), "invalid_choice": _NO_CATEGORY}


@dataclass(frozen=True, slots=True)
class SentDecision:
    """One decision as a script sends it, checked as far as that needs no codebook. `after` is a place in the
    reviewer's order, (reading order, case id)."""

    client_id: UUID
    verdict: str
    note: str
    evidence: str
    milliseconds: int | None
    after: tuple[int, int] | None


def read_decision(data: Mapping[str, str]) -> SentDecision:
    """The fields of `DecisionForm`, and `after`, without the cost of a form.

    Raises ValidationError with the form's sentences. Whether the codebook has the category, `tagging` says.
    """
    verdict, note = data.get("verdict", "").strip(), data.get("note", "").strip()
    if not verdict:
        raise ValidationError(_NO_VERDICT)
    if len(note) > MAX_NOTE:
        raise ValidationError(_TOO_LONG % {"limit_value": MAX_NOTE})
    evidence = data.get("evidence", "") or str(Decision.Evidence.HEADLINE)
    try:
        client_id = UUID(data.get("client_id", ""))
    except ValueError:
        raise ValidationError(_INCOMPLETE) from None
    milliseconds = time_on_screen(data.get("milliseconds", ""))
    return SentDecision(client_id, verdict, note, evidence, milliseconds, place_of(data.get("after", "")))


def time_on_screen(sent: str) -> int | None:
    """Milliseconds. A time that cannot be is no reason to lose a decision: it counts as unknown."""
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 20):
        return None
    return int(sent) if 0 < int(sent) <= MAX_MILLISECONDS else None


def place_of(text: str) -> tuple[int, int] | None:
    """(reading order, case id) of "order:case"; None where that is not what it says."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return None
    order = int(found[1])
    return (order, int(found[2])) if -(2**63) <= order < 2**63 else None


class DecisionForm(forms.Form):
    """One decision. `verdict` is a category's code, "unsure" or "_withdrawn"; `milliseconds` may be null."""

    client_id = forms.UUIDField(error_messages={"required": _INCOMPLETE})
    verdict = forms.ChoiceField(
        error_messages={
            "required": _NO_VERDICT,
            "invalid_choice": _NO_CATEGORY,
        }
    )
    note = forms.CharField(
        required=False,
        max_length=MAX_NOTE,
        error_messages={"max_length": _TOO_LONG},
    )
    milliseconds = forms.CharField(required=False, max_length=20)
    evidence = forms.ChoiceField(choices=Decision.Evidence.choices, required=False)

    def __init__(self, *args: Any, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["verdict"].choices = [(code, code) for code in [*codes, UNSURE, WITHDRAWN]]  # type: ignore[attr-defined]

    def clean_evidence(self) -> str:
        """The headline, unless the page says that the profile was opened."""
        return self.cleaned_data["evidence"] or str(Decision.Evidence.HEADLINE)

    def clean_milliseconds(self) -> int | None:
        """Null where unknown."""
        return time_on_screen(self.cleaned_data["milliseconds"])


class FirstLookForm(forms.Form):
    """What somebody thinks of a conflict before the two readings are shown to them: a category's code."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    category = forms.ChoiceField(error_messages=_CATEGORY_ERRORS)

    def __init__(self, *args: Any, codes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]


class ResolutionForm(forms.Form):
    """A judgement on a conflict, or a proposal under the consensus rule.

    `category` is a category's code, or "_unresolved" where that is offered; reason and rationale are asked
    for, so that whoever reads the study later can follow. `flag` is what the codebook should say; `held` says
    since when the person had the case when the page was made.
    """

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    held = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    category = forms.ChoiceField(error_messages=_CATEGORY_ERRORS)
    reason = forms.ChoiceField(
        choices=[("", _("Choose a reason")), *Adjudication.Reason.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "required": _("Choose why the readings differed."),
            "invalid_choice": _("Choose a reason from the list."),
        },
    )
    rationale = forms.CharField(
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3, "maxlength": MAX_NOTE}),
        error_messages={
            "required": _("Write in a sentence why you decide so."),
            "max_length": _("Keep the rationale under %(limit_value)d characters."),
        },
    )
    flag = forms.CharField(
        required=False,
        max_length=MAX_FLAG,
        widget=forms.Textarea(
            attrs={"class": "form-control", "rows": 2, "maxlength": MAX_FLAG, "aria-describedby": "flag-help"}
        ),
        error_messages={
            "max_length": _("Keep the note for the codebook under %(limit_value)d characters."),
        },
    )

    def __init__(self, *args: Any, codes: list[str], may_leave_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_leave_open = may_leave_open
        offered = [*codes, UNRESOLVED] if may_leave_open else codes
        self.fields["category"].choices = [(code, code) for code in offered]  # type: ignore[attr-defined]


class TogetherForm(ResolutionForm):
    """One judgement on several conflicts.

    Under the consensus rule `category` may also be "_theirs": what the other proposed for each, which
    `theirs` repeats as `case:code`, so that only what was seen is confirmed.
    """

    cases = forms.MultipleChoiceField(
        error_messages={"required": _("Tick at least one of them.")},
    )
    theirs = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, codes: list[str], confirming: bool, **kwargs: Any) -> None:
        super().__init__(*args, codes=codes, may_leave_open=False, **kwargs)
        offered = [*codes, THEIRS] if confirming else codes
        self.fields["category"].choices = [(code, code) for code in offered]  # type: ignore[attr-defined]
        self.codes = set(codes)
        for name in ("cases", "theirs"):
            # Any number may be sent; which of them can be resolved is judged in `classify.adjudication`.
            self.fields[name].valid_value = lambda _value: True  # type: ignore[attr-defined]

    def clean_cases(self) -> list[int]:
        """Ids of the ticked ones."""
        return [number for number in map(_number, self.cleaned_data["cases"]) if number]

    def clean_theirs(self) -> dict[int, str]:
        """Case to code, of what the other had proposed when the page was made, for the ticked ones."""
        ticked = set(self.cleaned_data.get("cases") or [])
        pairs = [text.partition(":") for text in self.cleaned_data["theirs"]]
        found = {_number(case): code for case, _colon, code in pairs if code in self.codes}
        return {case: code for case, code in found.items() if case in ticked}


class CommentForm(forms.Form):
    """One entry of the talk about a case."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3, "maxlength": MAX_COMMENT}),
        error_messages={
            "required": _("Write something first."),
            "max_length": _("Keep the comment under %(limit_value)d characters."),
        },
    )


def _number(text: str) -> int:
    """A number as an address or a form holds it; 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
