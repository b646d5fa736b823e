"""The staging table: every data row of a file, with its errors, as a temporary table of the transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connection

from polls.importing.report import ERRORS_SHOWN, RowError
from polls.importing.validate import Clean

CHUNK: Final = 5000
"""Rows fetched at a time where all of them might be too many to hold."""

_MANY: Final = 1000
_PLANS: Final = {"enable_nestloop": "off", "jit": "off", "work_mem": "'64MB'"}
_CREATE: Final = """
    CREATE TEMPORARY TABLE import_row (
        row integer NOT NULL, errors jsonb,
        id_hash bytea, id_value text, derived boolean, url_hash bytea, url_value text, profile_url text,
        base_hash bytea, name text, organisation text, country text,
        headline_raw text, headline_hash bytea, option_key text, option_text text,
        comment text, voted_at timestamptz, voted_raw text, extra text[],
        option_keys text[], option_texts text[]
    ) ON COMMIT DROP
"""
_TYPES: Final = [
    *("int4", "text", "bytea", "text", "bool", "bytea", "text", "text", "bytea", "text", "text", "text"),
    *("text", "bytea", "text", "text", "text", "timestamptz", "text", "text[]"),
    *("text[]", "text[]"),
]
TABLES: Final = (
    "import_row",
    "import_match",
    "import_headline",
    "import_made",
    "import_part",
    "import_change",
)

# A voter without id and address is known by name and headline, and by being the nth such row of the file.
_DERIVE: Final = """
    WITH numbered AS (
        SELECT row, 'n-' || left(encode(sha256(base_hash || convert_to(
            '#' || row_number() OVER (PARTITION BY base_hash ORDER BY row), 'UTF8')), 'hex'), 20) AS value
        FROM import_row WHERE base_hash IS NOT NULL
    )
    UPDATE import_row s
    SET id_value = n.value, id_hash = sha256(convert_to(n.value, 'UTF8')), derived = true
    FROM numbered n WHERE n.row = s.row AND s.errors IS NULL
"""
_REJECT: Final = """
    UPDATE import_row s
    SET errors = jsonb_build_array(jsonb_build_object(
        'row', s.row, 'column', r.header, 'value', left(r.value, 80), 'reason', r.reason))
    FROM ({query}) r WHERE r.row = s.row AND s.errors IS NULL
"""
_SAME_ID: Final = """
    SELECT row, CASE WHEN derived THEN %(url)s::text ELSE %(id)s::text END AS header,
           CASE WHEN derived THEN profile_url ELSE id_value END AS value,
           'the same voter again: row ' || kept || ' is kept' AS reason
    FROM (SELECT *, first_value(row) OVER (PARTITION BY id_hash ORDER BY voted_at DESC NULLS LAST, row DESC)
          AS kept FROM import_row WHERE errors IS NULL) ranked WHERE kept <> row
"""
_SAME_URL: Final = """
    SELECT row, %(url)s::text AS header, profile_url AS value,
           'the same voter again: row ' || kept || ' is kept' AS reason
    FROM (SELECT *, first_value(row) OVER (PARTITION BY url_hash ORDER BY voted_at DESC NULLS LAST, row DESC)
          AS kept FROM import_row WHERE errors IS NULL AND url_hash IS NOT NULL) ranked WHERE kept <> row
"""


def stage(rows: Iterable[Clean]) -> None:
    """COPY the rows into a fresh staging table."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(_CREATE)
        raw: Any = cursor  # Django's wrapper hands `copy` through to psycopg
        with raw.copy("COPY import_row FROM STDIN") as copy:
            copy.set_types(_TYPES)
            write = copy.write_row
            for row in rows:
                write(row)
        cursor.execute(_DERIVE)
        cursor.execute("ANALYZE import_row")


@contextmanager
def plans_for_many_rows() -> Iterator[None]:
    """Let PostgreSQL join by hash and sort in memory for this transaction's own statements.

    The tables may have grown from nothing a moment ago, and its statistics do not know: a nested loop that is
    right for ten rows takes hours for a hundred thousand.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > %s FROM import_row", [_MANY])
        (many,) = cursor.fetchone()
        if many:
            for setting, value in _PLANS.items():
                cursor.execute(f"SET LOCAL {setting} = {value}")
        yield
        if many:
            for setting in _PLANS:
                cursor.execute(f"SET LOCAL {setting} TO DEFAULT")


def reject(query: str, parameters: dict[str, Any]) -> int:
    """Reject the rows that `query` returns (row, header, value, reason); how many they were."""
    with connection.cursor() as cursor:
        cursor.execute(_REJECT.format(query=query), parameters)
        return int(cursor.rowcount)


def reject_repeated(headers: dict[str, str]) -> None:
    """Of the rows of one voter keep the newest by `voted_at`, else the last."""
    for query in (_SAME_ID, _SAME_URL):
        reject(query, headers)


def counts() -> tuple[int, int]:
    """Data rows, and how many of them are rejected."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(errors) FROM import_row")
        rows, rejected = cursor.fetchone()
    return rows, rejected


def first_errors() -> tuple[RowError, ...]:
    """The first errors by row, as many as a report shows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT errors FROM import_row WHERE errors IS NOT NULL ORDER BY row LIMIT %s", [ERRORS_SHOWN]
        )
        found = [RowError(**error) for (errors,) in cursor.fetchall() for error in json.loads(errors)]
    return tuple(found[:ERRORS_SHOWN])


def rejected_rows() -> Iterator[tuple[int, str]]:
    """Row number and all reasons of every rejected row, in order, without holding them all."""
    with connection.chunked_cursor() as cursor:
        cursor.cursor.itersize = CHUNK
        cursor.execute("SELECT row, errors FROM import_row WHERE errors IS NOT NULL ORDER BY row")
        for row, errors in cursor:
            yield row, "; ".join(_told(error) for error in json.loads(errors))


def _told(error: dict[str, Any]) -> str:
    return f"{error['column']}: {error['reason']}" if error["column"] else str(error["reason"])
