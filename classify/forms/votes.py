"""The filter above the list of voters."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from classify.models import CaseVote, Decision
from polls.holders import CURRENT
from polls.models import HeadlinePart, Option, PartMark, Poll, Vote
from polls.problems import Refused
from polls.search import LONGEST, Word, words_of
from polls.wording import day

FIELDS = ("q", "option", "state", "country", "batch", "title", "mark", "headline")
_MOST_BATCHES = 200


class SearchForm(forms.Form):
    """A form with a field `q`; `words` are those to look for once it was found valid."""

    words: tuple[Word, ...] = ()

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"]
        try:
            self.words = words_of(text)
        except Refused as problem:
            raise forms.ValidationError(str(problem)) from problem
        return text


def search_filter(label: Any) -> django_filters.CharFilter:
    """The field `q` of a `SearchForm`; the words are looked for by `polls.search`, not by the filter."""
    return django_filters.CharFilter(
        label=label,
        method="look_later",
        widget=forms.TextInput(attrs={"type": "search", "maxlength": LONGEST, "autocomplete": "off"}),
    )


class VoteFilter(django_filters.FilterSet):
    """By any part of name or headline, by option, country, import, title, and by what became of a vote."""

    q = search_filter(_("Any part of a name or headline"))
    option = django_filters.ModelChoiceFilter(
        label=_("Option"), queryset=Option.objects.none(), empty_label=_("Every option")
    )
    state = django_filters.ChoiceFilter(
        label=_("Which votes"),
        method="by_state",
        empty_label=_("All votes"),
        choices=[
            ("live", _("Counted")),
            ("excluded", _("Not counted")),
            ("changed", _("Headline changed since it was read")),
        ],
    )
    country = django_filters.CharFilter(
        label=_("Country"), field_name="voter__country", lookup_expr="icontains", max_length=200
    )
    batch = django_filters.ChoiceFilter(
        label=_("Brought by the import"), field_name="batch", empty_label=_("Any import"), choices=[]
    )
    title = django_filters.NumberFilter(method="by_title", widget=forms.HiddenInput)
    mark = django_filters.ChoiceFilter(
        method="look_later",
        choices=[(CURRENT, _("current")), *(choice for choice in PartMark.choices if choice[0])],
        widget=forms.HiddenInput,
    )
    headline = django_filters.NumberFilter(method="by_headline", widget=forms.HiddenInput)

    class Meta:
        model = Vote
        fields: tuple[str, ...] = ()
        form = SearchForm

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.poll = poll
        self.filters["option"].queryset = poll.options.order_by("position")
        batches = poll.batches.values_list("pk", "file_name", "imported_at")[:_MOST_BATCHES]
        self.filters["batch"].extra["choices"] = [
            (pk, f"{day(moment)}, {name[:60]}") for pk, name, moment in batches
        ]

    def look_later(self, votes: QuerySet[Vote], _name: str, _value: str) -> QuerySet[Vote]:
        """Nothing: who reads this field does so elsewhere."""
        return votes

    def by_state(self, votes: QuerySet[Vote], _name: str, state: str) -> QuerySet[Vote]:
        """Counted votes, votes that do not count, or votes whose headline changed after it was read."""
        if state == "changed":
            return votes.filter(pk__in=changed_since_read(self.poll))
        return votes.filter(voided_at__isnull=state == "live")

    def by_title(self, votes: QuerySet[Vote], _name: str, title: Any) -> QuerySet[Vote]:
        """Votes of those who show this job title, as what they are, were or hope to become."""
        parts = HeadlinePart.objects.filter(headline=OuterRef("headline"), job_title=int(title))
        mark = self.form.cleaned_data.get("mark")
        if mark:
            parts = parts.filter(mark="" if mark == CURRENT else mark)
        return votes.filter(Exists(parts))

    def by_headline(self, votes: QuerySet[Vote], _name: str, headline: Any) -> QuerySet[Vote]:
        """Votes with exactly this headline."""
        return votes.filter(headline=int(headline))


def changed_since_read(poll: Poll) -> QuerySet[CaseVote, Any]:
    """Ids of the votes whose headline is another one than the one that somebody classified, in any round."""
    read = Exists(Decision.objects.filter(case=OuterRef("case")))
    votes = CaseVote.objects.filter(read, round__poll=poll)
    # Unless the old one came back.
    left = votes.filter(
        ~Q(case__origin="headline", case__headline=F("vote__headline")),
        left_at__isnull=False,
        reason="headline changed",
    )
    # A closed round keeps the vote where it was.
    stayed = votes.filter(
        ~Q(case__headline=F("vote__headline")),
        left_at__isnull=True,
        round__coding_closed_at__isnull=False,
        case__origin__in=("headline", "blank", "voter"),
    ).exclude(case__headline__isnull=True, vote__headline__isnull=True)
    return left.values("vote").union(stayed.values("vote"))
