"""Carrying finals over to the next poll of the same people: what is said beforehand, and doing it.

    python tests/benchmarks/bench_carrying.py [--voters 100000]

Runs on the database of the settings, in a transaction that is rolled back: every voter was read as a case of
their own, one in eleven is an open conflict, all vote again. Prints a table, and exits 1 when carrying over
takes more than SECONDS, or saying so beforehand more than PREVIEW_SECONDS.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SECONDS = 20.0
PREVIEW_SECONDS = 5.0


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found


def measure(voters: int) -> int:
    """Print the table; 1 when a limit is broken."""
    from django.db import connection, transaction
    from django.utils import timezone

    from classify import carrying, rounds
    from classify.models import Round
    from tests import factories
    from tests.benchmarks import bench_report

    with transaction.atomic():
        earlier = bench_report.fill(voters)
        Round.objects.filter(pk=earlier.pk).update(coding_closed_at=timezone.now())
        poll = factories.make_poll("bench-next")
        admin = factories.make_member("bench-admin", poll, "admin")
        factories.make_member("bench-admin", earlier.poll, "admin")
        readers = [seat.user for seat in earlier.reviewers.order_by("ordinal")]
        for user in readers:
            factories.make_member(user.username, poll, "reviewer")
        options = list(poll.options.order_by("position").values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(bench_report.VOTES, {"poll": poll.pk, "options": options})
            cursor.execute("ANALYZE polls_vote")
        beforehand, seen = timed(
            lambda: carrying.preview(poll=poll, version=earlier.version, unit="voter", by=admin)
        )
        making, made = timed(
            lambda: rounds.create_round(
                poll=poll,
                version=earlier.version,
                unit="voter",
                rule="consensus",
                purpose="main",
                reviewers=readers,
                adjudicators=[],
                by=admin,
                carry_over=True,
            )
        )
        carrying_over, cases = timed(lambda: carrying.carry_over(round=made, by=admin))
        reopening, opened = timed(lambda: carrying.reopen_all(round=made, by=admin))
        transaction.set_rollback(True)
    assert seen is not None, f"the preview took more than {carrying.PREVIEW_SECONDS} s"
    assert cases == opened == seen.cases, (cases, opened, seen.cases)
    print(f"{voters} voters, {cases} cases carried over")
    print(f"  said beforehand {beforehand:8.2f} s")
    print(f"  round made      {making:8.2f} s")
    print(f"  carried over    {carrying_over:8.2f} s")
    print(f"  all reopened    {reopening:8.2f} s")
    return int(carrying_over > SECONDS or beforehand > PREVIEW_SECONDS)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voters", type=int, default=100_000)
    options = parser.parse_args()
    import django

    django.setup()
    return measure(options.voters)


if __name__ == "__main__":
    sys.exit(main())
