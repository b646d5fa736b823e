"""Make the data folder of an embedded server, set its passwords, check who wrote it, with nothing running."""

import re
import secrets
import shutil
from pathlib import Path

from config.embedded import binaries
from config.embedded.places import DATABASE, ROLE, SUPERUSER, Places
from config.embedded.users import ServerUser
from config.env import SetupError, private_file, why

# The builtin locale sorts and folds alike on every machine; nobody can log in before passwords are set.
INITDB_OPTIONS = [
    *("--username", SUPERUSER, "--encoding", "UTF8", "--auth", "reject", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
]


def initialise(places: Places, programs: Path, user: ServerUser | None) -> None:
    """Make the data folder beside its place and move it there when it is whole: a crash leaves no half."""
    draft = places.root / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        binaries.run([str(programs / "initdb"), "-D", str(draft), *INITDB_OPTIONS], user, places)
        set_passwords(places, programs, user, draft)
        draft.rename(places.data)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def set_passwords(places: Places, programs: Path, user: ServerUser | None, data: Path) -> None:
    """Give both roles new random passwords, kept for us alone; make role and database where they are missing.

    Done through PostgreSQL's single-user mode, so that no door is open meanwhile. The file comes last:
    a crash before it leaves no password on record, and the next start draws new ones.
    """
    drawn = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, ROLE)}
    single = [str(programs / "postgres"), "--single", "-D", str(data), "-c", "exit_on_error=true", "postgres"]
    try:
        places.passwords.unlink(missing_ok=True)
        (data / "pg_hba.conf").write_text("local all all scram-sha-256\n", encoding="utf-8")
    except OSError as problem:
        raise SetupError(f"The folder {data} cannot be written: {why(problem)}.") from problem
    known = binaries.run(single, user, places, "SELECT rolname FROM pg_roles\n")
    orders = [f"ALTER ROLE {SUPERUSER} PASSWORD '{drawn[SUPERUSER]}'"]
    if f'"{ROLE}"' in known:
        orders += [f"ALTER ROLE {ROLE} PASSWORD '{drawn[ROLE]}'"]
    else:
        orders += [f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{drawn[ROLE]}'"]
        orders += [f"CREATE DATABASE {DATABASE} OWNER {ROLE}"]
    binaries.run(single, user, places, "".join(f"{order}\n" for order in orders))
    private_file(places.passwords, "".join(f"*:*:*:{role}:{word}\n" for role, word in drawn.items()))


def check_version(places: Places, programs: Path) -> None:
    """Refuse data of another major version: PostgreSQL cannot read it and must not try."""
    try:
        wrote = (places.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as problem:
        raise SetupError(f"The file {places.data / 'PG_VERSION'} cannot be read.") from problem
    brought = re.match(r"\d+", binaries.version(programs))
    if brought and wrote != brought[0]:
        newer = wrote.isdigit() and int(wrote) > int(brought[0])
        advice = (
            "use the newer Rolecall that wrote it, or name another folder in ROLECALL_HOME"
            if newer
            else "dump it with the Rolecall that wrote it and load the dump here"
        )
        raise SetupError(
            f"The database in {places.data} was written by PostgreSQL {wrote} and this Rolecall brings "
            f"PostgreSQL {brought[0]}; {advice}."
        )
