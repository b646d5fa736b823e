"""What every command of the contract has in common."""

from __future__ import annotations

import io
import json
from argparse import ArgumentParser
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import DataError, OperationalError, ProgrammingError

from polls.management.contract import ContractCommand, Outcome, day, sentence_for, slug, whole_number
from polls.problems import Refused, WrongUsage


class Asked(ContractCommand):
    """A command that does what its one argument says."""

    outcomes: dict[str, Any] = {
        "good": Outcome({"n": 1}, "One é."),
        "drift": Outcome({"n": 2}, "Two.", 1, "Two drifted."),
        "refused": Refused("Nothing is there."),
        "usage": WrongUsage("Ask otherwise."),
        "broken": ValueError("oops\nand more"),
    }

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("what")

    def run(self, options: dict[str, Any]) -> Outcome:
        outcome = self.outcomes[options["what"]]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def run(*arguments: str, stdout: io.StringIO | None = None) -> tuple[int, str, str]:
    out, err, code = stdout or io.StringIO(), io.StringIO(), 0
    try:
        call_command(Asked(), *arguments, stdout=out, stderr=err)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("what", "text", "document"),
    [
        ("good", (0, "One é.\n", ""), (0, {"n": 1}, "")),
        ("drift", (1, "Two.\n", "Two drifted.\n"), (1, {"n": 2}, "Two drifted.\n")),
        (
            "refused",
            (1, "", "Nothing is there.\n"),
            (1, {"error": "Nothing is there."}, "Nothing is there.\n"),
        ),
    ],
)
def test_what_came_of_it_is_told_as_text_or_as_one_document(what: str, text: Any, document: Any) -> None:
    assert run(what) == text
    code, out, err = run(what, "--json")
    assert (code, json.loads(out), err) == document


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_wrong_usage_prints_no_document(form: list[str]) -> None:
    assert run("usage", *form) == (2, "", "Ask otherwise.\n")


def test_what_should_not_happen_is_one_line_unless_asked() -> None:
    code, out, err = run("broken", "--json")
    assert code == 1
    assert json.loads(out)["error"] == err.strip()
    assert "(ValueError: oops and more)" in err
    assert err.count("\n") == 1
    with pytest.raises(ValueError, match="oops"):
        run("broken", "--traceback")


class Full(io.StringIO):
    """A place where nothing can be written any more."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_result_that_cannot_be_printed_is_said() -> None:
    code, _, err = run("good", stdout=Full())
    assert (code, err) == (
        1,
        "What came of it could not be printed (No space left on device); the work itself is done.\n",
    )


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ImproperlyConfigured("Set it."), "Set it."),
        (ProgrammingError('relation "polls_poll" does not exist'), "run `manage.py migrate` first"),
        (OperationalError("connection refused"), "cannot be reached or did not answer: connection refused"),
        (DataError("too long"), "nothing was written: too long"),
        (OSError(13, "Permission denied", "/x"), "/x: permission denied."),
        (KeyError(), "(KeyError: KeyError)"),
    ],
)
def test_every_error_has_a_sentence(error: Exception, sentence: str) -> None:
    assert sentence in sentence_for(error)
    assert "\n" not in sentence_for(error)


@pytest.mark.parametrize("good", ["a", "cx-head", "2026", "a-1-b", "a" * 50])
def test_a_slug_is_taken(good: str) -> None:
    assert slug(good) == good


@pytest.mark.parametrize("bad", ["", "A", "a_b", "-a", "a-", "a--b", "é", "a b", "a\n", "a" * 51])
def test_what_is_no_slug_is_wrong_usage(bad: str) -> None:
    with pytest.raises(WrongUsage, match="is no slug"):
        slug(bad)


@pytest.mark.parametrize("bad", ["", "-1", "1.5", "x", "²", "٣", "2000000001", "1" * 5000])
def test_what_is_no_whole_number_is_wrong_usage(bad: str) -> None:
    with pytest.raises(WrongUsage, match="--n must be a whole number"):
        whole_number("--n", bad)


@pytest.mark.parametrize("bad", ["", "today", "2026-02-30", "01.02.2026"])
def test_what_is_no_day_is_wrong_usage(bad: str) -> None:
    with pytest.raises(WrongUsage, match="--on must be a date"):
        day("--on", bad)


def test_numbers_and_days_are_read() -> None:
    assert whole_number("--n", "235") == 235
    assert day("--on", "2026-03-01").isoformat() == "2026-03-01"
