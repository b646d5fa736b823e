"""A PostgreSQL for the tests: that of DATABASE_URL, else an embedded one of their own.

Imported by `tests.settings` before the real settings are, so that every pytest process (each worker of xdist
too) holds the server while it runs, and the last one out stops it. Nothing touches the installation that
people work with: the tests have a ROLECALL_HOME of their own inside theirs.
"""

from __future__ import annotations

import os
from urllib.parse import quote

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


def address(name: str = "") -> str:
    """DATABASE_URL for a process of its own: the running test's database, or `name` on the same server."""
    from django.db import connection

    found = connection.settings_dict
    user, password, host = (quote(str(found[part] or ""), safe="") for part in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{found['PORT'] or 5432}/{quote(name or found['NAME'])}"


def busy_sessions() -> list[str]:
    """The statements that other sessions of the test's database are in the middle of."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        return [query for (query,) in cursor]


prepare()
