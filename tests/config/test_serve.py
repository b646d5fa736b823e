"""Serving: addresses, names, a taken port, and a real server that is stopped again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest
from django.core.management import call_command

from config import serve
from config.env import BASE_DIR, SetupError
from polls import jobs
from tests import database
from tests.config.conftest import wait_until
from tests.queue import empty_queue


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("bind", "parts"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("8001", ("127.0.0.1", 8001)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_an_address_to_serve_on(bind, parts):
    assert serve.parse_bind(bind) == parts


@pytest.mark.parametrize("bind", ["", "localhost", "localhost:", "1.2.3.4:http", "x:0", "x:65536", "x:-1"])
def test_an_address_that_is_none_is_refused(bind):
    with pytest.raises(SetupError, match="is no address to serve on"):
        serve.parse_bind(bind)


def test_a_taken_port_is_one_sentence_with_a_way_out():
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SetupError, match=rf"Port {port} .* is taken .* BIND=127\.0\.0\.1:{port + 1}\.$"):
            serve.check_free("127.0.0.1", port)
    serve.check_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(SetupError, match=r"Nothing can be served at 192\.0\.2\.7:8000: no such address here"):
        serve.check_free("192.0.2.7", 8000)


def test_addresses_for_colleagues_are_never_this_machines_own_loop():
    assert not [one for one in serve.network_addresses() if one.startswith("127.")]


def test_only_an_open_server_answers_to_its_names_on_the_network(settings, monkeypatch):
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost")
    monkeypatch.setattr(serve, "network_addresses", lambda: ["10.1.2.3"])
    assert serve._let_in("127.0.0.1") == []
    assert settings.ALLOWED_HOSTS == ["localhost"]
    assert serve._let_in("0.0.0.0") == ["10.1.2.3"]
    assert {"localhost", "10.1.2.3", socket.gethostname().lower()} <= set(settings.ALLOWED_HOSTS)
    assert "*" not in settings.ALLOWED_HOSTS


def test_the_greeting_tells_the_address_to_hand_to_a_colleague():
    greeting = serve._greeting("0.0.0.0", 8000, ["10.1.2.3"], "ada  secret")
    assert "http://127.0.0.1:8000/" in greeting
    assert "For a colleague on the same network:  http://10.1.2.3:8000/" in greeting
    assert greeting.index("ada  secret") > greeting.index("10.1.2.3")
    assert "colleague" not in serve._greeting("127.0.0.1", 8000, [], "")


@pytest.mark.parametrize(("words", "wanted"), [([], True), (["--no-worker"], False)])
def test_a_worker_runs_beside_the_pages_unless_refused(words, wanted, monkeypatch, db):
    asked = {}
    monkeypatch.setattr("config.management.commands.serve.run_server", lambda **given: asked.update(given))
    call_command("serve", "--bind", f"127.0.0.1:{free_port()}", *words)
    assert asked["with_worker"] is wanted


@pytest.fixture
def database_of_the_tests(transactional_db) -> str:
    """The address of the tests' own database, for a server process."""
    empty_queue()
    return database.address()


def get(url: str, host: str = "") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_a_real_server_answers_on_the_network_and_stops_on_ctrl_c(database_of_the_tests, tmp_path):
    port = free_port()
    environment = {
        **{name: word for name, word in os.environ.items() if name != "ALLOWED_HOSTS"},
        "DATABASE_URL": database_of_the_tests,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ROLECALL_HOME": str(tmp_path),
    }
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--bind", f"0.0.0.0:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=BASE_DIR,
        env=environment,
    )
    assert server.stdout is not None
    try:
        said = ""
        while "Ctrl-C" not in said:
            line = server.stdout.readline()
            assert line, said
            said += line
        here = f"http://127.0.0.1:{port}"
        assert f"Rolecall is ready:  {here}/" in said
        assert get(f"{here}/healthz") == (200, "ok\n")
        assert get(f"{here}/readyz") == (200, "ready\n")
        wait_until(jobs.worker_is_running)
        status, page = get(f"{here}/login/")
        assert status == 200
        style = next(
            part for part in page.split('"') if part.startswith("/static/") and part.endswith(".css")
        )
        assert get(f"{here}{style}")[0] == 200
        assert get(f"{here}/login/", host=socket.gethostname())[0] == 200
        assert get(f"{here}/login/", host="elsewhere.example")[0] == 400

        second = subprocess.run(
            [sys.executable, "manage.py", "serve", "--bind", f"127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            cwd=BASE_DIR,
            env=environment,
            timeout=60,
            check=False,
        )
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.startswith(f"Port {port} of 127.0.0.1 is taken by another program")
        assert second.stderr.count("\n") == 1
    finally:
        server.send_signal(signal.SIGINT)
        rest = server.communicate(timeout=60)[0]
    assert server.returncode == 0, rest
    assert "Traceback" not in rest
    assert not jobs.worker_is_running()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            serve.check_free("0.0.0.0", port)
            break
        except SetupError:
            continue
    else:
        pytest.fail("the port is still taken")
