"""What a browser or a script reads holds no digits in groups, however large ids and counts become."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.db.models import F

from classify import adjudication
from classify.models import Case, Round, RoundReviewer
from classify.templatetags.figures import method
from polls.models import Poll
from tests import study
from tests.walk import Received, walk

FIRST = 1_234_567
MANY = 12_345
GROUPED = re.compile(r">[^<]*\d,\d{3}[^<]*<")
BAR = re.compile(r"<progress[^>]*>")
VALUE = re.compile(r'\svalue="(\d+)"')
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
    adjudication.claim(case=made.conflict, by=made.people["jude"])
    enlarge()
    return made


def enlarge() -> None:
    """Every count that is stored, as pages have it of a very large poll."""
    for case in Case.objects.all():
        counts = [n * MANY for n in case.option_counts]
        Case.objects.filter(pk=case.pk).update(n_votes=sum(counts), option_counts=counts)
    Round.objects.update(case_count=F("case_count") * MANY)
    RoundReviewer.objects.update(
        assigned_count=F("assigned_count") * MANY, decided_count=F("decided_count") * MANY
    )
    Poll.objects.update(published_total=F("published_total") * MANY)


def grouped_in(pages: dict[tuple[str, str], Received]) -> set[str]:
    return {
        f"{url}: {name}={value}"
        for (_, url), page in pages.items()
        for name, value in MACHINE_READ.findall(page.body)
    }


@pytest.mark.parametrize("username", ["bea", "rosa", "jude"])
def test_no_address_and_no_field_holds_grouped_digits(username: str, world: study.Study):
    pages = walk(world, username)
    # People do read them in groups, so that the counts of this walk are large where pages have them.
    assert any(GROUPED.search(page.body) for page in pages.values())
    found = grouped_in(pages)
    assert not found, "\n".join(sorted(found)[:40])


def test_the_bar_of_who_has_read_many_thousands_can_be_drawn(world: study.Study):
    """Its value and its largest value are read by the browser; there is one while somebody still reads."""
    RoundReviewer.objects.filter(user__username="rosa").update(handed_in_at=None, decided_count=MANY)
    pages = walk(world, "rosa")
    bars = {bar for page in pages.values() for bar in BAR.findall(page.body)}
    assert any(int(value) >= MANY for bar in bars for value in VALUE.findall(bar)), bars
    assert not grouped_in(pages)


@pytest.mark.parametrize(
    "markup",
    ['<input value="1,234">', '<p id="x-1,234,567">', '<a href="?page=1,000">', '<i data-case="1,234">'],
)
def test_grouped_digits_would_be_found(markup: str):
    assert MACHINE_READ.search(markup)
    assert not MACHINE_READ.search('<p data-said="1,234 rows"><a aria-label="1,234 titles">1,234</a>')


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("20000 resamples", "20,000 resamples"),
        ("of 12345 votes, 2000.", "of 12,345 votes, 2,000."),
        ("p below 0.12345", "p below 0.12345"),
        ("from 0.0001 to 1234.56789", "from 0.0001 to 1,234.56789"),
        ("seed 999", "seed 999"),
    ],
)
def test_only_whole_numbers_of_a_method_are_grouped(written: str, shown: str):
    assert method(written) == shown
