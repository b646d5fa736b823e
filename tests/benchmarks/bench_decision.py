"""One decision against its floor: a bare Django view with session check, INSERT, and SELECT of the next row.

    python tests/benchmarks/bench_decision.py [--requests 300] [--voters 1000 100000 1000000]

Both run through Django's WSGI handler in one process, on a database made for it beside that of the settings,
in turns, so that a noisy machine troubles both alike. The floor has Django's own sessions and accounts. A
decision is the whole request that the reading page sends: session, user, rights, the decision, the case, the
next case and its card; for the first reviewer and the second.
Prints a table and exits 1 when a decision takes more than LIMIT times its floor, more than STATEMENTS
statements, or grows with the number of voters by more than GROWTH.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 2.0
STATEMENTS = 8
GROWTH = 1.2
TURN = 25
"""Requests of one kind before the other has its turn."""
OPTIONS = ("Extremely important", "Moderately important", "Not very important")
FLOOR_TABLES = """
CREATE TABLE IF NOT EXISTS floor_voter (id bigserial PRIMARY KEY, size int, headline text);
CREATE TABLE IF NOT EXISTS floor_decision (
  id bigserial PRIMARY KEY, voter_id bigint, user_id bigint, category int,
  decided_at timestamptz DEFAULT now());
CREATE INDEX IF NOT EXISTS floor_voter_size ON floor_voter (size, id)
"""
VOTERS = """
WITH h AS (
  INSERT INTO polls_headline (text, key_hash)
  SELECT 'Head of Contact Center | Team ' || n || ' | former CX Lead',
         sha256(('bench ' || %(size)s || ' ' || n)::bytea)
    FROM generate_series(1, %(size)s) n RETURNING id, text
), v AS (
  INSERT INTO polls_voter (name, organisation, country, profile_url, created_at)
  SELECT 'Voter', '', '', '', now() FROM generate_series(1, %(size)s) RETURNING id
), pairs AS (
  SELECT h.id AS headline, h.text, v.id AS voter FROM (SELECT *, row_number() OVER () AS n FROM h) h
    JOIN (SELECT *, row_number() OVER () AS n FROM v) v USING (n)
)
INSERT INTO polls_vote (poll_id, single_choice, voter_id, option_id, headline_id, headline_raw, comment,
                        voted_raw, extra, void_reason, void_note, created_at)
SELECT %(poll)s, true, voter, (SELECT min(id) FROM polls_option WHERE poll_id = %(poll)s) + voter %% 3,
       headline, text, '', '', '{}', '', '', now() FROM pairs
"""


def floor_view(request: Any) -> Any:
    """What cannot be left out: who is it, store it, what comes next."""
    from django.db import connection
    from django.http import HttpResponse, HttpResponseForbidden

    if not request.user.is_authenticated:
        return HttpResponseForbidden()
    voter, size = int(request.POST["voter"]), int(request.POST["size"])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO floor_decision (voter_id, user_id, category) VALUES (%s, %s, 1)",
            [voter, request.user.pk],
        )
        cursor.execute(
            "SELECT id, headline FROM floor_voter WHERE size = %s AND id > %s ORDER BY id LIMIT 1",
            [size, voter],
        )
        row = cursor.fetchone()
    return HttpResponse(f"<p data-next='{row[0]}'>{row[1]}</p>")


@contextmanager
def scratch_database() -> Iterator[None]:
    """A database of our own on the same server, dropped afterwards."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.close()
        if (pool := getattr(connection, "pool", None)) is not None:
            pool.close()
        connection.creation.destroy_test_db(name, verbosity=0)


class Side:
    """A WSGI handler with the settings it was made under, and a browser that is logged in."""

    def __init__(self, settings: dict[str, Any], user: Any) -> None:
        from django.core.handlers.wsgi import WSGIHandler
        from django.test import Client, override_settings

        self.override = lambda: override_settings(**settings)
        with self.override():
            self.handler = WSGIHandler()
        client = Client()
        with self.override():
            client.force_login(user)
        self.cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}"

    def post(self, path: str, data: dict[str, str]) -> float:
        """Seconds of one POST. Raises RuntimeError unless the answer is 200."""
        from urllib.parse import urlencode

        body = urlencode(data).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_COOKIE": self.cookies,
            "HTTP_X_CSRFTOKEN": "a" * 32,
            "HTTP_HX_REQUEST": "true",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        said: list[str] = []
        started = time.perf_counter()
        response = self.handler(environ, lambda status, headers: said.append(status))
        content = b"".join(response)
        response.close()
        seconds = time.perf_counter() - started
        if not said[0].startswith("200"):
            raise RuntimeError(f"{path} answered {said[0]}: {content[:500]!r}")
        return seconds


def make_round(size: int) -> tuple[Any, list[Any]]:
    """A poll of that many voters, each with a headline of their own, and a round of it for two reviewers."""
    from django.db import connection

    from classify import rounds
    from classify.models import Category, Codebook, CodebookVersion
    from polls.models import Membership, Option, Poll, User

    admin, *readers = [
        User.objects.create_user(f"{name}{size}", password=None) for name in ("ada", "rosa", "sam")
    ]
    poll = Poll.objects.create(slug=f"bench-{size}", question="How important is it?")
    Membership.objects.create(poll=poll, user=admin, role="admin")
    for reader in readers:
        Membership.objects.create(poll=poll, user=reader, role="reviewer")
    for place, text in enumerate(OPTIONS, start=1):
        Option.objects.create(poll=poll, text=text, key=text.casefold(), position=place)
    version = CodebookVersion.objects.create(
        codebook=Codebook.objects.create(code=f"bench-{size}"), number=1, title="Role"
    )
    for place, code in enumerate(("contact-center", "cx", "consultant", "other", "cannot-tell"), start=1):
        Category.objects.create(
            version=version, code=code, label=code, key=str(place), position=place, color="#0072B2"
        )
    with connection.cursor() as cursor:
        cursor.execute(VOTERS, {"poll": poll.pk, "size": size})
        cursor.execute(
            "INSERT INTO floor_voter (size, headline)"
            " SELECT %s, headline_raw FROM polls_vote WHERE poll_id = %s",
            [size, poll.pk],
        )
        cursor.execute("ANALYZE")
    round = rounds.create_round(
        poll=poll,
        version=version,
        unit="headline",
        rule="consensus",
        purpose="main",
        reviewers=readers,
        adjudicators=[],
        by=admin,
        seed=1,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return round, readers


def floor_requests(size: int) -> Iterator[tuple[str, dict[str, str]]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM floor_voter WHERE size = %s", [size])
        first = cursor.fetchone()[0]
    for voter in range(first, first + size):
        yield "/floor/", {"voter": str(voter), "size": str(size)}


def decision_requests(round: Any, reader: Any) -> Iterator[tuple[str, dict[str, str]]]:
    from django.urls import reverse

    from classify.assignment import next_case

    while (case := next_case(round=round, reviewer=reader)) is not None:
        path = reverse("classify:decide", args=[round.poll.slug, round.number, case.pk])
        yield path, {"verdict": "cx", "client_id": str(uuid.uuid4()), "milliseconds": "900", "note": ""}


def measure(side: Side, requests: Iterator[tuple[str, dict[str, str]]], count: int) -> list[float]:
    """Seconds of each of the next requests."""
    with side.override():
        return [side.post(*next(requests)) for _ in range(count)]


def count_statements(side: Side, requests: Iterator[tuple[str, dict[str, str]]]) -> int:
    """How many statements a request takes, without BEGIN and COMMIT."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with side.override():
        path, data = next(requests)
        with CaptureQueriesContext(connection) as queries:
            side.post(path, data)
    control = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(control) for query in queries)


def prepare() -> None:
    """The floor's own tables and address."""
    from django.db import connection
    from django.urls import path

    globals()["urlpatterns"] = [path("floor/", floor_view)]
    with connection.cursor() as cursor:
        cursor.execute(FLOOR_TABLES)


def sides_of(round: Any, readers: list[Any], size: int) -> list[tuple[str, Side, Iterator[Any], list[float]]]:
    """Name, handler, requests and times of the floor and of both reviewers."""
    from django.conf import settings

    kept = (".SessionMiddleware", ".AuthenticationMiddleware")
    bare = {
        "MIDDLEWARE": [name for name in settings.MIDDLEWARE if name.endswith(kept)],
        "ROOT_URLCONF": sys.modules[__name__],
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
        "AUTHENTICATION_BACKENDS": ["django.contrib.auth.backends.ModelBackend"],
        "ALLOWED_HOSTS": ["localhost"],
    }
    own = {
        "ALLOWED_HOSTS": ["localhost"],
        "STORAGES": {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    }
    return [
        ("floor", Side(bare, readers[0]), floor_requests(size), []),
        ("first reviewer", Side(own, readers[0]), decision_requests(round, readers[0]), []),
        ("second reviewer", Side(own, readers[1]), decision_requests(round, readers[1]), []),
    ]


def settle() -> None:
    """As on any server that has run for a minute: what was filled in is not cleaned up beside the clock."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            cursor.execute("CHECKPOINT")


def run(sizes: list[int], requests: int) -> int:
    """Print the table; 0 when every limit holds."""
    failed, ratios, own = [], {}, {}
    print(f"{'voters':>8} {'request':<16} {'p50 ms':>8} {'p95 ms':>8} {'x floor':>8} {'statements':>11}")
    for size in sizes:
        sides = sides_of(*make_round(size), size)
        settle()
        statements = []
        for _name, side, asked, _times in sides:
            measure(side, asked, TURN)
            statements.append(count_statements(side, asked))
        for _ in range(max(1, requests // TURN)):
            for _name, side, asked, times in sides:
                times += measure(side, asked, TURN)
        base = statistics.median(sides[0][3])
        for (name, _side, _asked, times), count in zip(sides, statements, strict=True):
            median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            ratio = ratios[size, name] = median / base
            own[size, name] = median
            print(f"{size:>8} {name:<16} {median * 1000:>8.2f} {p95 * 1000:>8.2f} {ratio:>8.2f} {count:>11}")
            if ratio > LIMIT:
                failed.append(f"{name} at {size} voters takes {ratio:.2f} times the floor, more than {LIMIT}")
            if count > STATEMENTS:
                failed.append(f"{name} at {size} voters takes {count} statements, more than {STATEMENTS}")
    for name in ("floor", "first reviewer", "second reviewer"):
        growth = ratios[sizes[-1], name] / ratios[sizes[0], name]
        times = own[sizes[-1], name] / own[sizes[0], name]
        print(f"{name}: {times:.2f} times its own time, {growth:.2f} beside the floor")
        if growth > GROWTH:
            failed.append(f"{name} grows {growth:.2f} times from {sizes[0]} to {sizes[-1]} voters")
    print("All limits hold." if not failed else "\n".join(failed))
    return 1 if failed else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=300, help="of each kind and size, timed")
    parser.add_argument("--voters", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    options = parser.parse_args(arguments)
    import django

    django.setup()
    with scratch_database():
        prepare()
        return run(options.voters, options.requests)


if __name__ == "__main__":
    raise SystemExit(main())
