"""Voters copied from a web page, one over several lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polls.importing.lines import read_lines
from polls.importing.readers import open_path, open_upload

VOTERS = """\
Poll results
How important is customer experience?
235 votes • Poll closed
Extremely important • 117 votes
View Rosa Lux’s profile
Rosa Lux
• 2nd
Head of CX | Speaker
Message
Sam Smith, CCXP
View Sam Smith’s profile
 • 3rd+
Raised NPS by 50%
London Area, United Kingdom
Connect
Very important (65 votes)
Jo Doe (She/Her) • 1st
View Jo Doe's profile
1st degree connection
Agent
LinkedIn Member
Student at a university
Not important
0 votes
"""


def voters(text: str) -> list[dict[str, str]]:
    header, *body = read_lines(text) or [[]]
    return [dict(zip(header, row, strict=True)) for row in body]


def test_each_voter_becomes_a_row_with_the_option_of_the_heading_above() -> None:
    assert read_lines(VOTERS) == [
        ["name", "headline", "profile_url", "degree", "option", "other lines"],
        ["Rosa Lux", "Head of CX | Speaker", "", "2nd", "Extremely important", ""],
        [
            "Sam Smith",
            "Raised NPS by 50%",
            "",
            "3rd+",
            "Extremely important",
            "London Area, United Kingdom",
        ],
        ["Jo Doe", "Agent", "", "1st", "Very important", ""],
        ["LinkedIn Member", "Student at a university", "", "", "Very important", ""],
    ]


def test_the_reader_takes_such_a_text_for_a_table() -> None:
    with open_upload(VOTERS, name="pasted text") as source:
        assert (source.kind, source.delimiter, source.encoding) == ("lines", "", "utf-8")
        records = list(source.records())
        assert records == list(source.records())
    assert [record.row for record in records] == [1, 2, 3, 4, 5]
    assert source.row_estimate == 5


def test_a_file_of_such_lines_is_read_in_its_encoding(tmp_path: Path) -> None:
    data = VOTERS.replace("Rosa Lux", "Rosa Lüx").encode("utf-16")
    with open_upload(data, name="list.txt") as source:
        assert (source.kind, source.encoding) == ("lines", "utf-16-le")
        assert [record.cells[0] for record in source.records()][1] == "Rosa Lüx"


def test_a_row_of_tabs_does_not_say_which_option_was_open() -> None:
    tabs = "Extremely important\n50%\nVery important\n28%\nRosa\n• 2nd\nHead of CX\nSam\n• 3rd\nAgent\n"
    assert read_lines(tabs) == [
        ["name", "headline", "profile_url", "degree"],
        ["Rosa", "Head of CX", "", "2nd"],
        ["Sam", "Agent", "", "3rd"],
    ]


def test_more_voters_than_the_heading_counts_make_it_no_heading_of_theirs() -> None:
    text = "Yes • 1 vote\nRosa • 2nd\nHead of CX\nSam • 3rd\nAgent\n"
    assert "option" not in voters(text)[0]
    assert [each["option"] for each in voters(text.replace("1 vote", "2 votes"))] == ["Yes", "Yes"]


def test_the_page_of_a_search_is_read_without_its_buttons() -> None:
    page = (
        "0 notifications\n\nSearch\n\nPeople\n\n1st\n\n2nd\n\n3rd+\n\nAll filters\nReset\nDana Whitlock\n"
        "Dana Whitlock • 3rd+\n\nParalegal\n\nGladstone, Michigan\n\nMessage\nOren Cast (He/Him) • 3rd+\n\n"
        "Senior Attorney\n\nMessage\nLinkedIn Member\n\nLegal Assistant\n\nView\nPriya Nat • 2nd\n"
        "View Priya Nat’s profile\n2nd degree connection\nManaging Partner\n\nConnect\nPrevious\n\n1\n"
    )
    assert [(each["name"], each["headline"], each["degree"]) for each in voters(page)] == [
        ("Dana Whitlock", "Paralegal", "3rd+"),
        ("Oren Cast", "Senior Attorney", "3rd+"),
        ("LinkedIn Member", "Legal Assistant", ""),
        ("Priya Nat", "Managing Partner", "2nd"),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Profil von Änne Groß anzeigen\n• 2.\nLeiterin CX\n", "Änne Groß"),
        ("Änne Groß\n• 2.\nLeiterin CX\nProfil von Jo anzeigen\nAgent\n", "Änne Groß"),
        ("Voir le profil de Anne\n• 2e\nDirectrice\n", "Anne"),
        ("Ver el perfil de Ana\n• 2º\nDirectora\n", "Ana"),
        ("Rosa LuxView Rosa Lux’s profile• 2nd2nd degree connection\nLead\n• 1st\n", "Rosa Lux"),
        ("View James’ profile\n2nd degree connection\nLead\n", "James"),
    ],
)
def test_badges_and_links_of_other_languages_are_known(text: str, name: str) -> None:
    assert voters(text)[0]["name"] == name
    assert voters(text)[0]["degree"] in ("2nd", "")


def test_addresses_are_kept_from_lines_and_from_links() -> None:
    text = (
        "[Rosa Lux](https://www.linkedin.com/in/rosa-lux)\n• 2nd\nLead\n"
        "Sam\n• 3rd\nhttps://www.linkedin.com/in/sam?trk=x\nAgent\n"
    )
    assert [(each["name"], each["profile_url"], each["headline"]) for each in voters(text)] == [
        ("Rosa Lux", "https://www.linkedin.com/in/rosa-lux", "Lead"),
        ("Sam", "https://www.linkedin.com/in/sam?trk=x", "Agent"),
    ]


def test_a_voter_without_a_title_does_not_take_the_next_name_for_one() -> None:
    text = "Rosa\n• 2nd\nSam\n• 3rd\nAgent\nView Uma’s profile\nView Jo’s profile\nCoach\n"
    assert [(each["name"], each["headline"]) for each in voters(text)] == [
        ("Rosa", ""),
        ("Sam", "Agent"),
        ("Uma", ""),
        ("Jo", "Coach"),
    ]


def test_who_is_out_of_network_is_a_voter_too_and_a_badge_is_no_title() -> None:
    twice = "Ada L\nAda L\n2nd degree connection\n2nd\nHead of CX\nFollow\n"
    far = "Priya N.\nPriya N.\nOut of network\n3rd+\nCoach\nFollow\n"
    assert [(one["name"], one["headline"], one["degree"]) for one in voters(twice + far + twice)] == [
        ("Ada L", "Head of CX", "2nd"),
        ("Priya N.", "Coach", "3rd+"),
        ("Ada L", "Head of CX", "2nd"),
    ]
    viewed = "View Tom B’s profile\nTom B\n• You\nManager\nView Kim C’s profile\nKim C\n• 2nd\n--\n"
    assert [(one["name"], one["headline"]) for one in voters(viewed)] == [("Tom B", "Manager"), ("Kim C", "")]


def test_names_with_an_empty_line_after_each_voter_are_a_list_too() -> None:
    text = (
        "Yes, very (2 votes)\n\nRosa Lux\nHead of CX, Acme\n\nÄnne von der Lyn (She/Her)\nAgent\n\n\n"
        "No • 1 vote\n\nO’Neil, Jo\nSales coach\n"
    )
    assert read_lines(text) == [
        ["name", "headline", "profile_url", "degree", "option"],
        ["Rosa Lux", "Head of CX, Acme", "", "", "Yes, very"],
        ["Änne von der Lyn (She/Her)", "Agent", "", "", "Yes, very"],
        ["O’Neil, Jo", "Sales coach", "", "", "No"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Rosa Lux\nLead\n\nSam Smith\nAgent\n",
        "Rosa Lux\nLead\n\nSam Smith\nAgent\n\nJo Doe\n",
        "head of cx\nlead\n\nagent\ncoach\n\nsales\nclerk\n",
        "Head of CX\nLead\n\nAgent\nCoach\n\nSales\nClerk\n",
        "Rosa Lux\n\nSam Smith\n\nJo Doe\n",
        "Rosa Lux\nLead\n\nRosa Lux\nAgent\n\nRosa Lux\nCoach\n",
        "headline\nHead of CX\nAgent\nTrainer (50%)\n",
        "Head of CX\n\nAgent\n\nSales • 2nd line support\n",
        "Yes • 117 votes\nNo • 118 votes\n",
        "name,degree,option\nRosa,• 2nd,Yes\nSam,• 3rd,No\n",
        "Rosa, Lead • 2nd\nSam, Agent • 3rd\n",
        "name\tbadge\nRosa\t• 2nd\nSam\t• 3rd\n",
        "name;line\nRosa;View Rosa’s profile\nSam;View Sam’s profile\n",
        "View Rosa’s profile\n" + "A line of a page about something else\n" * 60 + "• 2nd\n",
    ],
)
def test_what_is_no_such_list_is_left_alone(text: str) -> None:
    with open_upload(text or " ", name="pasted text") as source:
        assert source.kind == "text"


DATA = Path(__file__).parents[2] / "data"


def test_no_file_of_the_tests_is_taken_for_such_a_list() -> None:
    files = [path for path in sorted(DATA.rglob("*")) if path.suffix in (".csv", ".tsv")]
    assert len(files) > 12
    for path in files:
        with open_path(path, encoding="utf-16" if "utf-16" in path.stem else "utf-8") as source:
            assert source.kind == "text", path


def test_a_table_whose_cells_hold_such_lines_stays_a_table() -> None:
    cell = '"Rosa Lux\nView Rosa Lux’s profile\n• 2nd"'
    with open_upload(f"name,option\n{cell},Yes\n{cell},No\n", name="voters.csv") as source:
        assert source.kind == "text"
        assert [len(record.cells) for record in source.records()] == [2, 2, 2]


names = st.builds("{} {}".format, st.sampled_from(["Rosa", "Änne", "Jo"]), st.sampled_from("ABCDEFGHIJ"))
titles = st.sampled_from(
    ["Head of CX", "CX | Lead", "Agent, EMEA", "Raised NPS by 50%", "Ex-Google; coach", "Trainer (2)"]
)
people = st.lists(st.tuples(names, titles), min_size=2, max_size=8, unique_by=lambda pair: pair[0])
FORMS = (
    "{name}\nView {name}’s profile\n• 2nd\n{title}\nMessage\n",
    "View {name}’s profile\n{name}\n2nd degree connection\n{title}\n\n",
    "{name} • 2nd\n{title}\n",
    "{name}\n • 2nd\n\n{title}\nConnect\n",
)
names_apart = st.lists(st.tuples(names, titles), min_size=3, max_size=8, unique_by=lambda pair: pair[0])


@given(people, st.sampled_from(FORMS), st.booleans())
def test_every_form_of_list_gives_each_voter_back(
    listed: list[tuple[str, str]], form: str, with_heading: bool
) -> None:
    text = f"Yes, very • {len(listed)} votes\n" if with_heading else ""
    text += "".join(form.format(name=name, title=title) for name, title in listed)
    found = voters(text)
    assert [(each["name"], each["headline"]) for each in found] == listed
    assert {each["degree"] for each in found} == {"2nd"}
    assert {each.get("option") for each in found} == {"Yes, very" if with_heading else None}


@given(names_apart)
def test_a_spaced_list_gives_each_voter_back(listed: list[tuple[str, str]]) -> None:
    found = voters("\n\n".join(f"{name}\n{title}" for name, title in listed))
    assert [(each["name"], each["headline"]) for each in found] == listed


@given(st.text(max_size=300))
def test_any_text_is_read_or_left(text: str) -> None:
    found = read_lines(text)
    assert found is None or len({len(row) for row in found}) == 1


def test_long_lines_cost_no_square() -> None:
    line = "View a" * 200_000 + " • 2nd"
    assert read_lines(f"{line}\n" * 3) is None
