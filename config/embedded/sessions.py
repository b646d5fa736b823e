"""Who uses the embedded server: a lock shared by all, and the last one out stops it."""

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from config.embedded import binaries, server
from config.embedded.places import ROLE, Places, password, planned, settle
from config.env import SetupError, ensure_home, hand_to_owner_of, why

# Starting for the first time takes seconds, recovering from a crash perhaps minutes.
PATIENCE_WITH_OTHERS = 330.0
# Variables of libpq that would send our connections to somebody else's server.
FOREIGN = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSERVICE", "PGOPTIONS")


@dataclass(frozen=True)
class Status:
    """What `embedded_db status` tells; `pid` is None when the server is stopped."""

    places: Places
    pid: int | None
    in_use: bool
    stays: bool


# The open lock of this process per ROLECALL_HOME, with the process that opened it: a forked child has it too,
# but only who opened it lets go.
_held: dict[Path, tuple[int, int]] = {}


def hold(home: Path) -> None:
    """Have the server up and keep it up until this process ends. Safe to call again.

    Raises SetupError, one sentence, when it cannot be started.
    """
    home = Path(os.path.realpath(ensure_home(home)))
    if home in _held:
        return
    for name in FOREIGN:
        os.environ.pop(name, None)
    with _start_lock(home):
        descriptor = _open(home / "embedded.users")
        try:
            _locks().flock(descriptor, _locks().LOCK_SH)
            _bring_up(home)
        except BaseException:
            os.close(descriptor)
            raise
        _held[home] = (descriptor, os.getpid())


def release(home: Path) -> None:
    """Let go of the server; the last one out stops it, unless it was asked to stay. Raises nothing."""
    home = Path(os.path.realpath(home))
    descriptor, opener = _held.pop(home, (-1, 0))
    if opener != os.getpid():
        return
    with suppress(SetupError, OSError), _start_lock(home):
        places = planned(home)
        if not places.stay.exists() and _alone(descriptor):
            server.stop(places)
    os.close(descriptor)


@atexit.register
def _leave() -> None:
    for home in list(_held):
        release(home)


def start(home: Path) -> Status:
    """Start the server and let it stay when everybody has left. Raises SetupError."""
    home = Path(os.path.realpath(ensure_home(home)))
    with _start_lock(home):
        places = _bring_up(home)
        try:
            places.stay.touch(mode=0o600)
            hand_to_owner_of(home, places.stay)
        except OSError as problem:
            raise SetupError(f"The file {places.stay} cannot be written: {why(problem)}.") from problem
    return status(home)


def stop(home: Path) -> Status:
    """Stop the server now, or when the last user leaves: nobody's work is cut off.

    The result tells which: its `pid` is None when the server is stopped.
    """
    if not home.is_dir():
        return status(home)
    home = Path(os.path.realpath(home))
    with _start_lock(home):
        places = planned(home)
        places.stay.unlink(missing_ok=True)
        descriptor = _open(home / "embedded.users")
        try:
            if _alone(descriptor):
                server.stop(places)
        finally:
            os.close(descriptor)
    return status(home)


def status(home: Path) -> Status:
    """How things stand; changes nothing."""
    home = Path(os.path.realpath(home))
    places = planned(home)
    in_use = False
    if (home / "embedded.users").exists():
        # Under the start lock: our look must not make a leaving process think that it is not the last.
        with _start_lock(home):
            descriptor = _open(home / "embedded.users")
            in_use = not _alone(descriptor)
            os.close(descriptor)
    return Status(places=places, pid=server.running(places), in_use=in_use, stays=places.stay.exists())


def keep_alive(home: Path, seconds: float = 1.0) -> threading.Thread:
    """For a process that runs for days: start the server again if somebody kills it.

    Returns the running (daemon) thread that looks every `seconds`.
    """

    def look() -> None:
        while True:
            time.sleep(seconds)
            if server.running(planned(home)) is None and Path(home).is_dir():
                with suppress(SetupError, OSError), _start_lock(home):
                    _bring_up(home)

    thread = threading.Thread(target=look, name="embedded-postgres", daemon=True)
    thread.start()
    return thread


def _bring_up(home: Path) -> Places:
    """The server, running and taking connections. The start lock is held."""
    binaries.bin_dir()  # before anything is made: without programs nothing will come of it
    places, user = settle(home)
    if not server.ready(places) or not password(places, ROLE):
        server.start(places, user)
    return places


def _alone(descriptor: int) -> bool:
    """Nobody else uses the server. Gives up this process's own share of the lock."""
    try:
        _locks().flock(descriptor, _locks().LOCK_EX | _locks().LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _start_lock(home: Path) -> Iterator[None]:
    """One at a time may start or stop the server; the others wait here."""
    descriptor = _open(home / "embedded.lock")
    end = time.monotonic() + PATIENCE_WITH_OTHERS
    try:
        while not _alone(descriptor):
            if time.monotonic() > end:
                raise SetupError(
                    f"Another Rolecall has been starting or stopping the database in {home} for minutes; "
                    "end that process and try again."
                )
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """A lock file, closed to other users. Raises SetupError."""
    try:
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if new:
            hand_to_owner_of(path.parent, path)
    except OSError as problem:
        raise SetupError(
            f"The folder {path.parent} (ROLECALL_HOME) cannot be used: {why(problem)}."
        ) from problem
    return descriptor


def _locks() -> ModuleType:
    """The module of Unix locks. Raises SetupError on Windows, which has none."""
    try:
        import fcntl
    except ImportError:
        raise SetupError(
            "The embedded database needs Linux or macOS; on Windows use WSL, "
            "or name a PostgreSQL server in DATABASE_URL."
        ) from None
    return fcntl
