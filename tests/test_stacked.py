"""A table whose rows become small lists on a phone (`display: block`) still tells that it is a table."""

from __future__ import annotations

import re

import pytest

from tests.files import name_of, templates

STACKED = re.compile(r'<table\b[^>]*class="[^"]*\bstacked\b[^>]*>.*?</table>', re.DOTALL)
PART = re.compile(r"<(table|thead|tbody|tfoot|tr|th|td)\b([^>]*)")
ROLES = {
    "table": {"table"},
    "thead": {"rowgroup"},
    "tbody": {"rowgroup"},
    "tfoot": {"rowgroup"},
    "tr": {"row"},
    "th": {"columnheader", "rowheader"},
    "td": {"cell"},
}
SCOPES = {"col": "columnheader", "row": "rowheader", "rowgroup": "rowheader"}


def without_its_role(markup: str) -> list[str]:
    """The parts of stacked tables that say no role, or not theirs."""
    wrong = []
    for table in STACKED.findall(markup):
        for name, attributes in PART.findall(table):
            role = re.search(r'\brole="(\w+)"', attributes)
            scope = re.search(r'\bscope="(\w+)"', attributes)
            if role is None or role[1] not in ROLES[name] or (scope and SCOPES[scope[1]] != role[1]):
                wrong.append(f"<{name}{attributes}>")
    return wrong


def test_every_part_of_a_stacked_table_says_its_role():
    found = [
        f"{name_of(path)}: {part}"
        for path in templates()
        for part in without_its_role(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_there_are_stacked_tables():
    assert sum(len(STACKED.findall(path.read_text(encoding="utf-8"))) for path in templates()) > 10


@pytest.mark.parametrize(
    "part",
    [
        "<tr>",
        '<td class="num">',
        '<th scope="col">',
        '<th role="columnheader" scope="row">',
        '<td role="row">',
        "<tbody>",
    ],
)
def test_a_part_without_its_role_would_be_found(part: str):
    assert without_its_role(f'<table role="table" class="plain stacked">{part}</table>')
    assert without_its_role(f'<table class="stacked plain"><tr role="row"><td role="cell">{part}</table>')
    assert not without_its_role(f'<table class="plain">{part}</table>')
