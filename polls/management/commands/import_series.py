"""`import_series`: load several polls from a folder or zip, each file a poll."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from polls.importing import readers
from polls.importing.series import Failure, SeriesReport, import_series
from polls.management.contract import ContractCommand, Outcome


class Command(ContractCommand):
    help = (
        "Import several polls from one folder or zip: each table is a poll named after its file. "
        "A file polls.csv beside them may say more (file, slug, question, options separated by |, "
        "published_total, published_shares, opened_on, closed_on, preset, sheet, encoding, everyone). "
        "A voter with the same profile address in several polls is one voter."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("path", metavar="FOLDER|ZIP", help="Where the files are.")
        add("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        add("--strict", action="store_true", help="Write nothing of a file if any of its rows is rejected.")
        add("--rejects", metavar="FOLDER", help="Where to write the rejected rows, a file per poll.")

    def run(self, options: dict[str, Any]) -> Outcome:
        spool = Path(settings.ROLECALL_HOME)
        spool.mkdir(parents=True, exist_ok=True)
        report = import_series(
            path=Path(options["path"]),
            by=None,
            dry_run=options["dry_run"],
            strict=options["strict"],
            rejects=Path(options["rejects"]) if options["rejects"] else None,
            limits=_limits(),
            spool=spool,
            tell=lambda file: self.complain(f"Reading {file}"),
        )
        if report.left_out:
            are = "it is no table" if len(report.left_out) == 1 else "they are no tables"
            self.complain(f"Left out, since {are}: {', '.join(report.left_out)}")
        sentence = _refusal(report, dry_run=options["dry_run"], strict=options["strict"])
        return Outcome(report.as_json(), _told(report), 1 if sentence else 0, sentence)


def _limits() -> readers.Limits:
    return readers.Limits(
        file_bytes=settings.ROLECALL_MAX_FILE_BYTES,
        rows=settings.ROLECALL_MAX_ROWS,
        columns=settings.ROLECALL_MAX_COLUMNS,
        cell=settings.ROLECALL_MAX_CELL_BYTES,
    )


def _refusal(report: SeriesReport, *, dry_run: bool, strict: bool) -> str:
    """Why the command failed: nothing was written (or would be), or `--strict` refused a file."""
    refused = [each for each in report.polls if not isinstance(each, Failure) and each.refused]
    if strict and refused:
        return refused[0].refused
    if report.failed < len(report.polls):
        return ""
    would = "would be" if dry_run else "was"
    first = report.polls[0]
    return f"Nothing {would} written. {first.error if isinstance(first, Failure) else first.refused}"


def _told(report: SeriesReport) -> str:
    """The report as a person reads it."""
    lines = []
    for each in report.polls:
        if isinstance(each, Failure):
            lines.append(f"Not imported: {each.file}. {each.error}")
            continue
        done = "Imported" if each.written else "Would import" if each.dry_run else "Not imported"
        if each.refused:
            done = "Not imported"
        lines.append(
            f"{done}: {each.file} into {each.poll}: {each.rows} rows, {each.created} created, {each.updated} "
            f"updated, {each.unchanged} unchanged, {each.rejected} rejected; {each.voters} voters."
        )
    files = len(report.polls)
    lines.append(
        f"{report.written} of {files} files written, {report.failed} failed; "
        f"{report.voters} different voters over all of them."
    )
    return "\n".join(lines)
