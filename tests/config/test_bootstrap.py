"""What a command brings up before it begins, and what it says when that fails."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from config import bootstrap
from config.env import BASE_DIR, SetupError
from tests import database


def manage(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` as a person runs it."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **variables}
    return subprocess.run(
        [sys.executable, str(BASE_DIR / "manage.py"), *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
        env=environment,
        check=False,
    )


def is_one_sentence(text: str) -> bool:
    return text.endswith(".\n") and text.count("\n") == 1 and "Traceback" not in text


@pytest.fixture
def empty_database(transactional_db) -> Iterator[str]:
    """The address of a new database without a table, on the server of the tests."""
    name = f"rolecall_{secrets.token_hex(6)}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield database.address(name)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize(
    "words",
    [
        *(
            ["help"],
            ["--version"],
            ["check"],
            ["makemigrations", "--check", "--dry-run"],
            ["migrate", "--help"],
        ),
        *([], ["embedded_db", "status"], ["version"]),
    ],
    ids=" ".join,
)
def test_commands_that_need_no_database_start_none(tmp_path, words):
    done = manage(*words, DATABASE_URL="", ROLECALL_HOME=str(tmp_path / "home"))
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "home" / "postgres").exists()
    assert not (tmp_path / "home" / "embedded.json").exists()


@pytest.fixture
def reachable_folder() -> Iterator[Path]:
    """Where the server of an administrator finds its way too, so that no system folder is left behind."""
    folder = Path(tempfile.mkdtemp(prefix="rc-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def test_the_first_command_in_an_empty_folder_finds_everything_ready(reachable_folder):
    home = str(reachable_folder / "home")
    code = "from classify.models import Codebook; print('codebooks', Codebook.objects.count())"
    first = manage("shell", "-v", "0", "-c", code, DATABASE_URL="", ROLECALL_HOME=home)
    assert first.returncode == 0, first.stderr
    assert first.stdout == "codebooks 5\n"
    assert first.stderr == "Preparing the database ...\n"
    second = manage("shell", "-v", "0", "-c", code, DATABASE_URL="", ROLECALL_HOME=home)
    assert (second.stdout, second.stderr) == ("codebooks 5\n", "")
    assert "stopped" in manage("embedded_db", "status", DATABASE_URL="", ROLECALL_HOME=home).stdout


def test_a_server_without_our_tables_is_left_alone_and_the_command_to_run_is_named(empty_database, tmp_path):
    there = {"DATABASE_URL": empty_database, "ROLECALL_HOME": str(tmp_path)}
    done = manage("shell", "-c", "print('ran')", **there)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.endswith("run: manage.py migrate\n")
    assert done.stderr.count("\n") == 1
    listed = manage("showmigrations", "--plan", **there)
    assert "[X]" not in listed.stdout

    assert manage("migrate", "-v", "0", **there).returncode == 0
    done = manage("shell", "-v", "0", "-c", "print('ran')", **there)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")
    assert not (tmp_path / "postgres").exists()


def test_asked_for_json_the_sentence_comes_as_a_document_too(empty_database, tmp_path):
    done = manage(
        *("report", "--poll", "none", "--json"), DATABASE_URL=empty_database, ROLECALL_HOME=str(tmp_path)
    )
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"error": done.stderr.strip()}


def test_an_unreachable_server_is_one_sentence_without_the_password(tmp_path):
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        port = nobody_listens.getsockname()[1]
        done = manage(
            *("shell", "-c", "1"),
            DATABASE_URL=f"postgres://someone:hush@127.0.0.1:{port}/study",
            ROLECALL_HOME=str(tmp_path),
        )
    assert done.returncode == 1
    assert is_one_sentence(done.stderr)
    assert done.stderr.startswith("The database of DATABASE_URL cannot be used: ")
    assert "hush" not in done.stderr


def test_a_malformed_address_is_one_sentence_for_any_command(tmp_path):
    for command in ("check", "shell"):
        done = manage(command, DATABASE_URL="postgres://u:hush@h:x/y", ROLECALL_HOME=str(tmp_path))
        assert done.returncode == 1
        assert is_one_sentence(done.stderr)
        assert "hush" not in done.stderr


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    done = manage("shell", DATABASE_URL="", ROLECALL_HOME=str(tmp_path / "file" / "home"))
    assert done.returncode == 1
    assert is_one_sentence(done.stderr)
    assert "a file is in the way" in done.stderr


def test_a_reader_that_leaves_early_is_no_traceback(tmp_path):
    command = f"{sys.executable} {BASE_DIR / 'manage.py'} help --commands | true; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "ROLECALL_HOME": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode in {0, 1}
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_a_disk_that_fills_up_under_the_embedded_server_is_said_as_such(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    said = bootstrap.unreachable(Exception("could not extend file: No space left on device\nHINT: free some"))
    assert said.startswith("The disk that holds ")
    assert said.endswith("is full; free some space.")


def test_a_wrong_password_is_named_and_not_repeated(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://u:hush@h/x")
    said = bootstrap.unreachable(Exception('connection failed: password authentication failed for user "u"'))
    assert said == "The database of DATABASE_URL refuses the user or the password given there."


@pytest.mark.django_db
def test_nothing_is_pending_where_everything_was_applied():
    assert bootstrap.pending_migrations() == []


@pytest.mark.django_db
def test_a_migration_the_database_does_not_know_is_pending():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'polls' AND name LIKE '0001%%'")
    assert [app for app, _ in bootstrap.pending_migrations()] == ["polls"]


def test_static_files_are_collected_once_and_again_when_they_changed(settings, monkeypatch, tmp_path):
    home = tmp_path / "home"
    monkeypatch.setenv("ROLECALL_HOME", str(home))
    settings.STATIC_ROOT = home / "static"
    bootstrap.ensure_static_files()
    collected = home / "static" / "vendor"
    assert collected.is_dir()
    marker = home / "static" / "marker"
    marker.write_text("")
    bootstrap.ensure_static_files()
    assert marker.exists()
    (home / "static.stamp").write_text("of an older version")
    bootstrap.ensure_static_files()
    assert not marker.exists()


def test_a_stamp_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "stamp").mkdir()
    with pytest.raises(SetupError, match="stamp cannot be written"):
        bootstrap._write(Path(tmp_path / "stamp"), "state")
