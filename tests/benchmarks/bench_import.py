"""Import of many rows against its floor: COPY to staging plus hand-written SQL that fills the same tables.

    python tests/benchmarks/bench_import.py [--rows 100000 1000000] [--repeat 3]

Floor and import take turns on the database of the settings, each in a transaction that is rolled back, on the
same voters (see `import_floor`). Each import runs in a process of its own, which tells its peak of memory.
Prints a table and exits 1 when the import takes more than LIMIT times its floor, the same file again more
than AGAIN times, or Python more than MEMORY MiB.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from tests.benchmarks.import_floor import OPTIONS, run_floor, sweep, voters, write_files  # noqa: E402

LIMIT = 3.0
AGAIN = 2.0
MEMORY = 200.0
MANY = 500_000
"""From so many rows on, one run has to do."""


def make_rows(count: int) -> list[dict[str, str]]:
    """The invented voters, all at once."""
    return list(voters(count))


def as_csv(rows: list[dict[str, str]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()


def import_twice(path: Path) -> dict[str, float]:
    """Seconds of the first import and of the same file again, and this process's peak of memory in MiB."""
    from django.db import connection, transaction

    from polls.importing.load import run_import
    from polls.importing.readers import open_path

    seconds = []
    with transaction.atomic():
        for _ in range(2):
            started = time.perf_counter()
            with open_path(path) as source:
                report = run_import(source=source, poll="bench-import", by=None, options=OPTIONS)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            seconds.append(time.perf_counter() - started)
            assert report.written
        assert report.unchanged == report.rows
        transaction.set_rollback(True)
    return {"first": seconds[0], "again": seconds[1], "peak": peak_of_memory()}


def peak_of_memory() -> float:
    """MiB that this process has held at most."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 / (1024 if sys.platform == "darwin" else 1)


def in_a_process(path: Path) -> dict[str, float]:
    """`import_twice` in a process of its own."""
    command = [sys.executable, __file__, "--once", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def measure(count: int, repeat: int) -> bool:
    """Print the table of one size; whether every limit held."""
    floors: list[float] = []
    runs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        files = write_files(Path(folder), count)
        for _ in range(repeat):
            sweep()
            floors.append(run_floor(files))
            sweep()
            runs.append(in_a_process(files.table))
        sweep()
    floor = statistics.median(floors)
    first, again = (statistics.median(run[name] for run in runs) for name in ("first", "again"))
    peak = max(run["peak"] for run in runs)
    print(f"{count:,} rows, median of {repeat}")
    for name, value in (("floor: COPY + SQL", floor), ("import", first), ("same file again", again)):
        print(f"  {name:<20} {value:7.2f} s   {value / floor:5.2f} x   {count / value:>9,.0f} rows/s")
    print(f"  peak of memory       {peak:7.1f} MiB, the interpreter and Django included")
    print(f"  limits: import {LIMIT:g} x, again {AGAIN:g} x, memory {MEMORY:g} MiB", flush=True)
    return first <= LIMIT * floor and again <= AGAIN * floor and peak <= MEMORY


def main() -> int:
    parser: Any = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--once", type=Path, help="Import this file twice and tell the figures as JSON.")
    arguments = parser.parse_args()

    import django

    django.setup()
    from django.conf import settings

    settings.ROLECALL_AFTER_IMPORT = ""
    if arguments.once:
        print(json.dumps(import_twice(arguments.once)))
        return 0
    held = [measure(count, 1 if count >= MANY else arguments.repeat) for count in arguments.rows]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
