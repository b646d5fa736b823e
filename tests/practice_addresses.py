"""The entries about practice: training, batches against the bar, and decisions that were made elsewhere."""

from __future__ import annotations

from typing import Any

from classify.models import TrainingItem
from polls import uploads
from tests.addresses import (
    DONE,
    HIDDEN,
    LOGIN,
    MEMBERS_AND_ROOT,
    OK,
    REFUSED,
    Access,
    Address,
    of_far_poll,
    of_poll,
    only,
    people,
)
from tests.study import Study

ADMINS = only("ada root")
ADMINS_DONE = only("ada root", DONE)
ADA_ALONE = Access({"ada": OK, "root": HIDDEN})
ADA_ALONE_DONE = Access({"ada": DONE, "root": HIDDEN})


def _item(world: Study) -> TrainingItem:
    """The title of the training that the study has."""
    return TrainingItem.objects.get(codebook=world.round.version.codebook, text="Trained-title")


def _run(_: Study) -> dict[str, Any]:
    return {"code": "role", "run": 1}


def _asked(world: Study) -> dict[str, Any]:
    return {"code": "role", "run": 1, "item_id": _item(world).pk}


def _known(world: Study) -> dict[str, Any]:
    return {"code": "role", "item_id": _item(world).pk}


# Whoever edits codebooks: an admin of any poll.
EDITORS = Access({"ada": OK, "root": OK, "anonymous": LOGIN}, REFUSED, REFUSED)
EDITORS_DONE = Access({"ada": DONE, "root": DONE, "anonymous": LOGIN}, REFUSED, REFUSED)

TRAINING = [
    Address("classify:training", lambda _: {"code": "role"}, get=people()),
    Address("classify:training-run", _run, get=people(DONE)),
    Address(
        "classify:training-item",
        _asked,
        get=people(),
        post=people(DONE),
        data=lambda _: {"verdict": "cx"},
    ),
    Address(
        "classify:training-set",
        lambda _: {"code": "role"},
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"text": "Another title", "code": "cx", "explanation": ""},
    ),
    Address(
        "classify:training-set-item",
        _known,
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"code": "other", "explanation": "On second thoughts."},
    ),
    Address(
        "classify:training-import",
        lambda _: {"code": "role"},
        get=EDITORS,
        post=EDITORS_DONE,
        data=lambda _: {"pasted": "CX Clerk,cx,It says so"},
    ),
]


NEW_DECISIONS = "voter_id,tag:rosa,tag:sam\na3,cx,other\n"


def _sheet_of_decisions(world: Study) -> dict[str, Any]:
    """A sheet of two coders that Ada sent and has not brought in yet."""
    upload = uploads.keep(by=world.people["ada"], poll=f"tags:{world.poll.slug}", text=NEW_DECISIONS)
    return {**of_poll(world), "token": upload.token}


BRINGING_IN = [
    Address(
        "classify:import-tags",
        of_poll,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda _: {"pasted": NEW_DECISIONS},
        far=of_far_poll,
    ),
    Address(
        "classify:import-tags-check",
        _sheet_of_decisions,
        stores=True,
        get=ADA_ALONE,
        post=ADA_ALONE_DONE,
        data=lambda _: {"action": "cancel"},
        far=of_far_poll,
    ),
]


PRACTICE = [
    Address("classify:calibration", of_poll, get=only(MEMBERS_AND_ROOT), far=of_far_poll),
    *TRAINING,
    *BRINGING_IN,
]
