"""`manage.py import_codebook FILE`: keep a codebook, as a new version where anything differs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from classify.codebook_files import MAX_FILE_BYTES, CodebookError, parse_codebook
from classify.codebooks import ensure_ready_made, save_codebook
from polls.management.contract import ContractCommand, Outcome


class Command(ContractCommand):
    help = "Import a codebook from a JSON file; an existing code gets a new version when anything differs."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="A JSON file with code, title, subject, categories.")

    def run(self, options: dict[str, Any]) -> Outcome:
        path = Path(options["file"])
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
        try:
            book = parse_codebook(raw)
            ensure_ready_made()
            version, created = save_codebook(book=book, by=None)
        except CodebookError as problem:
            raise CodebookError(f"{path.name}: {problem}") from None
        document = {
            "codebook": book.code,
            "title": version.title,
            "version": version.number,
            "created": created,
            "categories": len(book.categories),
        }
        said = _("new version %(number)s") if created else _("nothing differs from version %(number)s")
        return Outcome(document, f"{book.code}: " + said % {"number": version.number} + ".")
