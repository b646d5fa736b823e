"""The cast and a few things every test may ask for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from hypothesis import settings as hypothesis_settings

from polls.models import Poll, User
from tests import factories
from tests.config.conftest import wait_until
from tests.database import busy_sessions

# Properties are about what comes out, not how fast on a busy machine.
hypothesis_settings.register_profile("rolecall", deadline=None)
hypothesis_settings.load_profile("rolecall")


@pytest.fixture(scope="session", autouse=True)
def _no_session_outlives_the_tests(django_db_setup, django_db_blocker):
    """No other session may keep the test database from being dropped.

    Playwright runs tests in a context of its own, where Django opens a connection of its own.
    The context that drops the database is another one.
    """
    yield
    if not str(connection.settings_dict["NAME"]).startswith("test_"):
        return  # no test asked for a database, so none was made: this is the one people work with
    # A test may have cut this session, too.
    connection.close()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()"
        )
    connection.close()


@pytest.fixture(autouse=True)
def _nobody_works_when_the_tables_are_emptied(request):
    """Before the end of a test that commits, what it began in other processes and threads is over.

    A statement that still runs there, be its process killed, and the emptying of all tables can wait for each
    other; PostgreSQL then ends one of them, and the next test finds an error or what this one made.
    """
    marked = request.node.get_closest_marker("django_db")
    if not (marked and marked.kwargs.get("transaction")) and "transactional_db" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("transactional_db")  # emptied after this fixture's end
    yield
    wait_until(lambda: not busy_sessions())


@pytest.fixture(autouse=True)
def _own_home(settings, tmp_path):
    """No test writes where people work."""
    settings.ROLECALL_HOME = tmp_path / "home"
    settings.MEDIA_ROOT = tmp_path / "home" / "uploads"


@pytest.fixture
def poll(db) -> Poll:
    """The study's poll, three ordered options, no votes yet."""
    return factories.make_poll()


@pytest.fixture
def ada(poll: Poll) -> User:
    """Admin of the poll; no reviewer."""
    return factories.make_member("ada", poll, "admin")


@pytest.fixture
def rosa(poll: Poll) -> User:
    """The first reviewer."""
    return factories.make_member("rosa", poll, "reviewer")


@pytest.fixture
def sam(poll: Poll) -> User:
    """The second reviewer."""
    return factories.make_member("sam", poll, "reviewer")


@pytest.fixture
def jude(poll: Poll) -> User:
    """The adjudicator."""
    return factories.make_member("jude", poll, "adjudicator")


@pytest.fixture
def vera(poll: Poll) -> User:
    """The viewer."""
    return factories.make_member("vera", poll, "viewer")


@pytest.fixture
def nina(db) -> User:
    """Somebody with an account and no rights anywhere."""
    return factories.make_user("nina")


@pytest.fixture
def client_for() -> Callable[[User], Client]:
    """A browser in which that person is logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def root(db) -> User:
    """Whoever runs the site."""
    return User.objects.create_superuser("root", password="password")


@pytest.fixture
def admin(ada: User, client_for: Callable[[User], Client]) -> Client:
    """Ada's browser."""
    return client_for(ada)


@pytest.fixture
def site(root: User, client_for: Callable[[User], Client]) -> Client:
    """Root's browser."""
    return client_for(root)
