"""Search for any part of a name or headline over many voters: milliseconds in SQL.

    python tests/benchmarks/bench_search.py [--voters 1000000] [--queries 200]

Runs on the database of the settings, in a transaction that is rolled back, over the voters of `crowd`. What
is searched: pieces of names and headlines as they stand there, alone or together, short words, words that
everybody has and words that nobody has; each as the list of voters asks for them, once to
warm up and once measured. Prints a table and exits 1 when the 95th of a hundred takes more than LIMIT ms.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LIMIT = 50.0
MOST = 500  # as the list of voters asks for
BY_HAND = (
    *("manager", "contact cent", "customer experience", "cx", "CX lead", "vp", "head of", "speaker", "𝗖𝗫"),
    *("anna", "jürgen", "kim manager", "helping teams win", "ex-google", "nobody-has-this", "zzzz"),
)
INDEXES = ("polls_headline_parts", "polls_jobtitle_parts", "polls_voter_name_parts")


def queries(poll: Any, count: int) -> list[str]:
    """Pieces of what stands there, the same in every run, and those of `BY_HAND`."""
    chance = random.Random(4)
    votes = poll.votes.order_by("id").values_list("headline_raw", "voter__name")
    people = [[text for text in pair if len(text) > 4] for pair in votes[: 50 * count : 50]]
    found = list(BY_HAND)
    while len(found) < count:
        person = chance.choice(people)  # two pieces are of one and the same
        pieces = [_piece(chance, text) for text in chance.sample(person, chance.choice((1, 1, len(person))))]
        words = " ".join(pieces).split()
        if words and all(any(character.isalnum() for character in word) for word in words):
            found.append(" ".join(words))
    return found


def _piece(chance: random.Random, text: str) -> str:
    """From three letters to a dozen: mostly from the beginning of a word, as people type, else from anywhere;
    without single letters at its ends."""
    starts = [0, *(place + 1 for place, character in enumerate(text[:-4]) if character == " ")]
    start = chance.choice(starts) if chance.random() < 0.7 else chance.randint(0, len(text) - 4)
    words = text[start : start + chance.randint(3, 12)].split()
    return " ".join(word for word in words if len(word) > 1)


def measure(polls: list[Any], texts: list[str]) -> list[tuple[float, str]]:
    """Milliseconds in SQL of every search, of the second time it runs."""
    from django.db import connection

    from polls.models import Vote
    from polls.search import find_votes, words_of

    spent = [0.0]

    def clocked(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            spent[0] += time.perf_counter() - started

    ids = [poll.pk for poll in polls]
    votes = Vote.objects.filter(poll__in=ids, voided_at=None)
    times = []
    for turn in (1, 2):
        for text in texts:
            spent[0] = 0.0
            with connection.execute_wrapper(clocked):
                find_votes(votes=votes, polls=ids, words=words_of(text), most=MOST)
            if turn == 2:
                times.append((spent[0] * 1000, text))
    return sorted(times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voters", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=200)
    arguments = parser.parse_args()

    import django

    django.setup()
    from django.db import connection, transaction

    from tests.benchmarks.crowd import make_crowd

    held = True
    with transaction.atomic():
        polls = make_crowd(arguments.voters)
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE polls_vote, polls_voter, polls_headline, polls_jobtitle, polls_headlinepart"
            )
            for index in INDEXES:  # as autovacuum does after an import
                cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        texts = queries(polls[0], arguments.queries)
        print(f"{arguments.voters:,} voters, {len(texts)} searches, up to {MOST} votes each, ms in SQL")
        for name, where in (("one poll", polls[:1]), ("all polls", polls), ("a small poll", polls[2:])):
            times = measure(where, texts)
            only = [each for each, _text in times]
            last = only[int(len(only) * 0.95)]
            held = held and last <= LIMIT
            print(
                f"  {name:<14} p50 {statistics.median(only):7.1f}   p95 {last:7.1f}   "
                f"slowest {only[-1]:7.1f} (“{times[-1][1]}”)",
                flush=True,
            )
        transaction.set_rollback(True)
    print(f"p95 at most {LIMIT:g} ms: {'held' if held else 'broken'}")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
