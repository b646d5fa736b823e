"""`import_poll`: load a file of voters into a poll (contract.md, import_poll)."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings

from polls.importing import load, mapping, readers
from polls.importing.content import option_named
from polls.importing.formats import FORMATS, NO_PRESET, named
from polls.importing.mapping import FIELDS
from polls.importing.reading import Reading
from polls.importing.report import ImportReport
from polls.importing.sheets import is_workbook
from polls.management.contract import ContractCommand, Outcome, day, slug, whole_number
from polls.models import Option
from polls.problems import Refused, WrongUsage
from polls.texts import option_key
from polls.titles import comparison_key
from polls.upload_check.admitted import admitted_sentences


class Command(ContractCommand):
    help = (
        "Import the voters of a poll from a CSV, TSV, XLSX or ODS file. Importing the same file twice "
        "changes nothing."
    )

    def add_options(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", metavar="FILE", help="CSV, TSV, XLSX or ODS; - reads standard input.")
        add("--poll", required=True, metavar="SLUG", help="The poll; it is made when there is none.")
        add("--question", default="", metavar="TEXT")
        add("--option", action="append", default=[], metavar="TEXT", help="Once per option, in their order.")
        add("--published-total", metavar="N", help="How many votes the poll itself showed.")
        add("--published-share", action="append", default=[], metavar="PCT", help="Per option, in percent.")
        add("--opened-on", metavar="DATE", help="As 2026-11-21.")
        add("--closed-on", metavar="DATE")
        presets = ", ".join(sorted(known.name for known in FORMATS))
        add(
            "--preset",
            default="",
            metavar="NAME",
            help=f"The export the file comes from, where that is not seen by itself: {presets}; or "
            f"{NO_PRESET}, to read it by its columns alone.",
        )
        add(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=HEADER",
            help=f"Which column holds a field, where the guess is wrong. Fields: {', '.join(FIELDS)}. "
            "option=HEADER given several times names one column per option.",
        )
        add("--everyone", default="", metavar="OPTION", help="All voters of FILE chose this option.")
        add("--encoding", default="", metavar="NAME", help="For files that are not UTF-8, such as cp1252.")
        add(
            "--sheet", default="", metavar="NAME", help="A sheet of a workbook; a table of several in a file."
        )
        order = parser.add_mutually_exclusive_group()
        for flag, first in (("--day-first", True), ("--month-first", False)):
            order.add_argument(
                flag, dest="day_first", action="store_const", const=first, help="How 03/04/2026 is meant."
            )
        add("--dry-run", action="store_true", help="Say what would happen and write nothing.")
        add("--strict", action="store_true", help="Write nothing if any row is rejected.")
        add("--rejects", metavar="FILE", help="Where to write the rejected rows, with the reason.")

    def run(self, options: dict[str, Any]) -> Outcome:
        wanted = _wanted(options)
        columns, option_columns = _columns(options["column"])
        reading = _reading(options, columns)
        rejects = _rejects_path(options)
        with _open(options) as source:
            known = _known_options(wanted["poll"], wanted["options"])
            report = load.run_import(
                source=source,
                reading=_within(source, reading, options["sheet"], option_columns, known),
                by=None,
                dry_run=options["dry_run"],
                strict=options["strict"],
                rejects=rejects,
                **wanted,
            )
        if not report.refused:
            for note in report.notes:
                self.complain(note)
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
        "question": options["question"],
        "options": options["option"],
        "published_total": None if total is None else whole_number("--published-total", str(total)),
        "published_shares": shares,
        "opened_on": None if opened is None else day("--opened-on", str(opened)),
        "closed_on": None if closed is None else day("--closed-on", str(closed)),
    }


def _columns(pairs: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Field to header, and the headers of a column per option where `option` is named several times."""
    columns: dict[str, str] = {}
    of_options: list[str] = []
    for pair in pairs:
        field, equals, header = pair.partition("=")
        if not equals:
            raise WrongUsage(f"--column wants FIELD=HEADER, for example option=Answer, not “{pair}”.")
        if field == "option":
            of_options.append(header)
        elif field in columns:
            raise WrongUsage(f"--column names {field} twice.")
        else:
            columns[field] = header
    if len(of_options) == 1:
        columns["option"] = of_options.pop()
    twice = next((header for header in of_options if of_options.count(header) > 1), None)
    if twice is not None:
        raise WrongUsage(f"--column names “{twice}” for two options.")
    return columns, tuple(of_options)


def _reading(options: dict[str, Any], columns: dict[str, str]) -> Reading:
    """How the file is to be read, as far as the options alone say it. Raises WrongUsage."""
    if options["preset"] not in ("", NO_PRESET):
        named(options["preset"])
    return Reading(
        encoding=options["encoding"],
        preset=options["preset"],
        columns=columns,
        everyone=options["everyone"].strip(),
        day_first=options["day_first"],
    )


def _known_options(poll: str, texts: Sequence[str]) -> dict[str, str]:
    """Key to text of the options that the poll has or is given."""
    known = dict(Option.objects.filter(poll__slug=poll).values_list("key", "text"))
    return {option_key(text): text.strip() for text in texts} | known


def _within(
    source: readers.Source,
    reading: Reading,
    sheet: str,
    option_columns: Sequence[str],
    known: dict[str, str],
) -> Reading:
    """The same reading with what only the file can tell.

    That is which table is meant, by its number, its title or how that begins; and which option a column
    stands for: the one that its header names, alone or behind a question, else the header itself.
    """
    named_by = {header: known.get(option_named(header, known), header.strip()) for header in option_columns}
    reading = replace(reading, sheet=source.sheet, option_columns=tuple(named_by.items()))
    if not sheet or source.kind == "workbook":
        return reading
    tables = mapping.preview(source, reading, rows=0, known_options=known).tables
    wanted = comparison_key(sheet)
    exact = [table for table in tables if wanted in (comparison_key(table.title), str(table.number))]
    meant = exact or [table for table in tables if comparison_key(table.title).startswith(wanted)]
    if len(meant) == 1:
        return replace(reading, table=meant[0].number)
    if not tables:
        raise Refused(f"{source.name} is no workbook and holds one table only: there is no “{sheet}” in it.")
    titles = ", ".join(f"{table.number} “{table.title}”" for table in tables)
    raise Refused(f"{source.name} has no table “{sheet}”; its tables are {titles}.")


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


def _open(options: dict[str, Any]) -> readers.Source:
    file, encoding = options["file"], options["encoding"]
    limits = readers.Limits(
        file_bytes=settings.ROLECALL_MAX_FILE_BYTES,
        rows=settings.ROLECALL_MAX_ROWS,
        columns=settings.ROLECALL_MAX_COLUMNS,
        cell=settings.ROLECALL_MAX_CELL_BYTES,
    )
    spool = Path(settings.ROLECALL_HOME)
    spool.mkdir(parents=True, exist_ok=True)
    # In other files --sheet names a table, which is known once the file is open.
    sheet = options["sheet"] if is_workbook(_beginning(file)) else ""
    if file != "-":
        return readers.open_path(Path(file), encoding=encoding, sheet=sheet, limits=limits, spool=spool)
    return readers.open_upload(
        sys.stdin.buffer, name="-", encoding=encoding, sheet=sheet, limits=limits, spool=spool
    )


def _beginning(file: str) -> bytes:
    """The first bytes, which are not used up; empty where that cannot be. Raises Refused."""
    if file != "-":
        path = Path(file)
        try:
            if not path.is_file():  # a pipe can be opened once only
                return b""
            with path.open("rb") as opened:
                return opened.read(8)
        except (OSError, ValueError):
            return b""
    if sys.stdin is None:
        raise Refused("Standard input is closed, so there is nothing to import.")
    stream = sys.stdin.buffer
    if hasattr(stream, "peek"):
        return bytes(stream.peek(8)[:8])
    head = stream.read(8)
    stream.seek(0)
    return head


def _told(report: ImportReport) -> str:
    """The report as a person reads it."""
    done = "Imported" if report.written else "Would import" if report.dry_run else "Not imported"
    lines = [
        f"{done}: {report.file} into {report.poll} ({report.encoding}).",
        f"{_many(report.rows, 'row')}: {report.created} created, {report.updated} updated, "
        f"{report.unchanged} unchanged, {report.rejected} rejected.",
        f"{_many(report.voters, 'voter')} with {_many(report.distinct_titles, 'different title')}.",
    ]
    lines += [f"  {option.votes:>7}  {option.text}" for option in report.options]
    if report.published.consistent is not None:
        fits = "agree with" if report.published.consistent else "differ from"
        because = f" ({report.published.reason})" if report.published.reason else ""
        lines.append(f"The figures {fits} the published ones{because}.")
    for difference in report.published.differences:
        votes = difference["votes"]
        lines.append(
            f"  {difference['option']}: {_many(votes, 'vote')} {'does' if votes == 1 else 'do'} "
            "not give the published share."
        )
    admitted = asdict(report.admitted) if report.admitted else None
    lines += admitted_sentences(admitted, [asdict(option) for option in report.options])
    for error in report.errors:
        value = f" ({error.value})" if error.value else ""
        lines.append(f"  row {error.row}, {error.column or 'whole row'}: {error.reason}{value}")
    if report.rejects_file:
        lines.append(f"Rejected rows: {report.rejects_file}")
    return "\n".join(lines)


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
