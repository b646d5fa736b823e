"""Who the embedded server runs as: yourself, or another user where you are the administrator."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.env import SetupError, is_root

# Tried in this order when nothing tells who should own the data.
CANDIDATES = ("rolecall", "postgres", "nobody", "daemon", "www-data")


@dataclass(frozen=True)
class ServerUser:
    """A user other than the administrator, known to the machine's list of users as PostgreSQL demands."""

    name: str
    uid: int
    gid: int

    def subprocess_options(self) -> dict[str, Any]:
        """For `subprocess`: become this user, with none of the administrator's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, folder: Path) -> bool:
        """May this user pass through `folder` and all above it? The system itself is asked."""
        return self._succeeds(["/bin/sh", "-c", 'cd "$0"', str(folder)])

    def can_run(self, program: Path) -> bool:
        """May this user run `program`?"""
        return self._succeeds([str(program), "--version"])

    def _succeeds(self, command: list[str]) -> bool:
        try:
            done = subprocess.run(  # noqa: S603 - our own words, no shell
                command, capture_output=True, cwd="/", timeout=30, check=False, **self.subprocess_options()
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0


def server_user(home: Path, root: Path | None = None) -> ServerUser | None:
    """None for an ordinary user, who runs the server as themselves.

    For the administrator: who owns the data already, else who owns ROLECALL_HOME, else a user of the machine
    that exists everywhere. Raises SetupError when the machine has no other user at all.
    """
    if not is_root():
        return None
    import pwd

    for folder in (root, home):
        owner = _owner(folder)
        if owner:
            try:
                entry = pwd.getpwuid(owner)
            except KeyError:
                continue
            return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    everybody = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in (*CANDIDATES, *everybody):
        if name in everybody:
            return ServerUser(name, everybody[name].pw_uid, everybody[name].pw_gid)
    raise SetupError(
        "PostgreSQL does not run as root and this machine has no other user; add one (`adduser rolecall`)."
    )


def _owner(folder: Path | None) -> int:
    """The user id that owns `folder`; 0 for the administrator's and for what is not there."""
    try:
        return os.stat(folder).st_uid if folder is not None else 0
    except OSError:
        return 0
