"""Export of many classified votes against its floor: one COPY of the same columns from the same tables.

    python tests/benchmarks/bench_export.py [--rows 100000] [--repeat 3]

Runs on the database of the settings, in a transaction that is rolled back. The floor hands out PostgreSQL's
own CSV and looks at no cell. Prints a table and exits 1 when the classified file takes more than LIMIT times
its floor, or when Python holds more than MEMORY MiB meanwhile, whatever the number of rows.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 6.0
MEMORY = 8.0
CATEGORIES = ("contact-center", "cx", "consultant", "other")
FLOOR = """
    COPY (SELECT k.value, p.name, v.headline_raw, p.organisation, p.profile_url, p.country, v.voted_raw,
                 v.comment, o.text, f.code, f.label, c.status, u.username, b.code, n.number
            FROM polls_vote v
            JOIN polls_voter p ON p.id = v.voter_id
            JOIN polls_option o ON o.id = v.option_id
            JOIN polls_voterkey k ON k.voter_id = v.voter_id AND k.scheme = 'id' AND k.scope_id = v.poll_id
            JOIN classify_casevote cv ON cv.vote_id = v.id AND cv.round_id = {round} AND cv.left_at IS NULL
            JOIN classify_case c ON c.id = cv.case_id
            JOIN classify_round r ON r.id = c.round_id
            JOIN classify_codebookversion n ON n.id = r.version_id
            JOIN classify_codebook b ON b.id = n.codebook_id
            LEFT JOIN classify_category f ON f.id = c.final_id
            LEFT JOIN polls_user u ON u.id = c.resolved_by_id
           WHERE v.poll_id = {poll} AND v.voided_at IS NULL ORDER BY v.id) TO STDOUT (FORMAT csv)
"""


def decisions(rows: list[dict[str, str]]) -> bytes:
    """Two readings of every voter, alike in nine of ten, as `import_tags` reads them."""
    chance = random.Random(3)  # the same file in every run
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["voter_id", "tag:bench-rosa", "tag:bench-sam"])
    for row in rows:
        first = chance.choice(CATEGORIES)
        second = first if chance.random() < 0.9 else chance.choice(CATEGORIES)
        writer.writerow([row["voter_id"], first, second])
    return buffer.getvalue().encode()


def prepare(count: int) -> tuple[Any, float]:
    """A poll of that many votes, read by two; gives the round and the seconds of `import_tags`."""
    from django.db import connection

    from classify.importing_tags import import_tags
    from classify.models import Round
    from polls.importing.load import run_import
    from polls.importing.readers import open_upload
    from tests.benchmarks.bench_import import OPTIONS, as_csv, make_rows

    rows = make_rows(count)
    with open_upload(as_csv(rows), name="voters.csv") as source:
        run_import(source=source, poll="bench-export", by=None, options=OPTIONS)
    started = time.perf_counter()
    with open_upload(decisions(rows), name="tags.csv") as source:
        report = import_tags(source=source, poll="bench-export", create_users=True)
    seconds = time.perf_counter() - started
    assert report.created == count, report
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Round.objects.get(poll__slug="bench-export"), seconds


def run_floor(round_: Any) -> int:
    from django.db import connection

    sql = FLOOR.format(round=round_.pk, poll=round_.poll_id)
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        return sum(len(piece) for piece in copy)


def drain(pieces: Iterable[bytes]) -> int:
    return sum(len(piece) for piece in pieces)


def timed(work: Callable[[], int], repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        assert work() > 0
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def peak_of(work: Callable[[], int]) -> float:
    """MiB that Python holds at most while the export runs."""
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1024 / 1024


def measure(rows: int, repeat: int) -> int:
    from classify import exports

    round_, seconds = prepare(rows)
    works: dict[str, Callable[[], int]] = {
        "classified.csv": lambda: drain(exports.as_csv(exports.classified(round_.poll, round_))),
        "classified.json": lambda: drain(exports.as_json(exports.classified(round_.poll, round_))),
        "tags.csv": lambda: drain(exports.as_csv(exports.tags(round_))),
        "wide.csv": lambda: drain(exports.as_csv(exports.wide(round_))),
        "pseudonymised": lambda: drain(
            exports.as_csv(
                exports.classified(round_.poll, round_, pseudonym=exports.hasher(b"key", round_.poll))
            )
        ),
    }
    floor = timed(lambda: run_floor(round_), repeat)
    found = {name: timed(work, repeat) for name, work in works.items()}
    print(f"{rows:,} votes, median of {repeat}")
    for name, value in ({"floor: joined COPY": floor} | found).items():
        print(f"  {name:<20} {value:7.2f} s   {value / floor:5.2f} x   {rows / value:>9,.0f} rows/s")
    print(f"  import_tags (once)   {seconds:7.2f} s")
    peak = peak_of(works["classified.csv"])
    ratio = found["classified.csv"] / floor
    print(f"  peak of the export   {peak:7.1f} MiB; the limit is {MEMORY:g} MiB")
    print(f"export {ratio:.2f} x its floor; the limit is {LIMIT:g} x")
    return 0 if ratio <= LIMIT and peak <= MEMORY else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings
    from django.db import transaction

    settings.ROLECALL_AFTER_IMPORT = ""
    with transaction.atomic():
        code = measure(arguments.rows, arguments.repeat)
        transaction.set_rollback(True)
    return code


if __name__ == "__main__":
    sys.exit(main())
