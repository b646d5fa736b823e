"""The files that set Rolecall up on a new machine, tried with what a new machine may lack."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from config.env import BASE_DIR

TOOLS = ("sh", "dirname", "cksum", "cat", "mkdir", "chmod", "id", "rm", "tail", "command")


def a_clone(tmp_path: Path) -> Path:
    """The few files that the set-up reads, at another place."""
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    shutil.copy(BASE_DIR / ".ci" / "setup", clone / ".ci" / "setup")
    for name in ("Makefile", ".python-version", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(BASE_DIR / name, clone / name)
    return clone


def a_path(tmp_path: Path, **programs: str) -> str:
    """A PATH that holds the basic tools and these scripts, nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def set_up(clone: Path, path: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", ".ci/setup", *words],
        capture_output=True,
        text=True,
        cwd=clone,
        env={"PATH": path, "HOME": str(clone / "nobody")},
        timeout=60,
        check=False,
    )


# Records what it was asked and makes an environment that looks like one.
UV = """
echo "$@" >>"$HOME.uv"
case "$1" in
    --version) echo "uv 1.0" ;;
    venv) for last; do :; done; mkdir -p "$last/bin" && printf '#!/bin/sh\\nexit 0\\n' >"$last/bin/python"
          chmod +x "$last/bin/python" ;;
esac
"""


def test_without_python_and_uv_one_sentence_says_what_to_install(tmp_path):
    clone = a_clone(tmp_path)
    # /usr/bin/python3 is looked for by its full name too; a machine with it gets further, as it should.
    text = (clone / ".ci" / "setup").read_text().replace(" /usr/bin/python3;", ";")
    (clone / ".ci" / "setup").write_text(text)
    done = set_up(clone, a_path(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "uv could not be installed" in done.stderr
    assert "install uv itself, or Python's venv module" in done.stderr


def test_a_stand_in_for_uv_that_does_not_run_is_passed_over(tmp_path):
    clone = a_clone(tmp_path)
    python = """
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    "-m pip install --quiet uv") cp "${0%/*}/../../../../../bin/real-uv" "${0%/*}/uv" ;;
    "-m uv --version") exit 1 ;;
esac"""
    broken = 'echo "uv: command not found" >&2; exit 127'
    path = a_path(tmp_path, uv=broken, python3=python, **{"real-uv": UV})
    (tmp_path / "bin" / "cp").symlink_to(shutil.which("cp") or "/bin/cp")
    done = set_up(clone, path)
    assert done.returncode == 0, done.stderr
    assert (clone / "var" / "tools" / "venv" / "bin" / "uv").exists()
    asked = (clone / "nobody.uv").read_text()
    assert "pip sync --quiet --require-hashes --python .venv/bin/python requirements.txt" in asked


def test_a_second_run_asks_nobody_and_a_changed_pin_installs_again(tmp_path):
    clone = a_clone(tmp_path)
    path = a_path(tmp_path, uv=UV)
    asked = clone / "nobody.uv"
    assert set_up(clone, path).returncode == 0
    assert "venv" in asked.read_text()
    asked.unlink()
    again = set_up(clone, path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert not asked.exists()
    with (clone / "requirements.txt").open("a") as stream:
        stream.write("# changed\n")
    assert set_up(clone, path).returncode == 0
    assert "pip sync" in asked.read_text()


def test_the_tools_for_tests_are_kept_by_a_plain_set_up(tmp_path):
    clone = a_clone(tmp_path)
    path = a_path(tmp_path, uv=UV)
    assert set_up(clone, path, "dev").returncode == 0
    (clone / "nobody.uv").unlink()
    assert set_up(clone, path).returncode == 0
    assert not (clone / "nobody.uv").exists()


def test_packages_that_cannot_be_had_are_one_clear_end(tmp_path):
    clone = a_clone(tmp_path)
    path = a_path(tmp_path, uv=UV + 'case "$*" in "pip sync"*) echo "hash mismatch" >&2; exit 1 ;; esac')
    done = set_up(clone, path)
    assert done.returncode == 1
    assert "hash mismatch" in done.stderr
    assert "could not be installed" in done.stderr.splitlines()[-1]
    assert not list((clone / ".venv").glob(".installed-*"))


def test_without_a_fitting_python_one_sentence_names_it(tmp_path):
    clone = a_clone(tmp_path)
    path = a_path(tmp_path, uv='[ "$1" = --version ]')
    done = set_up(clone, path)
    assert done.returncode == 1
    assert "install Python 3.13 and run make again" in done.stderr.splitlines()[-1]


def pins(name: str) -> dict[str, str]:
    """Package to version of a pinned file; asserts that every pin has a hash."""
    text = (BASE_DIR / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            match = re.match(r"([a-z0-9._-]+)==(\S+).*--hash=sha256:[0-9a-f]{64}", line)
            assert match, line
            found[match[1]] = match[2]
    return found


def test_every_pin_has_its_hash_and_no_file_an_address():
    plain, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert dev | plain == dev, "the tools' environment must hold everything that the plain one does"
    for name in (
        "requirements.txt",
        "requirements-dev.txt",
        "Makefile",
        ".ci/setup",
        ".ci/run",
        "pyproject.toml",
    ):
        assert not re.search(r"https?://(?!127\.0\.0\.1|\$\(BIND\))", (BASE_DIR / name).read_text()), name


def test_every_dependency_is_pinned_and_the_python_versions_agree():
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())
    wanted = {re.match(r"[a-z0-9-]+", one)[0] for one in project["project"]["dependencies"]}  # type: ignore[index]
    tools = {re.match(r"[a-z0-9-]+", one)[0] for one in project["dependency-groups"]["dev"]}  # type: ignore[index]
    assert wanted <= set(pins("requirements.txt"))
    assert wanted | tools <= set(pins("requirements-dev.txt"))
    assert (BASE_DIR / ".python-version").read_text().strip() == "3.13"
    assert project["project"]["requires-python"].startswith(">=3.13")


@pytest.mark.parametrize("name", [".ci/run", ".ci/setup", ".ci/chromium", "manage.py"])
def test_scripts_can_be_started_and_are_well_formed(name):
    path = BASE_DIR / name
    assert os.access(path, os.X_OK)
    if name != "manage.py":
        shell = path.read_text().splitlines()[0].removeprefix("#!").replace("/usr/bin/env ", "")
        assert subprocess.run([shell, "-n", str(path)], check=False).returncode == 0


def test_the_make_targets_of_the_readme_exist():
    text = (BASE_DIR / "Makefile").read_text()
    for target in ("setup", "demo", "serve", "test", "bench", "lint", "requirements", "clean"):
        assert re.search(rf"^{target}:", text, re.MULTILINE), target
