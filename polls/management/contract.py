"""What every command of the contract has in common: `--json`, exit codes, one sentence per error.

    class Command(ContractCommand):
        help = "..."

        def add_options(self, parser): ...

        def run(self, options) -> Outcome:
            return Outcome(document={...}, text="what a person reads")

Raise `polls.problems.Refused` for exit 1 and `WrongUsage` for exit 2; both carry one sentence.
"""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import DatabaseError, OperationalError, ProgrammingError

from polls.models.poll import SLUG_PATTERN
from polls.problems import Refused, WrongUsage


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command has to say: the JSON document, the text for people, and the exit code.

    `code` 1 with a `sentence` prints the document all the same (refused by `--strict`, drift found).
    """

    document: Any
    text: str = ""
    code: int = 0
    sentence: str = ""


class ContractCommand(BaseCommand):
    """A thin shell over a domain function; ends by `SystemExit` unless all is well."""

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_options(parser)
        parser.add_argument("--json", action="store_true", help="Print one JSON document and nothing else.")

    def add_options(self, parser: ArgumentParser) -> None:
        """The command's own arguments."""

    @abstractmethod
    def run(self, options: dict[str, Any]) -> Outcome:
        """Do the work. Raises Refused or WrongUsage, each with one sentence."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = self.run(options)
        except WrongUsage as problem:
            self.complain(str(problem))
            raise SystemExit(2) from None
        except Exception as error:
            if options["traceback"]:
                raise
            sentence = sentence_for(error)
            if options["json"]:
                self.say(json.dumps({"error": sentence}))
            self.complain(sentence)
            raise SystemExit(1) from None
        self.say(json.dumps(outcome.document, allow_nan=False) if options["json"] else outcome.text)
        if outcome.sentence:
            self.complain(outcome.sentence)
        if outcome.code:
            raise SystemExit(outcome.code)

    def say(self, text: str) -> None:
        """Print on standard output, in whatever encoding it has, without failing on a letter it lacks."""
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        try:
            if text:
                self.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
                self.stdout.flush()
        except OSError as error:
            self.complain(
                f"What came of it could not be printed ({error.strerror}); the work itself is done."
            )
            raise SystemExit(1) from None

    def complain(self, sentence: str) -> None:
        """Print a sentence, progress or a warning on standard error."""
        self.stderr.write(" ".join(sentence.split()), self.style.ERROR if self.stderr.isatty() else None)


def sentence_for(error: Exception) -> str:
    """One readable sentence for whatever went wrong."""
    if isinstance(error, Refused | ImproperlyConfigured):
        return str(error)
    detail = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, ProgrammingError) and "does not exist" in detail:
        return "The database has not Rolecall's tables yet: run `manage.py migrate` first."
    if isinstance(error, OperationalError):
        return f"The database cannot be reached or did not answer: {detail}"
    if isinstance(error, DatabaseError):
        return f"The database refused the change, so nothing was written: {detail}"
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'}: {(error.strerror or detail).lower()}."
    return (
        f"Something went wrong that should not, and nothing was written ({type(error).__name__}: {detail}). "
        "Run it again with --traceback to see where, and please report it."
    )


def slug(text: str) -> str:
    """A slug or code as the contract wants it. Raises WrongUsage."""
    if len(text) > 50 or not re.fullmatch(SLUG_PATTERN.strip("^$"), text):
        raise WrongUsage(
            f"“{text}” is no slug: use up to 50 small letters, digits and single hyphens, such as cx-head."
        )
    return text


def whole_number(name: str, text: str) -> int:
    """A whole number from 0. Raises WrongUsage."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= 2_000_000_000):
        raise WrongUsage(f"{name} must be a whole number, 0 or more, not “{text}”.")
    return int(text)


def day(name: str, text: str) -> date:
    """A date as 2026-11-21. Raises WrongUsage."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"{name} must be a date such as 2026-11-21, not “{text}”.") from None
