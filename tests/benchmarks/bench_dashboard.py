"""The dashboard of a poll of a million voters: the page as each person gets it, and the figure after it.

    python tests/benchmarks/bench_dashboard.py [--voters 1000000] [--repeat 15]

Runs on the database of the settings, in a transaction that is rolled back: one round of one case per voter,
nine in ten read once, six in ten twice, one in eleven of those a conflict. Prints a table, and exits 1 when
the page takes more than LIMIT milliseconds for anybody, before or after the reveal; the figure of agreement,
which is fetched after the page, has a limit of its own.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 100.0
"""Milliseconds for the page."""
FIGURE_LIMIT = 5_000.0
"""Milliseconds for the figure of agreement at a million cases."""

READ = """
    INSERT INTO classify_decision (round_id, version_id, case_id, slot, reviewer_id, seq, verdict,
                                   category_id, note, evidence, milliseconds, client_id, late, source,
                                   decided_at)
    SELECT %(round)s, %(version)s, c.id, s, CASE s WHEN 1 THEN %(first)s ELSE %(second)s END, 1, 'category',
           (%(categories)s::bigint[])[1 + (c.id + CASE WHEN s = 2 AND c.id %% 11 = 0 THEN 1 ELSE 0 END) %% 3],
           '', 'headline', 2000 + c.id %% 9000, gen_random_uuid(), false, 'web',
           now() - c.id %% 900000 * interval '1 second'
      FROM classify_case c CROSS JOIN generate_series(1, 2) s
     WHERE c.round_id = %(round)s AND c.id %% 10 < CASE s WHEN 1 THEN 9 ELSE 6 END
"""
STANDING = """
    WITH read AS (
      SELECT case_id, min(id) FILTER (WHERE slot = 1) AS d1, min(id) FILTER (WHERE slot = 2) AS d2,
             min(category_id) FILTER (WHERE slot = 1) AS c1, min(category_id) FILTER (WHERE slot = 2) AS c2
        FROM classify_decision WHERE round_id = %(round)s GROUP BY case_id
    )
    UPDATE classify_case c
       SET decision1_id = d1, decision2_id = d2, cat1 = c1, cat2 = c2,
           final_id = CASE WHEN c1 = c2 THEN c1 END,
           resolution = CASE WHEN c1 = c2 THEN 'agreed' ELSE '' END,
           conflict_since = CASE WHEN c1 <> c2 THEN now() - c.id %% 900000 * interval '1 second' END,
           status = CASE WHEN c2 IS NULL THEN 'one_decision' WHEN c1 = c2 THEN 'agreed' ELSE 'conflict' END
      FROM read WHERE case_id = c.id
"""
COUNTED = """
    UPDATE classify_roundreviewer r
       SET assigned_count = (SELECT count(*) FROM classify_case c WHERE c.round_id = r.round_id),
           decided_count = (SELECT count(*) FROM classify_decision d
                             WHERE d.round_id = r.round_id AND d.reviewer_id = r.user_id)
     WHERE r.round_id = %(round)s
"""
CLOSED = "UPDATE classify_round SET coding_closed_at = now() WHERE id = %(round)s"


def fill(voters: int) -> tuple[dict[str, Any], Any]:
    """A poll of that many voters that two people are reading, and its people by name."""
    from django.db import connection

    from classify.models import Category, Round
    from tests import factories
    from tests.benchmarks import bench_report
    from tests.classify.readings import make_round

    poll = factories.make_poll("bench-report")
    roles = {"first": "reviewer", "second": "reviewer", "judge": "adjudicator", "admin": "admin"}
    people = {name: factories.make_member(f"bench-report-{name}", poll, role) for name, role in roles.items()}
    round_ = make_round(poll, [people["first"], people["second"]], factories.make_codebook("bench-report"))
    round_.adjudicators.create(user=people["judge"])
    Round.objects.filter(pk=round_.pk).update(case_count=voters, nudge_after_days=7)
    values = {
        "voters": voters,
        "poll": poll.pk,
        "options": list(poll.options.order_by("position").values_list("pk", flat=True)),
        "round": round_.pk,
        "version": round_.version_id,
        "first": people["first"].pk,
        "second": people["second"].pk,
        "categories": list(Category.objects.filter(version=round_.version).values_list("pk", flat=True)),
    }
    # The case_votes are of no concern here.
    statements = (
        *(bench_report.VOTERS, "ANALYZE polls_voter", bench_report.VOTES, "ANALYZE polls_vote"),
        *(bench_report.CASES, "ANALYZE classify_case", READ, "ANALYZE classify_decision", STANDING, COUNTED),
        *("ANALYZE classify_case", "ANALYZE classify_decision"),
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)
    return people, values


def timed(user: Any, url: str, repeat: int) -> tuple[float, int]:
    """Median milliseconds of a request of that person, and its bytes."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200, f"{url} answered {answer.status_code}"
    spent = []
    for _ in range(repeat):
        started = time.perf_counter()
        client.get(url)
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent), len(answer.content)


def measure(voters: int, repeat: int) -> int:
    """Print the table; 1 when a limit is broken."""
    from django.db import connection, transaction
    from django.urls import reverse

    from classify.association import warm_up

    warm_up()
    worst = 0.0
    with transaction.atomic():
        people, values = fill(voters)
        page = reverse("classify:dashboard", args=["bench-report"])
        figure = reverse("classify:agreement-figure", args=["bench-report", 1])
        print(f"{voters} voters, median of {repeat}")
        for state in ("being read", "closed"):
            for name in ("admin", "first", "judge"):
                spent, size = timed(people[name], page, repeat)
                worst = max(worst, spent)
                print(f"  {state:<12}{name:<8}{spent:8.1f} ms {size:8} bytes")
            with connection.cursor() as cursor:
                cursor.execute(CLOSED, values)
        spent, size = timed(people["admin"], figure, max(repeat // 5, 1))
        print(f"  {'closed':<12}{'figure':<8}{spent:8.1f} ms {size:8} bytes")
        transaction.set_rollback(True)
    return int(worst > LIMIT or spent > FIGURE_LIMIT)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voters", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=15)
    options = parser.parse_args()
    import django

    django.setup()
    from django.conf import settings
    from django.test import override_settings

    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(ALLOWED_HOSTS=["*"], STORAGES={**settings.STORAGES, "staticfiles": files}):
        return measure(options.voters, options.repeat)


if __name__ == "__main__":
    sys.exit(main())
