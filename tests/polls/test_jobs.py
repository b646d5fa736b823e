"""Jobs over uploads: asked for once, queued per poll, cancelled for good, given on when their worker died."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from polls import jobs, uploads
from polls.jobs import ask_for_job, cancel_job, latest_job, open_jobs, requeue_stalled, standing
from polls.models import ImportJob
from polls.permissions import PollRefused
from tests import factories
from tests.queue import a_worker, empty_queue, queued, taken, upload

State, Kind = ImportJob.State, ImportJob.Kind


@pytest.fixture(autouse=True)
def _queue(db):
    """Nothing is left in the queue by tests that commit."""
    empty_queue()


@pytest.fixture
def job(ada, poll) -> ImportJob:
    """An import that Ada asked for."""
    return ask_for_job(upload=upload(ada, poll), kind=Kind.IMPORT, by=ada)


def test_a_job_waits_in_the_queue_of_its_poll(job, ada):
    assert (job.state, job.poll_slug, job.asked_by, job.attempt) == (State.WAITING, "cx-head", ada, 0)
    assert queued() == [{"status": "todo", "lock": "poll cx-head", "job": str(job.pk)}]


def test_a_second_click_gets_the_first_ones_job(job, ada):
    again = ask_for_job(upload=uploads.of_job(job.upload), kind=Kind.CHECK, by=ada)
    assert again == job
    assert len(queued()) == 1


def test_after_it_is_over_the_same_file_may_be_asked_for_again(job, ada):
    cancel_job(job=job, by=ada)
    again = ask_for_job(upload=uploads.of_job(job.upload), kind=Kind.CHECK, by=ada)
    assert again != job
    assert latest_job(job.upload) == again


def test_what_is_not_committed_is_in_no_queue(ada, poll):
    waiting = upload(ada, poll)
    with transaction.atomic():
        ask_for_job(upload=waiting, kind=Kind.IMPORT, by=ada)
        transaction.set_rollback(True)
    assert (ImportJob.objects.count(), queued()) == (0, [])


def test_only_who_may_import_may_ask(ada, rosa, poll):
    waiting = upload(ada, poll)
    with pytest.raises(PollRefused, match="Only an admin of this poll may import votes"):
        ask_for_job(upload=waiting, kind=Kind.CHECK, by=rosa)
    fresh = uploads.keep(by=ada, poll="brand-new", text="option\nYes\n", is_new=True)
    with pytest.raises(PollRefused, match="You may not create polls"):
        ask_for_job(upload=fresh, kind=Kind.IMPORT, by=ada)
    assert queued() == []


def test_a_poll_that_went_away_is_one_sentence(ada, poll):
    waiting = upload(ada, poll)
    poll.delete()
    with pytest.raises(PollRefused, match="There is no poll cx-head any more"):
        ask_for_job(upload=waiting, kind=Kind.IMPORT, by=ada)


def test_a_cancelled_job_is_over_at_once_and_cannot_be_cancelled_twice(job, ada):
    assert cancel_job(job=job, by=ada)
    job.refresh_from_db()
    assert (job.state, job.finished_at is not None) == (State.CANCELLED, True)
    assert not cancel_job(job=job, by=ada)


def test_a_running_job_is_cancelled_at_once_too(job, ada):
    ImportJob.objects.filter(pk=job.pk).update(state=State.RUNNING, attempt=1)
    assert cancel_job(job=job, by=ada)
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_what_is_done_stays_done(job, ada):
    ImportJob.objects.filter(pk=job.pk).update(state=State.DONE, finished_at=timezone.now())
    assert not cancel_job(job=job, by=ada)
    job.refresh_from_db()
    assert job.state == State.DONE


def test_who_asked_and_who_may_import_follow_it_and_nobody_else(job, ada, rosa, nina, poll):
    alma = factories.make_member("alma", poll, "admin")
    for other in (rosa, nina):
        with pytest.raises(PollRefused):
            cancel_job(job=job, by=other)
    jobs.check_can_follow(ada, job)
    assert cancel_job(job=job, by=alma)


def test_open_jobs_are_mine_or_those_of_a_poll(job, ada, poll):
    alma = factories.make_member("alma", poll, "admin")
    hers = ask_for_job(upload=upload(alma, poll), kind=Kind.CHECK, by=alma)
    assert list(open_jobs(ada)) == [job]
    assert set(open_jobs(ada, poll)) == {job, hers}
    assert all(one.poll_exists for one in open_jobs(ada, poll))
    cancel_job(job=job, by=ada)
    assert list(open_jobs(ada)) == []


def test_an_upload_with_an_open_job_outlives_its_time(job, ada, settings):
    settings.ROLECALL_UPLOAD_HOURS = -1
    assert uploads.delete_expired() == 0
    assert uploads.of_job(job.upload) is not None
    cancel_job(job=job, by=ada)
    assert uploads.delete_expired() == 1


# --- why it waits, and how far it is -----------------------------


def test_a_page_knows_whether_a_worker_runs(job, settings):
    assert not standing(job).worker
    a_worker(seconds_ago=settings.ROLECALL_WORKER_DEAD_AFTER + 1)
    assert not jobs.worker_is_running()
    a_worker(seconds_ago=1)
    assert standing(job).worker


def test_a_job_waits_for_the_earlier_one_of_its_poll_only(job, ada, poll):
    other = factories.make_poll("other")
    factories.make_member("ada", other, "admin")
    elsewhere = ask_for_job(upload=upload(ada, other), kind=Kind.IMPORT, by=ada)
    later = ask_for_job(upload=upload(ada, poll), kind=Kind.CHECK, by=ada)
    assert [standing(one).ahead for one in (job, elsewhere, later)] == [False, False, True]


def test_a_run_of_which_nothing_is_heard_is_silent(job):
    job.state, job.attempt, job.seen_at = State.RUNNING, 1, timezone.now()
    assert not standing(job).silent
    job.seen_at -= jobs.SILENT_AFTER + timedelta(seconds=1)
    assert standing(job).silent


def test_rate_and_time_left_come_from_the_step_that_counts_rows(job):
    job.state, job.phase, job.rows_done, job.rows_total = State.RUNNING, "reading", 20_000, 100_000
    job.started_at = timezone.now()
    job.seen_at = job.started_at + timedelta(seconds=2)
    shown = standing(job)
    assert (shown.step, shown.steps, shown.rate, shown.seconds_left) == (1, 5, 10_000, 8)
    job.rows_total = None
    assert standing(job).seconds_left is None
    job.phase = "cases"
    shown = standing(job)
    assert (shown.step, shown.rate) == (4, None)
    job.kind, job.phase = Kind.CHECK, "an unknown one"
    assert (standing(job).step, standing(job).steps) == (0, 3)


# --- workers that died -------------------------------------------


def test_the_job_of_a_dead_worker_goes_back_and_that_of_a_living_one_does_not(job, ada, settings):
    dead, alive = a_worker(seconds_ago=settings.ROLECALL_WORKER_DEAD_AFTER + 1), a_worker()
    taken(job, alive)
    assert requeue_stalled() == 0
    taken(job, dead)
    assert requeue_stalled() == 1
    assert [one["status"] for one in queued()] == ["todo"]
    assert requeue_stalled() == 0


def test_the_job_of_a_worker_that_was_struck_off_goes_back(job):
    worker = a_worker()
    taken(job, worker)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    assert requeue_stalled() == 1


def test_an_open_job_that_is_in_no_queue_is_put_there(job):
    empty_queue()
    assert requeue_stalled() == 1
    assert [one["job"] for one in queued()] == [str(job.pk)]
    assert requeue_stalled() == 0


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_job(ada, poll):
    waiting = upload(ada, poll)
    together, found = threading.Barrier(2), []

    def click() -> None:
        together.wait()
        found.append(ask_for_job(upload=waiting, kind=Kind.IMPORT, by=ada))
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert found[0] == found[1]
    assert len(queued()) == 1
