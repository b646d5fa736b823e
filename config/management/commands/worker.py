"""`manage.py worker`: take big imports from the queue."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.worker import DEFAULT_CONCURRENCY, look_after, run_worker


class Command(BaseCommand):
    help = (
        "Do the big imports that were asked for, until Ctrl-C. `serve` and `demo` run one worker; run more "
        "here, or on other machines that have the same DATABASE_URL and ROLECALL_HOME."
    )
    # They would load every page.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency",
            type=int,
            default=DEFAULT_CONCURRENCY,
            choices=range(1, 17),
            metavar="N",
            help=f"So many imports at once, of different polls ({DEFAULT_CONCURRENCY}).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        look_after()
        self.stderr.write("A worker runs here. Stop it with Ctrl-C.")
        run_worker(concurrency=options["concurrency"])
