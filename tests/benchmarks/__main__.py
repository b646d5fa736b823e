"""`python -m tests.benchmarks [NAME...]`: run all benchmarks, or those named, one after the other.

On the server of DATABASE_URL, else on an embedded one of its own beside that of the installation.
Exits 1 when any of them breaks a limit.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from config import bootstrap, env

HERE = Path(__file__).parent


def main(names: list[str]) -> int:
    """The exit status: 0 when every limit of every benchmark held."""
    known = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    if unknown := set(names) - set(known):
        print(
            f"No such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(known)}.", file=sys.stderr
        )
        return 2
    os.environ["ROLECALL_HOME"] = str(env.home() / "bench")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        bootstrap.bring_up()
    except env.SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    broken = []
    for name in names or known:
        print(f"\n=== {name}", flush=True)
        if subprocess.run([sys.executable, str(known[name])], check=False).returncode:
            broken.append(name)
    print(f"\nLimits broken: {', '.join(broken)}." if broken else "\nAll limits hold.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
