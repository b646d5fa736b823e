"""Headers to fields."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.formats import Format
from polls.importing.guessing import Columns, guess_fields
from polls.importing.layout import Layout
from polls.importing.mapping import FIELDS, JUDGEMENT_COLUMNS, ColumnMapping, guess, preview
from polls.importing.readers import Limits, open_upload
from polls.importing.reading import Reading
from polls.problems import Refused, WrongUsage


def named(headers: list[str], columns: dict[str, str] | None = None) -> dict[str, str]:
    mapping = guess(headers, columns)
    return {field: mapping.headers[index] for field, index in mapping.fields.items()}


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        (list(FIELDS), {field: field for field in FIELDS}),
        (
            ["First Name", "Last Name", "URL", "Email Address", "Company", "Position", "Connected On"],
            {
                "first_name": "First Name",
                "last_name": "Last Name",
                "profile_url": "URL",
                "organisation": "Company",
            }
            | {"headline": "Position"},
        ),
        (
            ["profileLink", "firstName", "lastName", "fullName", "occupation", "degree", "comment"],
            {
                "profile_url": "profileLink",
                "first_name": "firstName",
                "last_name": "lastName",
                "name": "fullName",
            }
            | {"headline": "occupation", "comment": "comment"},
        ),
        (
            [
                "Vorname",
                "Nachname",
                "URL",
                "Unternehmen",
                "Position",
                "Antwort",
                "Land",
                "Kommentar",
                "Datum",
            ],
            {
                "first_name": "Vorname",
                "last_name": "Nachname",
                "profile_url": "URL",
                "organisation": "Unternehmen",
            }
            | {"headline": "Position", "option": "Antwort", "country": "Land", "comment": "Kommentar"}
            | {"voted_at": "Datum"},
        ),
        (
            ["Prénom", "Nom de famille", "Intitulé du poste", "Entreprise", "Réponse", "Pays"],
            {"first_name": "Prénom", "last_name": "Nom de famille", "headline": "Intitulé du poste"}
            | {"organisation": "Entreprise", "option": "Réponse", "country": "Pays"},
        ),
        (
            ["Nombre", "Apellidos", "Puesto", "Empresa", "Respuesta", "Fecha", "Comentario"],
            {"first_name": "Nombre", "last_name": "Apellidos", "headline": "Puesto"}
            | {"organisation": "Empresa", "option": "Respuesta", "voted_at": "Fecha"}
            | {"comment": "Comentario"},
        ),
        (
            ["Voter ID", " JOB  TITLE ", "Ｖｏｔｅ"],
            {"voter_id": "Voter ID", "headline": "JOB  TITLE", "option": "Ｖｏｔｅ"},
        ),
        (
            ["#", "User Name", "Submitted Date/Time", "Answer"],
            {"name": "User Name", "voted_at": "Submitted Date/Time"} | {"option": "Answer"},
        ),
    ],
)
def test_headers_of_real_files_are_recognised(headers: list[str], fields: dict[str, str]) -> None:
    assert named(headers) == fields


def test_the_better_name_wins_and_the_other_column_is_carried_along() -> None:
    mapping = guess(["title", "headline", "option", "name"])
    assert mapping.headers[mapping.fields["headline"]] == "headline"
    assert mapping.extras == ((0, "title"),)


def test_the_time_of_scraping_is_not_the_time_of_the_vote() -> None:
    assert "voted_at" not in named(["profileUrl", "timestamp", "option"])


def test_repeated_headers_are_kept_apart() -> None:
    mapping = guess(["Name", "Option", "Other", "Other", "Other (2)", "Name"])
    assert mapping.headers == ("Name", "Option", "Other", "Other (2)", "Other (2) (2)", "Name (2)")
    assert [name for _, name in mapping.extras] == ["Other", "Other (2)", "Other (2) (2)", "Name (2)"]


def test_a_header_without_a_name_is_named_after_its_place_and_a_trailing_comma_is_none() -> None:
    assert guess(["name", "", "option", "", ""]).headers == ("name", "Column 2", "option")


def test_a_column_can_be_named_for_a_field() -> None:
    assert named(["Wer", "Was"], {"name": "Wer", "option": "was"}) == {"name": "Wer", "option": "Was"}


def test_a_named_column_takes_it_from_the_guess() -> None:
    assert named(["name", "headline", "vote", "option"], {"option": "vote"})["option"] == "vote"
    assert named(["name", "title", "option"], {"name": "title"}) == {"name": "title", "option": "option"}


def test_an_empty_header_leaves_a_field_out() -> None:
    mapping = guess(["name", "headline", "option"], {"headline": ""})
    assert "headline" not in mapping.fields
    assert mapping.extras == ((1, "headline"),)


def test_a_column_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match="no column “Vote” for option; the columns are “a”, “b”"):
        guess(["a", "b"], {"option": "Vote"})


def test_a_field_that_is_none_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="“shoe_size” is no field; the fields are voter_id"):
        guess(["a"], {"shoe_size": "a"})


def test_one_column_for_two_fields_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="“a” is named for both name and headline"):
        guess(["a"], {"name": "a", "headline": "a"})


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        (["name", "headline"], "No column holds the option voted for. The columns are “name”, “headline”"),
        (["option", "country"], "No column tells the voters apart"),
        (["option", "name"], ""),
    ],
)
def test_what_is_missing_is_said(headers: list[str], sentence: str) -> None:
    assert guess(headers).missing().startswith(sentence)
    assert bool(guess(headers).missing()) == bool(sentence)


OWN = ["voter_id", "name", "headline", "option", *JUDGEMENT_COLUMNS, "source:Region", "source:name"]


def test_our_own_export_is_recognised() -> None:
    mapping = guess(OWN)
    assert mapping.own
    assert [name for _, name in mapping.extras] == ["Region", "name"]
    assert set(mapping.fields) == {"voter_id", "name", "headline", "option"}


def test_a_file_that_only_looks_like_our_own_is_not_taken_for_it() -> None:
    mapping = guess([header for header in OWN if header != "codebook_version"])
    assert not mapping.own
    assert "category" in [name for _, name in mapping.extras]


def found(text: str, columns: dict[str, str] | None = None) -> tuple[int, list[tuple[int, tuple[str, ...]]]]:
    with open_upload(text, name="voters.csv") as source:
        shown = preview(source, columns)
    return shown.mapping.header_row, list(shown.rows)


def test_the_header_is_found_below_notes() -> None:
    text = 'Notes:\n"Some, or\nall"\n\nFirst Name,Last Name,Position,Antwort\nRosa,L,CX,Yes\n'
    assert found(text) == (4, [(5, ("Rosa", "L", "CX", "Yes"))])


def test_the_header_is_found_by_the_columns_named() -> None:
    assert found("some note\nWer,Was\nRosa,Yes\n", {"name": "Wer", "option": "Was"})[0] == 2


def test_an_unknown_header_is_the_first_row_with_text() -> None:
    assert found("\nWer,Was\nRosa,Yes\n") == (2, [(3, ("Rosa", "Yes"))])


def test_the_hint_about_the_delimiter_is_no_header() -> None:
    assert found("sep=;\nWer;Was\nRosa;Yes\n") == (2, [(3, ("Rosa", "Yes"))])


def test_a_preview_shows_the_first_rows_and_skips_blank_ones() -> None:
    text = "name,option\n\n" + "".join(f"V{n},Yes\n,\n" for n in range(30))
    header, shown = found(text)
    assert (header, len(shown), shown[0], shown[1]) == (1, 10, (3, ("V0", "Yes")), (5, ("V1", "Yes")))


def test_a_file_without_any_text_has_no_header() -> None:
    with pytest.raises(Refused, match=r"voters.csv has no header row"):
        found("\n \n,,\n")


def test_two_hundred_columns_are_fine_and_too_many_are_not() -> None:
    wide = ",".join(["option", "name", *(f"c{n}" for n in range(198))])
    with open_upload(wide, name="voters.csv") as source:
        assert preview(source).mapping.width == 200
    with (
        open_upload(wide, name="voters.csv", limits=Limits(columns=100)) as source,
        pytest.raises(Refused, match="has 200 columns; at most 100"),
    ):
        preview(source)


@given(st.lists(st.text(max_size=8), max_size=8))
def test_any_headers_get_unique_names_and_every_column_one_use(headers: list[str]) -> None:
    mapping = guess(headers)
    assert len(set(mapping.headers)) == len(mapping.headers)
    used = [*mapping.fields.values(), *(index for index, _ in mapping.extras)]
    assert sorted(used) == list(range(mapping.width))


def mapped(text: str, options: tuple[str, ...] = (), **wishes: Any) -> tuple[dict[str, str], ColumnMapping]:
    with open_upload(text, name="voters.csv") as source:
        mapping = preview(source, Reading(**wishes), known_options=options).mapping
    return {field: mapping.headers[index] for field, index in mapping.fields.items()}, mapping


def test_the_option_is_the_column_that_holds_the_options_whatever_it_is_called() -> None:
    text = "Name,Answer,Q7\nRosa,completed,Yes\nSam,completed,no\n"
    assert mapped(text)[0]["option"] == "Answer"
    assert mapped(text, ("Yes", "No"))[0]["option"] == "Q7"


def test_the_column_called_option_is_kept_as_long_as_any_of_its_rows_names_one() -> None:
    text = "Name,Answer,Q7\nRosa,Yes,Yes\nSam,Maybe,no\nKim,Perhaps,No\n"
    assert mapped(text, ("Yes", "No"))[0]["option"] == "Answer"
    assert mapped("Name,Answer\nRosa,Maybe\n", ("Yes", "No"))[0]["option"] == "Answer"


def test_a_column_of_several_choices_is_known_by_its_pieces() -> None:
    assert mapped("Name|Q7\nRosa|Yes; No\nSam|No, Other\n", ("Yes", "No"))[0]["option"] == "Q7"


def test_profile_addresses_are_known_by_their_look_and_those_of_companies_are_not_taken() -> None:
    text = (
        "Name,Vote,Employer page,Where\n"
        "Rosa,Yes,https://www.linkedin.com/company/acme,linkedin.com/in/rosa\n"
        "Sam,No,https://www.linkedin.com/company/beta,\n"
    )
    assert mapped(text)[0]["profile_url"] == "Where"


def test_a_field_that_was_left_out_is_not_guessed_from_content_either() -> None:
    text = "Name,Vote,Where\nRosa,Yes,linkedin.com/in/rosa\n"
    assert "profile_url" not in mapped(text, columns={"profile_url": ""})[0]


def test_the_column_with_something_in_it_goes_before_the_empty_one_of_a_better_name() -> None:
    text = "headline,title,name,option\n,CX,Rosa,Yes\n,Coach,Sam,No\n"
    assert mapped(text)[0]["headline"] == "title"


@pytest.mark.parametrize(
    "headers",
    [
        "Yes,No,Name",
        "Q1 - Yes,Q1 - No,Name",
        "Q1 [Yes],Q1 [No],Name",
        "q1/yes,q1/no,Name",
        "How is it? – Yes,How is it? – No,Name",
    ],
)
def test_columns_called_after_the_options_are_taken_for_them(headers: str) -> None:
    fields, mapping = mapped(f"{headers}\nx,,Rosa\n,1,Sam\n", ("Yes", "No"))
    assert [index for index, _ in mapping.option_columns] == [0, 1]
    assert [text.casefold() for _, text in mapping.option_columns] == ["yes", "no"]
    assert (fields, mapping.extras, mapping.missing()) == ({"name": "Name"}, (), "")


def test_columns_called_after_the_options_with_other_texts_below_are_not_taken_for_them() -> None:
    assert mapped("Name,Yes,No\nRosa,well,perhaps\n", ("Yes", "No"))[1].option_columns == ()


def test_of_several_questions_with_the_same_choices_the_fullest_is_taken() -> None:
    headers = "Name,Q1 - Yes,Q2 - Yes,Q2 - No"
    _, mapping = mapped(f"{headers}\nRosa,x,x,\n", ("Yes", "No"))
    assert [index for index, _ in mapping.option_columns] == [2, 3]


def test_no_column_for_the_option_can_be_helped_by_the_option_of_everybody() -> None:
    _, mapping = mapped("Name,Title\nRosa,CX\n")
    assert "or which option all of these voters chose" in mapping.missing()
    assert mapped("Name,Title\nRosa,CX\n", everyone="Yes")[1].missing() == ""


def test_a_very_wide_table_is_looked_at_in_no_time() -> None:
    wide = ",".join(f"Column of many {n}" for n in range(497))
    rows = "".join(f"Rosa {n},CX,Yes{',some text' * 497}\n" for n in range(250))
    fields, mapping = mapped(f"Name,Title,Vote,{wide}\n{rows}", ("Yes", "No"))
    assert (len(mapping.headers), fields["option"]) == (500, "Vote")


def test_a_date_that_a_format_knows_to_be_another_is_not_taken_for_the_vote() -> None:
    headers = ("Name", "Vote", "Date")
    for no_vote_times, found in (
        (("Date | Datum",), {"name", "option"}),
        ((), {"name", "option", "voted_at"}),
    ):
        known = Format(name="x", title="X", headers=("Name",), no_vote_times=no_vote_times)
        columns = Columns(Layout(headers, format=known), frozenset(), [["Rosa", "Yes", "2026-03-05"]])
        guess_fields(columns, leave=())
        assert columns.fields.keys() == found
