"""The entries of the dashboard, of reminders and of carried cases in the list of addresses."""

from __future__ import annotations

from typing import Any

from classify import rounds
from classify.models import CarriedCase, Case, Category
from tests.addresses import (
    DONE,
    MEMBERS_AND_ROOT,
    Address,
    of_far_poll,
    of_far_round,
    of_poll,
    of_round,
    only,
)
from tests.study import Study

READERS_DONE = only("rosa sam", DONE)
ADMINS = only("ada root")
ADMINS_DONE = only("ada root", DONE)
REOPENERS = only("rosa sam ada root")
REOPENERS_DONE = only("rosa sam ada root", DONE)


def _closed(world: Study) -> dict[str, Any]:
    """Coding is closed, so that agreement may be told."""
    rounds.close_coding(round=world.round, by=world.people["ada"])
    return of_round(world)


def _carried(world: Study) -> dict[str, Any]:
    """A title that nobody has read yet was carried over."""
    case = world.blanks[0]
    category = Category.objects.get(version=world.round.version, code="other")
    Case.objects.filter(pk=case.pk).update(
        status="resolved", resolution="carried", final=category, reviewer1=None, reviewer2=None
    )
    CarriedCase.objects.get_or_create(
        case=case, defaults={"round": world.round, "category": category, "sources": [case.pk]}
    )
    return {**of_round(world), "case_id": case.pk}


def _far_carried(world: Study) -> dict[str, Any]:
    return {**of_far_round(world), "case_id": world.far_case.pk}


DASHBOARD = [
    Address("classify:dashboard", of_poll, get=only(MEMBERS_AND_ROOT), far=of_far_poll),
    Address(
        "classify:agreement-figure",
        _closed,
        get=only(MEMBERS_AND_ROOT),
        far=of_far_round,
        is_page=False,
        stores=True,
    ),
    Address(
        "classify:nudging",
        of_round,
        get=ADMINS_DONE,
        post=ADMINS_DONE,
        data=lambda world: {f"round{world.round.number}-days": ""},
        far=of_far_round,
    ),
    Address(
        "classify:nudges-wanted",
        of_round,
        post=READERS_DONE,
        data=lambda _: {"wanted": "no"},
        far=of_far_round,
    ),
    Address("classify:carried", of_round, get=REOPENERS, far=of_far_round),
    Address("classify:carried-reopen-all", of_round, get=REOPENERS, post=REOPENERS_DONE, far=of_far_round),
    Address("classify:carried-reopen", _carried, post=REOPENERS_DONE, far=_far_carried, stores=True),
    Address(
        "classify:next-poll",
        of_round,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda world: {"poll": world.poll.slug},
        far=of_far_round,
    ),
]
