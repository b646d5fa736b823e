"""A file brought in one line."""

from __future__ import annotations

from typing import Any

import pytest

from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.models import Batch, Poll
from tests.polls.undone import Bring


@pytest.fixture
def bring(poll: Poll, settings: Any) -> Bring:
    """`bring(text)` imports it into the poll and gives the batch; nobody is told."""
    settings.ROLECALL_AFTER_IMPORT = ""

    def bring_text(text: str, into: Poll = poll, **wishes: Any) -> Batch:
        with open_upload(text, name="voters.csv") as source:
            report = run_import(source=source, poll=into.slug, by=wishes.pop("by", None), **wishes)
        assert report.written, report.refused
        return Batch.objects.get(pk=report.batch_id)

    return bring_text
