"""Searching a crowd: any part of a name or headline, over all polls and within the largest.

    python tests/benchmarks/bench_search.py [--voters 1000000] [--repeat 5]

Runs on the database of the settings, in a transaction that is rolled back, with a crowd
(`tests.benchmarks.crowd`) whose indexes are in the order a server brings them to after an import. Prints a
table, and exits 1 when the 95th percentile of a search over all polls is above LIMIT.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 50.0
"""Milliseconds."""

TERMS = {
    "frequent": ["manager", "customer", "ing", "man", "director"],
    "two letters": ["cx", "hr", "vp", "it", "of"],
    "one letter": ["a", "s", "k"],
    "names": ["anna", "kim", "zoë", "bagormer"],
    "rare": ["xylophon", "crupier", "astronom", "choreograph", "falconer"],
    "nobody": ["zzzz", "qwertz", "zq", "xx", "müllerx"],
    "two words": ["customer manager", "anna manager", "kim agent", "anna zebrafish", "zoë bagor", "jude cx"],
    "three words": ["customer service manager", "anna contact center", "rosa hr zzz"],
    "six words": ["head of customer experience emea anna"],
    "odd": ["c++", "r&d", "100%", "a_b", "𝗖𝗫", "ＭＡＮＡＧＥＲ"],
}
INDEXES = ("polls_headline_parts", "polls_jobtitle_parts", "polls_voter_name_parts")
TABLES = "polls_vote, polls_voter, polls_headline, polls_headlinepart, polls_jobtitle"


def fill(voters: int) -> list[Any]:
    """A crowd with its statistics. What was added to the indexes lies in a list of its own until the server
    finds the time to sort it in; here it does so at once."""
    from django.db import connection

    from tests.benchmarks.crowd import make_crowd

    polls = make_crowd(voters)
    with connection.cursor() as cursor:
        for index in INDEXES:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute(f"ANALYZE {TABLES}")
    return polls


def percentile(spent: Sequence[float], share: float) -> float:
    """The value below which that share of the measurements lies."""
    return sorted(spent)[min(int(len(spent) * share), len(spent) - 1)]


def measure(polls: Sequence[Any], most: int, repeat: int) -> float:
    """Search these polls for every term; prints the table and returns the 95th percentile in milliseconds."""
    from polls.models import Vote
    from polls.search import find_votes, words_of

    ids = [poll.pk for poll in polls]
    print(f"\n{', '.join(poll.slug for poll in polls)}; at most {most} votes")
    every: list[float] = []
    for kind, terms in TERMS.items():
        spent = []
        for term in terms:
            for _ in range(repeat):
                started = time.perf_counter()
                find_votes(
                    votes=Vote.objects.filter(poll__in=ids), polls=ids, words=words_of(term), most=most
                )
                spent.append((time.perf_counter() - started) * 1000)
        every += spent
        print(f"  {kind:<14}p50 {statistics.median(spent):7.1f} ms   p95 {percentile(spent, 0.95):7.1f} ms")
    print(f"  {'all':<14}p50 {statistics.median(every):7.1f} ms   p95 {percentile(every, 0.95):7.1f} ms")
    return percentile(every, 0.95)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voters", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    import django

    django.setup()
    from django.db import transaction

    with transaction.atomic():
        polls = fill(options.voters)
        found = measure(polls, 50, options.repeat)
        measure(polls[:1], 500, options.repeat)
        measure(polls[1:2], 50, options.repeat)
        transaction.set_rollback(True)
    return int(found > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
