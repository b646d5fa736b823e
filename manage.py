#!/usr/bin/env python
"""Rolecall's command line. `manage.py help` lists the commands; those that need the database bring it up."""

import os
import sys


def main():
    """Make the database ready if the command needs it, then run the command. Errors are one sentence."""
    if sys.version_info < (3, 13):  # noqa: UP036 - somebody may start it with the system's Python
        sys.exit("Rolecall needs Python 3.13: run `make setup` once, then `.venv/bin/python manage.py ...`.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from config import bootstrap
    except ModuleNotFoundError as problem:
        sys.exit(f"{problem.name} is not installed: run `make setup`, then `.venv/bin/python manage.py ...`.")
    sys.exit(bootstrap.run(sys.argv))


if __name__ == "__main__":
    main()
