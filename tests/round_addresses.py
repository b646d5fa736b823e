"""The entries of rounds in the list of addresses: who sets them up, who comes and goes, how they end."""

from __future__ import annotations

from typing import Any

from tests.addresses import (
    DONE,
    MEMBERS_AND_ROOT,
    WRONG,
    Address,
    of_far_poll,
    of_far_round,
    of_poll,
    of_round,
    only,
)
from tests.study import Study

ADMINS = only("ada root")
ADMINS_DONE = only("ada root", DONE)
EVERY_MEMBER = only(MEMBERS_AND_ROOT)


def _practice(world: Study) -> dict[str, Any]:
    return {**of_poll(world), "number": world.practice.number}


ROUNDS = [
    Address("classify:poll", of_poll, get=EVERY_MEMBER, far=of_far_poll),
    Address(
        "classify:round-new",
        of_poll,
        get=ADMINS,
        post=only("ada root", WRONG),
        data=lambda _: {"action": "create", "unit": "headline"},
        far=of_far_poll,
    ),
    Address("classify:round", of_round, get=EVERY_MEMBER, far=of_far_round),
    Address(
        "classify:round-second-reviewer",
        of_round,
        post=ADMINS_DONE,
        data=lambda world: {"user": world.people["bea"].pk},
        far=of_far_round,
    ),
    Address(
        "classify:round-join",
        of_round,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda world: {"user": world.people["vera"].pk, "share": 1},
        far=of_far_round,
    ),
    Address(
        "classify:round-leave",
        lambda world: {**of_round(world), "user_id": world.people["rosa"].pk},
        get=only("rosa ada root"),
        post=only("rosa ada root", DONE),
        far=lambda world: {**of_far_round(world), "user_id": world.people["rosa"].pk},
    ),
    Address(
        "classify:round-adjudicator",
        of_round,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda world: {"user": world.people["vera"].pk},
        far=of_far_round,
    ),
    Address("classify:round-awaiting", of_round, get=ADMINS, far=of_far_round),
    Address("classify:round-close", of_round, get=ADMINS, post=ADMINS_DONE, far=of_far_round),
    Address("classify:round-reopen", of_round, get=ADMINS_DONE, post=ADMINS_DONE, far=of_far_round),
    Address("classify:round-archive", of_round, get=only(""), post=only(""), far=of_far_round),
    Address("classify:round-unarchive", of_round, get=ADMINS_DONE, post=ADMINS_DONE, far=of_far_round),
    Address("classify:round-discard", _practice, get=ADMINS_DONE, post=ADMINS_DONE, far=of_far_round),
]
