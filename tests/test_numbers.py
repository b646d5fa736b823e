"""What a browser or a script reads holds no digits in groups, however large ids and counts become."""

from __future__ import annotations

import re

import pytest
from django.db import connection

from tests import study
from tests.walk import walk

FIRST = 1_234_567
MACHINE_READ = re.compile(
    r'\s(?!data-confirm|data-said)(id|for|name|value|href|src|action|form|max|min|colspan|rowspan|datetime|cx|cy|[xy][12]?'
    r'|width|height|viewBox|data-[\w-]+|hx-[\w-]+|aria-(?:labelledby|describedby|controls|owns))="([^"]*\d,\d{3}[^"]*)"'
)  # fmt: skip


@pytest.fixture
def world(db) -> study.Study:
    """A study whose every id is large, read to its end."""
    with connection.cursor() as cursor:
        cursor.execute("select quote_ident(sequencename) from pg_sequences where schemaname = 'public'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"alter sequence {name} restart with {FIRST}")
    made = study.build_study()
    study.finish_reading(made)
    return made


@pytest.mark.parametrize("username", ["bea", "rosa"])
def test_no_address_and_no_field_holds_grouped_digits(username: str, world: study.Study):
    found = {
        f"{url}: {name}={value}"
        for (_, url), page in walk(world, username).items()
        for name, value in MACHINE_READ.findall(page.body)
    }
    assert not found, "\n".join(sorted(found)[:40])


@pytest.mark.parametrize(
    "markup",
    ['<input value="1,234">', '<p id="x-1,234,567">', '<a href="?page=1,000">', '<i data-case="1,234">'],
)
def test_grouped_digits_would_be_found(markup: str):
    assert MACHINE_READ.search(markup)
    assert not MACHINE_READ.search('<p data-said="1,234 rows"><a aria-label="1,234 titles">1,234</a>')
