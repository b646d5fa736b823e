"""What the forms of an import take, and how a line is read as an option."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from polls.forms.imports import NewPollForm, SourceForm, parse_option


@pytest.mark.parametrize(
    ("line", "pair"),
    [
        ("Extremely important", ("Extremely important", "")),
        ("Extremely important, 50 %", ("Extremely important", "50")),
        ("Extremely important 50%", ("Extremely important", "50")),
        ("Extremely important | 26.5 %", ("Extremely important", "26.5")),
        ("Extremely important: 26,5%", ("Extremely important", "26.5")),
        ("Extremely important\t50", ("Extremely important", "50")),
        ("Extremely important\t50 %", ("Extremely important", "50")),
        ("More than 50", ("More than 50", "")),
        ("In 2026, 3", ("In 2026, 3", "")),
        ("50 %", ("50 %", "")),
        ("  spaced  ", ("spaced", "")),
        ("100%", ("100%", "")),
        ("I agree 100%", ("I agree", "100")),
    ],
)
def test_a_line_is_an_option_with_or_without_a_share(line, pair):
    assert parse_option(line) == pair


@given(st.text(max_size=200))
def test_no_line_breaks_the_reading_and_none_loses_its_text(line):
    text, share = parse_option(line)
    assert text == text.strip()
    assert bool(text) == bool(line.strip())
    assert line.strip().startswith(text)
    if share:
        assert 0 <= float(share) < 1000


@given(st.text(alphabet="abc d", min_size=1, max_size=40).filter(lambda t: t.strip()), st.integers(0, 100))
def test_a_share_that_was_written_comes_back(text, share):
    assert parse_option(f"{text}, {share} %") == (text.strip(), str(share))


def source(file=None, pasted=""):
    return SourceForm({"pasted": pasted}, {"file": file} if file else {})


@pytest.mark.parametrize("name", ["voters.xlsx", "VOTERS.XLS", "v.ods", "v.numbers", "renamed.csv"])
def test_a_files_name_says_nothing_and_workbooks_are_taken(name):
    assert source(SimpleUploadedFile(name, b"PK\x03\x04 and so on")).is_valid()


def test_the_bounds_are_said_before_anybody_meets_them(settings):
    settings.ROLECALL_MAX_FILE_BYTES, settings.ROLECALL_MAX_ROWS = 3 * 1024 * 1024, 12_345
    assert "At most 3 MB and 12,345 rows." in source()["file"].help_text


def test_a_file_or_pasted_rows_but_not_both_and_not_neither():
    file = SimpleUploadedFile("v.csv", b"option\nYes\n")
    assert source(file).is_valid()
    assert source(pasted="option\nYes").is_valid()
    assert "not both" in str(source(SimpleUploadedFile("v.csv", b"x"), "y").errors)
    assert "Choose a file or paste" in str(source(pasted="  \n ").errors)


def test_an_empty_file_is_refused():
    assert "empty" in str(source(SimpleUploadedFile("v.csv", b"")).errors)


def new_poll(**fields):
    data = {"question": "How?", "slug": "a-poll", "options": "Yes, 50 %\nNo, 50 %", "pasted": "option\nYes"}
    return NewPollForm(data | fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"slug": "Not A Slug"}, "small letters, digits and single hyphens"),
        ({"slug": "x" * 51}, "at most 50 characters"),
        ({"slug": "taken"}, "There is a poll named taken already."),
        ({"question": ""}, "This field is required."),
        ({"options": "Yes, 50 %\nNo"}, "of every option, or of none"),
        ({"options": "Yes, 150 %\nNo, 5 %"}, "more than 100"),
        ({"options": "x" * 501}, "at most 500 letters"),
        ({"options": "\n".join(f"o{n}" for n in range(51))}, "at most 50 options"),
        ({"options": "Yes\nYES"}, "twice"),
        ({"published_total": "-1"}, "greater than or equal to 0"),
        ({"opened_on": "2026-03-02", "closed_on": "2026-03-01"}, "cannot close before it opens"),
        ({"opened_on": "yesterday"}, "Enter a valid date"),
    ],
)
def test_a_poll_that_cannot_be_is_refused_beside_the_field(fields, sentence):
    from tests.factories import make_poll

    make_poll("taken")
    form = new_poll(**fields)
    assert not form.is_valid()
    assert sentence in str(form.errors)


@pytest.mark.django_db
def test_what_an_upload_remembers_of_a_poll():
    form = new_poll(published_total="235", opened_on="2026-03-01", options_are_ordered="on")
    assert form.is_valid(), form.errors
    assert form.details() == {
        "question": "How?",
        "options": [["Yes", "50"], ["No", "50"]],
        "options_are_ordered": True,
        "multiple": False,
        "published_total": 235,
        "opened_on": "2026-03-01",
        "closed_on": None,
    }
