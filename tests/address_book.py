"""The entries: every address, how to fill it, who gets what. See `tests.addresses` for the words."""

from __future__ import annotations

import uuid
from typing import Any

from classify import splitting
from classify.models import Case
from polls import jobs, upload_check, uploads
from polls.models import HeadlinePart, Voter, VoterMerge
from polls.undoing import what_goes
from tests.addresses import (
    DONE,
    HIDDEN,
    LOGIN,
    MEMBERS_AND_ROOT,
    OK,
    REFUSED,
    WRONG,
    Access,
    Address,
    anybody,
    of_far_poll,
    of_far_round,
    of_poll,
    of_round,
    only,
    people,
)
from tests.codebook_addresses import CODEBOOKS
from tests.dashboard_addresses import DASHBOARD
from tests.practice_addresses import PRACTICE
from tests.round_addresses import ROUNDS
from tests.study import OPTIONS, SHARED, Study


def _invitation(world: Study) -> dict[str, Any]:
    _, uid, token = world.invitation.strip("/").split("/")
    return {"uid": uid, "token": token}


def _person(username: str) -> Any:
    return lambda world: {**of_poll(world), "user_id": world.people[username].pk}


def _far_person(world: Study) -> dict[str, Any]:
    return {**of_far_poll(world), "user_id": world.people["pim"].pk}


def _new_person(world: Study) -> dict[str, Any]:
    return {"username": "newcomer", "name": "New Comer", "roles": ["viewer"]}


def _anybody_by_id(world: Study) -> dict[str, Any]:
    return {"user_id": world.people["ivy"].pk}


ADMINS = only("ada root")
ADMINS_DONE = only("ada root", DONE)
SITE = Access({"root": OK, "anonymous": LOGIN}, REFUSED, REFUSED)
SITE_DONE = Access({"root": DONE, "anonymous": LOGIN}, REFUSED, REFUSED)

GENERAL = [
    Address("healthz", get=anybody(), is_page=False),
    Address("readyz", get=anybody(), is_page=False),
    Address("home", get=people()),
    Address("login", get=anybody(), post=anybody(), data=lambda _: {"username": "x", "password": "y"}),
    Address("logout", post=anybody(LOGIN)),
    Address(
        "password_change",
        get=people(),
        post=people(DONE),
        data=lambda _: {
            "old_password": "password",
            "new_password1": "a long new one",
            "new_password2": "a long new one",
        },
    ),
    Address("password_change_done", get=people()),
    Address(
        "accept-invitation",
        _invitation,
        missing=410,
        get=anybody(),
        post=anybody(DONE),
        data=lambda _: {"name": "Ivy", "password1": "a long new one", "password2": "a long new one"},
    ),
]

PEOPLE = [
    Address("polls:people", of_poll, get=ADMINS, post=ADMINS_DONE, data=_new_person, far=of_far_poll),
    Address(
        "polls:person-roles",
        _person("vera"),
        post=ADMINS_DONE,
        data=lambda _: {"roles": ["viewer", "reviewer"]},
        far=_far_person,
    ),
    Address("polls:person-link", _person("ivy"), post=ADMINS_DONE, far=_far_person),
    Address("polls:site-people", get=SITE, post=SITE_DONE, data=lambda _: {"username": "nobody-yet"}),
    Address("polls:site-person", _anybody_by_id, post=SITE_DONE, data=lambda _: {"may_log_in": "on"}),
    Address("polls:site-person-link", _anybody_by_id, post=SITE_DONE),
]

NEW_VOTERS = "voter_id,name,headline,option\nn1,Newvoter-Nel,Clerk,Extremely important*\n"


def _waiting(world: Study) -> dict[str, Any]:
    """A file that Ada sent and has not imported yet."""
    upload = uploads.keep(by=world.people["ada"], poll=world.poll.slug, text=NEW_VOTERS)
    return {**of_poll(world), "token": upload.token}


def _waiting_for_a_new_poll(world: Study) -> dict[str, Any]:
    details = {"question": "How?", "options": [["Extremely important*", ""]], "options_are_ordered": True}
    upload = uploads.keep(
        by=world.people["root"], poll="brand-new", text=NEW_VOTERS, is_new=True, details=details
    )
    return {"token": upload.token}


def _imported(world: Study) -> dict[str, Any]:
    """A file of Ada's that was imported, with a row that was not taken."""
    text = f"{NEW_VOTERS}n2,Newvoter-Ole,Clerk,Perhaps\n"
    upload = uploads.keep(by=world.people["ada"], poll=world.poll.slug, text=text)
    upload_check.look(upload, by=world.people["ada"])
    upload_check.commit(upload, by=world.people["ada"])
    return {**of_poll(world), "token": upload.token}


def _under_way(world: Study) -> dict[str, Any]:
    """A file of Ada's that a worker is to import."""
    upload = uploads.keep(by=world.people["ada"], poll=world.poll.slug, text=NEW_VOTERS)
    jobs.ask_for_job(upload=upload, kind="import", by=world.people["ada"])
    return {**of_poll(world), "token": upload.token}


def _under_way_for_a_new_poll(world: Study) -> dict[str, Any]:
    given = _waiting_for_a_new_poll(world)
    upload = uploads.find(given["token"], by=world.people["root"], poll=None)
    assert upload is not None
    jobs.ask_for_job(upload=upload, kind="check", by=world.people["root"])
    return given


ADA_ALONE = Access({"ada": OK, "root": HIDDEN})
ADA_ALONE_DONE = Access({"ada": DONE, "root": HIDDEN})

IMPORTS = [
    Address("polls:poll-new", get=SITE, post=Access({"root": WRONG, "anonymous": LOGIN}, REFUSED, REFUSED)),
    Address("polls:import-template", get=SITE, is_page=False),
    Address("polls:import-template", of_poll, get=ADMINS, is_page=False, far=of_far_poll),
    Address(
        "polls:poll-new-check",
        _waiting_for_a_new_poll,
        stores=True,
        get=SITE,
        post=SITE_DONE,
        data=lambda _: {"action": "cancel"},
    ),
    Address("polls:poll-new-rejects", _waiting_for_a_new_poll, stores=True, get=SITE, is_page=False),
    Address(
        "polls:import",
        of_poll,
        get=ADMINS,
        post=only("ada root", DONE),
        far=of_far_poll,
        data=lambda _: {"pasted": NEW_VOTERS},
    ),
    Address(
        "polls:import-check",
        _waiting,
        stores=True,
        get=ADA_ALONE,
        post=ADA_ALONE_DONE,
        data=lambda _: {"action": "cancel"},
        far=of_far_poll,
    ),
    Address(
        "polls:import-job",
        _under_way,
        stores=True,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda _: {"action": "cancel"},
        far=of_far_poll,
    ),
    Address(
        "polls:poll-new-job",
        _under_way_for_a_new_poll,
        stores=True,
        get=SITE,
        post=SITE_DONE,
        data=lambda _: {"action": "cancel"},
    ),
    Address(
        "polls:import-result",
        _imported,
        stores=True,
        get=ADA_ALONE,
        far=of_far_poll,
    ),
    Address(
        "polls:import-rejects",
        _imported,
        stores=True,
        get=ADA_ALONE,
        far=of_far_poll,
        is_page=False,
    ),
]


def _vote(world: Study) -> dict[str, Any]:
    return {**of_poll(world), "vote_id": world.vote.pk}


def _far_vote(world: Study) -> dict[str, Any]:
    return {**of_far_poll(world), "vote_id": world.far_vote.pk}


def _excluded(world: Study) -> dict[str, Any]:
    return {**of_poll(world), "vote_id": world.excluded.pk}


def _voter_fields(_: Study) -> dict[str, Any]:
    return {"headline": "New Headline", "option": OPTIONS[0], "name": "Newvoter-Pia", "voter_id": "n9"}


def _voter(world: Study) -> dict[str, Any]:
    return {"voter_id": world.vote.voter_id}


def _two_voters(world: Study) -> dict[str, Any]:
    return {"action": "apart", "voter": [world.vote.voter_id, world.excluded.voter_id]}


def _merge(world: Study) -> dict[str, Any]:
    """Somebody without votes, found to be the voter behind the conflict."""
    kept = world.vote.voter
    moved = {"votes": [], "keys": [], "followers": [], "filled": {}, "last_vote": 0, "last_change": 0}
    merged = Voter.objects.create(name="Voter-Caro", merged_into=kept)
    return {"merge_id": VoterMerge.objects.create(kept=kept, merged=merged, moved=moved).pk}


# Across polls: a voter of whom somebody may see nothing is not there.
SEE_VOTER = Access({"ada": OK, "root": OK}, HIDDEN, HIDDEN)
SEE_VOTER_DONE = Access({"ada": DONE, "root": DONE}, HIDDEN, HIDDEN)

VOTERS = [
    Address("classify:voters", of_poll, get=ADMINS, far=of_far_poll),
    Address("classify:voter-add", of_poll, get=ADMINS, post=ADMINS_DONE, data=_voter_fields, far=of_far_poll),
    Address("classify:vote-edit", _vote, get=ADMINS, post=ADMINS_DONE, data=_voter_fields, far=_far_vote),
    Address(
        "classify:vote-exclude",
        _vote,
        get=ADMINS,
        post=ADMINS_DONE,
        data=lambda _: {"reason": "test", "note": ""},
        far=_far_vote,
    ),
    Address("classify:vote-restore", _excluded, post=ADMINS_DONE, far=_far_vote),
    Address("classify:titles", of_poll, get=only(MEMBERS_AND_ROOT), far=of_far_poll),
    Address("classify:look-alikes", of_poll, get=ADMINS, post=ADMINS_DONE, data=_two_voters, far=of_far_poll),
    Address("classify:find-voter", get=Access({"ada": OK, "root": OK, "anonymous": LOGIN}, REFUSED, REFUSED)),
    Address("classify:voter", _voter, get=SEE_VOTER),
    Address("classify:merge-undo", _merge, stores=True, post=SEE_VOTER_DONE),
]


def _batch(world: Study) -> dict[str, Any]:
    return {**of_poll(world), "batch_id": world.poll.batches.latest("pk").pk}


def _far_batch(world: Study) -> dict[str, Any]:
    return {**of_far_poll(world), "batch_id": world.far_poll.batches.latest("pk").pk}


def _seen(world: Study) -> dict[str, Any]:
    """The form of the page carries what was shown."""
    return {"shown": what_goes(world.poll.batches.latest("pk")).fingerprint}


BATCHES = [
    Address("classify:batches", of_poll, get=ADMINS, far=of_far_poll),
    Address("classify:batch", _batch, get=ADMINS, post=ADMINS_DONE, data=_seen, far=_far_batch),
]


def _case(world: Study) -> dict[str, Any]:
    return {**of_round(world), "case_id": world.conflict.pk}


def _shared_case(world: Study) -> dict[str, Any]:
    case = Case.objects.get(round=world.round, text=SHARED, origin="headline")
    return {**of_round(world), "case_id": case.pk}


def _split_case(world: Study) -> dict[str, Any]:
    """A title that Rosa split, and nobody has read since."""
    shared = _shared_case(world)
    splitting.split_case(round=world.round, case_id=shared["case_id"], by=world.people["rosa"])
    return shared


def _far_case(world: Study) -> dict[str, Any]:
    return {**of_far_round(world), "case_id": world.far_case.pk}


def _decision(_: Study) -> dict[str, Any]:
    return {"verdict": "cx", "client_id": str(uuid.uuid4()), "note": "", "milliseconds": "1200"}


def _resolution(_: Study) -> dict[str, Any]:
    return {
        "category": "cx",
        "reason": "ambiguous",
        "rationale": "Both fit; the board seat is not the job.",
        "client_id": str(uuid.uuid4()),
    }


def _comment(_: Study) -> dict[str, Any]:
    return {"text": "What of the board seat?", "client_id": str(uuid.uuid4())}


def _title_of(case: Case) -> int:
    return HeadlinePart.objects.filter(headline=case.headline_id).earliest("position").job_title_id


def _titled(world: Study) -> dict[str, Any]:
    return {**_case(world), "title_id": _title_of(world.conflict)}


def _far_titled(world: Study) -> dict[str, Any]:
    return {**_far_case(world), "title_id": _title_of(world.far_case)}


READERS = only("rosa sam")
READERS_DONE = only("rosa sam", DONE)
READERS_IN_JSON = Access({"rosa": OK, "sam": OK, "anonymous": 401})
EVERY_MEMBER = only(MEMBERS_AND_ROOT)
SEE_CONFLICTS = only("jude ada root")

READING = [
    Address("classify:tag", of_round, get=READERS, far=of_far_round),
    Address(
        "classify:tag-case",
        _case,
        get=READERS,
        post=READERS_DONE,
        data=_decision,
        far=_far_case,
    ),
    Address("classify:decide", _case, post=READERS_IN_JSON, data=_decision, far=_far_case, is_page=False),
    Address("classify:upcoming", of_round, get=READERS_IN_JSON, far=of_far_round, is_page=False),
    Address("classify:card", _case, get=READERS_IN_JSON, far=_far_case, is_page=False),
    Address("classify:reading-places", get=Access({"anonymous": 401}, OK, OK), is_page=False),
    Address(
        "classify:tag-profile",
        _case,
        post=READERS,
        far=_far_case,
    ),
    Address("classify:split", _shared_case, get=READERS, post=READERS_DONE, far=_far_case),
    Address("classify:splits", of_round, get=ADMINS, far=of_far_round),
    Address("classify:merge-back", _split_case, stores=True, post=ADMINS_DONE, far=_far_case),
    Address("classify:my-decisions", of_round, get=READERS, far=of_far_round),
    Address("classify:hand-in", of_round, get=READERS, post=READERS_DONE, far=of_far_round),
    Address("classify:handout", of_round, get=EVERY_MEMBER, far=of_far_round),
    Address("classify:conflicts", of_round, get=SEE_CONFLICTS, far=of_far_round),
    Address(
        "classify:conflict",
        _case,
        get=SEE_CONFLICTS,
        post=only("jude", DONE),
        data=_resolution,
        far=_far_case,
    ),
    Address("classify:conflict-look", _case, post=only("jude", DONE), data=_resolution, far=_far_case),
    # Nobody has taken it up, so even Jude is only told to do that first.
    Address("classify:conflict-profile", _case, post=only("jude", DONE), far=_far_case),
    Address(
        "classify:conflict-take",
        _case,
        post=only("jude", DONE),
        far=_far_case,
    ),
    Address("classify:conflict-give-back", _case, post=only("jude", DONE), far=_far_case),
    # Nobody writes before the reveal, and nobody knows whether they were overruled.
    Address("classify:conflict-comment", _case, post=only(""), data=_comment, far=_far_case),
    Address(
        "classify:conflict-alike",
        _titled,
        get=only("jude"),
        post=only("jude", DONE),
        data=lambda world: {**_resolution(world), "cases": [world.conflict.pk]},
        far=_far_titled,
    ),
    Address("classify:conflict-alike-take", _titled, post=only("jude", DONE), far=_far_titled),
    Address("classify:conflict-alike-give-back", _titled, post=only("jude", DONE), far=_far_titled),
    Address("classify:overruled", of_round, get=only(""), far=of_far_round),
    Address(
        "classify:conflict-confirm",
        _case,
        post=only("jude ada root", DONE),
        far=_far_case,
    ),
]


def _export(world: Study) -> dict[str, Any]:
    return {**of_round(world), "what": "classified", "form": "csv"}


def _far_export(world: Study) -> dict[str, Any]:
    return {**of_far_round(world), "what": "classified", "form": "csv"}


RESULTS = [
    Address("classify:results", of_poll, get=Access({"ada": DONE, "root": DONE}, OK), far=of_far_poll),
    Address("classify:report", of_round, get=ADMINS, far=of_far_round),
    Address("classify:report-chart", of_round, get=ADMINS, far=of_far_round, is_page=False),
    Address("classify:agreement", of_round, get=ADMINS, far=of_far_round),
    Address("classify:exports", of_round, get=ADMINS, far=of_far_round),
    Address("classify:export-file", _export, get=ADMINS, far=_far_export, is_page=False),
]

ADDRESSES = [
    *GENERAL,
    *PEOPLE,
    *IMPORTS,
    *VOTERS,
    *BATCHES,
    *ROUNDS,
    *READING,
    *CODEBOOKS,
    *RESULTS,
    *DASHBOARD,
    *PRACTICE,
]
