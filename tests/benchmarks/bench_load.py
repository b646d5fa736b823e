"""Two hundred reviewers who decide at once on one poll, against the real server.

    python tests/benchmarks/bench_load.py [--reviewers 200] [--seconds 40]

`manage.py serve` runs with its usual settings on a database made for it beside that of the settings, and
locust plays the reviewers of one pool: each reads, decides, and pauses for two to four seconds, the pace of
somebody quick; together about 65 decisions a second. One answer in ten is taken for lost and sent again.
Before, one reviewer alone, and afterwards all without any pause: that measures the queue before a server that
has no time left, and is told, not judged.

Prints a table and exits 1 when an acknowledged decision is not in the database exactly once, when something
is stored that nobody sent, when `verify` finds drift, or when the p95 of the many is more than LIMIT times
that of the one.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 5.0
VOTERS = 6_000
ALONE, PACE, NONE = (0.1, 0.2), (2.0, 4.0), (0.0, 0.0)
"""Shortest and longest pause between two decisions, in seconds."""

PEOPLE = """
INSERT INTO polls_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                        date_joined)
SELECT '!', false, 'reader' || n, '', '', '', false, true, now() FROM generate_series(1, %(reviewers)s) n
"""
SEATS = """
DELETE FROM classify_roundreviewer WHERE round_id = %(round)s;
INSERT INTO polls_membership (poll_id, user_id, role, added_at)
SELECT %(poll)s, id, 'reviewer', now() FROM polls_user WHERE username LIKE 'reader%%';
INSERT INTO classify_roundreviewer (round_id, user_id, ordinal, decided_count, assigned_count, share,
                                    joined_at, cursor_order, cursor_case)
SELECT %(round)s, id, row_number() OVER (ORDER BY id), 0, 0, 1, now(), -9223372036854775808, 0
  FROM polls_user WHERE username LIKE 'reader%%';
UPDATE classify_case c SET reviewer1_id = one.user_id, reviewer2_id = two.user_id
  FROM classify_roundreviewer one, classify_roundreviewer two
 WHERE c.round_id = %(round)s AND one.round_id = c.round_id AND two.round_id = c.round_id
   AND one.ordinal = 1 + c.id %% %(reviewers)s
   AND two.ordinal = 1 + (c.id + 1 + (c.id / %(reviewers)s) %% (%(reviewers)s - 1)) %% %(reviewers)s;
UPDATE classify_roundreviewer r
   SET assigned_count = (SELECT count(*) FROM classify_case c
                          WHERE c.round_id = r.round_id AND r.user_id IN (c.reviewer1_id, c.reviewer2_id))
 WHERE r.round_id = %(round)s;
"""


def make_pool(reviewers: int) -> tuple[Any, list[str]]:
    """A round with that many reviewers in its pool, and a session for each."""
    from importlib import import_module

    from bench_decision import make_round
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.db import connection

    from polls.models import User

    round, _ = make_round(VOTERS)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {"reviewers": reviewers})
        for statement in SEATS.split(";")[:-1]:
            cursor.execute(statement, {"round": round.pk, "poll": round.poll_id, "reviewers": reviewers})
        cursor.execute("VACUUM ANALYZE classify_case")
    store, keys = import_module(settings.SESSION_ENGINE).SessionStore, []
    for user in User.objects.filter(username__startswith="reader").order_by("pk"):
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        keys.append(session.session_key)
    return round, keys


def database_url() -> str:
    """The database made for this, as the server's process is told."""
    from django.db import connection

    found = connection.settings_dict
    user, password, host = (quote(str(found[part] or ""), safe="") for part in ("USER", "PASSWORD", "HOST"))
    return f"postgres://{user}:{password}@{host}:{found['PORT'] or 5432}/{quote(found['NAME'])}"


@contextmanager
def served(home: Path) -> Any:
    """The real server in a process of its own; gives its address."""
    from django.conf import settings

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "ROLECALL_HOME": str(home / "served"),
        "SECRET_KEY": settings.SECRET_KEY,  # so that the sessions made here are good there
    }
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--bind", f"127.0.0.1:{port}"]
    with (home / "served.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
    try:
        end = time.monotonic() + 90
        while time.monotonic() < end:
            with suppress(OSError), urllib.request.urlopen(f"{address}/healthz", timeout=5):
                break
            if server.poll() is not None:
                raise RuntimeError((home / "served.log").read_text()[-2000:])
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=40)


def play(home: Path, plan: dict[str, Any], users: int, seconds: int, pause: tuple[float, float]) -> Any:
    """What locust's reviewers sent and heard: see `load_reviewers`."""
    (home / "plan.json").write_text(json.dumps(plan))
    environment = os.environ | {
        "LOAD_PLAN": str(home / "plan.json"),
        "LOAD_RESULT": str(home / "result.json"),
        "LOAD_PAUSE": f"{pause[0]} {pause[1]}",
    }
    locust = [sys.executable, "-m", "locust", "-f", str(Path(__file__).parent / "load_reviewers.py")]
    how = ["--headless", "-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--stop-timeout", "20"]
    quiet = ["--only-summary", "--loglevel", "ERROR", "--exit-code-on-error", "0"]
    with (home / "locust.log").open("w") as log:
        subprocess.run([*locust, *how, *quiet], env=environment, stdout=log, stderr=log, check=True)
    return json.loads((home / "result.json").read_text())


def compare(stored: list[list[Any]], readers: dict[str, int]) -> list[str]:
    """What the server acknowledged against what the database holds, and whether all totals hold."""
    from classify.models import Decision
    from classify.verify import verify

    rows = {
        str(row[0]): row[1:]
        for row in Decision.objects.values_list("client_id", "case_id", "reviewer_id", "category__code")
    }
    broken = []
    for client_id, case, verdict, cookie in stored:
        wanted = (case, readers[cookie], None if verdict == "unsure" else verdict)
        if rows.get(client_id) != wanted:
            broken.append(f"{client_id} was acknowledged as {wanted} and is {rows.get(client_id)}")
    sent = {one[0] for one in stored}
    if len(rows) != len(sent) or Decision.objects.filter(seq__gt=1).exists():
        broken.append(f"{len(sent)} decisions were acknowledged and {len(rows)} are stored")
    if drift := verify().drift:
        broken.append(f"verify finds drift: {drift[:3]}")
    return broken[:5]


def run(reviewers: int, seconds: int) -> int:
    """Print the table; 0 when every limit holds."""
    from polls.models import User

    round, cookies = make_pool(reviewers)
    ids = User.objects.filter(username__startswith="reader").order_by("pk").values_list("pk", flat=True)
    readers = dict(zip(cookies, ids, strict=True))
    failed, stored, p95 = [], [], {}
    print(f"{'reviewers':>22} {'decisions':>9} {'per second':>10} {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}")
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as address:
        read = f"/polls/{round.poll.slug}/rounds/{round.number}/read/"
        plan = {"host": address, "read": read, "cookies": cookies, "codes": ["cx", "contact-center", "other"]}
        for name, users, pause, time_ in (
            ("(warming up)", reviewers, PACE, 15),
            ("one", 1, ALONE, seconds),
            ("all", reviewers, PACE, seconds),
            ("all, without a pause", reviewers, NONE, 10),
        ):
            result = play(Path(folder), plan, users, time_, pause)
            times = [1000 * one for one in result["seconds"]]
            if len(times) < 2:
                raise RuntimeError((Path(folder) / "locust.log").read_text()[-2000:])
            cuts = statistics.quantiles(times, n=100)
            p95[name] = cuts[94]
            print(
                f"{f'{users} {name}':>22} {len(times):>9} {len(times) / time_:>10.1f}"
                f" {cuts[49]:>8.1f} {cuts[94]:>8.1f} {cuts[98]:>8.1f}",
                flush=True,
            )
            stored += result["stored"]
            failed += [f"{name}: {one}" for one in result["failed"][:3]]
    failed += compare(stored, readers)
    ratio = p95["all"] / p95["one"]
    print(f"p95 of {reviewers} at their pace is {ratio:.1f} times that of one; load {os.getloadavg()[0]:.1f}")
    if ratio > LIMIT:
        failed.append(f"p95 of all is {ratio:.1f} times that of one, more than {LIMIT}")
    print("All limits hold." if not failed else "\n".join(failed))
    return 1 if failed else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reviewers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=40, help="of the phases that are judged")
    options = parser.parse_args(arguments)
    import django

    django.setup()
    from bench_decision import prepare, scratch_database

    with scratch_database():
        prepare()
        return run(options.reviewers, options.seconds)


if __name__ == "__main__":
    raise SystemExit(main())
