"""A database that goes away or has no room, a full disk: nothing is left, and a second run is right."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection

from polls.importing.load import run_import
from polls.importing.progress import Cancelled
from polls.importing.readers import open_upload
from polls.importing.report import ImportReport
from polls.models import Batch, BatchVotes, Headline, JobTitle, Option, Poll, Vote, Voter, VoterKey
from polls.problems import Refused
from tests import database
from tests.polls.importing.samples import THREE, counts

WRITTEN = (Poll, Option, Batch, BatchVotes, Voter, VoterKey, Headline, JobTitle, Vote)
MANY = "voter_id,headline,option\n" + "".join(f"v{number},Title {number},Yes\n" for number in range(5001))


class At:
    """Does something when an import reaches a step, or has read its first rows."""

    def __init__(self, step: str, deed: Callable[[], None]) -> None:
        self.step, self.deed = step, deed
        self.steps: list[str] = []
        self.rows: list[int] = []

    def phase(self, name: str, total: int | None = None) -> None:
        self.steps.append(name)
        if name == self.step:
            self.deed()

    def advance(self, rows: int) -> None:
        self.rows.append(rows)
        if self.step == "rows":
            self.deed()


def nothing() -> None:
    """Leave the import alone."""


def terminate() -> None:
    """Let the server end our own session, from another one."""
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def import_text(text: str, **wishes: Any) -> ImportReport:
    with open_upload(text, name="voters.csv") as source:
        return run_import(source=source, poll="p", by=None, **wishes)


@pytest.fixture
def nobody_told(settings: Any) -> None:
    settings.ROLECALL_AFTER_IMPORT = ""


@pytest.fixture
def full_disk(nobody_told: None) -> Iterator[None]:
    """The server has no room for votes."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE 'could not extend file "base/1": No space left on device' USING ERRCODE = 'disk_full';
            END $$;
            CREATE TRIGGER no_room BEFORE INSERT ON polls_vote EXECUTE FUNCTION no_room();
        """)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS no_room CASCADE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["reading", "rows", "matching", "writing", "cases"])
def test_a_database_that_goes_away_leaves_nothing_and_the_second_run_is_whole(
    nobody_told: None, step: str
) -> None:
    with pytest.raises(OperationalError):
        import_text(MANY, progress=At(step, terminate))
    for model in WRITTEN:
        assert not model.objects.exists()
    assert counts(import_text(MANY)) == (5001, 5001, 0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["reading", "rows", "matching", "writing", "cases"])
def test_an_import_that_is_cancelled_leaves_nothing(nobody_told: None, step: str) -> None:
    def cancel() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        import_text(MANY, progress=At(step, cancel))
    for model in WRITTEN:
        assert not model.objects.exists()


@pytest.mark.django_db
def test_the_steps_and_rows_of_an_import_are_told(nobody_told: None) -> None:
    watch = At("", nothing)
    import_text(MANY, progress=watch)
    assert watch.steps == ["reading", "matching", "writing", "cases"]
    assert watch.rows[:2] == [5000, 1]


@pytest.mark.django_db
def test_what_is_called_before_the_commit_sees_the_votes_and_can_undo_them(nobody_told: None) -> None:
    seen: list[tuple[int, int]] = []

    def look(report: ImportReport) -> None:
        seen.append((report.created, Vote.objects.filter(poll=report.poll_id).count()))

    def refuse(report: ImportReport) -> None:
        raise Refused("no")

    import_text(THREE, before_commit=look)
    import_text(THREE, before_commit=refuse, dry_run=True)
    import_text(THREE + "v4,,,,,,,,\n", before_commit=refuse, strict=True)
    assert seen == [(3, 3)]
    with pytest.raises(Refused, match="no"):
        import_text(THREE.replace("Rosa", "Rose"), before_commit=refuse)
    assert Voter.objects.filter(name="Rosa").exists()
    assert Batch.objects.count() == 1


@pytest.mark.django_db
def test_a_full_disk_of_the_database_is_told_in_a_sentence_and_leaves_nothing(full_disk: None) -> None:
    with pytest.raises(Refused) as refused:
        import_text(THREE)
    assert str(refused.value) == (
        'The database has no room left for voters.csv: could not extend file "base/1": '
        "No space left on device. Nothing was written. Make room, then import the file again."
    )
    for model in WRITTEN:
        assert not model.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["rejects", "standard input"])
def test_a_full_disk_for_files_is_told_in_a_sentence_and_leaves_nothing(tmp_path: Path, where: str) -> None:
    """The process may write files of 64 kB at most: what a full disk looks like without filling one."""
    text = "voter_id,option,comment\nv0,Yes,\n" + "".join(f"v{n},Nope,{'x' * 100}\n" for n in range(1, 1500))
    command = ["import_poll", "-", "--poll", "p", "--option", "Yes"]
    if where == "rejects":
        (tmp_path / "voters.csv").write_text(text)
        command[1:2] = [str(tmp_path / "voters.csv"), "--rejects", str(tmp_path / "rejects.csv")]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *command],
        input=text,
        capture_output=True,
        text=True,
        cwd=django_settings.BASE_DIR,
        env=environment(tmp_path),
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "too large" in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert not Poll.objects.exists()


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def environment(home: Path) -> dict[str, str]:
    """As this process, on the database of the tests."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database.address(),
        "ROLECALL_HOME": str(home / "home"),
    }
