"""What a browser sends while somebody reads: addresses and forms."""

from __future__ import annotations

import uuid

from classify.models import Case, Round

HTMX = {"HX-Request": "true"}


def here(round_: Round, *rest: object) -> str:
    """The address under which the round is read."""
    return "/".join([f"/polls/{round_.poll.slug}/rounds/{round_.number}/read", *map(str, rest), ""])


def sent(verdict: str = "cx", **more: str) -> dict[str, str]:
    """The form of one decision."""
    return {"client_id": str(uuid.uuid4()), "verdict": verdict, **more}


def shared_case(round_: Round) -> Case:
    """The case whose headline two voters show."""
    return round_.cases.get(n_votes=2)
