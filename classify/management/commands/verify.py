"""`manage.py verify`: prove that what is stored follows from the decisions."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from classify.verify import verify
from polls.management.contract import ContractCommand, Outcome, slug
from polls.models import Poll
from polls.problems import Refused


class Command(ContractCommand):
    help = "Recompute every status and total from the decisions; exit 1 where something stored differs."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("--poll", metavar="SLUG", help="One poll. Default: all.")

    def run(self, options: dict[str, Any]) -> Outcome:
        poll = None
        if options["poll"] is not None:
            poll = Poll.objects.filter(slug=slug(options["poll"])).first()
            if poll is None:
                raise Refused(f"There is no poll “{options['poll']}”.")
        found = verify(poll)
        text = f"{found.cases} cases and {found.votes} votes checked, {len(found.drift)} differences."
        lines = [text]
        for one in found.drift[:100]:
            where = f"{one.poll}, round {one.round}" + (f", case {one.case}" if one.case else "")
            lines.append(f"  {where}: {one.kind} is {one.stored!r}, should be {one.recomputed!r}")
        if not found.drift:
            return Outcome(found.as_json(), text)
        said = f"What is stored differs from the decisions in {len(found.drift)} places."
        return Outcome(found.as_json(), "\n".join(lines), 1, said)
