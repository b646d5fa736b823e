"""Report and agreement of many voters, against the GROUP BY over case_vote and case that any report needs.

    python tests/benchmarks/bench_report.py [--voters 100000] [--repeat 5]

Runs on the database of the settings, in a transaction that is rolled back. The limits stand well above what
was measured: they are there to catch a statement per case, or a bootstrap over single units.
Prints a table and exits 1 when the report takes more than LIMIT times its floor or agreement more than
SECONDS.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 3.0
SECONDS = 3.0
FLOOR = """
    SELECT c.final_id, v.option_id, count(*)
      FROM classify_casevote cv
      JOIN classify_case c ON c.id = cv.case_id
      JOIN polls_vote v ON v.id = cv.vote_id
     WHERE cv.round_id = %(round)s AND cv.left_at IS NULL AND v.voided_at IS NULL GROUP BY 1, 2
"""
VOTERS = """
    INSERT INTO polls_voter (name, organisation, country, profile_url, created_at)
    SELECT 'bench-report', '', '', '', now() FROM generate_series(1, %(voters)s)
"""
VOTES = """
    INSERT INTO polls_vote (poll_id, single_choice, voter_id, option_id, headline_raw, comment, voted_raw,
                            extra, void_reason, void_note, created_at)
    SELECT %(poll)s, true, id, (%(options)s::bigint[])[1 + (id * 7 %% 3)], 'Title ' || id, '', '',
           '{}', '', '', now()
      FROM polls_voter WHERE name = 'bench-report'
"""
CASES = """
    INSERT INTO classify_case (round_id, poll_id, origin, text, n_votes, option_counts, reviewer1_id,
                               reviewer2_id, order1, order2, status, resolution, review_again)
    SELECT %(round)s, %(poll)s, 'voter', v.headline_raw, 1,
           ARRAY[(o.position = 1)::int, (o.position = 2)::int, (o.position = 3)::int],
           %(first)s, %(second)s, v.id, v.id, 'waiting', '', false
      FROM polls_vote v JOIN polls_option o ON o.id = v.option_id WHERE v.poll_id = %(poll)s
"""
CASE_VOTES = """
    INSERT INTO classify_casevote (round_id, vote_id, case_id, joined_at, reason)
    SELECT %(round)s, order1, id, now(), '' FROM classify_case WHERE round_id = %(round)s
"""
DECISIONS = """
    INSERT INTO classify_decision (round_id, version_id, case_id, slot, reviewer_id, seq, verdict,
                                   category_id, note, evidence, client_id, late, source, decided_at)
    SELECT %(round)s, %(version)s, c.id, s, CASE s WHEN 1 THEN %(first)s ELSE %(second)s END, 1, 'category',
           (%(categories)s::bigint[])[1 + (c.id + CASE WHEN s = 2 AND c.id %% 11 = 0 THEN 1 ELSE 0 END) %% 3],
           '', 'headline', gen_random_uuid(), false, 'web', now()
      FROM classify_case c CROSS JOIN generate_series(1, 2) s WHERE c.round_id = %(round)s
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
           status = CASE WHEN c1 = c2 THEN 'agreed' ELSE 'conflict' END
      FROM read WHERE case_id = c.id
"""
FILL = (
    *(VOTERS, "ANALYZE polls_voter", VOTES, "ANALYZE polls_vote", CASES, "ANALYZE classify_case", CASE_VOTES),
    *("ANALYZE classify_casevote", DECISIONS, "ANALYZE classify_decision", STANDING, "ANALYZE classify_case"),
)


def fill(voters: int) -> Any:
    """A poll of that many voters, every one read twice, one in eleven a conflict; the round."""
    from django.db import connection

    from classify.models import Category
    from tests import factories
    from tests.classify.readings import make_round

    poll = factories.make_poll("bench-report")
    people = [factories.make_user(f"bench-report-{name}") for name in ("first", "second")]
    round_ = make_round(poll, people, factories.make_codebook("bench-report"))
    values = {
        "voters": voters,
        "poll": poll.pk,
        "options": list(poll.options.order_by("position").values_list("pk", flat=True)),
        "round": round_.pk,
        "version": round_.version_id,
        "first": people[0].pk,
        "second": people[1].pk,
        "categories": list(Category.objects.filter(version=round_.version).values_list("pk", flat=True)),
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, values)
    return round_


def timed(work: Callable[[], object], repeat: int) -> float:
    """The median of some runs, in seconds."""
    spent = []
    for _ in range(repeat):
        started = time.perf_counter()
        work()
        spent.append(time.perf_counter() - started)
    return statistics.median(spent)


def measure(voters: int, repeat: int) -> int:
    """Print the table; 1 when a limit is broken."""
    from django.db import connection, transaction

    from classify.association import warm_up
    from classify.reports import agreement_for, report_for
    from classify.reports.methods import methods_for
    from classify.reports.snapshot import take_snapshot

    warm_up()
    with transaction.atomic():
        round_ = fill(voters)

        def floor() -> object:
            with connection.cursor() as cursor:
                return cursor.execute(FLOOR, {"round": round_.pk}).fetchall()

        base = timed(floor, repeat)
        figures = {
            "one statement (snapshot)": timed(lambda: take_snapshot(round_), repeat),
            "report, three bases and tests": timed(lambda: report_for(round_), repeat),
            "agreement with all intervals": timed(lambda: agreement_for(round_), repeat),
            "facts of the methods": timed(lambda: methods_for(round_), repeat),
        }
        transaction.set_rollback(True)
    print(
        f"{voters} voters, median of {repeat}; floor: GROUP BY over case_vote and case {base * 1000:.0f} ms"
    )
    for name, seconds in figures.items():
        print(f"  {name:<32}{seconds * 1000:8.0f} ms {seconds / base:6.2f}x")
    slow = figures["report, three bases and tests"] > LIMIT * base
    return int(slow or figures["agreement with all intervals"] > SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voters", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    import django

    django.setup()
    return measure(options.voters, options.repeat)


if __name__ == "__main__":
    sys.exit(main())
