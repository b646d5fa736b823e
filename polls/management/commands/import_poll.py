"""`import_poll`: load a file of voters into a poll (contract.md, import_poll)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings

from polls.importing import load, readers
from polls.importing.mapping import FIELDS
from polls.importing.report import ImportReport
from polls.management.contract import ContractCommand, Outcome, day, slug, whole_number
from polls.problems import Refused, WrongUsage


class Command(ContractCommand):
    help = (
        "Import the voters of a poll from a CSV or TSV file. Importing the same file twice changes nothing."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", metavar="FILE", help="CSV or TSV; - reads standard input.")
        add("--poll", required=True, metavar="SLUG", help="The poll; it is made when there is none.")
        add("--question", default="", metavar="TEXT")
        add("--option", action="append", default=[], metavar="TEXT", help="Once per option, in their order.")
        add("--published-total", metavar="N", help="How many votes the poll itself showed.")
        add("--published-share", action="append", default=[], metavar="PCT", help="Per option, in percent.")
        add("--opened-on", metavar="DATE", help="As 2026-11-21.")
        add("--closed-on", metavar="DATE")
        add("--preset", metavar="NAME", help="Not built yet.")
        add(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=HEADER",
            help=f"Which column holds a field, where the guess is wrong. Fields: {', '.join(FIELDS)}.",
        )
        add("--encoding", default="", metavar="NAME", help="For files that are not UTF-8, such as cp1252.")
        add("--sheet", metavar="NAME", help="Not built yet.")
        add("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        add("--strict", action="store_true", help="Write nothing if any row is rejected.")
        add("--rejects", metavar="FILE", help="Where to write the rejected rows, with the reason.")

    def run(self, options: dict[str, Any]) -> Outcome:
        for name in ("preset", "sheet"):
            if options[name] is not None:
                raise WrongUsage(
                    f"--{name} is not built yet; name columns with --column, and save sheets as CSV."
                )
        wanted = _wanted(options)
        rejects = _rejects_path(options)
        with _open(options["file"], options["encoding"]) as source:
            report = load.run_import(
                source=source,
                by=None,
                dry_run=options["dry_run"],
                strict=options["strict"],
                rejects=rejects,
                **wanted,
            )
        return Outcome(report.as_json(), _told(report), 1 if report.refused else 0, report.refused)


def _wanted(options: dict[str, Any]) -> dict[str, Any]:
    """What was asked of the poll, read from texts. Raises WrongUsage."""
    total, opened, closed = options["published_total"], options["opened_on"], options["closed_on"]
    shares = tuple(_percent(text) for text in options["published_share"])
    if shares and options["option"] and len(shares) < len(options["option"]):
        given = f"{len(shares)} published share{'' if len(shares) == 1 else 's'}"
        raise WrongUsage(
            f"{len(options['option'])} options but {given}: "
            "give one --published-share per option, in the same order."
        )
    return {
        "poll": slug(options["poll"]),
        "columns": _columns(options["column"]),
        "question": options["question"],
        "options": options["option"],
        "published_total": None if total is None else whole_number("--published-total", str(total)),
        "published_shares": shares,
        "opened_on": None if opened is None else day("--opened-on", str(opened)),
        "closed_on": None if closed is None else day("--closed-on", str(closed)),
    }


def _columns(pairs: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for pair in pairs:
        field, equals, header = pair.partition("=")
        if not equals:
            raise WrongUsage(f"--column wants FIELD=HEADER, for example option=Answer, not “{pair}”.")
        if field in columns:
            raise WrongUsage(f"--column names {field} twice.")
        columns[field] = header
    return columns


def _percent(text: str) -> Decimal:
    try:
        return Decimal(str(text).strip().removesuffix("%").strip())
    except InvalidOperation:
        raise WrongUsage(
            f"--published-share must be a percentage such as 26 or 26.5, not “{text}”."
        ) from None


def _rejects_path(options: dict[str, Any]) -> Path | None:
    if options["rejects"] is None:
        return None
    path = Path(options["rejects"])
    if options["file"] != "-" and path.resolve() == Path(options["file"]).resolve():
        raise WrongUsage("--rejects must not name the file that is imported.")
    return path


def _open(file: str, encoding: str) -> readers.Source:
    limits = readers.Limits(
        file_bytes=settings.ROLECALL_MAX_FILE_BYTES,
        rows=settings.ROLECALL_MAX_ROWS,
        columns=settings.ROLECALL_MAX_COLUMNS,
        cell=settings.ROLECALL_MAX_CELL_BYTES,
    )
    spool = Path(settings.ROLECALL_HOME)
    spool.mkdir(parents=True, exist_ok=True)
    if file != "-":
        return readers.open_path(Path(file), encoding=encoding, limits=limits, spool=spool)
    if sys.stdin is None:
        raise Refused("Standard input is closed, so there is nothing to import.")
    return readers.open_upload(sys.stdin.buffer, name="-", encoding=encoding, limits=limits, spool=spool)


def _told(report: ImportReport) -> str:
    """The report as a person reads it."""
    done = "Imported" if report.written else "Would import" if report.dry_run else "Not imported"
    lines = [
        f"{done}: {report.file} into {report.poll} ({report.encoding}).",
        f"{report.rows} rows: {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.rejected} rejected.",
        f"{report.voters} voters with {report.distinct_titles} different titles.",
    ]
    lines += [f"  {option.votes:>7}  {option.text}" for option in report.options]
    if report.published.consistent is not None:
        fits = "agree with" if report.published.consistent else "differ from"
        because = f" ({report.published.reason})" if report.published.reason else ""
        lines.append(f"The figures {fits} the published ones{because}.")
    for difference in report.published.differences:
        lines.append(
            f"  {difference['option']}: {difference['votes']} votes do not give the published share."
        )
    for error in report.errors:
        lines.append(
            f"  row {error.row}, {error.column or 'whole row'}: {error.reason} {error.value}".rstrip()
        )
    if report.rejects_file:
        lines.append(f"Rejected rows: {report.rejects_file}")
    return "\n".join(lines)
