"""A PostgreSQL for the tests: that of DATABASE_URL, else an embedded one of their own.

Imported by `tests.settings` before the real settings are, so that every pytest process (each worker of xdist
too) holds the server while it runs, and the last one out stops it. Nothing touches the installation that
people work with: the tests have a ROLECALL_HOME of their own inside theirs.
"""

from __future__ import annotations

import os

from config import embedded, env
from config.embedded import data, server


def prepare() -> None:
    """Have the server up. Without one the run ends with one sentence."""
    # Workers inherit what the first process decided.
    own = os.environ.setdefault("ROLECALL_HOME_OF_TESTS", str(env.home() / "test"))
    os.environ["ROLECALL_HOME"] = own
    if env.text("DATABASE_URL"):
        return
    # What a test writes need not survive a power cut.
    data.INITDB_OPTIONS.append("--no-sync")
    server.SETTINGS["fsync"] = "off"
    try:
        embedded.hold(env.home())
    except env.SetupError as problem:
        raise SystemExit(str(problem)) from None


prepare()
