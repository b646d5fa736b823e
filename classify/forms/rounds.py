"""Forms about rounds: set one up, let somebody join, say why."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from classify import assignment, codebooks
from classify.forms.shares import MAX_TEXT, parse_shares
from classify.models import Codebook, CodebookVersion, Round
from classify.rounds import MAX_DAYS, MAX_REASON, MAX_SHARE
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
            "Never one of the reviewers. Under consensus: for what the two cannot agree on, if anybody."
        ),
    )
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    more_reviewers = PeopleField(
        label=_("More reviewers"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They share the titles with the two above. Every title is still read by exactly two."),
    )
    shares = forms.CharField(
        label=_("Shares"),
        required=False,
        max_length=MAX_TEXT,
        help_text=_("Who reads how much, such as: Rosa 2, Sam 1, Tim 1. Who is not named has 1."),
    )
    hold_days = forms.IntegerField(
        label=_("Days after which work goes back"),
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        help_text=_(
            "Where more than two read: titles of somebody who has not decided for so many days go to the "
            "others. Leave empty for never."
        ),
    )
    adjudicator_first = forms.BooleanField(
        label=_("The third person decides before seeing the two decisions"),
        required=False,
        help_text=_("They see them right afterwards and can still change their mind; both stay on record."),
    )
    carry_over = forms.BooleanField(
        label=_("Carry over what is known from earlier rounds"),
        required=False,
        help_text=_(
            "A title whose voters all have one same category from a closed round with this codebook version "
            "is not read again. Each can be given to two readers later."
        ),
    )
    MORE = ("more_reviewers", "shares", "hold_days", "adjudicator_first", "carry_over")

    def __init__(
        self, *args: Any, poll: Poll, by: User, number: int, like: Round | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        versions = newest_versions()
        fields = cast(dict[str, Any], self.fields)
        known = [version.pk for version in versions]
        # The same people go on with the version they had, also when there is a newer one.
        fields["version"].queryset = (
            versions if like is None else codebooks.published().filter(pk__in=[*known, like.version_id])
        )
        people = people_of(poll, by)
        for name in ("reviewer1", "reviewer2", "more_reviewers", "adjudicators"):
            fields[name].queryset = people
        self.initial.update(number=number, **self._suggestion(poll, list(versions)))
        if like is not None:
            self.initial.update(self._as_in(like))

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

    @staticmethod
    def _as_in(like: Round) -> dict[str, Any]:
        """The choices of an earlier round, for the same people."""
        seats = list(like.reviewers.filter(left_at__isnull=True).select_related("user").order_by("ordinal"))
        readers = [seat.user_id for seat in seats]
        unequal = len({seat.share for seat in seats}) > 1
        return {
            "version": like.version_id,
            "unit": like.unit,
            "rule": like.rule,
            "reviewer1": next(iter(readers), None),
            "reviewer2": readers[1] if len(readers) > 1 else None,
            "more_reviewers": readers[2:],
            "shares": ", ".join(f"{seat.user.username} {seat.share}" for seat in seats) if unequal else "",
            "hold_days": like.hold_days,
            "adjudicators": list(like.adjudicators.values_list("user_id", flat=True)),
            "adjudicator_first": like.adjudicator_first,
            "carry_over": True,
        }

    def has_more(self) -> bool:
        """Is anything chosen, or wrong, that is folded away?"""
        return any(self[name].value() or self[name].errors for name in self.MORE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("reviewer1"), data.get("reviewer2")
        if first is not None and first == second:
            self.add_error("reviewer2", ValidationError(_("The two reviewers must be two different people.")))
        try:
            data["weights"] = parse_shares(data.get("shares") or "", self.reviewers())
        except ValidationError as problem:
            self.add_error("shares", problem)
        return data

    def reviewers(self) -> list[User]:
        """Everybody who reads, the two first, each once."""
        if not self.is_bound:
            return self._suggested_readers()
        data = self.cleaned_data
        named = [data.get("reviewer1"), data.get("reviewer2"), *(data.get("more_reviewers") or ())]
        return list(dict.fromkeys(user for user in named if user is not None))

    def _suggested_readers(self) -> list[User]:
        chosen = [
            self["reviewer1"].value(),
            self["reviewer2"].value(),
            *(self["more_reviewers"].value() or ()),
        ]
        people = User.objects.in_bulk([pk for pk in chosen if pk])
        return [people[pk] for pk in dict.fromkeys(chosen) if pk in people]

    def weights(self) -> dict[int, int]:
        """User id -> share, of who has one, as far as they can be understood."""
        if self.is_bound:
            weights: dict[int, int] = self.cleaned_data.get("weights", {})
            return weights
        return parse_shares(self["shares"].value() or "", self.reviewers())


class JoinForm(forms.Form):
    """Who joins a round, with how much."""

    user = PersonField(label=_("Who joins"), queryset=User.objects.none())
    share = forms.IntegerField(
        label=_("Share"),
        min_value=1,
        max_value=MAX_SHARE,
        initial=1,
        help_text=_("How much they read of what is dealt, compared with the others."),
    )
    fair_part = forms.BooleanField(
        label=_("Give them a fair part of the titles that the others have not read"),
        required=False,
        help_text=_("Otherwise they get only titles that wait for a reader, now and later."),
    )

    def __init__(self, *args: Any, round: Round, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reading = [seat.user_id for seat in assignment.readers_of(round)]
        judging = round.adjudicators.values_list("user_id", flat=True)
        people = people_of(round.poll, by).exclude(pk__in=[*reading, *judging])
        cast(dict[str, Any], self.fields)["user"].queryset = people


class ReasonForm(forms.Form):
    """Why something is done; kept with the round."""

    reason = forms.CharField(
        label=_("Reason"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = required


class SecondReviewerForm(forms.Form):
    """Who joins a round that one person began."""

    user = PersonField(label=_("Second reviewer"), queryset=User.objects.none())

    def __init__(self, *args: Any, round: Round, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        taken = [*round.reviewers.values_list("user_id", flat=True)]
        taken += round.adjudicators.values_list("user_id", flat=True)
        cast(dict[str, Any], self.fields)["user"].queryset = people_of(round.poll, by).exclude(pk__in=taken)
