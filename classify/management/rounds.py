"""Which round a command means, and what the operator is told about it."""

from __future__ import annotations

from argparse import ArgumentParser

from classify.models import Round
from polls.management.contract import slug, whole_number
from polls.models import Poll
from polls.problems import Refused


def add_round_options(parser: ArgumentParser) -> None:
    """`--poll SLUG [--round N]`, as in every command that speaks of a round."""
    parser.add_argument("--poll", required=True, metavar="SLUG", help="The poll.")
    parser.add_argument(
        "--round", metavar="N", help="The round by its number. Default: the newest that is no practice round."
    )


def find_round(poll_slug: str, number: str | None) -> Round:
    """The round meant by the options. Raises Refused for an unknown one, WrongUsage for a malformed one."""
    # What is malformed is told before what is not there.
    wanted = None if number is None else whole_number("--round", number)
    poll = Poll.objects.filter(slug=slug(poll_slug)).first()
    if poll is None:
        raise Refused(f"There is no poll “{poll_slug}”.")
    rounds = Round.objects.filter(poll=poll).select_related("poll", "version__codebook")
    if wanted is not None:
        chosen = rounds.filter(number=wanted).first()
        if chosen is None:
            raise Refused(f"The poll “{poll_slug}” has no round {wanted}.")
        return chosen
    newest = rounds.exclude(purpose=Round.Purpose.PILOT).order_by("-number").first()
    if newest is None:
        raise Refused(f"The poll “{poll_slug}” has no round yet, so nothing has been read.")
    return newest


def openness(round_: Round) -> str:
    """A warning for an operator who looks into a round that is still being read; empty for a closed one.

    Commands are not blind. Whoever runs one should know that they now know more than the reviewers may.
    """
    if round_.coding_closed_at is not None:
        return ""
    return (
        f"Round {round_.number} of “{round_.poll.slug}” is still open: these figures can change, and its "
        "reviewers may not see them before both have handed in or coding is closed."
    )
