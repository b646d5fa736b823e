"""`manage.py serve`: serve the pages for real work."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.serve import DEFAULT_BIND, check_free, parse_bind, run_server
from polls.models import User


class Command(BaseCommand):
    help = "Serve the pages until Ctrl-C; with --bind 0.0.0.0:8000 also for colleagues on the same network."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default=DEFAULT_BIND, metavar="HOST:PORT")
        parser.add_argument("--workers", type=int, default=1, choices=range(1, 65), metavar="N")

        parser.add_argument(
            "--no-worker", action="store_true", help="Leave big imports to `manage.py worker` elsewhere."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        check_free(*parse_bind(options["bind"]))
        more = (
            ""
            if User.objects.exists()
            else (
                "There is no account yet. Make the first one in another window:\n"
                "  .venv/bin/python manage.py createsuperuser"
            )
        )
        run_server(
            bind=options["bind"], workers=options["workers"], more=more, with_worker=not options["no_worker"]
        )
