"""What must be read from the small file of each documented export (tests/data/formats)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from polls.importing.mapping import FIELDS
from polls.importing.readers import Source, open_path

FILES = Path(__file__).parents[2] / "data" / "formats"
OPTIONS = ("Extremely important", "Very important", "Not important", "Not important, really")
CODES = ("extremely", "very", "not")
EXTREMELY, VERY, NOT, REALLY = OPTIONS
ROSA, SAM = "https://www.linkedin.com/in/rosa-beispiel", "https://www.linkedin.com/in/sam-muster"


def opened(name: str) -> Source:
    return open_path(FILES / f"{name}.csv", encoding="cp1252" if name == "microsoft-forms" else "")


@dataclass(frozen=True)
class Case:
    """A file: the format it is known as, the row of its (last) header, its fields, and with `everyone` for
    the files without options per row (id or address, name, headline, option) of each row."""

    preset: str
    header_row: int
    fields: dict[str, str]
    rows: list[tuple[str, str, str, str]]
    options: tuple[str, ...] = OPTIONS
    everyone: str = ""
    multiple: bool = False
    option_columns: list[str] = field(default_factory=list)


PEOPLE = [(ROSA, "Rosa Beispiel", "Head of CX", VERY), (SAM, "Sam Muster", "Consultant", VERY)]
CASES = {
    "linkedin-connections": Case(
        "linkedin-connections",
        4,
        {"first_name": "First Name", "last_name": "Last Name", "profile_url": "URL"}
        | {"organisation": "Company", "headline": "Position"},
        [
            (ROSA, "Rosa Beispiel", "Head of Customer Experience", VERY),
            (SAM, "Sam Muster", "Contact Center Manager", VERY),
            ("", "Kim Probe", "Consultant", VERY),
        ],
        everyone=VERY,
    ),
    "linkedin-connections-de": Case(
        "linkedin-connections",
        1,
        {"first_name": "Vorname", "last_name": "Nachname", "profile_url": "URL"}
        | {"organisation": "Unternehmen", "headline": "Position"},
        [
            (ROSA, "Rosa Beispiel", "Leiterin Kundenservice", VERY),
            (SAM, "Sam Muster", "Berater", VERY),
        ],
        everyone=VERY,
    ),
    "phantombuster-likers": Case(
        "phantombuster-likers",
        1,
        {"profile_url": "profileLink", "name": "fullName", "headline": "occupation"}
        | {"first_name": "firstName", "last_name": "lastName"},
        [
            (ROSA, "Rosa Beispiel", "Head of CX | Speaker", VERY),
            ("", "Sam Muster", "Contact Center Manager", VERY),
            ("https://www.linkedin.com/in/ACoAAAExampleExample", "Kim Probe", "Consultant", VERY),
        ],
        everyone=VERY,
    ),
    "phantombuster-commenters": Case(
        "phantombuster-commenters",
        1,
        {"profile_url": "profileLink", "name": "fullName", "headline": "occupation", "comment": "comment"}
        | {"first_name": "firstName", "last_name": "lastName"},
        PEOPLE,
        everyone=VERY,
    ),
    "phantombuster-poll-voters": Case(
        "phantombuster-poll-voters",
        1,
        {"profile_url": "profileUrl", "name": "fullName", "headline": "headline", "option": "pollOption"}
        | {"first_name": "firstName", "last_name": "lastName"},
        [(ROSA, "Rosa Beispiel", "Head of CX", EXTREMELY), (SAM, "Sam Muster", "Consultant", NOT)],
    ),
    "phantombuster-leads": Case(
        "phantombuster-leads",
        1,
        {"profile_url": "defaultProfileUrl", "name": "fullName", "headline": "title"}
        | {"organisation": "companyName", "first_name": "firstName", "last_name": "lastName"},
        PEOPLE,
        everyone=VERY,
    ),
    "phantombuster-enrichment": Case(
        "phantombuster-enrichment",
        1,
        {"profile_url": "linkedinProfileUrl", "name": "fullName", "headline": "headline"}
        | {"organisation": "currentCompanyName"},
        PEOPLE,
        everyone=VERY,
    ),
    "lead-list-apollo": Case(
        "lead-list",
        1,
        {"profile_url": "Person Linkedin Url", "headline": "Title", "organisation": "Company"}
        | {"first_name": "First Name", "last_name": "Last Name"},
        [PEOPLE[0], ("http://uk.linkedin.com/in/sam-muster?trk=x", "Sam Muster", "Consultant", VERY)],
        everyone=VERY,
    ),
    "lead-list": Case(
        "lead-list",
        2,
        {"profile_url": "URL", "name": "Name", "headline": "Job Title", "organisation": "Account Name"},
        [PEOPLE[0], (SAM, "Sam Muster", "Consultant | Speaker", VERY)],
        everyone=VERY,
    ),
    "google-forms": Case(
        "google-forms",
        1,
        {"voted_at": "Timestamp", "voter_id": "Username", "headline": "What is your job title?"}
        | {"option": "How important is customer experience, all in all?"},
        [
            ("rosa@example.com", "", "Head of CX", EXTREMELY),
            ("sam@example.com", "", "Consultant", NOT),
            ("rosa@example.com", "", "Head of CX", VERY),
        ],
    ),
    "qualtrics-legacy": Case(
        "qualtrics-legacy",
        2,
        {"voter_id": "ResponseID", "name": "Name", "voted_at": "EndDate"}
        | {"headline": "Q2 – Your job title", "option": "Q1 – How important is it?"},
        [
            ("R_1aaaaaaaaaaaaaa", "Rosa Beispiel", "Head of CX", EXTREMELY),
            ("R_2aaaaaaaaaaaaaa", "Sam Muster", "Consultant", NOT),
        ],
    ),
    "qualtrics-one-cell": Case(
        "qualtrics",
        3,
        {"voter_id": "ResponseId", "voted_at": "RecordedDate", "option": "Q1 – Which matter?"},
        [
            ("R_1aaaaaaaaaaaaaa", "", "", f"{EXTREMELY} + {REALLY}"),
            ("R_2aaaaaaaaaaaaaa", "", "", VERY),
        ],
        multiple=True,
    ),
    "typeform": Case(
        "typeform",
        1,
        {"voter_id": "#", "voted_at": "Submit Date (UTC)", "headline": "What is your job title?"}
        | {"option": "Hello {{answer_42471732}}, which matter?"},
        [
            ("6c1d3e9a", "", "Head of CX", f"{EXTREMELY} + {VERY}"),
            ("7d1d3e9b", "", "Consultant", REALLY),
        ],
        multiple=True,
    ),
    "typeform-older": Case(
        "typeform",
        1,
        {"voter_id": "#", "voted_at": "Submit Date (UTC)", "headline": "What is your job title?"},
        [("6c1d3e9a", "", "Head of CX", EXTREMELY), ("7d1d3e9b", "", "Consultant", VERY)],
        option_columns=[EXTREMELY, VERY],
    ),
    "zoom-old": Case(
        "zoom",
        1,
        {"voter_id": "User Email", "name": "User Name", "voted_at": "Submitted Date/Time"}
        | {"option": "How important is it?"},
        [
            ("rosa@example.com", "Rosa Beispiel", "", EXTREMELY),
            ("sam@example.com", "Sam Muster", "", NOT),
            ("", "Anonymous Attendee", "", VERY),
            ("", "Anonymous Attendee", "", VERY),
            ("sam@example.com", "Sam Muster", "", VERY),
        ],
    ),
    "zoom": Case(
        "zoom",
        13,
        {"voter_id": "User Email", "name": "User Name", "voted_at": "Submitted Date/Time"}
        | {"option": "How important is it?"},
        [
            ("rosa@example.com", "Rosa Beispiel", "", f"{EXTREMELY} + {VERY}"),
            ("sam@example.com", "Sam Muster", "", NOT),
        ],
        multiple=True,
    ),
    "kobo-details": Case(
        "kobo",
        1,
        {"voter_id": "_uuid", "voted_at": "_submission_time", "headline": "job_title"},
        [
            ("9f1c0000-0000-4000-8000-000000000001", "", "Head of CX", "extremely + very"),
            ("9f1c0000-0000-4000-8000-000000000003", "", "Coach", "not"),
        ],
        options=CODES,
        multiple=True,
        option_columns=["which/extremely", "which/very", "which/not"],
    ),
    "mentimeter": Case(
        "mentimeter",
        4,
        {"voter_id": "Voter", "voted_at": "Date (UTC)", "headline": "Your job title: Answer"}
        | {"option": "How important is it?: Answer"},
        [
            ("1 / 1", "", "Head of CX", EXTREMELY),
            ("1 / 2", "", "Consultant", NOT),
            ("2 / 1", "", "Coach", VERY),
        ],
    ),
    "vote-list": Case(
        "vote-list",
        1,
        {"voter_id": "User ID", "name": "User Login", "option": "Poll Option", "voted_at": "Vote Date"},
        [("11", "rosa_b", "", EXTREMELY), ("12", "sam.m", "", NOT)],
    ),
    "rolecall": Case(
        "rolecall",
        1,
        {field: field for field in FIELDS if field not in ("first_name", "last_name")},
        [(ROSA, "Rosa Beispiel", "=Head of CX", EXTREMELY), ("v2", "Sam Muster", "Consultant", NOT)],
    ),
    "german": Case(
        "",
        2,
        {"name": "Name", "headline": "Berufsbezeichnung", "organisation": "Firma", "option": "Antwort"}
        | {"voted_at": "Datum"},
        [
            ("", "Rosa Beispiel", "Leiterin Kundenservice", "Sehr wichtig"),
            ("", "Sam Muster", "Berater", "Unwichtig"),
        ],
        options=(),
    ),
    "matrix": Case(
        "",
        3,
        {"name": "Name", "headline": "Title"},
        [
            ("", "Rosa Beispiel", "Head of CX", EXTREMELY),
            ("", "Sam Muster", "Consultant", NOT),
            ("", "Kim Probe", "Coach", VERY),
        ],
        option_columns=[EXTREMELY, VERY, NOT],
    ),
    "no-header": Case(
        "",
        0,
        {"profile_url": "Column 1", "name": "Column 2", "headline": "Column 3", "option": "Column 4"},
        [
            (ROSA, "Rosa Beispiel", "Head of Customer Experience", EXTREMELY),
            (SAM, "Sam Muster", "Contact Center Manager", NOT),
            ("https://www.linkedin.com/in/kim-probe", "Kim Probe", "CX Consultant", EXTREMELY),
        ],
    ),
    "urls-only": Case(
        "",
        0,
        {"profile_url": "Column 1"},
        [
            (ROSA, "", "", VERY),
            (SAM, "", "", VERY),
            ("https://linkedin.com/in/kim-probe", "", "", VERY),
        ],
        everyone=VERY,
    ),
}
