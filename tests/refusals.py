"""Asks the database itself whether a constraint refuses, each one alone.

Several constraints often forbid the same row, and the one that is asked about would never be heard. So inside
the test's transaction all others of its table are taken away first; the rollback brings them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey, Model, UniqueConstraint


def tables_of(app: str) -> dict[str, type[Model]]:
    """Managed tables of an app by name, those behind many-to-many fields included."""
    models = apps.get_app_config(app).get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in models if model._meta.managed}


def foreign_keys_of(app: str) -> list[tuple[str, str]]:
    """(table, column) of every foreign key of the app's models."""
    return [
        (table, field.column)
        for table, model in tables_of(app).items()
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey)
    ]


def uniques_of(app: str) -> list[tuple[str, str]]:
    """(table, constraint name, or the columns joined by commas) of all that the models call unique."""
    found = []
    for table, model in tables_of(app).items():
        meta = model._meta
        found += [(table, c.name) for c in meta.constraints if isinstance(c, UniqueConstraint)]
        found += [(table, f.column) for f in meta.local_fields if f.unique and not f.primary_key]
        found += [
            (table, ",".join(meta.get_field(name).column for name in names)) for names in meta.unique_together
        ]
    return found


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows(sql: str, *params: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def catalogue(app: str) -> set[tuple[str, str]]:
    """(table, name) of every check, key, unique index and trigger the database holds for the app."""
    return set(
        rows(
            """
            SELECT conrelid::regclass::text, conname FROM pg_constraint
             WHERE conrelid::regclass::text LIKE %s AND contype IN ('c', 'f', 'u', 'x')
            UNION
            SELECT indrelid::regclass::text, relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE indrelid::regclass::text LIKE %s AND indisunique AND NOT indisprimary
            UNION
            SELECT tgrelid::regclass::text, tgname FROM pg_trigger
             WHERE tgrelid::regclass::text LIKE %s AND NOT tgisinternal
            """,
            *[rf"{app}\_%"] * 3,
        )
    )


def foreign_key_name(table: str, column: str) -> str:
    """The name of the foreign key over that one column."""
    found = rows(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' AND conkey ="
        " ARRAY[(SELECT attnum FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s)]",
        table,
        table,
        column,
    )
    assert len(found) == 1, f"{table}.{column} has no foreign key in the database"
    return found[0][0]


def unique_name(table: str, name: str) -> str:
    """The name of a unique index: itself, or found by its columns."""
    if rows("SELECT FROM pg_class WHERE relname = %s", name):
        return name
    found = rows(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indrelid = %s::regclass AND indisunique AND indpred IS NULL AND"
        " (SELECT string_agg(attname, ',' ORDER BY array_position(indkey::int[], attnum::int))"
        "   FROM pg_attribute WHERE attrelid = indrelid AND attnum = ANY (indkey)) = %s",
        table,
        name,
    )
    assert len(found) == 1, f"{table} has no unique index over {name}"
    return found[0][0]


def leave_alone(table: str, name: str) -> None:
    """Take every other constraint and every trigger of the table away."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    # A key that points into its own table stands on that table's primary key, which therefore stays.
    others = rows(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND conname <> %s"
        " AND contype <> 'n' AND conindid NOT IN (SELECT conindid FROM pg_constraint"
        "  WHERE contype = 'f' AND conrelid = confrelid AND conname = %s) ORDER BY contype = 'p'",
        table,
        name,
        name,
    )
    for (other,) in others:
        run(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{other}" CASCADE')
    indexes = rows(
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE indrelid = %s::regclass AND indisunique AND relname <> %s"
        " AND indexrelid NOT IN (SELECT conindid FROM pg_constraint"
        "  WHERE contype = 'f' AND conrelid = confrelid AND conname = %s)",
        table,
        name,
        name,
    )
    for (index,) in indexes:
        run(f'DROP INDEX IF EXISTS "{index}" CASCADE')


def assert_refused(name: str, sql: str) -> None:
    """The statement is refused, by the constraint of that name."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        run(sql)
    assert refusal.value.__cause__.diag.constraint_name == name


def assert_key_refuses(table: str, column: str) -> None:
    """A foreign key, alone, refuses a row that is not there."""
    name = foreign_key_name(table, column)
    leave_alone(table, name)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert rows(f"SELECT FROM {table}"), f"the world has no row of {table}"
    assert_refused(name, f"UPDATE {table} SET {column} = -1")


def assert_unique_refuses(table: str, name: str) -> None:
    """A unique index, alone, refuses a second row like one that is there."""
    name = unique_name(table, name)
    [(predicate, columns)] = rows(
        "SELECT pg_get_expr(indpred, indrelid),"
        " (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        "   WHERE attrelid = indrelid AND attnum > 0 AND NOT attisdropped)"
        " FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = %s",
        name,
    )
    leave_alone(table, name)
    where = predicate or "true"
    assert rows(f"SELECT FROM {table} WHERE {where}"), f"the world has no row of {table} where {where}"
    assert_refused(
        name, f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE {where} LIMIT 1"
    )


def assert_check_refuses(table: str, name: str, sql: str) -> None:
    """A check or a key over several columns, alone, refuses a statement that would otherwise go through."""
    leave_alone(table, name)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert_refused(name, sql)
    run(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.rowcount > 0, "the statement touches no row, so that nothing was asked"
