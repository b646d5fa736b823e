"""The queue of conflicts and one conflict, as pages, at a million voters of whom one in ten is a conflict.

    python tests/benchmarks/bench_conflicts.py [--voters 1000000] [--repeat 9]

Every page goes through Django's WSGI handler in one process, on a database made for it beside that of the
settings: session, user, rights, the list, the counts and the template. Each order, each narrowing, the last
piece, a piece deep in the middle, what is done, and one conflict whose title others share.
Prints a table of medians and exits 1 when a page takes more than LIMIT milliseconds.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.benchmarks.bench_decision import Side, scratch_database  # noqa: E402

LIMIT = 100.0
"""Milliseconds of server time."""
HEADLINES = """
    INSERT INTO polls_headline (text, key_hash)
    SELECT 'Role ' || n %% %(roles)s || ' | Team ' || n, sha256(('bench conflicts ' || n)::bytea)
      FROM generate_series(1, %(voters)s) n
"""
JOB_TITLES = """
    INSERT INTO polls_jobtitle (text, key_hash)
    SELECT 'role ' || n, sha256(('bench conflicts role ' || n)::bytea)
      FROM generate_series(0, %(roles)s - 1) n
"""
PARTS = """
    INSERT INTO polls_headlinepart (headline_id, position, job_title_id, raw, mark)
    SELECT h.id, 1, t.id, 'Role', '' FROM polls_headline h
      JOIN polls_jobtitle t ON t.text = lower(split_part(h.text, ' | ', 1))
"""
# One in ten was read, in every way, with unsure among them, and has waited for some time. The others are not
# read yet: they make the tables long.
CASES = """
    INSERT INTO classify_case (round_id, poll_id, origin, headline_id, text, n_votes, option_counts,
                               reviewer1_id, reviewer2_id, order1, order2, status, resolution, review_again)
    SELECT %(round)s, %(poll)s, 'headline', id, text, 1 + (id %% 40)::int, ARRAY[1 + (id %% 40)::int],
           %(first)s, %(second)s, id, id, 'waiting', '', false
      FROM polls_headline
"""
DECISIONS = """
    INSERT INTO classify_decision (round_id, version_id, case_id, slot, reviewer_id, seq, verdict,
                                   category_id, note, evidence, client_id, late, source, decided_at)
    SELECT %(round)s, %(version)s, c.id, s, CASE s WHEN 1 THEN %(first)s ELSE %(second)s END, 1,
           CASE WHEN pick.one IS NULL THEN 'unsure' ELSE 'category' END, pick.one, '', 'headline',
           gen_random_uuid(), false, 'web', now()
      FROM classify_case c CROSS JOIN generate_series(1, 2) s
     CROSS JOIN LATERAL (SELECT (%(categories)s::bigint[])[
       1 + (hashint8(c.id * 2 + s) & 1023) %% 6] AS one) pick
     WHERE c.round_id = %(round)s AND c.id %% 10 = 0
"""
STANDING = """
    WITH read AS (
      SELECT case_id, min(id) FILTER (WHERE slot = 1) AS d1, min(id) FILTER (WHERE slot = 2) AS d2,
             coalesce(min(category_id) FILTER (WHERE slot = 1), 0) AS c1,
             coalesce(min(category_id) FILTER (WHERE slot = 2), 0) AS c2
        FROM classify_decision WHERE round_id = %(round)s GROUP BY case_id
    )
    UPDATE classify_case c
       SET decision1_id = d1, decision2_id = d2, cat1 = c1, cat2 = c2,
           final_id = CASE WHEN c1 = c2 AND c1 > 0 THEN c1
                           WHEN c.id %% 50 = 0 THEN (%(categories)s::bigint[])[1] END,
           resolution = CASE WHEN c1 = c2 AND c1 > 0 THEN 'agreed'
                             WHEN c.id %% 50 = 0 THEN 'adjudicated' ELSE '' END,
           resolved_at = CASE WHEN (c1 <> c2 OR c1 = 0) AND c.id %% 50 = 0 THEN now() END,
           status = CASE WHEN c1 = c2 AND c1 > 0 THEN 'agreed'
                         WHEN c.id %% 50 = 0 THEN 'resolved' ELSE 'conflict' END,
           conflict_since = CASE WHEN c1 = c2 AND c1 > 0 THEN NULL
                                 ELSE now() - make_interval(secs => hashint8(c.id) & 1048575) END,
           sealed_at = now()
      FROM read WHERE case_id = c.id
"""
# Some are taken up at this moment.
CLAIMED = """
    UPDATE classify_case SET claimed_by_id = %(judge)s, claimed_at = now()
     WHERE round_id = %(round)s AND status = 'conflict' AND id %% 1000 = 10
"""
FILL = (
    *(HEADLINES, JOB_TITLES, "ANALYZE polls_headline", "ANALYZE polls_jobtitle", PARTS),
    *("ANALYZE polls_headlinepart", CASES, DECISIONS, "ANALYZE classify_decision", STANDING, CLAIMED),
    # As on any server that has run for a minute.
    *("VACUUM ANALYZE classify_case", "VACUUM ANALYZE classify_decision"),
)


def fill(voters: int) -> tuple[Any, Any]:
    """A round of that many headlines, all read twice and closed; and its adjudicator."""
    from django.db import connection
    from django.utils import timezone

    from classify.models import Category, Round
    from tests import factories
    from tests.classify.readings import make_round

    poll = factories.make_poll("bench-conflicts")
    people = [factories.make_member(f"bench-{name}", poll, "reviewer") for name in ("first", "second")]
    judge = factories.make_member("bench-judge", poll, "adjudicator")
    round_ = make_round(poll, people, factories.make_codebook("bench-conflicts"))
    round_.adjudicators.create(user=judge)
    Round.objects.filter(pk=round_.pk).update(coding_closed_at=timezone.now(), case_count=voters)
    values = {
        "voters": voters,
        "roles": max(voters // 400, 5),
        "poll": poll.pk,
        "round": round_.pk,
        "version": round_.version_id,
        "first": people[0].pk,
        "second": people[1].pk,
        "judge": judge.pk,
        "categories": list(Category.objects.filter(version=round_.version).values_list("pk", flat=True)),
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values if "%" in statement else None)
    return round_, judge


class Pages(Side):
    """The same browser, which asks for pages."""

    def get(self, path: str) -> float:
        """Milliseconds of one GET. Raises RuntimeError unless the answer is 200."""
        import io
        import time

        start, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": start,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_COOKIE": self.cookies,
            "wsgi.input": io.BytesIO(b""),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
        }
        said: list[str] = []
        started = time.perf_counter()
        response = self.handler(environ, lambda status, headers: said.append(status))
        body = b"".join(response)
        response.close()
        spent = (time.perf_counter() - started) * 1000
        if not said[0].startswith("200"):
            raise RuntimeError(f"{path} answered {said[0]}: {body[:300]!r}")
        return spent


def addresses(round_: Any) -> dict[str, str]:
    """What is looked at, by what it is called in the table."""
    from django.urls import reverse

    from classify.models import Case

    conflicts = Case.objects.filter(round=round_, status="conflict")
    number = conflicts.count()
    middle = conflicts.order_by("conflict_since", "pk")[number // 2].pk
    codes = [category.code for category in round_.version.categories.order_by("position")]
    common, rare = f"{codes[0]}~{codes[1]}", "unsure~unsure"
    here = reverse("classify:conflicts", args=[round_.poll.slug, round_.number])
    found = {"the first piece": "sort=conflict_since"}
    for order in ("-conflict_since", "-n_votes", "n_votes", "pair"):
        found[f"by {order}"] = f"sort={order}"
    for order in ("conflict_since", "-n_votes", "pair"):
        found[f"by {order}, the last piece"] = f"sort={order}&last=1"
        found[f"by {order}, deep in the middle"] = f"sort={order}&after={middle}"
        found[f"by {order}, of one pair"] = f"sort={order}&pair={common}"
        found[f"by {order}, of one pair, last"] = f"sort={order}&pair={common}&last=1"
    found["of a rare pair"] = f"pair={rare}"
    found["free to take up"] = "whose=free"
    found["taken up by me"] = "whose=mine"
    found["done"] = "done=1"
    found["done, the last piece"] = "done=1&last=1"
    pages = {name: f"{here}?{query}" for name, query in found.items()}
    pages["one conflict, with those alike"] = reverse(
        "classify:conflict", args=[round_.poll.slug, round_.number, middle]
    )
    return pages


def measure(voters: int, repeat: int) -> int:
    """Print the table; 1 when a page takes too long."""
    from django.conf import settings

    with scratch_database():
        round_, judge = fill(voters)
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        storages = {**settings.STORAGES, "staticfiles": plain}
        side = Pages({"ALLOWED_HOSTS": ["localhost"], "STORAGES": storages}, judge)
        slow = 0
        print(f"{voters} headlines, median of {repeat}, at most {LIMIT:.0f} ms")
        for name, path in addresses(round_).items():
            with side.override():
                side.get(path)
                spent = statistics.median(side.get(path) for _ in range(repeat))
            slow += spent > LIMIT
            print(f"  {name:<42}{spent:8.1f} ms{'  too slow' if spent > LIMIT else ''}", flush=True)
    return int(bool(slow))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voters", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    import django

    django.setup()
    return measure(options.voters, options.repeat)


if __name__ == "__main__":
    sys.exit(main())
