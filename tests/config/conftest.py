"""People and places for the tests of the embedded server, which need processes of their own."""

from __future__ import annotations

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from config.embedded import binaries
from config.env import BASE_DIR

ROOT = os.geteuid() == 0
# The administrator tests both kinds of user; an ordinary user is the ordinary kind.
KINDS = ["root", "ordinary"] if ROOT else ["ordinary"]


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again until it holds; fails when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ordinary_user() -> str:
    """A user without rights for the administrator to become; nothing when the tests already run as one."""
    if not ROOT:
        return ""
    return next(entry.pw_name for entry in pwd.getpwall() if entry.pw_name in {"nobody", "daemon"})


class Refused(Exception):
    """The actor was told a sentence."""


class Actor:
    """A process that uses the embedded server of `home`, see `tests.config.actor`."""

    def __init__(self, home: Path, user: str, programs: Path) -> None:
        environment = {
            name: word for name, word in os.environ.items() if not name.startswith(("PG", "DATABASE"))
        }
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.config.actor", str(home), user, str(programs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=BASE_DIR,
            env=environment,
        )

    def tell(self, *order: str) -> None:
        """Give an order without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def answer(self):
        """The answer to the oldest order. Raises Refused with the sentence."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 90)[0], "the actor does not answer"
        line = self.process.stdout.readline()
        assert line, "the actor died"
        said = json.loads(line)
        if "sentence" in said:
            raise Refused(said["sentence"])
        return said["value"]

    def ask(self, *order: str):
        """Give an order and return its answer."""
        self.tell(*order)
        return self.answer()

    def leave(self) -> None:
        """End the ordinary way."""
        self.process.communicate(timeout=60)

    def kill(self) -> None:
        """End without a chance to tidy up."""
        self.process.kill()
        self.process.communicate(timeout=60)


class Stage:
    """Homes and actors of one test, tidied up after it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.user = ordinary_user() if kind == "ordinary" else ""
        # Short, and reachable for the unprivileged: pytest's own folder is neither.
        self.folder = Path(tempfile.mkdtemp(prefix="rc-", dir="/tmp"))
        self.folder.chmod(0o711)
        self.actors: list[Actor] = []
        self.homes: list[Path] = []
        self.programs = self._reachable_programs()

    def _reachable_programs(self) -> Path:
        """The programs where the unprivileged user can run them, wherever the project lies."""
        folder = binaries.bin_dir()
        if not self.user:
            return folder
        user = pwd.getpwnam(self.user)
        as_user = binaries.ServerUser(user.pw_name, user.pw_uid, user.pw_gid)
        return binaries.reachable_bin_dir(self.folder, as_user)

    def home(self, name: str = "home") -> Path:
        """A new, empty ROLECALL_HOME of this kind of user."""
        home = self.folder / name
        home.mkdir(mode=0o711, parents=True)
        if self.user:
            user = pwd.getpwnam(self.user)
            os.chown(home, user.pw_uid, user.pw_gid)
        self.homes.append(home)
        return home

    def actor(self, home: Path) -> Actor:
        """Somebody who works in `home`."""
        actor = Actor(home, self.user, self.programs)
        self.actors.append(actor)
        return actor

    def close(self) -> None:
        """No process and no file is left, whatever the test did."""
        for actor in self.actors:
            actor.kill()
        for home in self.homes:
            for data in (home / "postgres" / "data", *self._elsewhere(home, "data")):
                with suppress(OSError, ValueError, IndexError):
                    pid = int((data / "postmaster.pid").read_text().split()[0])
                    kill_with_children(pid)
            for path in self._elsewhere(home, ""):
                shutil.rmtree(path, ignore_errors=True)
        wait_until(lambda: not self._remove())

    def _elsewhere(self, home: Path, name: str) -> list[Path]:
        with suppress(OSError, ValueError):
            record = json.loads((home / "embedded.json").read_text())
            return [Path(part) / name for part in record.values() if part.startswith("/")]
        return []

    def _remove(self) -> bool:
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.folder.exists()


def kill_with_children(pid: int) -> list[int]:
    """kill -9 of a process and all below it; their numbers."""
    shown = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in shown.splitlines()]
    family = [pid, *(child for child, parent in pairs if parent == pid)]
    for one in family:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return family


@pytest.fixture(params=KINDS)
def stage(request) -> Iterator[Stage]:
    """For each kind of user: a place with actors."""
    made = Stage(request.param)
    yield made
    made.close()


@pytest.fixture
def one_stage() -> Iterator[Stage]:
    """The same, where it does not matter who the user is."""
    made = Stage("ordinary")
    yield made
    made.close()
