"""Have everything ready before a command or the web server begins: database, codebooks, static files."""

import hashlib
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config import embedded, env
from config.embedded.binaries import sentence
from config.embedded.places import planned
from config.env import BASE_DIR, SetupError

# These do their work without a database, and must not wait for one.
WITHOUT_DATABASE = frozenset(
    {
        *(
            "help",
            "version",
            "check",
            "makemigrations",
            "embedded_db",
            "diffsettings",
            "startapp",
            "startproject",
        ),
        *(
            "makemessages",
            "compilemessages",
            "collectstatic",
            "findstatic",
            "sendtestemail",
            "squashmigrations",
        ),
        *("optimizemigration",),
    }
)
# These look after the tables themselves.
WITHOUT_TABLES = frozenset(
    {"migrate", "showmigrations", "sqlmigrate", "flush", "dbshell", "inspectdb", "test"}
)
WITH_STATIC_FILES = frozenset({"serve", "demo", "runserver"})
# Any number does, as long as nobody else takes the same one in our database.
ADVISORY_LOCK = 7_401_312


def run(argv: list[str]) -> int:
    """Bring up what the command needs and run it; the exit status.

    Whatever goes wrong outside the command's own control ends as one sentence on standard error, and with
    `--json` as `{"error": ...}` on standard output beside it.
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db.utils import InterfaceError, OperationalError

    # Ended politely (by a service manager, a closed terminal): leave the embedded server in order.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, frame: sys.exit(128 + number))
    # `makemigrations` may look at the history where a server runs, and does without where none does.
    warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
    try:
        prepare(argv)
        execute_from_command_line(argv)
        sys.stdout.flush()
    except ImproperlyConfigured as problem:
        return _fail(str(problem), argv)
    except (OperationalError, InterfaceError) as problem:
        return _fail(unreachable(problem), argv)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)  # noqa: T201 - this is the command line
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; nothing more can be said, not even by the last flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def prepare(argv: list[str]) -> None:
    """What the command of `argv` needs. Raises SetupError, or the database's own errors."""
    command = argv[1] if len(argv) > 1 else "help"
    if command.startswith("-") or command in WITHOUT_DATABASE or {"-h", "--help"} & set(argv[2:]):
        return
    bring_up(tables=command not in WITHOUT_TABLES, static_files=command in WITH_STATIC_FILES)


def bring_up(*, tables: bool = True, static_files: bool = False) -> None:
    """The database, and with `tables` its tables and the ready-made codebooks, ready to work with.

    The embedded one is started and migrated; a server named in DATABASE_URL is only looked at. Safe to call
    again, and from several processes at once. Raises SetupError, one sentence.
    """
    import django
    from django.db import connection
    from django.db.utils import DatabaseError

    if not env.text("DATABASE_URL"):
        embedded.hold(env.home())
    django.setup()
    if static_files:
        ensure_static_files()
    if not tables:
        return
    try:
        _ensure_tables()
        _ensure_codebooks()
    except DatabaseError as problem:
        raise SetupError(unreachable(problem)) from problem
    finally:
        connection.close()


def unreachable(problem: Exception) -> str:
    """An error of the database as one sentence, without the password."""
    said = " ".join(str(problem).split()) or type(problem).__name__
    if env.text("DATABASE_URL"):
        if "password" in said.lower() and "failed" in said.lower():
            return "The database of DATABASE_URL refuses the user or the password given there."
        return f"The database of DATABASE_URL cannot be used: {said[:300].rstrip('.')}."
    told = sentence(said, planned(env.home()))
    if told.startswith("The embedded PostgreSQL did not start"):
        return f"The embedded database cannot be used: {said[:300].rstrip('.')}."
    return told


def _fail(words: str, argv: list[str]) -> int:
    """One sentence for the person, and for the program that asked for JSON the same as a document."""
    words = " ".join(words.split())
    print(words, file=sys.stderr)  # noqa: T201 - this is the command line
    if "--json" in argv:
        print(json.dumps({"error": words}))  # noqa: T201
    return 1


def _ensure_tables() -> None:
    """Migrate the embedded database; refuse a server that lacks migrations."""
    from django.core.management import call_command

    missing = pending_migrations()
    if not missing:
        return
    if env.text("DATABASE_URL"):
        raise SetupError(
            f"The database of DATABASE_URL lacks {len(missing)} migrations of this Rolecall; "
            "run: manage.py migrate"
        )
    with _alone_in_the_database():
        if pending_migrations():
            print("Preparing the database ...", file=sys.stderr)  # noqa: T201
            call_command("migrate", interactive=False, verbosity=0)


def pending_migrations() -> list[tuple[str, str]]:
    """(app, name) of every migration on disk that the database does not know. Two small queries."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    applied = MigrationRecorder(connection).applied_migrations()
    return [
        (app.label, file.stem)
        for app in apps.get_app_configs()
        for file in sorted((Path(app.path) / "migrations").glob("*.py"))
        if not file.stem.startswith(("_", "~")) and (app.label, file.stem) not in applied
    ]


def _ensure_codebooks() -> None:
    """Load the ready-made codebooks; nothing to do while their files and the table are as they were."""
    from classify import codebooks
    from classify.models import Codebook

    stamp = env.home() / "codebooks.stamp"
    files = sorted((BASE_DIR / "classify" / "data" / "codebooks").glob("*.json"))
    state = _fingerprint(files, env.text("DATABASE_URL"))
    if _read(stamp) == state and Codebook.objects.count() >= len(files):
        return
    with _alone_in_the_database():
        codebooks.ensure_ready_made()
    _write(stamp, state)


@contextmanager
def _alone_in_the_database() -> Iterator[None]:
    """Processes that start at once take turns, on one machine or several."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def ensure_static_files() -> None:
    """Collect and compress styles and scripts into ROLECALL_HOME when they changed since the last time."""
    from django.conf import settings
    from django.core.management import call_command

    root = Path(settings.STATIC_ROOT)
    stamp = env.home() / "static.stamp"
    sources = [path for path in sorted((BASE_DIR / "static").rglob("*")) if path.is_file()]
    state = _fingerprint([*sources, BASE_DIR / "requirements.txt"], str(root))
    if _read(stamp) == state and root.is_dir():
        return
    try:
        call_command("collectstatic", interactive=False, verbosity=0, clear=root.is_dir())
    except OSError as problem:
        raise SetupError(f"The folder {root} cannot be written: {env.why(problem)}.") from problem
    _write(stamp, state)


def _fingerprint(files: list[Path], *more: Any) -> str:
    """Changes when a file's name or content does."""
    digest = hashlib.sha256(repr(more).encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text(encoding="ascii")
    except OSError:
        return ""


def _write(stamp: Path, state: str) -> None:
    try:
        env.ensure_home(stamp.parent)
        stamp.write_text(state, encoding="ascii")
        env.hand_to_owner_of(stamp.parent, stamp)
    except OSError as problem:
        raise SetupError(f"The file {stamp} cannot be written: {env.why(problem)}.") from problem
