"""The form with which somebody more is let resolve the conflicts of a round."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from classify import rounds
from classify.forms.rounds import PersonField, people_of
from classify.models import Round
from polls.models import User


class AdjudicatorForm(forms.Form):
    """Who resolves conflicts from now on, too: nobody who reads, or did, in it or another open round."""

    user = PersonField(label=_("Who resolves conflicts too"), queryset=User.objects.none())

    def __init__(self, *args: Any, round: Round, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = set(round.reviewers.values_list("user_id", flat=True)) | rounds.resolvers_of(round)
        taken |= rounds.kept_blind(round.poll)
        cast(dict[str, Any], self.fields)["user"].queryset = people_of(round.poll, by).exclude(pk__in=taken)
