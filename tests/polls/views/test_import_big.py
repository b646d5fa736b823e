"""A file too big to be answered at once: looked at, checked by a worker, imported by a worker."""

from __future__ import annotations

import pytest
from django.utils import timezone

from polls import upload_check, uploads
from polls.models import Batch, ImportJob, Poll, Vote
from tests import factories
from tests.polls.views.looking import bring_in, chosen, look_at, say, send, text_of

YES, MAYBE, NO = factories.OPTIONS
ROWS = (
    "voter_id,option,mood\n"
    + "".join(f"v{number},{YES},fine\n" for number in range(19))
    + "v19,Perhaps,bad\n"
)


@pytest.fixture(autouse=True)
def _soon_big(settings):
    settings.ROLECALL_JOB_ROWS = 12


def token_of(url):
    return url.rstrip("/").rpartition("/")[2]


def work(url):
    """What a worker does with the open job over that upload."""
    job = ImportJob.objects.get(upload=token_of(url), state="waiting")
    upload = uploads.of_job(job.upload)
    if job.kind == "check":
        report = upload_check.run_check(upload, by=job.asked_by)
    else:
        report = upload_check.commit(upload, by=job.asked_by)
    end(job, state="done", report=upload_check.stored(report))


def end(job, **fields):
    ImportJob.objects.filter(pk=job.pk).update(finished_at=timezone.now(), **fields)


def test_a_big_file_is_looked_at_and_not_counted(admin):
    text = look_at(admin, send(admin, ROWS))
    assert "v0" in text
    assert "v9" in text
    assert "What importing it will do" not in text
    assert "The file has about 2" in text
    assert "Check all rows" in text
    assert "Import without checking first" in text


def test_looking_reads_no_more_than_the_first_rows(admin, monkeypatch):
    settings_rows = 400
    url = send(admin, "voter_id,option\n" + f"v1,{YES}\n" * settings_rows)
    seen = []
    records = upload_check.looking.readers.Source.records

    def counted(source):
        for record in records(source):
            seen.append(record.row)
            yield record

    monkeypatch.setattr(upload_check.looking.readers.Source, "records", counted)
    assert "Check all rows" in look_at(admin, url)
    assert max(seen) < settings_rows


def test_the_check_is_a_job_and_its_report_is_shown_until_something_changes(admin):
    url = send(admin, ROWS)
    answer = say(admin, url, "check")
    assert (answer.status_code, answer["Location"]) == (302, f"{url}job/")
    assert admin.get(url)["Location"] == f"{url}job/", "there is nothing to look at meanwhile"
    work(url)
    assert not Vote.objects.exists()
    text = look_at(admin, url)
    assert "New votes 19 of 20 rows" in text
    assert "21 option Perhaps not an option of this poll" in text
    assert "Import 19 rows" in text
    content = b"".join(admin.get(f"{url}rejected.csv").streaming_content).decode("utf-8-sig")
    assert content.splitlines()[1].startswith("v19,Perhaps,bad,")
    say(admin, url, column_2="comment")
    text = look_at(admin, url)
    assert "New votes" not in text
    assert "Check all rows" in text
    assert admin.get(f"{url}rejected.csv")["Location"] == url


def test_another_import_since_the_check_asks_for_a_new_one(admin, poll):
    url = send(admin, ROWS)
    say(admin, url, "check")
    work(url)
    assert "Import 19 rows" in look_at(admin, url)
    Batch.objects.create(poll=poll, file_name="other.csv", sha256=b"x", encoding="utf-8")
    assert "Check all rows" in look_at(admin, url)


@pytest.mark.parametrize("checked", [True, False], ids=["checked", "unchecked"])
def test_the_import_is_a_job_and_leads_to_the_result(checked, admin):
    url = send(admin, ROWS)
    if checked:
        say(admin, url, "check")
        work(url)
    answer = say(admin, url, "import")
    assert answer["Location"] == f"{url}job/"
    assert not Vote.objects.exists()
    work(url)
    assert admin.get(url)["Location"] == f"{url}result/"
    assert "Download 1 rejected row" in look_at(admin, f"{url}result/")
    assert Vote.objects.count() == 19


def test_figures_are_grouped(admin, settings):
    settings.ROLECALL_JOB_ROWS = 5000
    url = send(admin, "voter_id,option\n" + "".join(f"v{n},{YES}\n" for n in range(1234)))
    assert "Import 1,234 rows" in look_at(admin, url)
    assert "1,234 voters in this poll" in bring_in(admin, url)


def test_a_second_click_asks_for_no_second_job(admin):
    url = send(admin, ROWS)
    page = chosen(admin.get(url).content.decode())
    for _ in range(2):
        assert admin.post(url, page | {"action": "import"})["Location"] == f"{url}job/"
    assert ImportJob.objects.count() == 1
    assert admin.post(url, {"action": "cancel"})["Location"] == f"{url}job/", "the job page can cancel it"


def test_columns_changed_while_importing_are_looked_at_first(admin):
    url = send(admin, ROWS)
    page = chosen(admin.get(url).content.decode())
    answer = admin.post(url, page | {"column_2": "comment", "action": "import"}, follow=True)
    assert "Look at the rows once more" in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_columns_changed_while_asking_for_a_check_are_what_is_checked(admin):
    url = send(admin, ROWS)
    page = chosen(admin.get(url).content.decode())
    admin.post(url, page | {"column_2": "comment", "action": "check"})
    work(url)
    text = look_at(admin, url)
    assert "Import 19 rows" in text
    assert "Carried along" not in text


def test_a_big_file_without_the_option_cannot_be_asked_to_be_imported(admin):
    url = send(admin, "voter_id,mood\n" + "v1,fine\n" * 20)
    assert "Check all rows" not in look_at(admin, url)
    answer = say(admin, url, "import")
    assert answer.status_code == 422
    assert "No column holds the option voted for." in answer.content.decode()
    assert not ImportJob.objects.exists()


def test_a_job_that_failed_says_so_where_one_can_try_again(admin):
    url = send(admin, ROWS)
    say(admin, url, "import")
    end(ImportJob.objects.get(), state="failed", problem="The disk is full.")
    text = look_at(admin, url)
    assert "The last run over this file did not succeed: The disk is full." in text
    assert "Import without checking first" in text
    say(admin, url, "import")
    end(ImportJob.objects.get(state="waiting"), state="cancelled", asked_at=timezone.now())
    assert "was cancelled. Nothing was changed." in look_at(admin, url)


def test_an_import_whose_worker_died_after_the_commit_leads_to_its_result_all_the_same(admin, poll):
    url = send(admin, ROWS)
    say(admin, url, "import")
    upload = uploads.of_job(token_of(url))
    report = upload_check.commit(upload, by=ImportJob.objects.get().asked_by)
    upload.result = None
    upload.save()
    end(ImportJob.objects.get(), state="done", report=upload_check.stored(report))
    assert admin.get(url)["Location"] == f"{url}result/"
    assert "19 voters in this poll" in look_at(admin, f"{url}result/")


def test_a_small_file_does_not_wait_for_a_running_import_and_comes_after_it(admin, ada):
    ImportJob.objects.create(
        kind="import", state="running", poll_slug="cx-head", upload="o" * 32, asked_by=ada
    )
    url = send(admin, f"voter_id,option\nv1,{YES}\n")
    text = look_at(admin, url)
    assert "Another import into this poll is under way." in text
    assert "New votes" not in text
    assert say(admin, url, "import")["Location"] == f"{url}job/"
    assert ImportJob.objects.get(upload=token_of(url)).kind == "import"


def test_a_running_check_holds_nobody_up(admin, ada):
    ImportJob.objects.create(
        kind="check", state="running", poll_slug="cx-head", upload="o" * 32, asked_by=ada
    )
    url = send(admin, f"voter_id,option\nv1,{YES}\n")
    assert "1 voter in this poll" in bring_in(admin, url)


def test_a_new_poll_is_made_by_the_job_that_imports_its_file(ada, client_for):
    ada.is_staff = True
    ada.save()
    maker = client_for(ada)
    details = {"question": "How?", "slug": "brand-new", "options": f"{YES}\n{NO}", "pasted": ROWS}
    url = maker.post("/new-poll/", details)["Location"]
    say(maker, url, "check")
    work(url)
    assert not Poll.objects.filter(slug="brand-new").exists()
    assert "Create the poll and import 19 rows" in look_at(maker, url)
    assert say(maker, url, "import")["Location"] == f"{url}job/"
    work(url)
    answer = maker.get(url, follow=True)
    assert "19 voters in this poll" in text_of(answer.content.decode())
    assert Poll.objects.get(slug="brand-new").votes.count() == 19
