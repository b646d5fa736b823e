"""Forms about people: adding one, changing roles, accepting a link."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from polls.models import Role, User

ROLE_HINTS: dict[str, Any] = {
    Role.ADMIN: _("imports votes, sets up rounds, adds people, sees who voted for what"),
    Role.REVIEWER: _("reads titles and decides, without seeing votes or the other's decisions"),
    Role.ADJUDICATOR: _("resolves the conflicts of others"),
    Role.VIEWER: _("sees the report once coding is over"),
}

ROLE_CHOICES = [(role.value, role.label) for role in Role]


class AddPersonForm(forms.Form):
    """Somebody to add to a poll."""

    username = forms.CharField(
        label=_("Username"),
        max_length=150,
        help_text=_("Letters, digits and @ . + - _. Somebody who has an account here keeps it."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    roles = forms.MultipleChoiceField(
        label=_("Roles in this poll"),
        choices=[(role.value, f"{role.label}: {ROLE_HINTS[role]}") for role in Role],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )


class AddToSiteForm(forms.Form):
    """Somebody to give an account without any poll."""

    username = AddPersonForm.base_fields["username"]
    name = AddPersonForm.base_fields["name"]
    may_create_polls = forms.BooleanField(label=_("May create polls"), required=False)


class RolesForm(forms.Form):
    """The roles of one member."""

    roles = forms.MultipleChoiceField(choices=ROLE_CHOICES, required=False)


class SiteRightsForm(forms.Form):
    """What an account may do on this site."""

    may_create_polls = forms.BooleanField(required=False)
    may_log_in = forms.BooleanField(required=False)


class AcceptForm(forms.Form):
    """A new person's name and password. The password is judged against the account it is for."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        help_text=_("As the others of your polls should see it."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        max_length=500,
        strip=False,
        help_text=password_validation.password_validators_help_text_html(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password2(self) -> str:
        first, second = self.cleaned_data.get("password1"), self.cleaned_data.get("password2")
        if first and second and first != second:
            raise ValidationError(_("The two passwords are not the same."))
        return cast(str, second)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password1"):
            self.user.first_name = data.get("name", "")
            try:
                password_validation.validate_password(data["password1"], self.user)
            except ValidationError as problem:
                self.add_error("password1", problem)
        return data
