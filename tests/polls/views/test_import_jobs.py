"""The page of an import that runs beside the pages: what happens, why it waits, and a way to cancel it."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone

from polls import jobs, upload_check, uploads
from polls.models import ImportJob, User, Vote
from tests import factories
from tests.doors import check_door
from tests.queue import a_worker, empty_queue, upload, votes

pytestmark = pytest.mark.django_db

State, Kind = ImportJob.State, ImportJob.Kind
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _queue(db):
    empty_queue()


@pytest.fixture
def job(ada, poll) -> ImportJob:
    return jobs.ask_for_job(upload=upload(ada, poll), kind=Kind.IMPORT, by=ada)


def url_of(job: ImportJob) -> str:
    return f"/polls/{job.poll_slug}/import/{job.upload}/job/"


def page(client, url, **more) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def change(job: ImportJob, **fields) -> None:
    if fields.get("state") in (State.DONE, State.FAILED, State.CANCELLED):
        fields["finished_at"] = timezone.now()
    ImportJob.objects.filter(pk=job.pk).update(**fields)


# --- who ---------------------------------------------------------


@pytest.mark.parametrize("username", ["rosa", "vera"])
def test_only_who_may_import_gets_in(username, request, job, nina):
    sentence = "Only an admin of this poll may import votes or change them."
    check_door(url_of(job), refused=request.getfixturevalue(username), sentence=sentence, stranger=nina)


def test_another_admin_sees_how_far_it_is_but_not_the_file(job, poll, client_for):
    alma = client_for(factories.make_member("alma", poll, "admin"))
    text = page(alma, url_of(job))
    assert "asked for by ada" in text
    assert "pasted rows" not in text


def test_another_poll_does_not_find_it(job, admin, ada):
    factories.make_member("ada", factories.make_poll("other"), "admin")
    assert admin.get(url_of(job).replace("cx-head", "other")).status_code == 404
    assert admin.get(url_of(job).replace(job.upload, "x" * 32)).status_code == 404


def test_a_new_polls_job_is_its_askers_alone(client_for, nina):
    User.objects.filter(pk=nina.pk).update(is_staff=True)
    asker = User.objects.get(pk=nina.pk)
    details = {"question": "How?", "options": [], "options_are_ordered": True}
    fresh = uploads.keep(by=asker, poll="brand-new", text=votes(2), is_new=True, details=details)
    jobs.ask_for_job(upload=fresh, kind=Kind.CHECK, by=asker)
    url = f"/new-poll/{fresh.token}/job/"
    assert "Checking all rows" in page(client_for(asker), url)
    other = factories.make_user("olga", is_staff=True)
    assert client_for(other).get(url).status_code == 404
    assert client_for(factories.make_user("paul")).get(url).status_code == 403


def test_the_wrong_method_is_refused(job, admin):
    assert admin.put(url_of(job)).status_code == 405


# --- what it says ------------------------------------------------


def test_without_a_worker_it_says_so_and_what_to_do(job, admin):
    text = page(admin, url_of(job))
    assert "No worker is running, so nothing happens yet." in text
    assert ">make serve</code>" in text
    assert ">.venv/bin/python manage.py worker</code>" in text
    a_worker()
    text = page(admin, url_of(job))
    assert "No worker is running" not in text
    assert "It begins as soon as a worker is free." in text


def test_a_second_import_says_that_it_waits_for_the_first(job, admin, ada, poll):
    a_worker()
    later = jobs.ask_for_job(upload=upload(ada, poll), kind=Kind.IMPORT, by=ada)
    assert "It waits for another import into this poll" in page(admin, url_of(later))
    jobs.cancel_job(job=job, by=ada)
    assert "It waits for another import" not in page(admin, url_of(later))


def test_a_running_job_shows_step_rows_rate_and_time_left(job, admin):
    a_worker()
    now = timezone.now()
    change(
        job,
        state=State.RUNNING,
        attempt=1,
        phase="reading",
        rows_done=20_000,
        rows_total=1_000_404,
        started_at=now - timezone.timedelta(seconds=2),
        seen_at=now,
    )
    text = page(admin, url_of(job))
    assert "Reading the rows" in text
    assert 'value="20000" max="1000404"' in text
    assert (
        "Step 1 of 5 · 20,000 of about 1,000,000 rows · 10,000 rows a second · about 2 minutes left" in text
    )


def test_a_step_without_rows_shows_that_something_happens(job, admin):
    a_worker()
    change(job, state=State.RUNNING, attempt=2, phase="cases", seen_at=timezone.now())
    text = page(admin, url_of(job))
    assert "Putting the titles into cases" in text
    assert "Step 4 of 5" in text
    assert "<progress" in text
    assert "value=" not in text[text.index("<progress") :].partition(">")[0]
    assert "This is run number 2" in text


def test_a_run_that_went_silent_is_said_to_be_begun_again(job, admin):
    a_worker()
    change(job, state=State.RUNNING, attempt=1, seen_at=timezone.now() - timezone.timedelta(minutes=5))
    assert "Nothing has been heard for a while" in page(admin, url_of(job))


def test_it_refreshes_itself_with_and_without_javascript(job, admin):
    text = page(admin, url_of(job))
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in text
    assert f'hx-get="{url_of(job)}" hx-trigger="every 2s"' in text
    part = page(admin, url_of(job), headers=HTMX)
    assert part.strip().startswith('<div id="job"')
    assert "<html" not in part


# --- how it ends -------------------------------------------------


def test_it_is_cancelled_by_a_button_and_nothing_is_left(job, admin):
    answer = admin.post(url_of(job), {"action": "cancel"})
    assert (answer.status_code, answer["Location"]) == (302, url_of(job))
    job.refresh_from_db()
    assert job.state == State.CANCELLED
    text = page(admin, url_of(job))
    assert "The import was cancelled" in text
    assert "Nothing was changed." in text
    assert f'href="/polls/cx-head/import/{job.upload}/"' in text
    assert 'http-equiv="refresh"' not in text
    assert not Vote.objects.exists()


def test_a_second_click_on_cancel_changes_nothing(job, admin):
    admin.post(url_of(job))
    answer = admin.post(url_of(job), follow=True)
    assert "It had ended before it could be cancelled." in answer.content.decode()
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_what_failed_says_why_and_what_next(job, admin):
    change(job, state=State.FAILED, problem="The disk is full. <b>Really.</b>")
    text = page(admin, url_of(job))
    assert "Nothing was imported" in text
    assert "The disk is full. &lt;b&gt;Really.&lt;/b&gt;" in text
    assert "Look at the file again" in text
    assert admin.get(url_of(job), headers=HTMX)["HX-Refresh"] == "true"


def test_a_check_that_is_done_leads_to_what_it_said(ada, poll, admin):
    waiting = upload(ada, poll)
    job = jobs.ask_for_job(upload=waiting, kind=Kind.CHECK, by=ada)
    upload_check.run_check(waiting, by=ada)
    change(job, state=State.DONE, report={})
    there = f"/polls/cx-head/import/{waiting.token}/"
    assert admin.get(url_of(job))["Location"] == there
    assert admin.get(url_of(job), headers=HTMX)["HX-Redirect"] == there


def test_an_import_that_is_done_leads_to_its_result(job, admin, ada):
    waiting = uploads.of_job(job.upload)
    upload_check.commit(waiting, by=ada)
    change(job, state=State.DONE, report=waiting.result)
    assert admin.get(url_of(job))["Location"] == f"/polls/cx-head/import/{job.upload}/result/"


def test_when_the_file_is_gone_the_page_still_tells_what_came_of_it(job, admin, ada, poll, client_for):
    waiting = uploads.of_job(job.upload)
    upload_check.commit(waiting, by=ada)
    change(job, state=State.DONE, report=waiting.result)
    alma = client_for(factories.make_member("alma", poll, "admin"))
    for client in (alma, admin):
        if client is admin:
            waiting.delete()
        text = page(client, url_of(job))
        assert "The votes are imported" in text
        assert "of 3 rows" in text
