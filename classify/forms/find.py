"""Looking for a voter, and for titles."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from classify.forms.votes import SearchForm


class FindForm(SearchForm):
    """Any part of a name, headline or title."""

    q = forms.CharField(label=_("Any part of a name or headline"), required=False)
