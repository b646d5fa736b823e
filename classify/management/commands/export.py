"""`manage.py export`: the classified file, the decisions behind it, or the codebook, streamed."""

from __future__ import annotations

import json
import os
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from classify import exports
from classify.codebooks import document_of
from classify.management.rounds import add_round_options, find_round, openness
from classify.models import Round
from polls.management.contract import ContractCommand, Outcome, slug
from polls.models import Poll
from polls.problems import Refused, WrongUsage

WHATS = ("classified", "tags", "wide", "codebook")
NOT_YET = ("conflicts", "bundle")
FORMATS = ("csv", "json")


class Command(ContractCommand):
    help = "Write the classified votes, the decisions behind them, or the codebook, as CSV or JSON."

    def add_options(self, parser: ArgumentParser) -> None:
        add_round_options(parser)
        parser.add_argument("--what", required=True, metavar="|".join(WHATS), help="What to write.")
        parser.add_argument("--format", metavar="csv|json", help="Default: csv.")
        parser.add_argument(
            "--pseudonymise",
            action="store_true",
            help="Replace voter ids by a keyed hash and leave out all that tells who voted.",
        )
        parser.add_argument("--output", metavar="FILE", help="Where to write. Default: standard output.")

    def run(self, options: dict[str, Any]) -> Outcome:
        what, form = options["what"], _format(options)
        if what in NOT_YET:
            raise WrongUsage(f"Exporting “{what}” is not built yet; choose {', '.join(WHATS)}.")
        if what not in WHATS:
            raise WrongUsage(f"--what must be {', '.join(WHATS)}, not “{what}”.")
        round_ = _round(what, options["poll"], options["round"])
        pieces = _pieces(what, form, options["poll"], round_, pseudonymise=options["pseudonymise"])
        warning = openness(round_) if round_ and what != "codebook" else ""
        if options["output"]:
            path = Path(options["output"])
            size = write_whole(path, pieces)
            document = {"poll": options["poll"], "round": round_ and round_.number, "what": what}
            document |= {"format": form, "file": str(path), "bytes": size}
            return Outcome(document, f"Wrote {path}.", sentence=warning)
        # The export is all that may stand on standard output.
        options["json"] = False
        self._stream(pieces)
        return Outcome(None, sentence=warning)

    def _stream(self, pieces: Iterator[bytes]) -> None:
        out = getattr(self.stdout, "buffer", None)
        for piece in pieces:
            if out is None:
                self.stdout.write(piece.decode(), ending="")
            else:
                out.write(piece)
        self.stdout.flush()


def _format(options: dict[str, Any]) -> str:
    form: str = options["format"] or ("json" if options["json"] and not options["output"] else "csv")
    if form == "xlsx":
        raise WrongUsage("Writing XLSX is not built yet; a CSV file opens in every spreadsheet.")
    if form not in FORMATS:
        raise WrongUsage(f"--format must be csv or json, not “{form}”.")
    if options["json"] and form == "csv" and not options["output"]:
        raise WrongUsage("With --json standard output holds JSON only: name --output FILE for the CSV file.")
    return form


def _round(what: str, poll_slug: str, number: str | None) -> Round | None:
    """The round to export; None for the votes of a poll that nobody has read yet."""
    if what == "classified" and number is None:
        started = Round.objects.filter(poll__slug=slug(poll_slug)).exclude(purpose=Round.Purpose.PILOT)
        if not started.exists() and Poll.objects.filter(slug=poll_slug).exists():
            return None
    return find_round(poll_slug, number)


def _pieces(
    what: str, form: str, poll_slug: str, round_: Round | None, *, pseudonymise: bool
) -> Iterator[bytes]:
    poll = round_.poll if round_ else Poll.objects.get(slug=poll_slug)
    pseudonym = exports.hasher(exports.key_of(settings.ROLECALL_HOME), poll) if pseudonymise else None
    if what == "codebook" and round_ is not None and form == "json":
        text = json.dumps(document_of(round_.version), ensure_ascii=False, indent=2)
        return iter([f"{text}\n".encode()])
    if round_ is None or what == "classified":
        table = exports.classified(poll, round_, pseudonym=pseudonym)
    elif what == "codebook":
        table = exports.codebook(round_.version)
    else:
        table = (exports.tags if what == "tags" else exports.wide)(round_, pseudonym=pseudonym)
    return exports.as_csv(table) if form == "csv" else exports.as_json(table)


def write_whole(path: Path, pieces: Iterator[bytes]) -> int:
    """Write a file that is there whole or not at all; returns its size. Raises Refused where it cannot be."""
    if path.is_dir():
        raise Refused(f"{path} is a folder; name a file in it.")
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    size = 0
    try:
        with draft.open("xb") as file:
            for piece in pieces:
                size += file.write(piece)
        os.replace(draft, path)
    except OSError as problem:
        raise Refused(f"{path} cannot be written: {(problem.strerror or str(problem)).lower()}.") from problem
    finally:
        draft.unlink(missing_ok=True)
    return size
