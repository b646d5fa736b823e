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
_COLUMNS: Final = {
    "row": "integer",
    "errors": "jsonb",
    "id_hash": "bytea",
    "id_value": "text",
    "derived": "boolean",
    "url_hash": "bytea",
    "url_value": "text",
    "profile_url": "text",
    "base_hash": "bytea",
    "name": "text",
    "organisation": "text",
    "country": "text",
    "headline_raw": "text",
    "headline_hash": "bytea",
    "option_key": "text",
    "option_text": "text",
    "comment": "text",
    "voted_at": "timestamptz",
    "voted_raw": "text",
    "extra": "text[]",
    "option_keys": "text[]",
    "option_texts": "text[]",
}
# `lead`: the row of the same voter that stands for this one too (see `reject_repeated`).
_CREATE: Final = (
    "CREATE TEMPORARY TABLE import_row ("
    + ", ".join(f"{name} {_COLUMNS[name]}" for name in Clean._fields)
    + ", lead integer) ON COMMIT DROP"
)
_COPY: Final = f"COPY import_row ({', '.join(Clean._fields)}) FROM STDIN"
_TYPES: Final = [_COLUMNS[name].replace("jsonb", "text") for name in Clean._fields]
TABLES: Final = (
    "import_row",
    "import_match",
    "import_headline",
    "import_made",
    "import_part",
    "import_choice",
    "import_change",
    "import_replaced",
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
_SAME_AGAIN: Final = "the same voter again: row "
_SAME_ID: Final = f"""
    SELECT row, CASE WHEN derived THEN %(url)s::text ELSE %(id)s::text END AS header,
           CASE WHEN derived THEN profile_url ELSE id_value END AS value,
           '{_SAME_AGAIN}' || kept || ' is kept' AS reason
    FROM (SELECT *, first_value(row) OVER (
              PARTITION BY id_hash, CASE WHEN %(each_option)s THEN option_key END
              ORDER BY voted_at DESC NULLS LAST, row DESC) AS kept
          FROM import_row WHERE errors IS NULL) ranked WHERE kept <> row
"""  # noqa: S608 - of constants
_SAME_URL: Final = f"""
    SELECT row, %(url)s::text AS header, profile_url AS value,
           '{_SAME_AGAIN}' || kept || ' is kept' AS reason
    FROM (SELECT *, first_value(row) OVER (PARTITION BY url_hash ORDER BY voted_at DESC NULLS LAST, row DESC)
          AS kept FROM import_row WHERE errors IS NULL AND url_hash IS NOT NULL) ranked WHERE kept <> row
"""  # noqa: S608 - of constants
# An empty list of errors keeps a row out of everything for a while.
_SET_ASIDE: Final = """
    UPDATE import_row s SET errors = '[]', lead = l.lead
    FROM (SELECT row, first_value(row) OVER (PARTITION BY id_hash ORDER BY row) AS lead
          FROM import_row WHERE errors IS NULL) l
    WHERE l.row = s.row AND l.lead <> s.row
"""
_TAKE_BACK: Final = """
    UPDATE import_row s
    SET errors = CASE WHEN l.errors IS NOT NULL
                      THEN jsonb_build_array((l.errors -> 0) || jsonb_build_object('row', s.row)) END
    FROM import_row l WHERE l.row = s.lead
"""
_SEVERAL: Final = """
    SELECT EXISTS (SELECT FROM import_row WHERE errors IS NULL AND cardinality(option_keys) > 1)
        OR %(own)s AND EXISTS (SELECT FROM import_row WHERE errors IS NULL
                               GROUP BY id_hash HAVING count(DISTINCT option_key) > 1)
"""


def stage(rows: Iterable[Clean]) -> None:
    """COPY the rows into a fresh staging table."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(_CREATE)
        raw: Any = cursor  # Django's wrapper hands `copy` through to psycopg
        with connection.wrap_database_errors, raw.copy(_COPY) as copy:
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


def check_keys() -> None:
    """Have the foreign keys of everything written checked now: at the commit, where it would happen else,
    a long check could be neither told of nor broken off."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def reject(query: str, parameters: dict[str, Any]) -> int:
    """Reject the rows that `query` returns (row, header, value, reason); how many they were."""
    with connection.cursor() as cursor:
        cursor.execute(_REJECT.format(query=query), parameters)
        return int(cursor.rowcount)


def name_several_options(*, own: bool) -> bool:
    """Whether a voter chose several options: in one row or, in our own files, in a row for each."""
    with connection.cursor() as cursor:
        cursor.execute(_SEVERAL, {"own": own})
        return bool(cursor.fetchone()[0])


def reject_repeated(headers: dict[str, str], *, each_option: bool = False) -> None:
    """Of the rows of one voter keep the newest by `voted_at`, else the last.

    With `each_option` a voter's rows are kept when they name different options; all but the first of them
    are set aside then, until `take_back_followers`.
    """
    reject(_SAME_ID, headers | {"each_option": each_option})
    if each_option:
        with connection.cursor() as cursor:
            cursor.execute(_SET_ASIDE)
    reject(_SAME_URL, headers)


def take_back_followers() -> None:
    """Let the rows that were set aside share the fate of the row that stood for them."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK)


def told_of_repeated() -> list[str]:
    """A sentence when voters voted again in the file, else none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT errors -> 0 ->> 'reason'), count(*) FROM import_row "
            "WHERE starts_with(errors -> 0 ->> 'reason', %s)",
            [_SAME_AGAIN],
        )
        voters, rows = cursor.fetchone()
    if not voters:
        return []
    who = "1 voter is" if voters == 1 else f"{voters:,} voters are"
    what = "1 other row is" if rows == 1 else f"the other {rows:,} rows are"
    return [f"{who} in the file more than once: the newest by date counts, else the last; {what} rejected."]


def counts() -> tuple[int, int]:
    """Data rows, and how many of them are rejected."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(errors) FROM import_row")
        rows, rejected = cursor.fetchone()
    return rows, rejected


def rejected_for_itself() -> bool:
    """Whether a row is rejected for another reason than that its voter is in the file again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM import_row WHERE errors IS NOT NULL "
            "AND NOT starts_with(errors -> 0 ->> 'reason', %s))",
            [_SAME_AGAIN],
        )
        return bool(cursor.fetchone()[0])


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
