"""One run of a job: all of it or nothing, whoever cancels it, takes it away or pulls the plug."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from polls import job_runs, tasks, uploads
from polls.importing.progress import Cancelled
from polls.job_runs import MOST_RUNS, BrokenOff, Run, begin, carry_out
from polls.jobs import ask_for_job, cancel_job
from polls.models import Batch, ImportJob, Membership, Poll, User, Vote
from tests import factories
from tests.queue import empty_queue, queued, upload, votes, work

pytestmark = pytest.mark.django_db(transaction=True)

State, Kind = ImportJob.State, ImportJob.Kind


@pytest.fixture(autouse=True)
def _queue(db):
    """Each test begins with an empty queue, and nobody asks it to end."""
    empty_queue()
    job_runs.leaving.clear()
    yield
    job_runs.leaving.clear()


@pytest.fixture
def job(ada, poll) -> ImportJob:
    """An import of three votes that Ada asked for."""
    return ask_for_job(upload=upload(ada, poll), kind=Kind.IMPORT, by=ada)


def elsewhere(act: Callable[[], object]) -> None:
    """Do it in another thread, on a connection of its own, and wait for it."""

    def then_close() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=then_close)
    thread.start()
    thread.join()


def state_of(job: ImportJob) -> tuple[str, str]:
    job.refresh_from_db()
    return job.state, job.problem


def test_a_worker_imports_as_a_page_would(job):
    work()
    job.refresh_from_db()
    assert (job.state, job.problem, job.attempt, job.finished_at is not None) == (State.DONE, "", 1, True)
    assert (job.report["created"], job.report["voters"], Vote.objects.count()) == (3, 3, 3)
    kept = uploads.of_job(job.upload)
    assert kept.result["created"] == 3
    assert not kept.data.exists()
    assert queued() == []


def test_a_worker_checks_without_writing(ada, poll):
    job = ask_for_job(upload=upload(ada, poll), kind=Kind.CHECK, by=ada)
    work()
    job.refresh_from_db()
    assert (job.state, job.report["created"]) == (State.DONE, 3)
    assert (Vote.objects.count(), Batch.objects.count()) == (0, 0)
    kept = uploads.of_job(job.upload)
    assert kept.data.exists()
    assert kept.checked["report"]["created"] == 3


def test_the_file_of_a_new_poll_makes_it(nina):
    User.objects.filter(pk=nina.pk).update(is_staff=True)
    details = {"question": "How?", "options": [], "options_are_ordered": True}
    waiting = uploads.keep(by=nina, poll="brand-new", text=votes(4), is_new=True, details=details)
    job = ask_for_job(upload=waiting, kind=Kind.IMPORT, by=User.objects.get(pk=nina.pk))
    work()
    assert state_of(job) == (State.DONE, "")
    assert Vote.objects.filter(poll__slug="brand-new").count() == 4


def test_a_job_cancelled_while_it_waits_is_never_begun(job, ada):
    cancel_job(job=job, by=ada)
    work()
    assert state_of(job)[0] == State.CANCELLED
    assert (job.attempt, Vote.objects.count(), queued()) == (0, 0, [])


def test_a_job_cancelled_at_the_last_moment_leaves_nothing(job, ada):
    def cancelled_before_the_commit(job, progress, before_commit):
        def too_late(report):
            assert Vote.objects.count() == 3
            elsewhere(lambda: cancel_job(job=job, by=ada))
            before_commit(report)

        return tasks.check_or_import(job, progress, too_late)

    carry_out(job.pk, cancelled_before_the_commit)
    assert state_of(job)[0] == State.CANCELLED
    assert (Vote.objects.count(), Batch.objects.count()) == (0, 0)
    kept = uploads.of_job(job.upload)
    assert (kept.result, kept.data.exists()) == (None, True)


def test_a_cancel_breaks_off_a_long_statement(job, ada, monkeypatch):
    monkeypatch.setattr(job_runs, "TELL_EVERY", 0.02)
    begun = threading.Event()

    def long_statement(job, progress, before_commit):
        with transaction.atomic(), connection.cursor() as cursor:
            begun.set()
            cursor.execute("SELECT pg_sleep(120)")

    thread = threading.Thread(target=carry_out, args=(job.pk, long_statement))
    thread.start()
    assert begun.wait(60)
    assert cancel_job(job=job, by=ada)
    thread.join(60)
    assert not thread.is_alive()
    assert state_of(job) == (State.CANCELLED, "")


def test_during_a_long_statement_the_job_is_still_heard_of(job, monkeypatch):
    monkeypatch.setattr(job_runs, "TELL_EVERY", 0.02)
    heard = []

    def wait_to_be_heard(job, progress, before_commit):
        progress.phase("matching")
        with connection.cursor() as cursor:
            for _ in range(1200):
                cursor.execute("SELECT pg_sleep(0.05)")
                cursor.execute(
                    "SELECT phase, seen_at > started_at FROM polls_importjob WHERE id = %s", [job.pk]
                )
                heard.append(cursor.fetchone())
                if heard[-1] == ("matching", True):
                    break
        return tasks.check_or_import(job, progress, before_commit)

    carry_out(job.pk, wait_to_be_heard)
    assert heard[-1] == ("matching", True)
    assert state_of(job)[0] == State.DONE


def test_a_run_that_was_thought_dead_cannot_finish_after_its_successor(job):
    def overtaken(job, progress, before_commit):
        def after_the_other(report):
            elsewhere(lambda: begin(job.pk))
            before_commit(report)

        return tasks.check_or_import(job, progress, after_the_other)

    carry_out(job.pk, overtaken)
    assert state_of(job)[0] == State.RUNNING
    assert (job.attempt, Vote.objects.count()) == (2, 0)
    carry_out(job.pk, tasks.check_or_import)
    assert state_of(job)[0] == State.DONE
    assert (job.attempt, Vote.objects.count(), Batch.objects.count()) == (3, 3, 1)


def test_what_it_tells_is_written_down_and_a_job_taken_away_stops_it(job, ada):
    run = Run(begin(job.pk))
    run.phase("reading", 100)
    run.advance(40)
    run._tell()
    job.refresh_from_db()
    assert (job.phase, job.rows_done, job.rows_total) == ("reading", 40, 100)
    cancel_job(job=job, by=ada)
    run._tell()
    with pytest.raises(Cancelled):
        run.advance(1)


def test_a_file_that_cannot_be_imported_is_one_sentence(ada, poll):
    job = ask_for_job(upload=upload(ada, poll, "name,mood\nKim,good\n"), kind=Kind.IMPORT, by=ada)
    work()
    state, problem = state_of(job)
    assert state == State.FAILED
    assert "option" in problem
    assert queued() == []


def test_somebody_who_lost_the_right_meanwhile_is_told_so(job, ada):
    Membership.objects.filter(user=ada).delete()
    work()
    assert state_of(job) == (State.FAILED, "Only an admin of this poll may import votes or change them.")


def test_a_file_that_is_gone_is_one_sentence(job):
    uploads.of_job(job.upload).delete()
    work()
    assert state_of(job) == (State.FAILED, "The file is no longer here. Start the import again.")


def test_a_fault_of_ours_is_a_sentence_for_the_person_and_a_traceback_in_the_log(job, caplog):
    def faulty(job, progress, before_commit):
        return 1 / 0

    carry_out(job.pk, faulty)
    state, problem = state_of(job)
    assert state == State.FAILED
    assert problem.startswith("Something went wrong that Rolecall did not expect. Nothing was changed.")
    assert "ZeroDivisionError" in caplog.text


def test_what_the_commit_would_refuse_is_found_before_the_job_is_locked(job):
    def vote_of_nobody(job, progress, before_commit):
        report = tasks.check_or_import(job, progress, lambda report: None)
        with transaction.atomic():
            Vote.objects.filter(pk=Vote.objects.first().pk).update(voter_id=0)
            with pytest.raises(IntegrityError):
                before_commit(report)
            transaction.set_rollback(True)
        return report

    carry_out(job.pk, vote_of_nobody)
    assert state_of(job) == (State.RUNNING, "")


@pytest.mark.parametrize(
    ("code", "said"), [("53100", "The disk is full."), ("53200", "The database has no memory")]
)
def test_a_database_without_room_says_what_to_do(job, code, said):
    def no_room(job, progress, before_commit):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")

    carry_out(job.pk, no_room)
    state, problem = state_of(job)
    assert state == State.FAILED
    assert problem.startswith(said)
    assert "Nothing was changed." in problem


def test_a_full_disk_of_this_machine_says_so_too():
    assert job_runs.sentence(OSError(28, "No space left on device")).startswith("The disk is full.")
    assert job_runs.sentence(OSError(5, "Input/output error")) == ""


def test_a_connection_that_breaks_is_begun_again(job):
    def unplugged(job, progress, before_commit):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(BrokenOff):
        carry_out(job.pk, unplugged)
    assert state_of(job) == (State.WAITING, "")
    carry_out(job.pk, tasks.check_or_import)
    assert state_of(job)[0] == State.DONE


def test_a_deadlock_is_begun_again_and_a_broken_rule_is_not():
    def error(code):
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$")
        except DatabaseError as problem:
            return problem

    assert [job_runs.passes(error(code)) for code in ("40P01", "40001", "57P01", "23505", "53100")] == [
        *(True, True, True, False, False)
    ]


def test_a_worker_that_is_asked_to_end_puts_its_job_back(job):
    def asked_to_end(job, progress, before_commit):
        job_runs.leaving.set()
        return tasks.check_or_import(job, progress, before_commit)

    with pytest.raises(BrokenOff):
        carry_out(job.pk, asked_to_end)
    assert state_of(job) == (State.WAITING, "")
    assert (job.attempt, Vote.objects.count()) == (1, 0)


def test_what_broke_off_too_often_has_failed(job):
    ImportJob.objects.filter(pk=job.pk).update(attempt=MOST_RUNS)
    work()
    state, problem = state_of(job)
    assert state == State.FAILED
    assert problem.startswith("It was broken off 5 times")
    assert Vote.objects.count() == 0


def test_a_worker_killed_between_the_commit_and_its_last_words_is_made_up_for(job):
    text = uploads.of_job(job.upload).data.read_bytes()
    work()
    job.refresh_from_db()
    kept = uploads.of_job(job.upload)
    kept.result = None
    kept.save()
    kept.data.write_bytes(text)
    tasks.run_import(str(job.pk))
    assert uploads.of_job(job.upload).result["created"] == 3
    assert (Vote.objects.count(), Batch.objects.count()) == (3, 1)


def test_two_imports_into_one_poll_run_one_after_the_other(ada, poll):
    other = factories.make_poll("other")
    factories.make_member("ada", other, "admin")
    first = ask_for_job(upload=upload(ada, poll, votes(40)), kind=Kind.IMPORT, by=ada)
    second = ask_for_job(upload=upload(ada, poll, votes(40, 21)), kind=Kind.IMPORT, by=ada)
    elsewhere_job = ask_for_job(upload=upload(ada, other, votes(5)), kind=Kind.IMPORT, by=ada)
    while queued():
        work(concurrency=3)  # leaves when all that is left waits for what it does
    for job in (first, second, elsewhere_job):
        assert state_of(job)[0] == State.DONE
    assert second.started_at >= first.finished_at
    assert [one.report["created"] for one in (first, second)] == [40, 20]
    assert Vote.objects.filter(poll=poll).count() == 60


def test_tidying_up_deletes_what_is_past_its_time(ada, poll, settings):
    old = upload(ada, Poll.objects.get(slug="cx-head"))
    settings.ROLECALL_UPLOAD_HOURS = -1
    tasks.tidy(timestamp=0)
    assert not old.folder.exists()
