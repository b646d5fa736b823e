"""One process that uses an embedded server, told what to do line by line: tests need several, some must die.

Started as `python -m tests.config.actor HOME USER PROGRAMS`; with a USER it gives up all rights of root
for good before it does anything. Each line of standard input is a JSON list [order, argument...]; each gets
one line back, {"value": ...} or {"sentence": ...} for the SetupError that a person would have read.
"""

from __future__ import annotations

import encodings.ascii
import encodings.idna
import encodings.unicode_escape  # noqa: F401 - Python would look for these only later, without the right to
import json
import os
import pwd
import resource
import subprocess
import sys
from pathlib import Path

import psycopg

from config import embedded
from config.embedded import binaries, data, server
from config.env import SetupError


def give_up_rights(name: str, programs: Path) -> None:
    """Become `name`; everything needed is imported by now, as that user may not be able to read it."""
    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    binaries.bin_dir = lambda: programs


def query(home: Path, sql: str) -> list[list[str]]:
    """The rows of a query on the embedded database, as texts."""
    settings = embedded.connection_settings(home)
    with psycopg.connect(
        host=settings["HOST"],
        port=settings["PORT"],
        user=settings["USER"],
        password=settings["PASSWORD"],
        dbname=settings["NAME"],
        autocommit=True,
        **settings["OPTIONS"],
    ) as connection:
        cursor = connection.execute(sql)  # type: ignore[arg-type]
        return [[str(cell) for cell in row] for row in cursor] if cursor.description else []


def fork_and_leave(home: Path) -> int:
    """A child made by fork that ends the ordinary way; its exit status."""
    child = os.fork()
    if child == 0:
        embedded.release(home)
        os._exit(0)
    return os.waitpid(child, 0)[1]


def obey(home: Path, order: str, *words: str) -> object:
    """Carry out one order."""
    match order:
        case "hold":
            return embedded.hold(home)
        case "release":
            return embedded.release(home)
        case "start" | "stop" | "status":
            state = getattr(embedded, order)(home)
            return {
                "pid": state.pid,
                "in_use": state.in_use,
                "stays": state.stays,
                "root": str(state.places.root),
                "data": str(state.places.data),
                "socket": str(state.places.socket),
            }
        case "query":
            return query(home, words[0])
        case "keep_alive":
            embedded.keep_alive(home, seconds=0.05)
            return None
        case "fork":
            return fork_and_leave(home)
        case "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (int(words[0]), int(words[0])))
            return None
    raise ValueError(order)


def main() -> None:
    home, user = Path(sys.argv[1]), sys.argv[2]
    if user:
        give_up_rights(user, Path(sys.argv[3]))
    # Processes are killed here, never the machine: nothing has to reach the disk for good.
    data.INITDB_OPTIONS.append("--no-sync")
    server.SETTINGS["fsync"] = "off"
    # Needed by `subprocess` in a process that can no longer read the library.
    subprocess.run(["/bin/true"], check=True)
    for line in sys.stdin:
        try:
            answer: dict[str, object] = {"value": obey(home, *json.loads(line))}
        except SetupError as problem:
            answer = {"sentence": str(problem)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
