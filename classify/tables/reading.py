"""Lists beside reading: one's own decisions, and the conflicts of a round."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.models import Case, Decision

_TITLE_LENGTH = 160
_TITLE = {"td": {"class": "title-cell"}}
_DATE = {"td": {"class": "tabular"}}
_NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}


def _shortened(text: str) -> str:
    """A headline can be an essay; a list shows its beginning."""
    shown = " ".join(text.split()) or _("No title")
    return shown if len(shown) <= _TITLE_LENGTH else shown[: _TITLE_LENGTH - 1] + "…"


class DecisionTable(tables.Table):
    """One's own latest decision on each case, as `visibility.my_decisions` gives them."""

    text = tables.Column(
        verbose_name=gettext_lazy("Title"),
        linkify=lambda record, table: table.url_of(record.case_id),
        attrs=_TITLE,
    )
    n_votes = tables.Column(verbose_name=gettext_lazy("Voters"), attrs=_NUMBER)
    category = tables.TemplateColumn(
        template_name="classify/includes/verdict.html",
        verbose_name=gettext_lazy("Your decision"),
        order_by=("category__position", "verdict"),
    )
    note = tables.Column(verbose_name=gettext_lazy("Note"), orderable=False)
    decided_at = tables.DateTimeColumn(
        verbose_name=gettext_lazy("When"), order_by=("pk",), format="Y-m-d H:i", attrs=_DATE
    )

    class Meta:
        model = Decision
        fields = ("text", "n_votes", "category", "note", "decided_at")
        order_by = "-decided_at"
        empty_text = gettext_lazy("No decision of yours is like that. Choose “Show all”.")
        attrs = {"class": "plain"}

    def __init__(self, *args: Any, url_of: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_of = url_of
        self.caption = _("My decisions")

    def render_text(self, value: str) -> str:
        """The beginning of the headline."""
        return _shortened(value)

    def render_note(self, value: str) -> str:
        """The beginning of the note."""
        return _shortened(value)


class ConflictTable(tables.Table):
    """The conflicts of a round that wait, without who said what."""

    text = tables.Column(
        verbose_name=gettext_lazy("Title"),
        linkify=lambda record, table: table.url_of(record.pk),
        attrs=_TITLE,
    )
    n_votes = tables.Column(verbose_name=gettext_lazy("Voters"), attrs=_NUMBER)
    conflict_since = tables.DateColumn(verbose_name=gettext_lazy("Waits since"), format="Y-m-d", attrs=_DATE)
    claimed_by = tables.Column(verbose_name=gettext_lazy("Taken up by"), order_by=("claimed_by__username",))

    class Meta:
        model = Case
        fields = ("text", "n_votes", "conflict_since", "claimed_by")
        order_by = "conflict_since"
        empty_text = gettext_lazy("All conflicts are resolved.")
        attrs = {"class": "plain"}

    def __init__(self, *args: Any, url_of: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.url_of = url_of
        self.caption = _("Conflicts")

    def render_text(self, value: str) -> str:
        """The beginning of the headline."""
        return _shortened(value)


class DoneTable(ConflictTable):
    """The conflicts of a round that were resolved or closed."""

    conflict_since = None
    claimed_by = None
    final = tables.TemplateColumn(
        template_name="classify/includes/final.html",
        verbose_name=gettext_lazy("Outcome"),
        order_by=("final__position",),
    )
    resolution = tables.Column(verbose_name=gettext_lazy("How"), empty_values=())

    class Meta(ConflictTable.Meta):
        fields = ("text", "n_votes", "final", "resolution")
        order_by = "text"
        empty_text = gettext_lazy("No conflict is resolved yet.")

    def render_resolution(self, record: Case) -> str:
        """How the outcome came about."""
        return record.get_resolution_display() or _("Closed as unresolved")
