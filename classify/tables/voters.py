"""The list of voters of a poll, and the votes found across polls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from polls.models import Poll, Vote, VoterKey
from polls.wording import voted

_TITLE_LENGTH = 240


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


def shortened(text: str, most: int = _TITLE_LENGTH) -> str:
    """A headline can be an essay; a list shows its beginning, on one line."""
    shown = " ".join(text.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def state_of(vote: Vote) -> Any:
    """Whether a vote counts, in words."""
    if vote.voided_at is None:
        return _("yes")
    return _("no: %(reason)s") % {"reason": vote.get_void_reason_display()}


class VoterTable(tables.Table):
    """One row per vote, excluded ones too."""

    voter = tables.Column(
        verbose_name=_("Voter"),
        accessor="voter__name",
        order_by=("voter__name", "pk"),
        empty_values=(),
        linkify=lambda record: reverse("classify:voter", args=[record.voter_id]),
    )
    headline = tables.Column(
        verbose_name=_("Headline"), accessor="headline_raw", order_by=("headline_raw", "pk")
    )
    option = tables.Column(
        verbose_name=_("Option"), accessor="option__text", order_by=("option__position", "pk")
    )
    voted_at = tables.Column(
        verbose_name=_("Voted at"),
        order_by=("voted_at", "pk"),
        attrs={"td": {"class": "tabular"}},
    )
    voter_id_shown = tables.Column(
        verbose_name=_("Voter id"),
        order_by=("voter_id_shown", "pk"),
        attrs={"td": {"class": "small quiet text-break"}},
    )
    state = tables.Column(
        verbose_name=_("Counted"), accessor="voided_at", order_by=("voided_at", "pk"), empty_values=()
    )
    actions = tables.TemplateColumn(
        template_name="classify/_vote_actions.html", verbose_name=_("Change"), orderable=False
    )

    class Meta:
        attrs = {"class": "table"}
        order_by = ()

    @property
    def caption(self) -> str:
        """What a screen reader calls the table."""
        return str(_("Voters"))

    def render_voter(self, record: Vote) -> str:
        return shortened(record.voter.name) or str(_("no name"))

    def render_headline(self, value: str) -> str:
        return shortened(value)

    def render_voted_at(self, value: datetime) -> str:
        return voted(value)

    def render_state(self, record: Vote) -> Any:
        return state_of(record)


class FoundTable(tables.Table):
    """Votes found across polls; the rows are at most as many as a search gives."""

    voter = tables.Column(
        verbose_name=_("Voter"),
        accessor="voter__name",
        order_by=("voter__name", "pk"),
        empty_values=(),
        linkify=lambda record: reverse("classify:voter", args=[record.voter_id]),
    )
    headline = tables.Column(
        verbose_name=_("Headline"), accessor="headline_raw", order_by=("headline_raw", "pk")
    )
    poll = tables.Column(
        verbose_name=_("Poll"),
        accessor="poll__slug",
        order_by=("poll__slug", "pk"),
        linkify=lambda record: reverse("classify:voters", args=[record.poll.slug]) + "?clear=1",
    )
    option = tables.Column(
        verbose_name=_("Option"), accessor="option__text", order_by=("option__position", "pk")
    )
    state = tables.Column(
        verbose_name=_("Counted"), accessor="voided_at", order_by=("voided_at", "pk"), empty_values=()
    )

    class Meta:
        attrs = {"class": "table"}
        order_by = ()

    @property
    def caption(self) -> str:
        """What a screen reader calls the table."""
        return str(_("Voters found"))

    def render_voter(self, record: Vote) -> str:
        return shortened(record.voter.name) or str(_("no name"))

    def render_headline(self, value: str) -> str:
        return shortened(value)

    def render_state(self, record: Vote) -> Any:
        return state_of(record)
