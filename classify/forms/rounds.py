"""Forms about rounds: set one up, add the second reviewer."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from classify import codebooks
from classify.models import Codebook, CodebookVersion, Round
from polls.models import Poll, Role, User

DEFAULT_CODEBOOK = "role"


def newest_versions() -> QuerySet[CodebookVersion]:
    """The newest published version of every codebook that is read on voters."""
    return codebooks.newest_versions().filter(codebook__subject=Codebook.Subject.VOTER)


def people_of(poll: Poll, by: User) -> QuerySet[User]:
    """Who can be given a part in a round: members who can log in, and whoever sets it up."""
    members = User.objects.filter(memberships__poll=poll, is_active=True) | User.objects.filter(pk=by.pk)
    found: QuerySet[User] = members.distinct().order_by("username")
    return found


def name_of(user: User) -> str:
    """How people are told apart in a list: name and username."""
    full = user.get_full_name()
    return f"{full} ({user.username})" if full and full != user.username else user.username


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One person of a list."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class PeopleField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Several people of a list."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A codebook in its newest version."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.codebook.code}, {_('version')} {obj.number})"


class RoundForm(forms.Form):
    """A round to set up. The domain function judges how the choices go together."""

    version = VersionField(label=_("Codebook"), queryset=CodebookVersion.objects.none(), empty_label=None)
    unit = forms.ChoiceField(
        label=_("What is read"),
        choices=[
            (Round.Unit.HEADLINE.value, _("Each title once, however many voters show it (recommended)")),
            (Round.Unit.VOTER.value, _("Every voter on their own")),
        ],
        widget=forms.RadioSelect,
        initial=Round.Unit.HEADLINE.value,
    )
    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=[
            (Round.Purpose.MAIN.value, _("The study")),
            (Round.Purpose.PILOT.value, _("Practice: kept out of every result, and can be discarded")),
        ],
        widget=forms.RadioSelect,
        initial=Round.Purpose.MAIN.value,
    )
    reviewer1 = PersonField(label=_("First reviewer"), queryset=User.objects.none())
    reviewer2 = PersonField(
        label=_("Second reviewer"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody yet: add the second reviewer later"),
    )
    rule = forms.ChoiceField(
        label=_("When the two differ"),
        choices=[
            (Round.Rule.THIRD_PERSON.value, _("A third person decides")),
            (Round.Rule.CONSENSUS.value, _("The two agree on an answer together")),
        ],
        widget=forms.RadioSelect,
        initial=Round.Rule.THIRD_PERSON.value,
    )
    adjudicators = PeopleField(
        label=_("Who decides as the third person"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Never one of the two reviewers. Under consensus: for what the two cannot agree on, if anybody."
        ),
    )
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, poll: Poll, by: User, number: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = newest_versions()
        fields = cast(dict[str, Any], self.fields)
        fields["version"].queryset = versions
        people = people_of(poll, by)
        for name in ("reviewer1", "reviewer2", "adjudicators"):
            fields[name].queryset = people
        self.initial.update(number=number, **self._suggestion(poll, list(versions)))

    @staticmethod
    def _suggestion(poll: Poll, versions: list[CodebookVersion]) -> dict[str, Any]:
        """Whoever has the role already, so that the usual case needs no choosing."""
        holders: dict[str, list[int]] = {Role.REVIEWER: [], Role.ADJUDICATOR: []}
        rows = poll.memberships.filter(role__in=holders, user__is_active=True).order_by("added_at", "pk")
        for role, user_id in rows.values_list("role", "user_id"):
            holders[role].append(user_id)
        readers = holders[Role.REVIEWER][:2]
        standard = [version.pk for version in versions if version.codebook.code == DEFAULT_CODEBOOK]
        return {
            "version": next(iter(standard), None),
            "reviewer1": next(iter(readers), None),
            "reviewer2": readers[1] if len(readers) > 1 else None,
            "adjudicators": [pk for pk in holders[Role.ADJUDICATOR] if pk not in readers],
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("reviewer1"), data.get("reviewer2")
        if first is not None and first == second:
            self.add_error("reviewer2", ValidationError(_("The two reviewers must be two different people.")))
        return data

    def reviewers(self) -> list[User]:
        """The one or two who read, in slot order."""
        return [user for user in (self.cleaned_data["reviewer1"], self.cleaned_data["reviewer2"]) if user]


class SecondReviewerForm(forms.Form):
    """Who joins a round that one person began."""

    user = PersonField(label=_("Second reviewer"), queryset=User.objects.none())

    def __init__(self, *args: Any, round: Round, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = [*round.reviewers.values_list("user_id", flat=True)]
        taken += round.adjudicators.values_list("user_id", flat=True)
        cast(dict[str, Any], self.fields)["user"].queryset = people_of(round.poll, by).exclude(pk__in=taken)
