"""Forms of bringing decisions in from a sheet: the file, then who is who and what it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.calibration import practice_of
from classify.codebooks import newest_versions
from classify.forms.rounds import name_of
from classify.importing_tags import DEFAULT_CODEBOOK, NEW_ACCOUNT, TagFile
from classify.models import Codebook, Round
from classify.rounds.bars import MAX_REASON
from polls.models import Poll, User

NEW_ROUND = "new"
MOST_NAMES = 20
"""As many names as a page can ask about; more are a column that was taken for the reviewer by mistake."""


class WhoIsWhoForm(forms.Form):
    """For every name of the file a member or a new account; and the round it goes into, or a codebook."""

    into = forms.ChoiceField(label=gettext_lazy("Into"))
    codebook = forms.ChoiceField(
        label=gettext_lazy("Codebook of a new round"),
        help_text=gettext_lazy("The categories of the file are codes or names of this codebook."),
    )
    override_reason = forms.CharField(
        label=gettext_lazy("Why the study starts below its bar"),
        required=False,
        max_length=MAX_REASON,
        help_text=gettext_lazy(
            "Only where practice has not reached the bar. Kept with the round and reported."
        ),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, poll: Poll, file: TagFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields = cast(dict[str, Any], self.fields)
        rounds = Round.objects.filter(poll=poll, archived_at__isnull=True, discarded_at__isnull=True)
        there = [(str(each.number), _round_label(each)) for each in rounds.order_by("-number")]
        fields["into"].choices = [(NEW_ROUND, _("A new round")), *there]
        fields["codebook"].choices = [
            (version.codebook.code, f"{version.title} ({version.codebook.code})")
            for version in newest_versions().select_related("codebook")
            if version.codebook.subject == Codebook.Subject.VOTER
        ]
        fields["codebook"].initial = DEFAULT_CODEBOOK
        if not practice_of(poll).filter(alpha_required__isnull=False).exists():
            del fields["override_reason"]
        members = list(User.objects.filter(memberships__poll=poll).distinct().order_by("username"))
        self.names = dict(file.reviewers | file.adjudicators)
        for place, (name, shown) in enumerate(self.names.items()):
            known = next((user.pk for user in members if user.username.lower() == name), "")
            fields[f"who_{place}"] = forms.TypedChoiceField(
                label=_("“%(name)s” is") % {"name": shown[:60]},
                coerce=int,
                choices=[
                    ("", _("Choose")),
                    *((user.pk, name_of(user)) for user in members),
                    (NEW_ACCOUNT, _("a new account that cannot log in yet")),
                ],
                initial=known,
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        chosen = [who for who in self.chosen(data).values() if who != NEW_ACCOUNT]
        if len(set(chosen)) != len(chosen):
            raise ValidationError(_("Two names of the file cannot be the same person."))
        return data

    def who(self) -> list[forms.BoundField]:
        """The questions about people."""
        return [self[f"who_{place}"] for place in range(len(self.names))]

    def chosen(self, data: Mapping[str, Any]) -> dict[str, int]:
        """Name in lower case -> whom it means, as far as it was said."""
        given = {name: data.get(f"who_{place}") for place, name in enumerate(self.names)}
        return {name: who for name, who in given.items() if isinstance(who, int)}

    def asked(self) -> dict[str, Any]:
        """What `import_tags` is told, of a form that is valid."""
        data = self.cleaned_data
        fresh = data["into"] == NEW_ROUND
        return {
            "people": self.chosen(data),
            "new_round": fresh,
            "round_number": None if fresh else int(data["into"]),
            "codebook": data["codebook"] if fresh else "",
            "override_reason": data.get("override_reason", ""),
        }


def _round_label(round: Round) -> str:
    if round.purpose == Round.Purpose.PILOT:
        return _("Practice round %(n)d, %(title)s") % {"n": round.number, "title": round.version.title}
    return _("Round %(n)d, %(title)s") % {"n": round.number, "title": round.version.title}
