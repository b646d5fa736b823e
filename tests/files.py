"""The files of the project, as git knows them: what tests that guard the house look at."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _listed() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = [ROOT / name for name in names if name]
    return sorted(path for path in paths if path.is_file())


FILES = _listed()


def name_of(path: Path) -> str:
    """The path from the project's folder, with slashes."""
    return path.relative_to(ROOT).as_posix()


def python_files(*tops: str) -> list[Path]:
    """Python modules under those top folders; migrations, which Django writes, are left out."""
    return [
        path
        for path in FILES
        if path.suffix == ".py"
        and name_of(path).split("/")[0] in tops
        and "/migrations/" not in name_of(path)
    ]


def templates() -> list[Path]:
    """All page templates."""
    return [path for path in FILES if path.suffix == ".html" and "templates" in path.parts]


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every file that people wrote: no vendored files, no data brought from outside."""
    for path in FILES:
        name = name_of(path)
        if name.startswith(("static/vendor/", "tests/data/")):
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
