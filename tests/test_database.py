"""What a test that commits waits for at its end: sessions of others in the middle of their work."""

from __future__ import annotations

import psycopg
import pytest

from tests.database import address, busy_sessions


@pytest.mark.django_db(transaction=True)
def test_a_session_is_busy_while_its_transaction_is_open():
    with psycopg.connect(address(), autocommit=True) as other:
        other.execute("SELECT 1")
        assert busy_sessions() == [], "one that is idle waits for nothing"
        with other.transaction():
            other.execute("SELECT 2")
            assert busy_sessions() == ["SELECT 2"]
        assert busy_sessions() == []
