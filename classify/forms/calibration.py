"""What a round is made on: a sample and a bar for practice, a reason to start below the bar for the study."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from classify.assignment import MAX_SAMPLE
from classify.calibration import practice_of
from classify.models import Round
from classify.rounds.bars import MAX_REASON
from polls.models import Poll

USUAL_SAMPLE = 50


class PracticeForm(forms.Form):
    """Beside the form of a round. Which of its fields count is decided by what the round is for."""

    sample_size = forms.IntegerField(
        label=_("How many titles"),
        required=False,
        min_value=1,
        max_value=MAX_SAMPLE,
        help_text=_(
            "Drawn at random, and none that an earlier practice round showed while others are left. Leave "
            "empty to practise on all titles."
        ),
    )
    alpha_required = forms.DecimalField(
        label=_("Bar for the study"),
        required=False,
        min_value=0,
        max_value=1,
        max_digits=4,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"step": "0.001"}),
        help_text=_(
            "The study may start once the lower end of alpha’s 95 % interval reaches this. Customary are "
            "0.800, and 0.667 for tentative conclusions. It cannot be moved once somebody has read. Leave "
            "empty for none."
        ),
    )
    override_reason = forms.CharField(
        label=_("Why the study starts all the same"),
        required=False,
        max_length=MAX_REASON,
        help_text=_("Kept with the round, and repeated in the methods statement."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = practice_of(poll).last()
        self.initial.setdefault("sample_size", last.sample_size if last else None)
        self.initial.setdefault("alpha_required", last.alpha_required if last else None)
        if last is None:
            titles = poll.votes.filter(voided_at__isnull=True).values("headline").distinct().count()
            self.initial["sample_size"] = min(USUAL_SAMPLE, titles) or None

    def terms(self, purpose: str) -> dict[str, Any]:
        """What `rounds.create_round` is told, of a form that is valid."""
        if purpose == Round.Purpose.PILOT:
            return {name: self.cleaned_data[name] for name in ("sample_size", "alpha_required")}
        return {"override_reason": self.cleaned_data["override_reason"]}
