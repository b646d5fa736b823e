"""The floor of an import: COPY of ready-made bytes to a staging table, then hand-written SQL that fills the
same tables, indexes and lists.

The floor gets every value ready-made (hashes, split titles): it reads no CSV, checks nothing and matches
nobody. It has the settings a careful hand would give it.
"""

from __future__ import annotations

import csv
import io
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
OPTIONS = ("Extremely important", "Moderately important", "Not very important")
_PIECE = 1024 * 1024
_SETTINGS = ("SET LOCAL work_mem = '64MB'", "SET LOCAL jit = off", "SET LOCAL enable_nestloop = off")
_STAGING = """
    CREATE TEMPORARY TABLE floor_row (
        row int, id_hash bytea, id_value text, url_hash bytea, url_value text, profile_url text, name text,
        headline text, headline_hash bytea, option_id bigint, comment text, voter_id bigint
    ) ON COMMIT DROP
"""
_COLUMNS = (
    "row, id_hash, id_value, url_hash, url_value, profile_url, name, headline, headline_hash, option_id, "
    "comment"
)
_PARTS = """
    CREATE TEMPORARY TABLE floor_part (
        headline_hash bytea, position int, raw text, key_hash bytea, mark text
    ) ON COMMIT DROP
"""
_FILL = (
    "UPDATE floor_row SET voter_id = nextval(pg_get_serial_sequence('polls_voter', 'id')), "
    "option_id = (%(options)s::bigint[])[option_id]",
    "ANALYZE floor_row",
    "ANALYZE floor_part",
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
    "INSERT INTO polls_batchvotes (batch_id, vote_ids) "
    "SELECT %(batch)s, array_agg(id ORDER BY id) FROM polls_vote WHERE batch_id = %(batch)s "
    "GROUP BY id / 10000",
)
_FILLED = (
    *("polls_vote", "polls_batchvotes", "polls_batch", "polls_headlinepart", "polls_jobtitle"),
    *("polls_headline", "polls_voterkey", "polls_voter", "polls_option", "polls_poll"),
)


@dataclass(frozen=True, slots=True)
class Files:
    """The same invented voters as CSV and as what the floor copies; options are named by position there."""

    table: Path
    rows: Path
    parts: Path


def voters(count: int) -> Iterator[dict[str, str]]:
    """Invented voters: two in five share a headline with others, as people do."""
    lines = (DATA / "titles_sample.csv").read_text("utf-8").splitlines()
    titles = [row[0] for row in csv.reader(lines[1:])]
    chance = random.Random(2)  # the same file in every run
    for number in range(count):
        parts = [chance.choice(titles) for _ in range(chance.choice((1, 1, 2, 3)))]
        if chance.random() > 0.4:
            parts.append(f"Team {chance.randrange(count)}")
        yield {
            "voter_id": f"v{number}",
            "name": f"Voter {number}",
            "headline": " | ".join(parts),
            "profile_url": f"https://www.linkedin.com/in/voter-{number}",
            "option": chance.choice(OPTIONS),
            "comment": "Agreed, from the floor." if chance.random() < 0.05 else "",
        }


def write_files(folder: Path, count: int) -> Files:
    """Make the three files, before any clock starts."""
    from polls.texts import normalise_url
    from polls.titles import comparison_key, key_hash, split_headline

    files = Files(folder / "voters.csv", folder / "rows.copy", folder / "parts.copy")
    seen: set[bytes] = set()
    with (
        files.table.open("w", encoding="utf-8", newline="") as table,
        files.rows.open("w", encoding="utf-8", newline="\n") as rows,
        files.parts.open("w", encoding="utf-8", newline="\n") as parts,
    ):
        writer: csv.DictWriter[str] | None = None
        for number, voter in enumerate(voters(count)):
            if writer is None:
                writer = csv.DictWriter(table, list(voter))
                writer.writeheader()
            writer.writerow(voter)
            headline, url = voter["headline"], normalise_url(voter["profile_url"])
            hashed = key_hash(comparison_key(headline))
            rows.write(
                _line(
                    *(number, key_hash(voter["voter_id"]), voter["voter_id"], key_hash(url), url),
                    *(voter["profile_url"], voter["name"], headline, hashed),
                    *(OPTIONS.index(voter["option"]) + 1, voter["comment"]),
                )
            )
            if hashed not in seen:
                seen.add(hashed)
                for place, part in enumerate(split_headline(headline), start=1):
                    parts.write(_line(hashed, place, part.raw, key_hash(part.key), part.mark))
    return files


def run_floor(files: Files) -> float:
    """Seconds of the floor, in a transaction that is rolled back."""
    from django.db import connection, transaction

    from polls.models import Batch, Option, Poll

    with transaction.atomic():
        poll = Poll.objects.create(slug="bench-floor", question="?")
        options = [
            Option.objects.create(poll=poll, text=text, key=text.lower(), position=place).pk
            for place, text in enumerate(OPTIONS, start=1)
        ]
        batch = Batch.objects.create(poll=poll, file_name="floor", sha256=b"", encoding="utf-8")
        started = time.perf_counter()
        with connection.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(setting)
            cursor.execute(_STAGING)
            cursor.execute(_PARTS)
            _copy(cursor, f"COPY floor_row ({_COLUMNS}) FROM STDIN", files.rows)
            _copy(cursor, "COPY floor_part FROM STDIN", files.parts)
            for statement in _FILL:
                cursor.execute(statement, {"poll": poll.pk, "batch": batch.pk, "options": options})
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return seconds


def sweep() -> None:
    """Clear away what was rolled back, so that every run meets the same tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {', '.join(_FILLED)}")


def _copy(cursor: object, statement: str, path: Path) -> None:
    with path.open("rb") as file, cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        while piece := file.read(_PIECE):
            copy.write(piece)


def _line(*values: object) -> str:
    """One line in COPY's text format."""
    line = io.StringIO()
    for place, value in enumerate(values):
        text = rf"\x{value.hex()}" if isinstance(value, bytes) else str(value)
        for plain, escaped in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            text = text.replace(plain, escaped)
        line.write(f"{chr(9) if place else ''}{text}")
    return line.getvalue() + "\n"
