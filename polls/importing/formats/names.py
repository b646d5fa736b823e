"""What columns are called in files that follow no format: English and German, the commonest in four more."""

from __future__ import annotations

from typing import Final

# Compared without case, spaces and signs; the first name found wins its field.
_NAMES: Final = """
voter_id: voterid respondentid responseid memberid userid vmid id teilnehmerid
name: name fullname votername voter username displayname person vollständigername
first_name: firstname givenname forename recipientfirstname vorname
last_name: lastname surname familyname recipientlastname nachname familienname
headline: headline jobtitle title occupation position role job professionalheadline linkedinheadline
headline: jobtitel titel berufsbezeichnung stellenbezeichnung berufstitel beruf funktion
organisation: organisation organization company companyname currentcompanyname currentcompany employer
organisation: accountname unternehmen firma arbeitgeber
profile_url: profileurl linkedinprofileurl linkedinurl personlinkedinurl profilelink linkedinprofile profile
profile_url: linkedin url link profillink profil
option: option vote answer choice polloption optiontext selectedoption votedfor response
option: antwort stimme auswahl abstimmung
voted_at: votedat votedate datevoted submitteddatetime submitdateutc submitdate completiontime recordeddate
voted_at: date abgestimmtam datum
comment: comment comments remark openendedresponse kommentar anmerkung bemerkung
country: country countryregion land
name: nomcomplet nombrecompleto nomecompleto volledigenaam votant votante
first_name: prénom nombre voornaam
last_name: nomdefamille apellido apellidos cognome achternaam
headline: poste intitulédeposte intituléduposte puesto cargo ruolo qualifica functie functietitel
organisation: entreprise société empresa azienda bedrijf
option: réponse respuesta risposta antwoord voto stem opción opzione
voted_at: datedevote fecha fechadevoto datadelvoto
comment: commentaire comentario commento opmerking
country: pays país paese
"""

# Questions of a survey that ask for the voter, known by a few words within them.
_PHRASES: Final = """
headline: job title|your title|your role|your position|current role|current position|what do you do
headline: jobtitel|berufsbezeichnung|stellenbezeichnung|ihre position|deine position|ihr beruf|dein beruf
name: your name|full name|ihr name|dein name|vor und nachname|vor- und nachname
profile_url: linkedin|profile url|profile link|profillink
organisation: your company|your organisation|your organization|your employer|ihr unternehmen|ihr arbeitgeber
country: your country|which country|what country|in welchem land
comment: any comment|your comment|anything else|ihr kommentar|anmerkungen
"""


def _read(table: str, mark: str | None) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for line in table.strip().splitlines():
        field, _, found = line.partition(": ")
        names[field] = names.get(field, ()) + tuple(found.split(mark))
    return names


NAMES: Final = _read(_NAMES, None)
PHRASES: Final = _read(_PHRASES, "|")
FIELDS: Final = tuple(NAMES)
EVERY_NAME: Final = frozenset(name for names in NAMES.values() for name in names)
