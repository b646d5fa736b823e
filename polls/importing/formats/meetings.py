"""Polls held in a meeting or a community, and our own export."""

from __future__ import annotations

from typing import Final

from polls.importing.formats.declaration import Format

_BY_EMAIL = (
    "Voters are told apart by their e-mail address; those without one count once per row, since many "
    "share one name."
)
_ZOOM_FIELDS = {
    "voter_id": "User Email",
    "name": "User Name",
    "voted_at": "Submitted Date/Time",
}

ZOOM: Final = Format(
    name="zoom",
    title="Zoom poll report",
    headers=("#", "User Name", "User Email", "Submitted Date/Time"),
    fields=_ZOOM_FIELDS,
    survey=True,
    several_tables=True,
    pairs=True,
    blanks={"voter_id": "anonymous | n/a"},
    notes=(_BY_EMAIL,),
)

MENTIMETER: Final = Format(
    name="mentimeter",
    title="Mentimeter",
    headers=(
        "Session | Sitzung | Sesión | Sessão",
        "Voter | Abstimmende | Abstimmender | Teilnehmer | Votante | Votant | Stemmer",
    ),
    without=("voter_id", "option", "vote", "answer"),
    fields={
        "voter_id": "Voter | Abstimmende | Abstimmender | Teilnehmer | Votante | Votant | Stemmer",
        "name": "",
        "voted_at": "Date (UTC) | Datum (UTC) | Fecha (UTC) | Date",
    },
    survey=True,
    within="Session | Sitzung | Sesión | Sessão",
    notes=("Voter 1 of one session is not taken for voter 1 of another.",),
)

VOTE_LIST: Final = Format(
    name="vote-list",
    title="Vote list of a community (Khoros and alike)",
    headers=(
        "User Login | User | Login | Username | Author | Author Login | Voter Login",
        "Answer | Poll Answer | Option | Poll Option | Choice | Vote",
        "Vote Date | Date Voted | Vote Time | Voted On | Date of Vote | Rank | User ID | Author ID",
    ),
    without=("voter_id",),
    fields={
        "voter_id": "User ID | Author ID | User Login | Voter Login | Author Login | Login | Username",
        "name": "User Login | Voter Login | Author Login | Login | Username | User | Author",
        "option": "Poll Option | Option | Poll Answer | Answer | Choice | Vote",
        "voted_at": "Vote Date | Date Voted | Date of Vote | Voted On | Vote Time",
        "headline": "Title | Job Title | Position",
    },
    notes=("Communities name these columns themselves: look whether each is what it is taken for.",),
)

JUDGEMENT_COLUMNS: Final = (
    "category",
    "category_label",
    "status",
    "resolved_by",
    "codebook",
    "codebook_version",
)
"""What our own export adds to a voter: left out when that file comes back as a poll."""

ROLECALL: Final = Format(
    name="rolecall",
    title="Rolecall's own export",
    headers=("voter_id", "option", *JUDGEMENT_COLUMNS),
    notes=("Categories are not taken back with the votes; import the decisions as tags.",),
)
