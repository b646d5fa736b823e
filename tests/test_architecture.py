"""The house rules that a machine can hold: sizes, names, arrows that import-linter cannot see, clean texts.

Every test reads all files that git knows or would add, so a new file is covered without anybody remembering.
"""

from __future__ import annotations

import ast
import hashlib
import re
import subprocess
import sys
import tomllib

import pytest
from django.core.management import call_command

from tests.files import FILES, ROOT, name_of, python_files, templates

APPS = ("config", "classify", "polls")
MAX_MODULE = 320
MAX_TEST_MODULE = 450
MAX_FUNCTION = 45

LONG_MODULES: dict[str, str] = {}
"""Path -> why it may be longer. Migrations are written by Django and not counted."""

LONG_FUNCTIONS: dict[str, str] = {
    "classify/views/reading_page.py:_words": "a list of sentences, which is not clearer in two places",
    "classify/rounds/setting_up.py:create_round": "one transaction told in its order; its steps have names",
}
"""path:function -> why it may be longer."""


def test_there_are_files_to_look_at():
    assert len(FILES) > 100
    assert len(python_files(*APPS)) > 40
    assert len(templates()) > 10


def test_modules_stay_small():
    for path in python_files(*APPS, "tests"):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        name = name_of(path)
        limit = MAX_TEST_MODULE if name.startswith("tests/") else MAX_MODULE
        assert lines <= limit or name in LONG_MODULES, f"{name} has {lines} lines; split it by meaning"


def test_functions_stay_small():
    too_long = []
    for path in python_files(*APPS):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            name = f"{name_of(path)}:{node.name}"
            if lines > MAX_FUNCTION and name not in LONG_FUNCTIONS:
                too_long.append(f"{name} has {lines} lines")
    assert not too_long, "\n".join(too_long)


def test_migrations_are_named_after_what_they_do():
    for path in FILES:
        if path.parent.name == "migrations":
            assert "_auto_" not in path.name, f"{name_of(path)}: say what the migration does"
            assert "_merge" not in path.name, f"{name_of(path)}: keep the migrations in one line"


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


WRITES = {
    "save",
    "create",
    "acreate",
    "update",
    "delete",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "select_for_update",
}
NO_ORM = {
    "request.session",
    "self.request.session",
    "context",
    "kwargs",
    "params",
    "query",
    "headers",
    "data",
    "upload",
}
"""What has methods of these names and is no table (an upload is a file that waits)."""

LOCKING_VIEWS = {
    "classify/views/round_setup.py": "the second of two clicks waits for the first and finds its round",
}


def test_views_do_not_write_to_tables():
    """A view calls one domain function; only those write, lock and decide."""
    found = []
    for path in python_files("polls", "classify", "config"):
        if "/views" not in name_of(path):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                owner = ast.unparse(node.func.value)
                allowed = node.func.attr == "select_for_update" and name_of(path) in LOCKING_VIEWS
                if owner not in NO_ORM and not allowed:
                    found.append(f"{name_of(path)}:{node.lineno}: {owner}.{node.func.attr}()")
    assert not found, "\n".join(found)


def test_vendored_files_are_the_ones_their_manifest_names():
    folder = ROOT / "static" / "vendor"
    manifest = {}
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        digest, name = line.split(maxsplit=1)
        manifest[name.lstrip("*")] = digest
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.parent != folder
    }
    assert present == set(manifest), "SHA256SUMS names exactly the files there are"
    for name, digest in manifest.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_every_vendored_package_brings_its_licence():
    for folder in (ROOT / "static" / "vendor").iterdir():
        assert folder.is_file() or (folder / "LICENSE").is_file(), f"{folder.name} has no LICENSE beside it"


def test_every_dependency_says_what_it_is_for():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    project = tomllib.loads("\n".join(lines))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    for requirement in wanted:
        at = next(i for i, line in enumerate(lines) if line.strip().rstrip(",").strip('"') == requirement)
        assert lines[at - 1].strip().startswith("# "), f"{requirement}: say above it what it is for"


def test_every_pin_has_a_hash_and_no_address():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(
            r"^[A-Za-z0-9_.\[\],-]+==.*?(?=^[A-Za-z0-9]|\Z)", text, flags=re.MULTILINE | re.DOTALL
        )
        assert len(pins) > 10
        assert all("--hash=sha256:" in pin for pin in pins), name
        assert "://" not in re.sub(r"#.*", "", text), name


def test_starting_the_web_process_loads_no_statistics():
    """scipy takes seconds and 100 MB: it is loaded by what computes, never by what imports."""
    script = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "import pkgutil, importlib, polls, classify\n"
        "for package in (polls, classify):\n"
        "    for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "print(sorted({'scipy', 'numpy', 'krippendorff', 'statsmodels'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", "import it inside the function that computes"


PURE = [
    "polls.titles",
    "polls.importing.readers",
    "polls.importing.mapping",
    "polls.importing.validate",
    "classify.status",
    "classify.agreement",
    "classify.association",
    "classify.cues",
]


def test_pure_modules_run_without_django():
    """import-linter reads imports; this runs them, also those made inside functions at import time."""
    script = (
        f"import sys, importlib\nfor name in {PURE!r}: importlib.import_module(name)\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'django'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
