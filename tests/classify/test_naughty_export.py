"""The naughty strings as names, headlines, options and comments: each leaves as it came in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from classify import exports
from polls.csvio import undo_defuse
from polls.importing.load import run_import
from polls.importing.readers import open_upload
from polls.importing.report import ImportReport
from polls.models import Poll
from polls.texts import option_key

pytestmark = pytest.mark.django_db
NAUGHTY = json.loads((Path(__file__).parents[1] / "data" / "blns" / "blns.json").read_text("utf-8"))
HEADER = ["voter_id", "name", "headline", "option", "comment"]
EACH = 90
TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula, after any leading apostrophe."""


def bring(data: bytes, poll: str) -> ImportReport:
    with open_upload(data, name="voters.csv") as source:
        return run_import(source=source, poll=poll, by=None)


def exported(poll: str) -> bytes:
    return b"".join(exports.as_csv(exports.classified(Poll.objects.get(slug=poll), None)))


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("start", range(0, len(NAUGHTY), EACH))
def test_a_naughty_string_leaves_as_it_came_in(start: int) -> None:
    texts = {f"v{number}": text for number, text in enumerate(NAUGHTY[start : start + EACH])}
    file = io.StringIO(newline="")
    csv.writer(file).writerows([HEADER, *([voter, text, text, text, text] for voter, text in texts.items())])
    report = bring(file.getvalue().encode(), "p")
    readable = {voter: text for voter, text in texts.items() if option_key(text)}
    assert (report.created, report.rejected) == (len(readable), len(texts) - len(readable))
    first: dict[str, str] = {}
    for text in readable.values():
        first.setdefault(option_key(text), text.strip())
    data = exported("p")
    rows = rows_of(data)
    assert [row["voter_id"] for row in rows] == list(readable)
    for row in rows:
        text = readable[row["voter_id"]]
        assert (undo_defuse(row["name"]), undo_defuse(row["option"])) == (
            text.strip(),
            first[option_key(text)],
        )
        assert (undo_defuse(row["headline"]), undo_defuse(row["comment"])) == (text, text)
        for cell in (row["name"], row["headline"], row["option"], row["comment"]):
            assert not cell.startswith(TRIGGERS)
    assert bring(data, "p").unchanged == len(rows)
    assert bring(data, "copy").created == len(rows)
    assert exported("copy") == data


def test_the_strings_with_an_apostrophe_before_a_formula_are_among_them() -> None:
    assert any(text.startswith(TRIGGERS) for text in NAUGHTY)
    assert any(text.startswith("'") for text in NAUGHTY)
