"""The first step of an import into a poll that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from polls.models import Vote
from tests.doors import check_door

URL = "/polls/cx-head/import/"
REFUSAL = "Only an admin of this poll may import votes or change them."
ROWS = "voter_id,name,headline,option\nv1,Kim,Agent,Extremely important\n"


@pytest.fixture
def admin(ada, client_for):
    """Ada's browser."""
    return client_for(ada)


@pytest.mark.parametrize("username", ["rosa", "jude", "vera"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_admin_gets_in(username, method, request, poll, ada, nina):
    member = request.getfixturevalue(username)
    check_door(URL, refused=member, sentence=REFUSAL, stranger=nina, method=method)
    check_door(URL, allowed=ada, wrong_method="put")


def test_the_page_names_the_options_and_offers_a_template(admin):
    page = admin.get(URL).content.decode()
    assert "“Extremely important”" in page
    assert f'href="{URL}template.csv"' in page


@pytest.mark.parametrize("how", ["file", "pasted"])
def test_a_file_or_pasted_rows_lead_to_the_second_step_and_store_no_vote(admin, how):
    value = SimpleUploadedFile("voters.csv", ROWS.encode()) if how == "file" else ROWS
    answer = admin.post(URL, {how: value})
    assert answer.status_code == 302
    assert answer["Location"].startswith(URL)
    assert admin.get(answer["Location"]).status_code == 200
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "Choose a file or paste the rows of a sheet."),
        ({"pasted": "   "}, "Choose a file or paste the rows of a sheet."),
        ({"file": SimpleUploadedFile("v.xlsx", b"PK\x03\x04")}, "Save the sheet as CSV"),
        ({"file": SimpleUploadedFile("v.csv", b"")}, "empty"),
    ],
)
def test_what_cannot_be_taken_is_said(admin, settings, data, sentence):
    answer = admin.post(URL, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    root = Path(settings.MEDIA_ROOT)
    assert not root.exists() or not list(root.iterdir())


def test_a_file_beyond_the_limit_is_refused_with_the_limit(admin, settings):
    settings.ROLECALL_MAX_FILE_BYTES = 1024 * 1024
    answer = admin.post(URL, {"file": SimpleUploadedFile("v.csv", b"x" * (1024 * 1024 + 1))})
    assert answer.status_code == 422
    assert "v.csv is larger than 1 MB." in answer.content.decode()


def test_more_pasted_text_than_a_request_may_hold_is_one_sentence(admin, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = admin.post(URL, {"pasted": "x" * 2000})
    assert answer.status_code == 400
    assert "too large" in answer.content.decode()
