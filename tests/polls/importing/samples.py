"""Files and short forms that several tests of importing share."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from polls.importing.report import ImportReport

NAUGHTY = json.loads((Path(__file__).parents[2] / "data" / "blns" / "blns.json").read_text("utf-8"))
THREE = (
    "voter_id,name,headline,profile_url,option,voted_at,comment,country,Region\n"
    "v1,Rosa,Head of CX | ex-Google,https://www.linkedin.com/in/rosa,Yes,2026-03-05,Well said,DE,EU\n"
    "v2,Sam,Trainer; Coach,linkedin.com/in/sam,No,2h,,US,\n"
    "v3,Tim,head of cx |  EX-Google,,Yes,,,,EU\n"
)


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    assert report.created + report.updated + report.unchanged + report.rejected == report.rows
    return report.rows, report.created, report.updated, report.unchanged, report.rejected


def reasons(report: ImportReport) -> list[tuple[int, str, str]]:
    return [(error.row, error.column, error.reason) for error in report.errors]


def table(*rows: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
