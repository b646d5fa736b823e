"""`manage.py embedded_db status|start|stop`: look after the embedded PostgreSQL."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import embedded
from config.env import SetupError, text


class Command(BaseCommand):
    help = (
        "Tell about the embedded database, or start it to stay, or stop it. "
        "Other commands start it themselves, and the last one out stops it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("order", choices=["status", "start", "stop"])

    def handle(self, *args: Any, **options: Any) -> None:
        orders = {"status": embedded.status, "start": embedded.start, "stop": embedded.stop}
        try:
            state = orders[options["order"]](settings.ROLECALL_HOME)
        except SetupError as problem:
            raise CommandError(str(problem)) from problem
        if options["order"] == "stop" and state.pid is not None:
            raise CommandError(
                f"Another Rolecall still uses the embedded database (process {state.pid}); "
                "it stops when the last one has ended."
            )
        self.stdout.write(describe(state))
        if text("DATABASE_URL"):
            self.stderr.write("DATABASE_URL is set: commands use that server, not the embedded one.")


def describe(state: embedded.Status) -> str:
    """The status in four lines."""
    running = f"running (process {state.pid})" if state.pid is not None else "stopped"
    if state.pid is None:
        until = "the next command starts it"
    elif state.stays:
        until = "it stays until `embedded_db stop`"
    elif state.in_use:
        until = "it stops when the last process that uses it ends"
    else:
        until = "nobody uses it; it stops after the next command"
    return (
        f"Embedded PostgreSQL: {running}; {until}.\n"
        f"Data: {state.places.data}\n"
        f"Socket: {state.places.socket}\n"
        f"Log: {state.places.log}"
    )
