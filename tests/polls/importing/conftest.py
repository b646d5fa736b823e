"""Importing a few lines, as short as a test can say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.importing.report import ImportReport

type Importer = Callable[..., ImportReport]


@pytest.fixture
def load(settings: Any) -> Importer:
    """`load("name,option\\nRosa,Yes\\n", ...)` imports that text into the poll `p`; nobody is told of it."""
    settings.ROLECALL_AFTER_IMPORT = ""

    def load_text(text: str | bytes, **wishes: Any) -> ImportReport:
        with open_upload(text, name="voters.csv", encoding=wishes.pop("encoding", "")) as source:
            return run_import(
                source=source, poll=wishes.pop("poll", "p"), by=wishes.pop("by", None), **wishes
            )

    return load_text
