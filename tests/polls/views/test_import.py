"""The first step of an import into a poll that is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from polls.models import Batch, ImportJob, Vote
from tests.doors import check_door

URL = "/polls/cx-head/import/"
REFUSAL = "Only an admin of this poll may import votes or change them."
ROWS = "voter_id,name,headline,option\nv1,Kim,Agent,Extremely important\n"


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
        ({"file": SimpleUploadedFile("v.csv", b"")}, "empty"),
    ],
)
def test_what_cannot_be_taken_is_said(admin, settings, data, sentence):
    answer = admin.post(URL, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    root = Path(settings.MEDIA_ROOT)
    assert not root.exists() or not list(root.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("v.xlsx", b"PK\x03\x04 and then nothing of a workbook", "v.xlsx"),
        ("v.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "v.xls"),
        ("v.pdf", b"%PDF-1.7 and so on", "a PDF"),
        ("v.csv.gz", b"\x1f\x8b\x08\x00 and so on", "compressed"),
    ],
)
def test_what_is_no_table_is_named_at_the_second_step_with_nothing_but_a_way_out(
    admin, name, content, sentence
):
    answer = admin.post(URL, {"file": SimpleUploadedFile(name, content)}, follow=True)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert "Cancel, store nothing" in page
    assert "Import " not in page.partition("<main")[2].replace("Import votes", "")


def test_a_poll_of_several_choices_says_so(admin, poll):
    poll.single_choice = False
    poll.save()
    assert "A voter may have chosen several of them." in admin.get(URL).content.decode()


def test_what_is_under_way_and_what_was_imported_before_is_shown(admin, ada, poll):
    assert "The last imports" not in admin.get(URL).content.decode()
    ImportJob.objects.create(kind="import", poll_slug=poll.slug, upload="t" * 32, asked_by=ada)
    for number in range(7):
        Batch.objects.create(
            poll=poll,
            file_name=f"file {number}.csv",
            sha256=b"x",
            encoding="utf-8",
            imported_by=ada,
            counts={"rows": 1234, "created": 4, "updated": 0, "unchanged": 1229, "rejected": 1},
            undone_at=timezone.now() if number == 6 else None,
        )
    page = admin.get(URL).content.decode()
    assert "file 6.csv" in page
    assert "(undone)" in page
    assert "1,234" in page
    assert "file 2.csv" in page
    assert "file 1.csv" not in page, "the last five"
    assert f"/polls/cx-head/import/{'t' * 32}/job/" in page


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
