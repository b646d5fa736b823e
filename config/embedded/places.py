"""Where the embedded server keeps its things, decided once per installation and written down."""

import json
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.embedded.users import ServerUser, server_user
from config.env import SetupError, ensure_home, hand_to_owner_of, is_root, why

DATABASE = "rolecall"
ROLE = "rolecall"
SUPERUSER = "postgres"
PORT = 5432
# The shortest limit is macOS's (104 bytes with the closing NUL).
LONGEST_SOCKET_PATH = 100
SYSTEM_FOLDER = Path("/var/lib/rolecall")


@dataclass(frozen=True)
class Places:
    """All paths of one installation; `root` belongs to the user the server runs as."""

    home: Path
    root: Path
    socket: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def stay(self) -> Path:
        """Its presence says that somebody asked for a server that outlives its users."""
        return self.home / "embedded.stay"

    @property
    def passwords(self) -> Path:
        return self.home / "pgpass"


def _record(home: Path) -> dict[str, str]:
    """What embedded.json says; empty before the first start. Raises SetupError when it cannot be read."""
    path = home / "embedded.json"
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {"folder": str(said["folder"]), "socket": str(said["socket"])}
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise SetupError(f"The file {path} cannot be read: {why(problem)}.") from problem
    except (ValueError, KeyError, TypeError) as problem:
        raise SetupError(
            f"The file {path} is damaged; remove it if the data lies in {home / 'postgres'}, "
            "otherwise restore it from a backup."
        ) from problem


def planned(home: Path) -> Places:
    """The places as recorded, else as they will most likely be. Reads only."""
    home = Path(os.path.realpath(home))
    record = _record(home)
    root = home / record.get("folder", "postgres")
    return Places(home=home, root=root, socket=root / record.get("socket", "run"))


def connection_settings(home: Path) -> dict[str, Any]:
    """Django's settings for the embedded server of `home`; starts nothing, makes nothing."""
    places = planned(home)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": ROLE,
        "PASSWORD": password(places, ROLE),
        "HOST": str(places.socket),
        "PORT": str(PORT),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A stranger who put a socket in our place would not be told the password.
        "OPTIONS": {"require_auth": "scram-sha-256", "passfile": str(places.passwords)},
    }


def password(places: Places, role: str) -> str:
    """The password of `role`, or nothing before the first start."""
    try:
        lines = places.passwords.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.rsplit(":", 1)[1] for line in lines if line.startswith(f"*:*:*:{role}:")), "")


def settle(home: Path) -> tuple[Places, ServerUser | None]:
    """Decide and make the folders, or find them as they were decided; who runs the server comes with it.

    Called with the start lock held. Raises SetupError, one sentence, when it cannot be done.
    """
    home = Path(os.path.realpath(ensure_home(home)))
    try:
        record = _record(home)
        user = server_user(home, home / record["folder"] if record else home / "postgres")
        if not record:
            record = _decide(home, user)
        root = home / record["folder"]
        _make_root(root, user)
        if root.parent != home:
            _claim(root, home)
        socket = root / record["socket"]
        if not _usable_socket_folder(socket, root, user):
            record["socket"] = _short_folder(user)
            socket = Path(record["socket"])
        _write_record(home, record)
    except OSError as problem:
        raise SetupError(
            f"The embedded database cannot use {problem.filename or home}: {why(problem)}."
        ) from problem
    return Places(home=home, root=root, socket=socket), user


def _decide(home: Path, user: ServerUser | None) -> dict[str, str]:
    """Inside ROLECALL_HOME when the server's user can get there, else a system folder of its own."""
    if user is None or user.can_enter(home):
        return {"folder": "postgres", "socket": "run"}
    folder = SYSTEM_FOLDER / secrets.token_hex(6)
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    return {"folder": str(folder), "socket": "run"}


def _make_root(root: Path, user: ServerUser | None) -> None:
    """The folder of data and log, closed to everybody but the server's user (and the administrator)."""
    if not root.exists():
        draft = root.with_name(f"{root.name}.{secrets.token_hex(4)}")
        draft.mkdir(mode=0o700)
        if user is not None:
            os.chown(draft, user.uid, user.gid)
        draft.rename(root)
    owner = root.stat().st_uid
    me = user.uid if user is not None else os.geteuid()
    if owner != me:
        raise SetupError(
            f"The embedded database in {root} belongs to another user (id {owner}); run Rolecall as that "
            "user, or name another folder in ROLECALL_HOME."
        )
    if user is None and not os.access(root, os.W_OK | os.X_OK):
        raise SetupError(f"The embedded database cannot use {root}: it is not writable for you.")


def _claim(root: Path, home: Path) -> None:
    """A system folder serves one ROLECALL_HOME: a copied one must not share the data of the original."""
    note = root / "home"
    owner = note.read_text(encoding="utf-8").strip() if note.exists() else ""
    if owner == str(home):
        return
    if owner and _record_or_nothing(Path(owner)).get("folder") == str(root):
        raise SetupError(
            f"{home} is a copy of {owner} and would share its database; remove {home / 'embedded.json'} "
            "and pgpass beside it to begin with an empty one."
        )
    note.write_text(f"{home}\n", encoding="utf-8")


def _record_or_nothing(home: Path) -> dict[str, str]:
    try:
        return _record(home)
    except SetupError:
        return {}


def _usable_socket_folder(folder: Path, root: Path, user: ServerUser | None) -> bool:
    """Make the folder if it is missing. False when its path is too long, too odd, or somebody else's."""
    path = str(folder / f".s.PGSQL.{PORT}")
    # Both PostgreSQL and its client read a comma as the start of another folder.
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH or not re.fullmatch(r"/[\w./ +-]*", path):
        return False
    try:
        folder.mkdir(mode=0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid)
    except FileExistsError:
        pass
    except FileNotFoundError:
        return False
    found = folder.lstat()
    mine = user.uid if user is not None else os.geteuid()
    return folder.is_dir() and not folder.is_symlink() and found.st_uid == mine and not found.st_mode & 0o077


def _short_folder(user: ServerUser | None) -> str:
    """A new folder with a short path, only for the server's user."""
    if is_root():
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        base = str(SYSTEM_FOLDER)
    else:
        base = min(("/tmp", tempfile.gettempdir()), key=lambda p: (not os.access(p, os.W_OK), len(p)))  # noqa: S108
    folder = tempfile.mkdtemp(prefix="rolecall-", dir=base)
    if user is not None:
        os.chown(folder, user.uid, user.gid)
    return folder


def _write_record(home: Path, record: dict[str, str]) -> None:
    """Write embedded.json whole or not at all, and only when it changed."""
    if _record(home) == record:
        return
    draft = home / f".embedded.{secrets.token_hex(4)}"
    try:
        draft.write_text(json.dumps(record) + "\n", encoding="utf-8")
        hand_to_owner_of(home, draft)
        draft.replace(home / "embedded.json")
    finally:
        draft.unlink(missing_ok=True)
