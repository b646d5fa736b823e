"""The imports of a poll."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from polls.importing.formats import FORMATS
from polls.models import Batch, Poll
from polls.votes import BY_HAND
from polls.wording import figure, moment

_TITLES = {known.name: known.title for known in FORMATS}
_NUMBER = {"th": {"class": "num"}, "td": {"class": "num"}}
_DATE = {"td": {"class": "tabular"}}


def batches_of(poll: Poll) -> QuerySet[Batch]:
    """Every import of the poll with the people who brought it and took it back."""
    return Batch.objects.filter(poll=poll).select_related("imported_by", "undone_by")


def name_of(batch: Batch) -> str:
    """What a person calls the import: its file."""
    return _("Added by hand") if batch.file_name == BY_HAND else batch.file_name


def format_of(batch: Batch) -> str:
    """How the file was read, in words: format, sheet, encoding."""
    if batch.file_name == BY_HAND:
        return ""
    known = str(_TITLES.get(batch.preset, batch.preset))
    sheet = _("sheet “%(name)s”") % {"name": batch.sheet} if batch.sheet else ""
    return ", ".join(part for part in (known, sheet, batch.encoding) if part)


class CountColumn(tables.Column):
    """One of the numbers kept about the rows."""

    def __init__(self, key: str, label: Any) -> None:
        super().__init__(verbose_name=label, accessor=f"counts__{key}", attrs=_NUMBER)

    def render(self, value: int) -> str:
        """The digits of large numbers in groups."""
        return figure(value)


class BatchTable(tables.Table):
    """One row per import, undone ones too, newest first."""

    file_name = tables.Column(
        verbose_name=gettext_lazy("File"),
        linkify=lambda record: reverse("classify:batch", args=[record.poll.slug, record.pk]),
        attrs={"td": {"class": "title-cell"}},
    )
    format = tables.Column(
        verbose_name=gettext_lazy("Read as"), empty_values=(), order_by=("preset", "sheet")
    )
    imported_by = tables.Column(
        verbose_name=gettext_lazy("By"), empty_values=(), order_by=("imported_by__username",)
    )
    imported_at = tables.DateTimeColumn(
        verbose_name=gettext_lazy("When"), format="DATETIME_FORMAT", order_by=("pk",), attrs=_DATE
    )
    rows = CountColumn("rows", gettext_lazy("Rows"))
    created = CountColumn("created", gettext_lazy("New"))
    updated = CountColumn("updated", gettext_lazy("Changed"))
    unchanged = CountColumn("unchanged", gettext_lazy("Unchanged"))
    rejected = CountColumn("rejected", gettext_lazy("Not taken"))
    undone_at = tables.Column(verbose_name=gettext_lazy("Undone"), empty_values=())

    TELLING = ("created", "updated", "unchanged")
    """The columns that tell what was known before: not for who may not see votes."""

    class Meta:
        order_by = "-imported_at"
        attrs = {"class": "table"}

    @property
    def caption(self) -> str:
        """What a screen reader calls the table."""
        return _("Imports")

    def __init__(self, *args: Any, poll: Poll, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.poll = poll

    def render_file_name(self, record: Batch) -> str:
        return name_of(record)

    def render_format(self, record: Batch) -> str:
        return format_of(record)

    def render_imported_by(self, record: Batch) -> str:
        return record.imported_by.get_username() if record.imported_by else _("a command")

    def render_undone_at(self, record: Batch) -> str:
        if record.undone_at is None:
            return _("no")
        day = moment(record.undone_at)
        return _("%(day)s by %(name)s") % {
            "day": day,
            "name": record.undone_by.get_username() if record.undone_by else _("a command"),
        }
