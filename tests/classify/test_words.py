"""What of an entry of an include or exclude list is looked for in headlines."""
# ruff: noqa: E501

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classify.words import phrases_of

BOOKS = sorted((Path(__file__).parents[2] / "classify" / "data" / "codebooks").glob("*.json"))


@pytest.mark.parametrize(
    ("entry", "phrases"),
    [
        ("Workforce management", ("Workforce management",)),
        ("Retired, on leave", ("Retired", "on leave")),
        ("Chief customer officer, head of customer experience", ("Chief customer officer", "head of customer experience")),
        ("Operations of outsourcers (BPO)", ("Operations of outsourcers",)),
        ("A role without an employer", ()),
        ("Front line: agents and advisors", ()),
        ("Thanks. Greetings.", ()),
        ("“CX agent” or “CX representative”, where the work is answering customers", ("CX agent", "CX representative")),
        ("A rank without a field (“Manager”, “Director”)", ()),
        ("“Manager”, “Director”", ("Manager", "Director")),
        ("„Leiter Kundenservice“ ohne Angabe einer Abteilung", ("Leiter Kundenservice",)),
        ("「顧客体験」", ("顧客体験",)),
        ("顧客体験、カスタマーサクセス", ("顧客体験", "カスタマーサクセス")),
        ("顧客の声を集めて経営に届ける仕事をしている人", ()),
        ("مدير، مشرف", ("مدير", "مشرف")),
        ("", ()),
        ("a", ()),
        ("x" * 61, ()),
    ],
)  # fmt: skip
def test_of_an_include_entry(entry: str, phrases: tuple[str, ...]) -> None:
    assert phrases_of(entry, excluded=False) == phrases


@pytest.mark.parametrize(
    ("entry", "phrases"),
    [
        ("Insurers: Insurance", ("Insurers",)),
        ("Selling: Sales / revenue", ("Selling",)),
        ("“Consultant”: Contact Center", ("Consultant",)),
        ("“Consultant” as a front-line title (“Customer Service Consultant”): Contact Center", ("Customer Service Consultant",)),
        ("You hesitate between two categories: Unsure", ()),
        ("Software for banks", ("Software for banks",)),
    ],
)  # fmt: skip
def test_of_an_exclude_entry_the_part_that_belongs_elsewhere(entry: str, phrases: tuple[str, ...]) -> None:
    assert phrases_of(entry, excluded=True) == phrases


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_the_ready_made_codebooks_do_not_shout(path: Path) -> None:
    """A word of two letters or a rank alone would light up in every headline."""
    for category in json.loads(path.read_text())["categories"]:
        for field in ("include", "exclude"):
            for entry in category[field]:
                for phrase in phrases_of(entry, excluded=field == "exclude"):
                    assert len(phrase) > 3, phrase
                    assert phrase.casefold() not in {"manager", "director", "owner", "consultant", "head"}
