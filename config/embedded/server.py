"""Start and stop one embedded PostgreSQL. The callers in `sessions` hold the start lock."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from config.embedded import binaries, data
from config.embedded.places import PORT, ROLE, Places, password
from config.embedded.users import ServerUser
from config.env import SetupError

# A server killed a moment ago leaves its lock, and children that still hold its memory, for a second or two.
PATIENCE_WITH_THE_DYING = 12.0
# Recovery after a crash replays the log first; only a server that is still working is waited for that long.
PATIENCE_WITH_RECOVERY = 300.0
PATIENCE_WITH_SHUTDOWN = 60.0
LARGEST_LOG = 5_000_000

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "cluster_name": "rolecall",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    "max_connections": "100",
}


def running(places: Places) -> int | None:
    """The process id of the live server of these places, else None. Reads only."""
    pid = _pid_in_lock(places)
    return pid if pid is not None and _is_our_server(pid, places) else None


def ready(places: Places) -> bool:
    """Does it take connections?"""
    lines = _lock_lines(places)
    return running(places) is not None and len(lines) >= 8 and lines[7].strip() == "ready"


def start(places: Places, user: ServerUser | None) -> None:
    """Bring the server up, making its data first if there is none. Raises SetupError, one sentence."""
    _wait_for_one_under_way(places)
    programs = binaries.reachable_bin_dir(places.root, user)
    data.check_version(places, programs)
    if not places.data.exists():
        data.initialise(places, programs, user)
    elif not password(places, ROLE):
        stop(places)
        _remove_stale_lock(places)
        data.set_passwords(places, programs, user, places.data)
    _rotate_log(places)
    give_up = time.monotonic() + PATIENCE_WITH_THE_DYING
    while not ready(places) and not _launch(places, programs, user):
        said = _last_words(places)
        if time.monotonic() > give_up or not re.search(binaries.STILL_IN_USE, said):
            raise SetupError(binaries.sentence(said, places))
        time.sleep(0.2)


def stop(places: Places) -> None:
    """Shut down: politely, then firmly. Returns when the server is gone; raises SetupError when it stays."""
    pid = running(places)
    for order, seconds in ((signal.SIGINT, PATIENCE_WITH_SHUTDOWN), (signal.SIGQUIT, 10.0)):
        if pid is None:
            return
        try:
            os.kill(pid, order)
        except ProcessLookupError:
            return
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not _alive(pid):
                return
            time.sleep(0.02)
    raise SetupError(f"The embedded PostgreSQL (process {pid}) does not stop; see {places.log}.")


def _wait_for_one_under_way(places: Places) -> None:
    """A server that is still recovering or shutting down, begun by somebody who has gone: let it finish."""
    end = time.monotonic() + PATIENCE_WITH_RECOVERY
    while running(places) is not None and not ready(places) and time.monotonic() < end:
        time.sleep(0.05)


def _launch(places: Places, programs: Path, user: ServerUser | None) -> bool:
    """One attempt. True once the server takes connections, False when it ended before that."""
    _remove_stale_lock(places)
    options = {**SETTINGS, "unix_socket_directories": f'"{places.socket}"'}
    command = [str(programs / "postgres"), "-D", str(places.data)]
    command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    # Through a shell that leaves at once: the server is nobody's child here, so that it is not ended with us,
    # and its end is noticed by the system, not owed to us.
    shell = ["/bin/sh", "-c", 'log=$0; "$@" </dev/null >>"$log" 2>&1 & echo $!', str(places.log), *command]
    pid = int(binaries.run(shell, user, places))
    end = time.monotonic() + PATIENCE_WITH_RECOVERY
    while time.monotonic() < end:
        if ready(places) and _pid_in_lock(places) == pid:
            return True
        if not _alive(pid):
            return False
        time.sleep(0.02)
    raise SetupError(f"The embedded PostgreSQL is still recovering after five minutes; see {places.log}.")


def _lock_lines(places: Places) -> list[str]:
    try:
        return (places.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _pid_in_lock(places: Places) -> int | None:
    lines = _lock_lines(places)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _remove_stale_lock(places: Places) -> None:
    """Take away the lock of a server that is dead, or whose number another program was given since.

    PostgreSQL itself would trust any live process of that number, and a dead one that nobody reaped.
    It still refuses to start as long as children of the old server hold its memory.
    """
    if _lock_lines(places) and running(places) is None:
        (places.data / "postmaster.pid").unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    """Is there such a process, and not only its remains waiting to be reaped?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _is_our_server(pid: int, places: Places) -> bool:
    """A live process whose command line names our data folder, as we started it."""
    if not _alive(pid):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return os.fsencode(places.data) in words
    except OSError:
        shown = subprocess.run(  # noqa: S603 - our own words, no shell
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
        ).stdout
        return os.fsencode(places.data) in shown


def _last_words(places: Places) -> str:
    """The end of the log: what the server said before it left."""
    try:
        with places.log.open("rb") as stream:
            stream.seek(max(0, places.log.stat().st_size - 2000))
            return stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""


def _rotate_log(places: Places) -> None:
    try:
        if places.log.stat().st_size > LARGEST_LOG:
            places.log.replace(places.log.with_suffix(".log.1"))
    except FileNotFoundError:
        pass
