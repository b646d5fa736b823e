"""Exports of survey tools: a question is a column, or several columns with a choice each."""

from __future__ import annotations

from typing import Final

from polls.importing.formats.declaration import SEPARATORS, Drop, Format

_BY_EMAIL = "Voters are told apart by their e-mail address."

GOOGLE_FORMS: Final = Format(
    name="google-forms",
    title="Google Forms",
    headers=("Timestamp | Zeitstempel",),
    first="Timestamp | Zeitstempel",
    without=("profileUrl", "profileLink", "query", "voter_id", "option"),
    fields={
        "voted_at": "Timestamp | Zeitstempel",
        "voter_id": "Username | Nutzername | Email Address | E-Mail-Adresse",
    },
    about=("Score | Punktzahl",),
    survey=True,
    notes=(_BY_EMAIL,),
)

MICROSOFT_FORMS: Final = Format(
    name="microsoft-forms",
    title="Microsoft Forms",
    headers=("ID", "Start time | Startzeit", "Completion time | Fertigstellungszeit", "Email | E-Mail"),
    fields={
        "voter_id": "ID",
        "name": "Name",
        "voted_at": "Completion time | Fertigstellungszeit",
    },
    about=("Total points", "Quiz feedback", "Last modified time | Uhrzeit der letzten Änderung", "Language"),
    survey=True,
    blanks={"name": "anonymous | anonym"},
    notes=("An anonymous answer has no name; it is known by its number in the form.",),
)

SURVEYMONKEY: Final = Format(
    name="surveymonkey",
    title="SurveyMonkey",
    headers=("Respondent ID", "Collector ID", "Start Date", "End Date"),
    header_rows=2,
    fields={
        "voter_id": "Respondent ID",
        "first_name": "First Name",
        "last_name": "Last Name",
        "voted_at": "End Date",
    },
    about=("IP Address", "Email Address", "Custom Data 1", "Custom Data"),
    survey=True,
    day_first=False,
    choices_below=True,
)

QUALTRICS: Final = Format(
    name="qualtrics",
    title="Qualtrics",
    headers=("StartDate", "EndDate", "Status", "ResponseId"),
    header_rows=3,
    fields={
        "voter_id": "ResponseId",
        "first_name": "RecipientFirstName",
        "last_name": "RecipientLastName",
        "voted_at": "RecordedDate | EndDate",
    },
    about=(
        *("IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecipientEmail"),
        *("ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel"),
        "UserLanguage",
    ),
    survey=True,
    separators=(",", ";"),
    drops=(
        Drop(
            header="Status",
            values="Survey Preview | Survey Test | Offline Survey Preview | 1 | 2 | 9 | 17",
            reason="is a preview or a test by the makers of the survey, and no vote",
        ),
    ),
)

QUALTRICS_LEGACY: Final = Format(
    name="qualtrics-legacy",
    title="Qualtrics (legacy exporter)",
    headers=("ResponseID", "ResponseSet | StartDate", "StartDate", "EndDate"),
    header_rows=2,
    row_of_names=2,
    fields={"voter_id": "ResponseID", "name": "Name", "voted_at": "EndDate"},
    about=("ExternalDataReference", "EmailAddress", "IPAddress", "Status", "Finished"),
    survey=True,
    separators=(",", ";"),
    drops=(
        Drop(
            header="Status",
            values="1 | 2",
            reason="is a preview or a test by the makers of the survey, and no vote",
        ),
    ),
)

TYPEFORM: Final = Format(
    name="typeform",
    title="Typeform",
    headers=("#", "Start Date (UTC)", "Submit Date (UTC)"),
    first="#",
    fields={"voter_id": "#", "voted_at": "Submit Date (UTC)", "name": ""},
    about=("Network ID", "Response Type", "Stage Date (UTC)", "Tags"),
    survey=True,
    separators=(" / ", *SEPARATORS[:2]),
)

KOBO: Final = Format(
    name="kobo",
    title="KoboToolbox",
    headers=("__version__", "_id", "_uuid", "_submission_time"),
    fields={"voter_id": "_uuid | _id", "voted_at": "_submission_time | end"},
    about=(
        *("start", "end", "today", "deviceid", "username", "formhub/uuid", "meta/instanceID"),
        *("_validation_status", "_notes", "_status", "_submitted_by", "_tags", "_index", "_parent_index"),
    ),
    survey=True,
    separators=(" ", *SEPARATORS),
    drops=(
        Drop(
            header="_validation_status",
            values="Not approved | validation_status_not_approved",
            reason="was not approved, so it does not count as a vote",
        ),
    ),
)
