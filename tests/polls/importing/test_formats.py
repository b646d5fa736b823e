"""Every documented export, with a small invented file of its shape: known, mapped, read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polls.importing.formats import FORMATS, NO_PRESET, Format, named, recognise
from polls.importing.mapping import FIELDS, preview
from polls.importing.reading import Reading
from polls.importing.validate import Clean, clean_rows
from polls.problems import Refused, WrongUsage
from polls.texts import option_key
from tests.polls.importing.exports import CASES, CODES, EXTREMELY, NOT, OPTIONS, REALLY, VERY, opened


def read(
    name: str, reading: Reading | None = None, options: tuple[str, ...] = OPTIONS, *, multiple: bool = False
) -> list[Clean]:
    with opened(name) as source:
        mapping = preview(source, reading, known_options=options).mapping
        assert mapping.missing() == ""
        keys = map(option_key, options)
        return list(clean_rows(source.records(), mapping, keys, source.limits, multiple=multiple))


def reasons(row: Clean) -> list[tuple[str, str, str]]:
    return [(error["column"], error["value"], error["reason"]) for error in json.loads(row.errors or "[]")]


@pytest.mark.parametrize("name", CASES)
def test_a_documented_export_is_known_mapped_and_read(name: str) -> None:
    case = CASES[name]
    with opened(name) as source:
        mapping = preview(source, None, 3, case.options).mapping
    assert (mapping.preset, mapping.header_row) == (case.preset, case.header_row)
    assert {field: mapping.headers[index] for field, index in mapping.fields.items()} == case.fields
    assert [mapping.headers[index] for index, _ in mapping.option_columns] == case.option_columns
    rows = read(name, Reading(everyone=case.everyone), case.options, multiple=case.multiple)
    assert [row.errors for row in rows] == [None] * len(case.rows)
    assert [
        (
            row.profile_url or (row.id_value if not row.derived else ""),
            row.name,
            row.headline_raw,
            " + ".join(row.option_texts or [row.option_text]),
        )
        for row in rows
    ] == case.rows


def test_no_documented_format_goes_without_a_file() -> None:
    covered = {case.preset for case in CASES.values()}
    elsewhere = {
        *("linkedin-own-votes", "phantombuster-posts", "apify-reactions", "microsoft-forms"),
        *("surveymonkey", "qualtrics", "kobo"),
    }
    assert {known.name for known in FORMATS} <= covered | elsewhere


def test_formats_have_names_of_their_own_that_can_be_typed() -> None:
    names = [known.name for known in FORMATS]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name and len(name) <= 50 for name in names)
    assert all(known.title and known.headers for known in FORMATS)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_format_is_recognised_by_its_own_headers(known: Format) -> None:
    headers = [names.split(" | ")[0] for names in known.headers]
    if known.first:
        first = known.first.split(" | ")[0]
        headers = [first, *(header for header in headers if header != first)]
    assert recognise(headers) == known


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_format_speaks_only_of_fields_there_are(known: Format) -> None:
    assert {*known.fields, *known.blanks} <= set(FIELDS)
    assert set(known.separators) <= {";", ", ", " / ", ",", " "}


def test_microsoft_forms_ends_choices_with_a_semicolon_and_knows_anonymous_answers_by_number() -> None:
    question = "Which matter? (several answers)"
    first, second, third = read("microsoft-forms", multiple=True)
    assert (first.id_value, first.name, first.option_texts) == ("1", "", [EXTREMELY, REALLY])
    assert (second.option_text, second.option_keys, second.headline_raw) == (VERY, None, "Consultant – CX")
    assert reasons(third) == [(question, "", "is empty: it does not say what was voted for")]


def test_surveymonkey_joins_its_two_header_rows_and_reads_a_column_per_choice() -> None:
    with opened("surveymonkey") as source:
        mapping = preview(source, known_options=OPTIONS).mapping
    which = "Which of these matter, all in all?"
    assert (mapping.preset, mapping.header_row, mapping.day_first) == ("surveymonkey", 2, False)
    assert mapping.headers[9:] == (
        *("Who are you? – Name", "Who are you? – Job title"),
        *(f"{which} – {text}" for text in (EXTREMELY, REALLY, VERY, "Other (please specify)")),
        "Anything else?",
    )
    assert mapping.option_columns == ((11, EXTREMELY), (12, REALLY), (13, VERY))
    first, second, third = read("surveymonkey", multiple=True)
    assert (first.id_value, first.name, first.headline_raw, first.comment) == (
        *("1001", "Rosa Beispiel", "Head of CX"),
        "Fine",
    )
    assert first.voted_at is not None
    assert (first.voted_at.month, first.voted_at.day) == (3, 4)
    assert (first.option_text, second.option_texts) == (EXTREMELY, [REALLY, VERY])
    assert reasons(third)[0][2] == "no option is marked, so nothing says what was voted for"


def test_surveymonkey_tells_the_choices_of_its_only_question_without_knowing_the_poll() -> None:
    with opened("surveymonkey") as source:
        mapping = preview(source).mapping
        rows = list(clean_rows(source.records(), mapping, (), source.limits, multiple=True))
    assert [text for _, text in mapping.option_columns] == [EXTREMELY, REALLY, VERY]
    assert [row.option_keys and len(row.option_keys) for row in rows] == [None, 2, None]


def test_qualtrics_has_three_header_rows_and_its_previews_are_no_votes() -> None:
    with opened("qualtrics") as source:
        mapping = preview(source, known_options=OPTIONS).mapping
    assert (mapping.preset, mapping.header_row) == ("qualtrics", 3)
    assert mapping.headers[-3:] == (
        "Q1 – How important is it, all in all? - Selected Choice",
        "Q1_4_TEXT – How important is it, all in all? - Other - Text",
        "Q2 – What is your job title?",
    )
    first, author, third = read("qualtrics")
    assert (first.row, first.id_value, first.name, first.option_text) == (
        *(4, "R_1aaaaaaaaaaaaaa", "Rosa Beispiel"),
        EXTREMELY,
    )
    assert reasons(author) == [
        ("Status", "Survey Preview", "is a preview or a test by the makers of the survey, and no vote")
    ]
    assert (third.headline_raw, third.option_text, third.voted_raw) == (
        *("Consultant", NOT),
        "2020-07-18 18:53",
    )


def test_qualtrics_may_split_a_question_over_a_column_per_choice() -> None:
    first, second, third = read("qualtrics-split", multiple=True)
    assert (first.option_text, first.option_keys) == (EXTREMELY, None)
    assert second.option_texts == [REALLY, VERY]
    assert reasons(third) == [
        ("Status", "1", "is a preview or a test by the makers of the survey, and no vote")
    ]


def test_kobo_joins_choices_by_spaces_and_leaves_out_what_was_not_approved() -> None:
    first, second, third = read("kobo", options=CODES, multiple=True)
    assert (first.option_texts, first.headline_raw) == (["extremely", "very"], "Head of CX")
    assert reasons(second) == [
        ("_validation_status", "Not approved", "was not approved, so it does not count as a vote")
    ]
    assert third.option_text == "not"


def test_the_reactions_of_deleted_accounts_name_nobody() -> None:
    rows = read("apify-reactions", options=())
    assert [row.option_text for row in rows if not row.errors] == ["LIKE", "INTEREST"]
    assert reasons(rows[2])[0][2] == "nothing says who voted: no id, address, name or title"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("linkedin-own-votes", "not a list of voters .LinkedIn archive: votes.: .* names no voters"),
        ("phantombuster-posts", "it lists posts"),
        ("linkedin-no-conversations", "holds no rows: it only says “No conversations found”"),
    ],
)
def test_a_file_without_voters_is_refused_with_the_reason(name: str, sentence: str) -> None:
    with opened(name) as source, pytest.raises(Refused, match=sentence):
        preview(source)


def test_a_report_lists_its_tables_and_any_can_be_chosen() -> None:
    with opened("zoom") as source:
        shown = preview(source, Reading(table=1), 10, OPTIONS)
        assert [(table.number, table.title, table.rows) for table in shown.tables] == [
            (1, "Poll 1: Warm-up – Do you code?", 3),
            (2, "Poll 2: Experience – How important is it?", 2),
        ]
        assert [row for row, _ in shown.rows] == [8, 9, 10]
        assert preview(source, None, 10, OPTIONS).mapping.header_row == 13
        assert preview(source, None, 10).mapping.header_row == 7  # the largest, where no option is known
        with pytest.raises(Refused, match="has 2 tables: there is no table 3"):
            preview(source, Reading(table=3))


def test_times_that_are_no_vote_times_are_named() -> None:
    with opened("linkedin-connections") as source:
        notes = preview(source).mapping.notes
    assert notes == ("“Connected On” is not when somebody voted, so it is only carried along.",)


def test_a_preset_can_be_named_and_an_unknown_one_is_wrong_usage() -> None:
    with opened("google-forms") as source:
        assert preview(source, Reading(preset="google-forms")).mapping.preset == "google-forms"
        with pytest.raises(WrongUsage, match="“excel” is no preset; the presets are apify-reactions, google"):
            preview(source, Reading(preset="excel"))
    assert named("zoom").title == "Zoom poll report"


def test_a_new_format_is_a_few_lines() -> None:
    """What docs/formats.md shows, to the letter."""
    text = (Path(__file__).parents[3] / "docs" / "formats.md").read_text("utf-8")
    declaration = text.split("```python")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(declaration, {}, names)
    found = names["STRAW_POLL"]
    assert isinstance(found, Format)
    assert len(declaration.strip().splitlines()) <= 15
    assert found.fits(["Ballot", "Voter", "Pick", "Cast at"])
    assert not found.fits(["Voter", "Pick"])


@pytest.mark.parametrize("name", CASES)
def test_a_guess_said_out_loud_is_read_the_same_way(name: str) -> None:
    """What the page does with every guess before it imports: name each column, or say that none is."""
    case = CASES[name]
    with opened(name) as source:
        guessed = preview(source, Reading(everyone=case.everyone), 3, case.options).mapping
        columns = {
            field: guessed.headers[guessed.fields[field]] if field in guessed.fields else ""
            for field in FIELDS
        }
        aloud = Reading(
            table=guessed.layout.table if guessed.layout else None,
            columns=columns,
            option_columns=tuple((guessed.headers[index], text) for index, text in guessed.option_columns),
            everyone=case.everyone,
        )
        again = preview(source, aloud, 3, case.options).mapping
        assert preview(source, Reading.from_json(aloud.as_json()), 3, case.options).mapping == again
    # The same mapping; only the order in which the fields were found may differ.
    assert again == guessed


def test_a_file_can_be_read_by_its_columns_alone() -> None:
    """For a file that only looks like an export, whose rules would then be wrong."""
    with opened("kobo") as source:
        mapping = preview(source, Reading(preset=NO_PRESET), known_options=CODES).mapping
    assert (mapping.preset, mapping.drops, mapping.notes) == ("", (), ())


@pytest.mark.parametrize(
    "headers",
    [
        ["voter_id", "name", "headline", "profile_url", "option", "voted_at", "comment", "country"],
        ["profile_url", "name", "headline", "vote"],
        ["Name", "Title", "URL", "Choice"],
        ["Name", "Title", "Email", "Answer", "Date"],
    ],
)
def test_a_sheet_made_by_hand_is_taken_for_no_export(headers: list[str]) -> None:
    assert recognise(headers) is None
