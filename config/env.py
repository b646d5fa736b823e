"""What the environment may say to Rolecall, read once and refused with a sentence when it makes no sense.

The variables themselves are listed in `config/settings.py`, which asks for them here.
"""

import errno
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


class SetupError(ImproperlyConfigured):
    """Rolecall cannot start here; the message is one sentence for the person at the keyboard."""


def text(name: str, default: str = "") -> str:
    """The variable, trimmed; the default when it is not set or blank."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Yes or no. Raises SetupError for anything else, so that a typo never switches a protection off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise SetupError(f"{name} must be yes or no, not {value!r}.")


def number(name: str, default: int) -> int:
    """A whole number of 0 or more. Raises SetupError otherwise."""
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise SetupError(f"{name} must be a whole number, not {value!r}.")
    return int(value)


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """A list separated by commas, blanks around its items dropped."""
    found = [item.strip() for item in text(name).split(",") if item.strip()]
    return found or list(default)


def home(base: Path = BASE_DIR) -> Path:
    """ROLECALL_HOME as an absolute path; a relative one starts at `base`, not where you stand."""
    return Path(os.path.abspath(base / Path(text("ROLECALL_HOME", "var")).expanduser()))


def ensure_home(folder: Path) -> Path:
    """Make ROLECALL_HOME if it is missing, closed to other users. An existing folder is left as it is.

    The administrator's own is made passable (not readable): there the embedded server runs as somebody else,
    who has to reach its folder inside.
    """
    try:
        folder.mkdir(mode=0o711 if is_root() else 0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(f"The folder {folder} (ROLECALL_HOME) cannot be made: {why(problem)}.") from problem
    return folder


def is_root() -> bool:
    """True for the administrator of a Unix machine."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def why(problem: OSError) -> str:
    """The operating system's reason in words that say what to do about it."""
    if problem.errno in {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}:
        return "the disk is full"
    if problem.errno in {errno.EACCES, errno.EPERM}:
        return "it is not writable for you"
    if problem.errno == errno.EFBIG:
        return "a limit on the size of files is in the way (ulimit -f)"
    if problem.errno == errno.EROFS:
        return "it is on a read-only disk"
    if problem.errno in {errno.ENOTDIR, errno.EEXIST}:
        return "a file is in the way"
    return (problem.strerror or str(problem)).lower()


def private_file(path: Path, content: str) -> str:
    """Write a file that only its owner may read, unless it is there already; return what it holds.

    Two processes that come here at once end up with the same content: the first link wins.
    Raises SetupError when the file cannot be written.
    """
    try:
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            pass
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as stream:
                stream.write(content)
            hand_to_owner_of(path.parent, draft)
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            draft.unlink(missing_ok=True)
        return path.read_text(encoding="utf-8")
    except OSError as problem:
        raise SetupError(f"The file {path} cannot be read or written: {why(problem)}.") from problem


def hand_to_owner_of(folder: Path, path: Path) -> None:
    """What the administrator makes in somebody's folder belongs to them, or they could not go on alone."""
    if is_root():
        owner = folder.stat()
        if owner.st_uid != 0:
            os.chown(path, owner.st_uid, owner.st_gid)


def secret_key(home: Path) -> str:
    """SECRET_KEY, else the key that was made for this installation when it first started."""
    given = text("SECRET_KEY")
    if given:
        return given
    return private_file(ensure_home(home) / "secret-key", secrets.token_urlsafe(50)).strip()


def database(home: Path) -> dict[str, Any]:
    """DATABASES["default"]: the server of DATABASE_URL, else the embedded one. Starts and opens nothing.

    Raises SetupError for an address that is malformed or names another kind of database. The address is
    not repeated in the message: it may hold a password.
    """
    url = text("DATABASE_URL")
    if not url:
        from config import embedded

        return embedded.connection_settings(home)
    wanted = "DATABASE_URL must look like postgres://user:password@host:5432/name"
    if not re.match(r"(postgres|postgresql|pgsql)://", url):
        raise SetupError(f"{wanted}; only PostgreSQL is supported.")
    try:
        settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
        port = int(settings.get("PORT") or 5432)
    except Exception as problem:  # the parser raises several unrelated kinds
        raise SetupError(f"{wanted}; this one cannot be read.") from problem
    if not settings.get("NAME"):
        raise SetupError(f"{wanted}; this one names no database.")
    if not 0 < port < 65536:
        raise SetupError(f"{wanted}; {port} is no port.")
    settings["ENGINE"] = "django.db.backends.postgresql"
    return settings


MAIL_KINDS: Final = {
    "smtp": (25, {}),
    "submission": (587, {"use_tls": True}),
    "smtps": (465, {"use_ssl": True}),
}
"""Scheme of ROLECALL_MAIL -> usual port, and how the connection is kept private."""
MAIL_SECONDS: Final = 20
"""A mail server that says nothing for so long is given up."""


def mailers() -> dict[str, dict[str, Any]]:
    """MAILERS: the mail server of ROLECALL_MAIL, the console, or (by default) nothing at all.

    Raises SetupError for an address that makes no sense, without repeating it: it may hold a password.
    """
    url = text("ROLECALL_MAIL")
    backends = "django.core.mail.backends"
    if not url:
        return {"default": {"BACKEND": f"{backends}.dummy.EmailBackend"}}
    if url == "console":
        return {"default": {"BACKEND": f"{backends}.console.EmailBackend"}}
    try:
        parts = urlsplit(url)
        port, private = MAIL_KINDS[parts.scheme]
        options = {"host": parts.hostname, "port": parts.port or port, "timeout": MAIL_SECONDS, **private}
    except (KeyError, ValueError):
        options = {}
    if not options.get("host") or parts.path.strip("/") or parts.query:
        raise SetupError(
            "ROLECALL_MAIL must look like submission://user:password@host:587, smtps://…, smtp://… or be"
            " the word console."
        )
    if parts.username:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    return {"default": {"BACKEND": f"{backends}.smtp.EmailBackend", "OPTIONS": options}}


def site() -> str:
    """ROLECALL_SITE without its last slash: where this installation is reached, for links in e-mails."""
    found = text("ROLECALL_SITE").rstrip("/")
    if found and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", found):
        raise SetupError(f"ROLECALL_SITE must look like https://rolecall.example.org, not {found!r}.")
    return found


def sender() -> str:
    """ROLECALL_MAIL_FROM: who e-mails come from. Raises SetupError for what is no address."""
    found = text("ROLECALL_MAIL_FROM", "Rolecall <rolecall@localhost>")
    name, address = parseaddr(found)
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", address) or "\n" in name:
        raise SetupError(f"ROLECALL_MAIL_FROM must be an e-mail address, not {found!r}.")
    return found
