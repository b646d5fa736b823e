"""A gate before the live server: a test that ends lets what it asked be answered, and nothing more in.

A request whose browser has gone still runs to its end in the server. It may hold rows or tables when the
test's end empties them all; the two then wait for each other until PostgreSQL ends one of them: a request
with an error that the next test sees, or the emptying, so that the next test finds what this one made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIServer

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gate:
    """A WSGI application around another that knows how many requests are inside."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._inside = 0
        self.is_open = True
        self._changed = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._changed:
            if not self.is_open:
                start_response("503 Service Unavailable", [("Content-Length", "0"), ("Connection", "close")])
                return []
            self._inside += 1
        try:
            answer = self.app(environ, start_response)
        except BaseException:
            self._left()
            raise
        return _Answer(answer, self._left)

    def close(self, seconds: float = 60.0) -> None:
        """Let nobody in any more, and wait until nobody is inside.

        Raises AssertionError after `seconds`.
        """
        with self._changed:
            self.is_open = False
            emptied = self._changed.wait_for(lambda: not self._inside, seconds)
            assert emptied, f"after {seconds} s {self._inside} requests of this test still run"

    def _left(self) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()


class _Answer:
    """What the application answers; its request has left once it is closed, database and all."""

    def __init__(self, answer: Iterable[bytes], left: Callable[[], None]) -> None:
        self._answer = answer
        self._left: Callable[[], None] | None = left

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """Called by the server, whether all of it was sent or not."""
        try:
            getattr(self._answer, "close", lambda: None)()
        finally:
            left, self._left = self._left, None
            if left:
                left()


@contextmanager
def gated(server: WSGIServer) -> Iterator[Gate]:
    """The server behind a gate that is shut at the end; who comes later finds it shut until the next."""
    app = server.get_app()
    gate = Gate(app.app if isinstance(app, Gate) else app)
    server.set_app(gate)
    try:
        yield gate
    finally:
        gate.close()
