"""`manage.py undo_import`: take an import back, or say what that would do."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from polls.management.contract import ContractCommand, Outcome, slug
from polls.models import Batch, Poll
from polls.problems import Refused
from polls.undoing import undo_batch, what_goes


class Command(ContractCommand):
    help = "Take an import back: its votes stop counting, what it changed goes back. Nothing is deleted."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--poll", metavar="SLUG", required=True, help="The poll.")
        parser.add_argument(
            "--batch", metavar="N", type=int, help="The number of the import. Default: the newest one."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change.")

    def run(self, options: dict[str, Any]) -> Outcome:
        batch = _batch(slug(options["poll"]), options["batch"])
        dry_run: bool = options["dry_run"]
        if dry_run and batch.undone_at is not None:
            raise Refused(f"{batch.file_name} (import {batch.pk}) was undone already.")
        goes = what_goes(batch) if dry_run else undo_batch(batch=batch, by=None)
        document = {
            "poll": options["poll"],
            "batch": batch.pk,
            "file": batch.file_name,
            "dry_run": dry_run,
            **goes.as_json(),
        }
        said = "would be undone" if dry_run else "was undone"
        text = (
            f"{batch.file_name} (import {batch.pk}) {said}: {goes.votes} votes stop counting, {goes.changed} "
            f"get earlier values back; {goes.kept} values stay, as something later had the last word on them."
        )
        return Outcome(document, text)


def _batch(of: str, number: int | None) -> Batch:
    poll = Poll.objects.filter(slug=of).first()
    if poll is None:
        raise Refused(f"There is no poll “{of}”.")
    found = Batch.objects.filter(poll=poll).select_related("poll").order_by("-pk")
    if number is not None:
        batch = found.filter(pk=number).first()
        if batch is None:
            raise Refused(f"“{of}” has no import {number}.")
        return batch
    batch = found.filter(undone_at__isnull=True).first()
    if batch is None:
        raise Refused(f"“{of}” has no import that could be undone.")
    return batch
