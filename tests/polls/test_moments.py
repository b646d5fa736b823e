"""Dates and numbers as pages write them, and that no page writes them in a way of its own."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import timezone

from polls import wording
from tests.files import name_of, python_files, templates

NOON = datetime(2026, 3, 1, 12, 5, 7, tzinfo=UTC)


def rendered(text: str, **context: object) -> str:
    return Template(text).render(Context(context))


def test_a_day_is_short_and_marked():
    assert rendered("{{ x|day }}", x=NOON) == '<time datetime="2026-03-01">1 Mar 2026</time>'
    assert rendered("{{ x|day }}", x=date(2026, 12, 24)) == '<time datetime="2026-12-24">24 Dec 2026</time>'


def test_a_moment_has_its_time_and_a_machine_is_told_the_zone():
    marked = '<time datetime="2026-03-01T12:05:07+00:00">1 Mar 2026, 12:05</time>'
    assert rendered("{{ x|moment }}", x=NOON) == marked


def test_a_moment_is_told_in_the_zone_of_the_installation(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Europe/Berlin"):
        assert wording.moment(NOON) == "1 Mar 2026, 13:05"
        assert "2026-03-01T13:05:07+01:00" in rendered("{{ x|moment }}", x=NOON)


def test_since_says_how_long_and_keeps_the_hour_to_itself():
    """A conflict begins with a decision: the minute of it is nobody's business."""
    began = timezone.now() - timedelta(days=3, hours=2)
    text = rendered("{{ x|since }}", x=began)
    assert text == f'<time datetime="{began.date()}">3\N{NO-BREAK SPACE}days</time>'


@pytest.mark.parametrize("name", ["day", "moment", "since"])
def test_nothing_is_written_for_what_has_not_happened(name: str):
    assert rendered(f"{{{{ x|{name} }}}}", x=None) == ""


def test_a_date_survives_a_translated_sentence():
    text = rendered(
        "{% load i18n %}{% blocktranslate with d=x|day %}Since {{ d }}.{% endblocktranslate %}", x=NOON
    )
    assert text == 'Since <time datetime="2026-03-01">1 Mar 2026</time>.'


def test_who_voted_on_a_day_voted_at_no_hour():
    assert wording.voted(NOON.replace(hour=0, minute=0)) == "1 Mar 2026"
    assert wording.voted(NOON) == "1 Mar 2026, 12:05"


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (0, None, "0"),
        (999, None, "999"),
        (1000, None, "1,000"),
        (1234567, None, "1,234,567"),
        (-12, None, "−12"),
        (-0.125, 3, "−0.125"),
        (-0.004, 2, "0.00"),
        (0.005, 2, "0.01"),
        (-1234.5, 1, "−1,234.5"),
        (Decimal("-0.5"), 3, "−0.500"),
    ],
)  # fmt: skip
def test_a_figure_is_grouped_and_has_a_real_minus(number, decimals, text):
    assert wording.figure(number, decimals) == text


def test_every_number_of_a_template_is_grouped_and_what_a_machine_reads_is_not():
    assert rendered('<b id="n-{{ n|unlocalize }}">{{ n }}</b>', n=12345) == '<b id="n-12345">12,345</b>'


OWN_WAYS = [
    (re.compile(r"\|\s*(?:date|time|timesince|timeuntil|naturaltime|naturalday)\b"), "use day, moment"),
    (re.compile(r"\|\s*(?:floatformat|intcomma)\b"), "use decimals or the number itself"),
    (re.compile(r"\{%\s*now\b"), "use day or moment"),
    (re.compile(r"\}\}(?:\s*–\s*|\s-\s)\{\{"), "a range is written with “to”"),
]  # fmt: skip


def own_ways(text: str) -> list[str]:
    return [f"{match[0]!r}: {why}" for pattern, why in OWN_WAYS if (match := pattern.search(text))]


def test_no_template_writes_dates_numbers_or_ranges_in_a_way_of_its_own():
    found = [f"{name_of(path)}: {what}" for path in templates() for what in own_ways(path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    [
        '{{ x|date:"Y-m-d" }}',
        "{{ x|date }}",
        "{{ x | timesince }}",
        "{{ x|floatformat:2 }}",
        "{{ a }}–{{ b }}",
        '{% now "Y" %}',
    ],
)  # fmt: skip
def test_an_own_way_would_be_found(text: str):
    assert own_ways(text)


OWN_WAYS_OF_CODE = re.compile(
    r"date_format\(|strftime\(|\{[^{}\"']*:%[A-Za-z]|naturaltime|timesince\("
    r"|%\(\w+\)[sd](?:\s?–\s?|\s-\s)%\(|\{\w*\}(?:\s?–\s?|\s-\s)\{\w*\}"
)
THE_ONE_PLACE = {"polls/wording.py", "polls/templatetags/moments.py"}


def test_no_module_writes_dates_or_ranges_in_a_way_of_its_own():
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in python_files("polls", "classify", "config")
        if name_of(path) not in THE_ONE_PLACE
        for match in OWN_WAYS_OF_CODE.finditer(path.read_text("utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "text",
    ['date_format(x, "j")', 'x.strftime("%Y")', 'f"{x:%Y-%m-%d}"', "%(low)s–%(high)s", "{low} - {high}"],
)
def test_an_own_way_of_code_would_be_found(text: str):
    assert OWN_WAYS_OF_CODE.search(text)
