"""The list of job titles or headlines of a poll."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from classify.tables.voters import shortened
from polls.holders import CURRENT, Held
from polls.models import Option, PartMark, Poll

_NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}
_SHARE = {"th": {"class": "num wrap"}, "td": {"class": "num"}}


class TitleTable(tables.Table):
    """One row per job title and mark, or per headline, as `rows_of` makes them: sorted already. With
    `options` a column for each and links to the voters, for who may see votes."""

    text = tables.Column(verbose_name=_("Job title"), order_by="rank")
    mark = tables.Column(verbose_name=_("Role"), orderable=False, empty_values=())
    voters = tables.Column(verbose_name=_("Voters"), order_by="rank", attrs=_NUMBER)

    class Meta:
        attrs = {"class": "table"}

    def __init__(
        self, rows: list[dict[str, Any]], *, poll: Poll, headlines: bool, options: Sequence[Option]
    ) -> None:
        self.poll, self.headlines, self.linked = poll, headlines, bool(options)
        columns = [
            (f"option_{each.pk}", tables.Column(shortened(each.text, 40), orderable=False, attrs=_SHARE))
            for each in options
        ]
        super().__init__(rows, extra_columns=columns, exclude=("mark",) if headlines else ())
        if headlines:
            self.columns["text"].column.verbose_name = _("Headline")

    @property
    def caption(self) -> str:
        """What a screen reader calls the table."""
        return str(_("Headlines") if self.headlines else _("Job titles"))

    def render_text(self, record: dict[str, Any]) -> Any:
        text = shortened(record["text"])
        if not self.linked:
            return text
        which: dict[str, Any] = {"headline": record["pk"]}
        if not self.headlines:
            which = {"title": record["pk"], "mark": record["mark"] or CURRENT}
        return format_html(
            '<a href="{}?{}">{}</a>',
            reverse("classify:voters", args=[self.poll.slug]),
            urlencode(which),
            text,
        )

    def render_mark(self, record: dict[str, Any]) -> Any:
        return PartMark(record["mark"]).label


def rows_of(
    held: Iterable[Held],
    *,
    order: str,
    options: Sequence[Option],
    counts: dict[tuple[int, str], dict[int, int]],
) -> list[dict[str, Any]]:
    """The rows of the table. `rank` keeps them in the order in which they came, whichever way it points."""
    sign = -1 if order.startswith("-") else 1
    rows = []
    for place, each in enumerate(held):
        row = {
            "pk": each.pk,
            "text": each.text,
            "mark": each.mark,
            "voters": each.voters,
            "rank": sign * place,
        }
        votes = counts.get((each.pk, each.mark), {})
        rows.append(row | {f"option_{option.pk}": votes.get(option.pk, 0) for option in options})
    return rows
