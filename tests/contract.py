"""What `contract` promises, as shapes, and a way to run a command as a shell would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.core.management import base, load_command_class
from django.core.management import get_commands as commands_and_apps

from tests import database
from tests.files import ROOT


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output; fails when there is anything else."""
        return json.loads(self.out)

    def says(self, *words: str) -> None:
        """Standard error holds one readable sentence with these words, and no traceback."""
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err, f"{word!r} is missing in: {self.err!r}"


class _KeepOpen:
    """The connections, without the closing at the end of a command: the test's transaction lives in them."""

    def __init__(self, real: Any) -> None:
        self.real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def close_all(self) -> None:
        """Nothing: see above."""


def run(monkeypatch: Any, *argv: object, stdin: bytes = b"") -> Ran:
    """Run a command in this process, through the door that manage.py uses, and catch all it says."""
    words = [str(word) for word in argv]
    out, err = StringIO(), StringIO()
    command = load_command_class(commands_and_apps()[words[0]], words[0])
    with monkeypatch.context() as patch:
        patch.setattr(base, "connections", _KeepOpen(base.connections))
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        patch.setattr(sys, "argv", ["manage.py", *words])
        if stdin:
            patch.setattr(sys, "stdin", _Stdin(stdin))
        command.stdout, command.stderr = base.OutputWrapper(out), base.OutputWrapper(err)
        try:
            command.run_from_argv(["manage.py", *words])
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return Ran(code, out.getvalue(), err.getvalue())


class _Stdin:
    def __init__(self, data: bytes) -> None:
        from io import BytesIO

        self.buffer = BytesIO(data)


def run_in_shell(*argv: object, stdin: bytes = b"") -> Ran:
    """Run the real manage.py in a process of its own, on this test's database."""
    done = subprocess.run(
        [sys.executable, "manage.py", *(str(word) for word in argv)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database.address(), "DJANGO_SETTINGS_MODULE": "config.settings"},
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


# --- shapes -----------------------------------------------------------------------------------------------

NUMBER: tuple[type, ...] = (int, float)
INTEGER, TEXT, TRUTH, ANYTHING = (int,), (str,), (bool,), (object,)


@dataclass(frozen=True)
class Maybe:
    """The shape, or null; null needs a `reason` beside it unless `silent`."""

    shape: Any
    silent: bool = False


@dataclass(frozen=True)
class MapOf:
    """An object with keys of its own making, all values of one shape."""

    shape: Any


@dataclass(frozen=True)
class Either:
    """One of several shapes."""

    shapes: tuple[Any, ...]


@dataclass(frozen=True)
class Object:
    """An object with exactly these keys; `may` names keys that can come on top."""

    keys: dict[str, Any]
    may: tuple[str, ...] = ("reason", "note")


def faults(value: Any, shape: Any, at: str = "$", beside: dict[str, Any] | None = None) -> list[str]:
    """Where a value departs from a shape; empty when it does not."""
    if isinstance(shape, Maybe):
        if value is None:
            told = shape.silent or bool((beside or {}).get("reason"))
            return [] if told else [f"{at} is null and no reason stands beside it"]
        return faults(value, shape.shape, at)
    if isinstance(shape, Either):
        tried = [faults(value, one, at, beside) for one in shape.shapes]
        return [] if any(not one for one in tried) else min(tried, key=len)
    if isinstance(shape, MapOf):
        return _of_map(value, shape, at)
    if isinstance(shape, dict | Object):
        return _of_object(value, shape if isinstance(shape, Object) else Object(shape), at)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{at} is {type(value).__name__}, not a list"]
        return [fault for i, one in enumerate(value) for fault in faults(one, shape[0], f"{at}[{i}]")]
    if isinstance(value, bool) and bool not in shape and object not in shape:
        return [f"{at} is true or false, not {shape}"]
    return [] if isinstance(value, shape) else [f"{at} is {type(value).__name__} ({value!r}), not {shape}"]


def _of_map(value: Any, shape: MapOf, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is {type(value).__name__}, not an object"]
    return [fault for key, one in value.items() for fault in faults(one, shape.shape, f"{at}.{key}", value)]


def _of_object(value: Any, shape: Object, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is {type(value).__name__}, not an object"]
    found = [f"{at}.{key} is missing" for key in shape.keys.keys() - value.keys()]
    found += [
        f"{at}.{key} is not in the contract" for key in value.keys() - shape.keys.keys() - set(shape.may)
    ]
    for key in shape.keys.keys() & value.keys():
        found += faults(value[key], shape.keys[key], f"{at}.{key}", value)
    return found


IMPORT = {
    "poll": TEXT,
    "dry_run": TRUTH,
    "written": TRUTH,
    "file": TEXT,
    "encoding": TEXT,
    "delimiter": TEXT,
    "rows": INTEGER,
    "created": INTEGER,
    "updated": INTEGER,
    "unchanged": INTEGER,
    "rejected": INTEGER,
    "voters": INTEGER,
    "distinct_titles": INTEGER,
    "votes": MapOf(INTEGER),
    "published": Object(
        {
            "total": Maybe(INTEGER, silent=True),
            "consistent": Maybe(TRUTH),
            "differences": [
                {"option": TEXT, "votes": INTEGER, "share": Maybe(NUMBER), "published_share": Maybe(NUMBER)}
            ],
        }
    ),
    "errors": [
        {
            "row": INTEGER,
            "column": Maybe(TEXT, silent=True),
            "value": Maybe(TEXT, silent=True),
            "reason": TEXT,
        }
    ],
    "rejects_file": Maybe(TEXT, silent=True),
    "seconds": NUMBER,
}

TAGS = {
    "poll": TEXT,
    "round": INTEGER,
    "rows": INTEGER,
    "created": INTEGER,
    "unchanged": INTEGER,
    "rejected": INTEGER,
    "errors": IMPORT["errors"],
    "status": {
        "waiting": INTEGER,
        "one_decision": INTEGER,
        "agreed": INTEGER,
        "conflict": INTEGER,
        "resolved": INTEGER,
    },
}

_COEFFICIENT = Either(
    (
        Object({"value": NUMBER, "ci": Maybe([NUMBER]), "method": TEXT}, may=("se", "reason", "note")),
        Object({"value": Maybe(NUMBER)}, may=("reason", "ci", "method", "se", "note")),
    )
)
_KAPPA = Maybe(
    Either(
        (
            Object({"value": NUMBER, "se": Maybe(NUMBER), "ci": Maybe([NUMBER]), "method": TEXT}),
            Object({"value": Maybe(NUMBER)}, may=("reason", "ci", "method", "se", "note")),
        )
    )
)
_CONFUSION = Maybe({"rows": TEXT, "columns": TEXT, "counts": [[INTEGER]]})

AGREEMENT = {
    "poll": TEXT,
    "round": INTEGER,
    "codebook": TEXT,
    "codebook_version": INTEGER,
    "reviewers": [TEXT],
    "units": INTEGER,
    "voters": INTEGER,
    "categories": [TEXT],
    "percent_agreement": _COEFFICIENT,
    "cohens_kappa": _KAPPA,
    "krippendorffs_alpha": _COEFFICIENT,
    "gwets_ac1": _COEFFICIENT,
    "per_category": MapOf(
        Object({"positive_agreement": Maybe(NUMBER), "kappa": Maybe(NUMBER), "n": INTEGER}, may=("reason",))
    ),
    "confusion": _CONFUSION,
    "pairs": Maybe([ANYTHING], silent=True),
}

_SHARE = Object({"n": INTEGER, "share": Maybe(NUMBER, silent=True), "ci": Maybe([NUMBER], silent=True)})
_OPTION = Object(
    {
        "text": TEXT,
        "position": INTEGER,
        "votes": INTEGER,
        "share": Maybe(NUMBER),
        "published_share": Maybe(NUMBER, silent=True),
        "classified": INTEGER,
        "unresolved": INTEGER,
        "categories": MapOf(_SHARE),
        "groups": MapOf(_SHARE),
    }
)
TESTS = {
    "chi_square": Maybe(Object({"statistic": Maybe(NUMBER), "df": Maybe(INTEGER), "p": Maybe(NUMBER)})),
    "exact": Maybe(Object({"method": Maybe(TEXT), "p": Maybe(NUMBER)})),
    "cramers_v": Maybe(Object({"value": Maybe(NUMBER), "bias_corrected": Maybe(NUMBER)})),
    "adjusted_residuals": Maybe([[Maybe(NUMBER, silent=True)]]),
    "trend": Maybe(MapOf(Maybe(Object({"statistic": Maybe(NUMBER), "p": Maybe(NUMBER)})))),
}
_OTHER_BASIS = Object({"options": [_OPTION], "tests": Object(TESTS)})

REPORT = {
    "poll": TEXT,
    "question": TEXT,
    "round": INTEGER,
    "codebook": TEXT,
    "basis": TEXT,
    "votes": INTEGER,
    "published_total": Maybe(INTEGER, silent=True),
    "classified": INTEGER,
    "unresolved": INTEGER,
    "categories": [{"code": TEXT, "label": TEXT, "group": TEXT}],
    "options": [_OPTION],
    "tests": Object(TESTS),
    "sensitivity": Object(
        {"first": _OTHER_BASIS, "second": _OTHER_BASIS, "unresolved_bounds": MapOf(MapOf(Maybe([NUMBER])))}
    ),
}

CODEBOOK = Object(
    {
        "code": TEXT,
        "title": TEXT,
        "subject": TEXT,
        "categories": [
            {
                "code": TEXT,
                "label": TEXT,
                "group": TEXT,
                "definition": TEXT,
                "include": [TEXT],
                "exclude": [TEXT],
                "examples": [TEXT],
                "key": TEXT,
            }
        ],
    },
    may=("rules",),
)

VERIFY = {
    "cases": INTEGER,
    "votes": INTEGER,
    "drift": [
        {
            "kind": TEXT,
            "round": Maybe(INTEGER, silent=True),
            "case": Maybe(INTEGER, silent=True),
            "stored": ANYTHING,
            "recomputed": ANYTHING,
        }
    ],
}

type Runner = Callable[..., Ran]
