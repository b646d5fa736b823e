"""Lists beside reading: one's own decisions, and the conflicts of a round."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classify.models import Case, Decision

_TITLE_LENGTH = 160
_DOT = (
    '<svg class="dot" viewBox="0 0 10 10" aria-hidden="true" focusable="false">'
    '<rect width="10" height="10" rx="2.5" fill="{}"/></svg>'
)
_TITLE = {"td": {"class": "title-cell"}}
_DATE = {"td": {"class": "tabular"}}
_NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}


def _url(record: dict[str, Any]) -> str:
    return str(record["url"])


def shortened(text: str) -> str:
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
        accessor="said_at",
        verbose_name=gettext_lazy("When"),
        order_by=("said_at", "pk"),
        format="DATETIME_FORMAT",
        attrs=_DATE,
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
        return shortened(value)

    def render_note(self, value: str) -> str:
        """The beginning of the note."""
        return shortened(value)


def _side(side: dict[str, str]) -> SafeString:
    """A category with its dot. Put together here: a template for each of a hundred cells takes a while."""
    dot = format_html(_DOT, side["color"]) if side["color"] else ""
    return format_html('<span class="text-nowrap">{}{}</span>', dot, side["label"])


class ConflictTable(tables.Table):
    """Conflicts that wait, as rows of the view: in their order already, without who said what."""

    text = tables.Column(verbose_name=gettext_lazy("Title"), linkify=_url, attrs=_TITLE)
    n_votes = tables.Column(verbose_name=gettext_lazy("Voters"), attrs=_NUMBER)
    pair = tables.Column(verbose_name=gettext_lazy("Read as, in no order"))
    conflict_since = tables.DateColumn(verbose_name=gettext_lazy("Waits since"), attrs=_DATE)
    held_by = tables.Column(verbose_name=gettext_lazy("Taken up by"))
    proposed = tables.Column(verbose_name=gettext_lazy("Proposed by"))

    class Meta:
        orderable = False
        attrs = {"class": "plain"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caption = _("Conflicts")

    def render_text(self, value: str) -> str:
        """The beginning of the headline."""
        return shortened(value)

    def render_pair(self, value: list[dict[str, str]]) -> SafeString:
        """Two categories in the order of the codebook: not by whom."""
        return format_html_join(mark_safe(" / "), "{}", ((_side(side),) for side in value))

    def render_mine(self, value: dict[str, str]) -> SafeString:
        """What one had chosen oneself."""
        return _side(value)

    def render_final(self, value: dict[str, str] | None) -> Any:
        """What it became."""
        return _side(value) if value else _("Unresolved")


class DoneTable(ConflictTable):
    """Conflicts that were resolved or closed, the latest first."""

    pair = None
    conflict_since = None
    held_by = None
    proposed = None
    final = tables.Column(verbose_name=gettext_lazy("Outcome"), empty_values=())
    resolution = tables.Column(verbose_name=gettext_lazy("How"), empty_values=())

    class Meta(ConflictTable.Meta):
        sequence = ("text", "n_votes", "final", "resolution")

    def render_resolution(self, record: dict[str, Any]) -> str:
        """How the outcome came about."""
        found = record["resolution"]
        return str(Case.Resolution(found).label) if found else _("Closed as unresolved")


class OverruledTable(ConflictTable):
    """One's own decisions that became something else: what, how and why."""

    pair = None
    conflict_since = None
    held_by = None
    proposed = None
    mine = tables.Column(verbose_name=gettext_lazy("Your decision"))
    final = tables.Column(verbose_name=gettext_lazy("Became"))
    resolution = tables.Column(verbose_name=gettext_lazy("How"))
    rationale = tables.TemplateColumn(
        template_name="classify/includes/why.html",
        verbose_name=gettext_lazy("Why"),
        attrs={"td": {"class": "why-cell"}},
        empty_values=(),
    )

    class Meta(ConflictTable.Meta):
        sequence = ("text", "n_votes", "mine", "final", "resolution", "rationale")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caption = _("Where you were overruled")
