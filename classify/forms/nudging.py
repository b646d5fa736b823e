"""When reviewers are reminded."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from classify.nudging import MAX_DAYS


class NudgingForm(forms.Form):
    """Days without a decision after which a reviewer gets an e-mail; empty for never."""

    days = forms.IntegerField(
        label=_("Days without a decision"),
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        help_text=_("Empty: nobody is reminded."),
    )
