"""`manage.py demo`: the sample study, served, with its accounts."""

from argparse import ArgumentParser
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from config.serve import DEFAULT_BIND, check_free, parse_bind, run_server


class Command(BaseCommand):
    help = "Load the sample study if it is missing and serve it; prints the address and the accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default=DEFAULT_BIND, metavar="HOST:PORT")

    def handle(self, *args: Any, **options: Any) -> None:
        check_free(*parse_bind(options["bind"]))
        self.stderr.write("Loading the sample study ...")
        accounts = StringIO()
        call_command("seed_demo", stdout=accounts)
        run_server(bind=options["bind"], more=accounts.getvalue())
