"""Files that wait between the two steps of an import."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from polls import uploads
from polls.importing.reading import Reading
from polls.models import ImportJob
from polls.problems import Refused
from polls.uploads import MOST_PER_PERSON


def keep(by, poll, **more):
    return uploads.keep(by=by, poll=poll.slug, text="option\nYes", **more)


def waiting(settings):
    root = Path(settings.MEDIA_ROOT)
    return list(root.iterdir()) if root.exists() else []


def test_an_upload_is_found_by_its_owner_for_its_poll_only(ada, rosa, poll):
    upload = keep(ada, poll)
    assert uploads.find(upload.token, by=ada, poll=poll.slug) == upload
    assert uploads.find(upload.token, by=rosa, poll=poll.slug) is None
    assert uploads.find(upload.token, by=ada, poll="other") is None
    assert uploads.find(upload.token, by=ada, poll=None) is None


def test_the_upload_of_a_new_poll_is_of_no_poll_that_is_there(ada, poll):
    upload = keep(ada, poll, is_new=True, details={"question": "How?"})
    assert uploads.find(upload.token, by=ada, poll=None) == upload
    assert uploads.find(upload.token, by=ada, poll=poll.slug) is None


@pytest.mark.parametrize("token", ["", "..", "../../etc/passwd", "x" * 31, "x" * 32, "a/b", "\x00" * 32])
def test_a_made_up_token_finds_nothing(ada, poll, token):
    keep(ada, poll)
    assert uploads.find(token, by=ada, poll=poll.slug) is None


def test_nothing_of_the_files_own_name_reaches_the_disk(ada, poll, settings):
    file = SimpleUploadedFile("voters.csv", b"option\nYes\n")
    file._name = "../../../evil\x07\u202e.csv"
    upload = uploads.keep(by=ada, poll=poll.slug, file=file)
    assert upload.file_name == "evil.csv"
    assert sorted(path.name for path in upload.folder.iterdir()) == ["data", "upload.json"]
    assert upload.folder.parent == Path(settings.MEDIA_ROOT)
    assert upload.data.read_bytes() == b"option\nYes\n"
    assert upload.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "shown"),
    [("C:\\fakepath\\a.csv", "a.csv"), ("", "unnamed file"), (None, "unnamed file"), ("x" * 300, "x" * 200)],
)
def test_a_name_is_shown_short_and_without_folders(name, shown):
    assert uploads.shown_name(name) == shown


def test_a_file_beyond_the_limit_leaves_nothing(ada, poll, settings):
    settings.ROLECALL_MAX_FILE_BYTES = 5
    with pytest.raises(Refused, match="larger than"):
        keep(ada, poll)
    assert waiting(settings) == []


def test_an_empty_one_leaves_nothing(ada, poll, settings):
    with pytest.raises(Refused, match="empty"):
        uploads.keep(by=ada, poll=poll.slug, text="")
    assert waiting(settings) == []


def test_a_folder_that_cannot_be_written_is_one_sentence(ada, poll, settings, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    settings.MEDIA_ROOT = blocked
    with pytest.raises(Refused, match="could not be stored"):
        keep(ada, poll)


def test_what_is_past_its_time_is_gone_with_the_next_upload(ada, rosa, poll, settings):
    old = keep(ada, poll)
    settings.ROLECALL_UPLOAD_HOURS = -1
    assert uploads.find(old.token, by=ada, poll=poll.slug) is None
    keep(rosa, poll)
    assert not old.folder.exists()


def test_a_person_has_only_so_many_waiting(ada, rosa, poll, settings):
    hers = keep(rosa, poll)
    for _ in range(MOST_PER_PERSON + 3):
        newest = keep(ada, poll)
    assert len(waiting(settings)) == MOST_PER_PERSON + 1
    assert newest.folder.exists()
    assert hers.folder.exists()


def test_a_damaged_note_is_no_upload(ada, poll):
    upload = keep(ada, poll)
    (upload.folder / "upload.json").write_text("{half")
    assert uploads.find(upload.token, by=ada, poll=poll.slug) is None


def test_what_was_chosen_is_remembered(ada, poll):
    upload = keep(ada, poll)
    told = Reading(
        encoding="cp1252",
        sheet="Votes",
        columns={"option": "option"},
        option_columns=(("Yes", "Yes!"),),
        day_first=True,
    )
    upload.reading = told.as_json()
    upload.save()
    found = uploads.find(upload.token, by=ada, poll=poll.slug)
    assert found == upload
    assert found.as_told == told


def job_over(upload, by, state="running"):
    ended = None if state in ImportJob.OPEN else timezone.now()
    return ImportJob.objects.create(
        kind="import", state=state, poll_slug=upload.poll, upload=upload.token, asked_by=by, finished_at=ended
    )


def test_what_a_job_works_on_is_not_deleted_however_old(ada, rosa, poll, settings):
    busy, idle, done = keep(ada, poll), keep(ada, poll), keep(ada, poll)
    job_over(busy, ada)
    job_over(done, ada, "done")
    settings.ROLECALL_UPLOAD_HOURS = -1
    assert uploads.delete_expired() == 2
    assert uploads.of_job(busy.token) == busy
    assert uploads.find(busy.token, by=ada, poll=poll.slug) == busy
    assert uploads.of_job(idle.token) is None
    assert not done.folder.exists()


def test_what_a_job_works_on_does_not_give_way_to_newer_files(ada, poll):
    busy = keep(ada, poll)
    job_over(busy, ada, "waiting")
    for _ in range(MOST_PER_PERSON + 1):
        keep(ada, poll)
    assert busy.folder.exists()


def test_a_worker_finds_an_upload_whoever_sent_it(ada, poll):
    upload = keep(ada, poll)
    assert uploads.of_job(upload.token) == upload
    assert uploads.of_job("../../etc/passwd") is None


def test_two_who_hold_the_same_upload_take_turns(ada, poll):
    upload = keep(ada, poll)
    order = []

    def second():
        with uploads.held(upload.token):
            order.append("second")

    thread = threading.Thread(target=second)
    with uploads.held(upload.token):
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


@pytest.mark.parametrize("token", ["x" * 32, "..", ""])
def test_holding_what_is_not_there_is_no_error(token):
    with uploads.held(token):
        pass


def test_deleting_twice_is_no_error(ada, poll):
    upload = keep(ada, poll)
    upload.delete()
    upload.delete()
    upload.drop_data()
    assert not upload.folder.exists()
