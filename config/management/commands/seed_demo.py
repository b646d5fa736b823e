"""`manage.py seed_demo`: the sample study and its accounts."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.conf import settings

from config import env
from config.demo.study import CX_HEAD, VOICE_OWNER, Account, seed
from config.serve import DEFAULT_BIND
from polls.management.contract import ContractCommand, Outcome


class Command(ContractCommand):
    help = "Load the sample study and make its accounts. Again, it changes nothing and prints them again."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes", action="store_true", help="Also into a database where other people have accounts."
        )

    def run(self, options: dict[str, Any]) -> Outcome:
        # The embedded database is this installation's own; a server may be somebody's work.
        fine = options["yes"] or not env.text("DATABASE_URL")
        accounts = seed(settings.ROLECALL_HOME, others_are_fine=fine)
        url = f"http://{DEFAULT_BIND}/"
        document = {
            "polls": [CX_HEAD, VOICE_OWNER],
            "url": url,
            "accounts": [asdict(account) for account in accounts],
        }
        # `demo` takes the accounts and prints its own address.
        alone = getattr(self.stdout, "_out", None) is sys.stdout
        more = ["", f"Start the pages with `manage.py serve` and log in at {url}"] if alone else []
        return Outcome(document, "\n".join([*_table(accounts), *more]))


def _table(accounts: list[Account]) -> list[str]:
    lines = ["Accounts of the sample study:"]
    for account in accounts:
        password = account.password or "(its own password)"
        lines.append(f"  {account.username:<6}{password:<24}{account.role}")
    return lines
