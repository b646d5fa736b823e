"""`manage.py import_tags FILE --poll SLUG`: bring in decisions that were made elsewhere."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from classify.importing_tags import TagReport, import_tags
from classify.management.rounds import add_round_options
from polls.importing.readers import open_path
from polls.management.contract import ContractCommand, Outcome, slug, whole_number


class Command(ContractCommand):
    help = "Import decisions: voter_id, reviewer, category in rows, or one column tag:USERNAME per reviewer."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="A table (CSV, XLSX, ...), long or wide.")
        add_round_options(parser)
        parser.add_argument("--codebook", metavar="CODE", help="For the round that is made. Default: role.")
        parser.add_argument(
            "--create-users", action="store_true", help="Make accounts for unknown reviewers."
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen; write nothing.")

    def run(self, options: dict[str, Any]) -> Outcome:
        number = None if options["round"] is None else whole_number("--round", options["round"])
        poll, codebook = slug(options["poll"]), slug(options["codebook"]) if options["codebook"] else ""
        with open_path(Path(options["file"])) as source:
            report = import_tags(
                source=source,
                poll=poll,
                round_number=number,
                codebook=codebook,
                create_users=options["create_users"],
                dry_run=options["dry_run"],
            )
        sentence = report.nothing_taken or _openness(report)
        return Outcome(report.as_json(), _text(report, options["dry_run"]), sentence=sentence)


def _openness(report: TagReport) -> str:
    if not report.is_open:
        return ""
    return (
        f"Round {report.round} of “{report.poll}” is open: what this says of it, its reviewers may not know."
    )


def _text(report: TagReport, dry_run: bool) -> str:
    lines = [
        f"{'Would be' if dry_run else 'Now'}: poll {report.poll}, round {report.round}.",
        f"{report.rows} rows: {report.created} created, {report.unchanged} unchanged, "
        f"{report.rejected} rejected.",
        "Cases: " + ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in report.status.items()) + ".",
    ]
    lines += [
        f"  row {error.row}, {error.column or 'the row'}: {error.value!r}: {error.reason}"
        for error in report.errors
    ]
    return "\n".join(lines)
