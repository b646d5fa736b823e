"""What a reviewer and an adjudicator send: checked here, judged in `classify.tagging` and `.adjudication`."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from classify.models import Adjudication, Decision

UNSURE = "unsure"
WITHDRAWN = "_withdrawn"
"""With an underscore, so that no category's code can be the same."""
UNRESOLVED = "_unresolved"
MAX_NOTE = 2000
MAX_MILLISECONDS = 3_600_000
"""A longer time is a page left open, and tells nothing about the reading."""


class DecisionForm(forms.Form):
    """One decision. `verdict` is a category's code, "unsure" or "_withdrawn"; `milliseconds` may be null."""

    client_id = forms.UUIDField(
        error_messages={"required": _("The page was incomplete. Reload it and decide once more.")}
    )
    verdict = forms.ChoiceField(
        error_messages={
            "required": _("Choose a category, or “Unsure”."),
            "invalid_choice": _("That is no category of this codebook. Reload the page."),
        }
    )
    note = forms.CharField(
        required=False,
        max_length=MAX_NOTE,
        error_messages={"max_length": _("Keep the note under %(limit_value)d characters; it is not stored.")},
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
        """A time that cannot be is no reason to lose a decision: it counts as unknown."""
        sent = self.cleaned_data["milliseconds"]
        if not (sent.isascii() and sent.isdigit()):
            return None
        return int(sent) if 0 < int(sent) <= MAX_MILLISECONDS else None


class ResolutionForm(forms.Form):
    """A judgement on a conflict, or a proposal under the consensus rule.

    `category` is a category's code, or "_unresolved" where that is offered; reason and rationale are asked
    for, so that whoever reads the study later can follow.
    """

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    category = forms.ChoiceField(
        error_messages={
            "required": _("Choose what this title is."),
            "invalid_choice": _("That is no category of this codebook. Reload the page."),
        }
    )
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

    def __init__(self, *args: Any, codes: list[str], may_leave_open: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [*codes, UNRESOLVED] if may_leave_open else codes
        self.fields["category"].choices = [(code, code) for code in offered]  # type: ignore[attr-defined]
