"""Forms about single votes: a voter by hand, an exclusion with its reason."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from polls.models import Poll, Vote, VoterKey


class VoterForm(forms.Form):
    """What is known of a voter and the vote. The rules are those of an import and stand in `polls.votes`."""

    headline = forms.CharField(
        label=_("Headline"),
        max_length=10_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Word for word, as the voter shows it."),
    )
    option = forms.ChoiceField(label=_("Option voted for"))
    name = forms.CharField(label=_("Name"), max_length=500, required=False)
    voter_id = forms.CharField(label=_("Voter id"), max_length=500, required=False)
    profile_url = forms.CharField(
        label=_("Profile address"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    organisation = forms.CharField(label=_("Organisation"), max_length=500, required=False)
    country = forms.CharField(label=_("Country"), max_length=200, required=False)
    voted_at = forms.CharField(
        label=_("Voted at"), max_length=200, required=False, help_text=_("For example 2026-03-14 10:30.")
    )
    comment = forms.CharField(
        label=_("Comment"),
        max_length=100_000,
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = poll.options.order_by("position").values_list("text", flat=True)
        cast(Any, self.fields["option"]).choices = [("", _("Choose")), *((text, text) for text in texts)]
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")

    def values(self) -> dict[str, str]:
        """The fields as `polls.votes` takes them."""
        return {name: self.cleaned_data[name] or "" for name in self.fields}


def initial_of(vote: Vote) -> dict[str, str]:
    """What is known of a vote, as the form shows it."""
    voter = vote.voter
    key = VoterKey.objects.filter(scheme=VoterKey.Scheme.ID, scope=vote.poll_id, voter=voter, derived=False)
    return {
        "voter_id": key.values_list("value", flat=True).first() or "",
        "name": voter.name,
        "organisation": voter.organisation,
        "country": voter.country,
        "profile_url": voter.profile_url,
        "headline": vote.headline_raw,
        "option": vote.option.text,
        "voted_at": vote.voted_raw,
        "comment": vote.comment,
    }


class ExcludeForm(forms.Form):
    """Why a vote does not count."""

    reason = forms.ChoiceField(
        label=_("Why should it not count?"),
        choices=[(reason.value, reason.label) for reason in Vote.BY_HAND],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        help_text=_("Needed for another reason: say which."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("reason") == Vote.VoidReason.OTHER and not data.get("note"):
            self.add_error("note", _("Say in a few words why this vote should not count."))
        return data
