"""What the environment may say, and how it is refused."""

from __future__ import annotations

import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.utils.module_loading import import_string

from config import env
from config.env import SetupError


@pytest.mark.parametrize(
    ("said", "meant"),
    [("1", True), ("YES", True), ("on", True), (" true ", True), ("0", False), ("no", False)],
)
def test_a_flag_is_yes_or_no(monkeypatch, said, meant):
    monkeypatch.setenv("FLAG", said)
    assert env.flag("FLAG", default=not meant) is meant


def test_a_flag_that_is_not_set_or_blank_is_its_default(monkeypatch):
    monkeypatch.delenv("FLAG", raising=False)
    assert env.flag("FLAG", default=True) is True
    monkeypatch.setenv("FLAG", "  ")
    assert env.flag("FLAG") is False


def test_a_misspelt_flag_is_refused_and_never_switches_a_protection_off(monkeypatch):
    monkeypatch.setenv("ROLECALL_HTTPS", "ture")
    with pytest.raises(SetupError, match="ROLECALL_HTTPS must be yes or no, not 'ture'"):
        env.flag("ROLECALL_HTTPS")


def test_a_number_is_whole(monkeypatch):
    monkeypatch.setenv("ROWS", "2000000")
    assert env.number("ROWS", 1) == 2_000_000
    monkeypatch.setenv("ROWS", "")
    assert env.number("ROWS", 1) == 1
    for wrong in ("-1", "1.5", "many", "9" * 30):
        monkeypatch.setenv("ROWS", wrong)
        with pytest.raises(SetupError, match="ROWS must be a whole number"):
            env.number("ROWS", 1)


def test_words_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", " a.example , ,b.example,")
    assert env.words("ALLOWED_HOSTS") == ["a.example", "b.example"]
    monkeypatch.setenv("ALLOWED_HOSTS", " , ")
    assert env.words("ALLOWED_HOSTS", ["localhost"]) == ["localhost"]


def test_a_relative_home_starts_at_the_project(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROLECALL_HOME", "elsewhere/../var")
    assert env.home(Path("/srv/rolecall")) == Path("/srv/rolecall/var")
    monkeypatch.setenv("ROLECALL_HOME", "~/data")
    assert env.home() == Path("~/data").expanduser()
    monkeypatch.delenv("ROLECALL_HOME")
    assert env.home() == env.BASE_DIR / "var"


def test_a_new_home_is_closed_to_others_and_an_old_one_is_left_alone(tmp_path):
    made = env.ensure_home(tmp_path / "a" / "home")
    assert stat.S_IMODE(made.stat().st_mode) & 0o066 == 0
    made.chmod(0o755)
    env.ensure_home(made)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755


def test_the_secret_key_is_made_once_and_only_for_us(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: env.secret_key(tmp_path), range(40)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret-key"]


def test_a_secret_key_in_the_environment_wins_and_is_not_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "from outside")
    assert env.secret_key(tmp_path / "home") == "from outside"
    assert not (tmp_path / "home").exists()


def test_a_database_url_becomes_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://ro:p%40ss@db.example:6543/study?sslmode=require")
    settings = env.database(tmp_path)
    wanted = {"NAME": "study", "USER": "ro", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": 6543}
    assert settings | wanted == settings
    assert settings["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:hush@h/x",
        "sqlite:///x",
        "hush",
        "postgres://",
        "postgres://u:hush@h",
        "postgres://u:hush@h:99999/x",
        "postgres://u:hush@h:port/x",
        "postgres://u:hush@[::1/x",
    ],
)
def test_a_malformed_database_url_is_one_sentence_without_its_password(monkeypatch, tmp_path, url):
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(SetupError, match=r"DATABASE_URL must look like postgres://.*\.$") as refused:
        env.database(tmp_path)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk is full"),
        (errno.EACCES, "it is not writable for you"),
        (errno.EROFS, "it is on a read-only disk"),
        (errno.ENOTDIR, "a file is in the way"),
        (errno.EIO, "input/output error"),
    ],
)
def test_the_systems_reason_in_plain_words(number, words):
    assert env.why(OSError(number, os.strerror(number))) == words


@pytest.mark.parametrize(
    ("said", "backend", "options"),
    [
        ("", "dummy", None),
        ("console", "console", None),
        ("smtp://mail.example.org", "smtp", {"host": "mail.example.org", "port": 25}),
        (
            "submission://rolecall:p%40ss%2Fword@mail.example.org",
            "smtp",
            {"port": 587, "use_tls": True, "username": "rolecall", "password": "p@ss/word"},
        ),
        ("smtps://mail.example.org:4650/", "smtp", {"port": 4650, "use_ssl": True}),
    ],
)
def test_a_mail_server_becomes_settings(monkeypatch, said, backend, options):
    monkeypatch.setenv("ROLECALL_MAIL", said)
    found = env.mailers()["default"]
    assert found["BACKEND"] == f"django.core.mail.backends.{backend}.EmailBackend"
    assert (options or {}).items() <= found.get("OPTIONS", {}).items()
    if backend == "smtp":
        assert found["OPTIONS"]["timeout"] == env.MAIL_SECONDS
        assert import_string(found["BACKEND"])(alias="default", **found["OPTIONS"]).host == "mail.example.org"


@pytest.mark.parametrize(
    "said",
    [
        "mail.example.org",
        "http://user:hunter2@mail.example.org",
        "smtp://",
        "smtp://user:hunter2@host:port",
        "smtp://user:hunter2@host/path",
    ],
)
def test_a_malformed_mail_server_is_one_sentence_without_its_password(monkeypatch, said):
    monkeypatch.setenv("ROLECALL_MAIL", said)
    with pytest.raises(SetupError, match="ROLECALL_MAIL must look like") as refusal:
        env.mailers()
    assert "hunter2" not in str(refusal.value)


def test_the_address_of_the_site_loses_its_last_slash(monkeypatch):
    monkeypatch.setenv("ROLECALL_SITE", "https://example.org/rolecall/")
    assert env.site() == "https://example.org/rolecall"
    monkeypatch.delenv("ROLECALL_SITE")
    assert env.site() == ""


@pytest.mark.parametrize("said", ["example.org", "ftp://example.org", "https://a b", "https://u@example.org"])
def test_an_address_that_is_none_is_refused(monkeypatch, said):
    monkeypatch.setenv("ROLECALL_SITE", said)
    with pytest.raises(SetupError, match="ROLECALL_SITE must look like"):
        env.site()


def test_the_sender_is_an_address(monkeypatch):
    monkeypatch.setenv("ROLECALL_MAIL_FROM", "The study <study@example.org>")
    assert env.sender() == "The study <study@example.org>"
    monkeypatch.setenv("ROLECALL_MAIL_FROM", "the study")
    with pytest.raises(SetupError, match="ROLECALL_MAIL_FROM must be an e-mail address"):
        env.sender()
