"""The gate before the live server: what is inside comes out, nothing more gets in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.browser.gate import Gate, gated
from tests.config.conftest import wait_until


class Server:
    """An application that answers when it is told to, and a gate before it."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.may_answer = threading.Event()
        self.gate = Gate(self.answer)
        self.said: list[str] = []

    def answer(self, environ, start_response):
        self.entered.set()
        assert self.may_answer.wait(30)
        if environ.get("fails"):
            raise ValueError
        start_response("200 OK", [])
        return [b"done"]

    def ask(self, **environ) -> bytes:
        """As a server does it: the answer is closed when it is sent."""
        answer = self.gate(environ, lambda status, headers: self.said.append(status))
        try:
            return b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_it_waits_for_who_is_inside_and_lets_nobody_in(server, pool):
    asked = pool.submit(server.ask)
    assert server.entered.wait(30)
    closing = pool.submit(server.gate.close)
    wait_until(lambda: not server.gate.is_open)
    assert server.ask() == b""
    assert server.said == ["503 Service Unavailable"]
    assert not closing.done()
    server.may_answer.set()
    closing.result(30)
    assert asked.result(30) == b"done"
    assert server.said[-1] == "200 OK"


def test_who_fails_has_left(server):
    server.may_answer.set()
    with pytest.raises(ValueError):
        server.ask(fails=True)
    server.gate.close(0)


def test_an_answer_half_read_is_inside_until_it_is_closed(server):
    server.may_answer.set()
    answer = server.gate({}, lambda status, headers: None)
    assert next(iter(answer)) == b"done"
    with pytest.raises(AssertionError, match="1 requests of this test still run"):
        server.gate.close(0)
    answer.close()
    answer.close()  # a second time changes nothing
    server.gate.close(0)


def test_who_comes_between_two_tests_finds_it_shut(server):
    class Listening:
        app = server.answer

        def get_app(self):
            return self.app

        def set_app(self, app):
            self.app = app

    server.may_answer.set()
    listening = Listening()
    for _test in range(2):
        with gated(listening) as gate:
            server.gate = gate
            assert server.ask() == b"done"
        assert listening.app is gate
        assert server.ask() == b""
        assert gate.app == server.answer, "no gate stands behind a gate"
