"""The list of voters of a poll."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from polls.models import Poll, Vote, VoterKey


def votes_of(poll: Poll) -> QuerySet[Vote]:
    """Every vote of the poll with voter and option, and the voter's id in this poll as `voter_id_shown`."""
    key = VoterKey.objects.filter(
        scheme=VoterKey.Scheme.ID, scope=OuterRef("poll"), voter=OuterRef("voter")
    ).values("value")[:1]
    return (
        Vote.objects.filter(poll=poll)
        .select_related("poll", "voter", "option")
        .annotate(voter_id_shown=Subquery(key))
    )


class VoterTable(tables.Table):
    """One row per vote, excluded ones too."""

    voter = tables.Column(verbose_name=_("Voter"), accessor="voter__name", empty_values=())
    headline = tables.Column(verbose_name=_("Headline"), accessor="headline_raw")
    option = tables.Column(verbose_name=_("Option"), accessor="option__text", order_by="option__position")
    voted_at = tables.Column(verbose_name=_("Voted at"), attrs={"td": {"class": "text-nowrap"}})
    voter_id_shown = tables.Column(
        verbose_name=_("Voter id"), attrs={"td": {"class": "small quiet text-break"}}
    )
    state = tables.Column(
        verbose_name=_("Counted"), accessor="voided_at", order_by="voided_at", empty_values=()
    )
    actions = tables.TemplateColumn(
        template_name="classify/_vote_actions.html", verbose_name=_("Change"), orderable=False
    )

    class Meta:
        attrs = {"class": "table"}
        order_by = ()
        empty_text = _("No vote fits this search.")

    @property
    def caption(self) -> str:
        """What a screen reader calls the table."""
        return str(_("Voters"))

    def render_voter(self, record: Vote) -> str:
        return record.voter.name or str(_("no name"))

    def render_voted_at(self, value: datetime) -> str:
        # Most files give a day and no hour.
        return date_format(value, "Y-m-d H:i").removesuffix(" 00:00")

    def render_state(self, record: Vote) -> Any:
        if record.voided_at is None:
            return _("yes")
        return _("no: %(reason)s") % {"reason": record.get_void_reason_display()}
