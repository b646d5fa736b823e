"""The CSV to fill in."""

from __future__ import annotations

import pytest

from polls.importing import load, mapping, readers
from polls.models import User
from tests.doors import check_door


def test_only_who_may_import_gets_the_template(poll, ada, vera, nina):
    url = "/polls/cx-head/import/template.csv"
    check_door(url, refused=vera, sentence="Only an admin", stranger=nina, allowed=ada, wrong_method="post")
    check_door("/new-poll/template.csv", refused=ada, sentence="You may not create polls.")


@pytest.fixture
def template(ada, client_for):
    """The template of the poll."""
    return client_for(ada).get("/polls/cx-head/import/template.csv")


def test_it_is_a_csv_with_a_mark_that_spreadsheets_understand(template):
    assert template["Content-Type"] == "text/csv"
    assert template["Content-Disposition"] == 'attachment; filename="rolecall-template.csv"'
    assert template.content.startswith(b"\xef\xbb\xbf")
    assert template.content.count(b"\r\n") == 3


def test_its_headers_are_all_recognised(template):
    with readers.open_upload(template.content, name="t.csv") as source:
        found = mapping.preview(source).mapping
    assert found.extras == ()
    assert {"voter_id", "name", "headline", "option", "voted_at", "comment"} <= set(found.fields)


def test_its_rows_can_be_imported_as_they_are(template, ada, poll):
    with readers.open_upload(template.content, name="t.csv") as source:
        report = load.run_import(source=source, poll=poll.slug, by=ada)
    assert (report.created, report.rejected) == (2, 0)


def test_one_for_a_poll_that_is_not_there_yet(db, client_for):
    root = User.objects.create_superuser("root", password="password")
    answer = client_for(root).get("/new-poll/template.csv")
    assert answer.status_code == 200
    assert b"Extremely important" in answer.content
