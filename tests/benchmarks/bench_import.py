"""Import of many rows against its floor: COPY to staging plus hand-written SQL that fills the same tables.

    python tests/benchmarks/bench_import.py [--rows 100000] [--repeat 3]

Both run on the database of the settings, in a transaction that is rolled back, on the same voters. The floor
gets every value ready-made (hashes, split titles): it reads nothing, checks nothing and matches nobody.
Prints a table and exits 1 when the import takes more than LIMIT times its floor.
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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 6.0
OPTIONS = ("Extremely important", "Moderately important", "Not very important")
STAGING = """
    CREATE TEMPORARY TABLE floor_row (
        row int, id_hash bytea, id_value text, url_hash bytea, url_value text, profile_url text, name text,
        headline text, headline_hash bytea, option_id bigint, comment text, voter_id bigint
    ) ON COMMIT DROP
"""
COLUMNS = (
    "row, id_hash, id_value, url_hash, url_value, profile_url, name, headline, headline_hash, option_id, "
    "comment"
)
PARTS = """
    CREATE TEMPORARY TABLE floor_part (
        headline_hash bytea, position int, raw text, key_hash bytea, mark text
    ) ON COMMIT DROP
"""
FILL = (
    "UPDATE floor_row SET voter_id = nextval(pg_get_serial_sequence('polls_voter', 'id'))",
    "INSERT INTO polls_voter (id, name, organisation, country, profile_url, created_at) "
    "SELECT voter_id, name, '', '', profile_url, now() FROM floor_row",
    "INSERT INTO polls_voterkey (voter_id, scheme, scope_id, value_hash, value, derived) "
    "SELECT voter_id, 'url', NULL, url_hash, url_value, false FROM floor_row",
    "INSERT INTO polls_voterkey (voter_id, scheme, scope_id, value_hash, value, derived) "
    "SELECT voter_id, 'id', %(poll)s, id_hash, id_value, false FROM floor_row",
    "INSERT INTO polls_headline (text, key_hash) "
    "SELECT DISTINCT ON (headline_hash) headline, headline_hash FROM floor_row "
    "ORDER BY headline_hash, row ON CONFLICT DO NOTHING",
    "INSERT INTO polls_jobtitle (text, key_hash) "
    "SELECT DISTINCT ON (key_hash) raw, key_hash FROM floor_part "
    "ORDER BY key_hash ON CONFLICT DO NOTHING",
    "INSERT INTO polls_headlinepart (headline_id, position, job_title_id, raw, mark) "
    "SELECT h.id, p.position, t.id, p.raw, p.mark FROM floor_part p "
    "JOIN polls_headline h ON h.key_hash = p.headline_hash "
    "JOIN polls_jobtitle t ON t.key_hash = p.key_hash",
    "INSERT INTO polls_vote (poll_id, single_choice, voter_id, option_id, headline_id, headline_raw, "
    "comment, voted_raw, extra, batch_id, void_reason, void_note, created_at) "
    "SELECT %(poll)s, true, r.voter_id, "
    "r.option_id, h.id, r.headline, r.comment, '', '{}', %(batch)s, '', '', now() "
    "FROM floor_row r JOIN polls_headline h ON h.key_hash = r.headline_hash",
)


def make_rows(count: int) -> list[dict[str, str]]:
    """Invented voters: two in five share a headline with others, as people do."""
    lines = (ROOT / "tests/data/titles_sample.csv").read_text("utf-8").splitlines()
    titles = [row[0] for row in csv.reader(lines[1:])]
    chance = random.Random(2)  # the same file in every run
    rows = []
    for number in range(count):
        parts = [chance.choice(titles) for _ in range(chance.choice((1, 1, 2, 3)))]
        if chance.random() > 0.4:
            parts.append(f"Team {chance.randrange(count)}")
        rows.append(
            {
                "voter_id": f"v{number}",
                "name": f"Voter {number}",
                "headline": " | ".join(parts),
                "profile_url": f"https://www.linkedin.com/in/voter-{number}",
                "option": chance.choice(OPTIONS),
                "comment": "Agreed, from the floor." if chance.random() < 0.05 else "",
            }
        )
    return rows


def as_csv(rows: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def floor_values(rows: list[dict[str, str]], option_ids: dict[str, int]) -> tuple[list, list]:
    """Everything the floor copies, made before the clock starts."""
    from polls.texts import normalise_url
    from polls.titles import comparison_key, key_hash, split_headline

    staged, parts, seen = [], [], set()
    for number, row in enumerate(rows):
        headline, url = row["headline"], normalise_url(row["profile_url"])
        hashed = key_hash(comparison_key(headline))
        staged.append(
            (
                *(number, key_hash(row["voter_id"]), row["voter_id"], key_hash(url), url, row["profile_url"]),
                *(row["name"], headline, hashed, option_ids[row["option"]], row["comment"]),
            )
        )
        if hashed not in seen:
            seen.add(hashed)
            found = enumerate(split_headline(headline), start=1)
            parts += [(hashed, place, part.raw, key_hash(part.key), part.mark) for place, part in found]
    return staged, parts


def run_floor(rows: list[dict[str, str]]) -> float:
    from django.db import connection, transaction

    from polls.models import Batch, Option, Poll

    with transaction.atomic():
        poll = Poll.objects.create(slug="bench-floor", question="?")
        options = {
            text: Option.objects.create(poll=poll, text=text, key=text.lower(), position=place).pk
            for place, text in enumerate(OPTIONS, start=1)
        }
        batch = Batch.objects.create(poll=poll, file_name="floor", sha256=b"", encoding="utf-8")
        staged, parts = floor_values(rows, options)
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(STAGING)
            cursor.execute(PARTS)
            with cursor.copy(f"COPY floor_row ({COLUMNS}) FROM STDIN") as copy:
                for values in staged:
                    copy.write_row(values)
            with cursor.copy("COPY floor_part FROM STDIN") as copy:
                for values in parts:
                    copy.write_row(values)
            for statement in FILL:
                cursor.execute(statement, {"poll": poll.pk, "batch": batch.pk})
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds


def run_import(data: bytes) -> tuple[float, float]:
    """Seconds of the first import and of the same file again."""
    from django.db import connection, transaction

    from polls.importing.load import run_import
    from polls.importing.readers import open_upload

    seconds = []
    with transaction.atomic():
        for _ in range(2):
            started = time.perf_counter()
            with open_upload(data, name="bench.csv") as source:
                report = run_import(source=source, poll="bench-import", by=None, options=OPTIONS)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            seconds.append(time.perf_counter() - started)
            assert report.written
        assert report.unchanged == report.rows
        transaction.set_rollback(True)
    return seconds[0], seconds[1]


def peak_of_reading(data: bytes) -> float:
    """MiB that Python holds at most while a file is read and validated, beside the file itself."""
    from polls.importing import mapping, readers, validate

    tracemalloc.start()
    with readers.open_upload(data, name="bench.csv") as source:
        found = mapping.preview(source).mapping
        for _ in validate.clean_rows(source.records(), found, (), source.limits):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1024 / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings

    settings.ROLECALL_AFTER_IMPORT = ""
    rows = make_rows(arguments.rows)
    data = as_csv(rows)
    floors, imports, again = [], [], []
    for _ in range(arguments.repeat):
        floors.append(run_floor(rows))
        first, second = run_import(data)
        imports.append(first)
        again.append(second)
    floor = statistics.median(floors)
    print(f"{arguments.rows:,} rows, median of {arguments.repeat}")
    for name, values in (("floor: COPY + SQL", floors), ("import", imports), ("same file again", again)):
        middle = statistics.median(values)
        rate = arguments.rows / middle
        print(f"  {name:<20} {middle:7.2f} s   {middle / floor:5.2f} x   {rate:>9,.0f} rows/s")
    print(f"  peak of reading      {peak_of_reading(data):7.1f} MiB")
    ratio = statistics.median(imports) / floor
    print(f"import {ratio:.2f} x its floor; the limit is {LIMIT:g} x")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
